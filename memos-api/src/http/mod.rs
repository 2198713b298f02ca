//! The REST server: routes, problem documents, probes and the life of the process.
//!
//! A request passes, from the outside in: `observe` (request id, log line, metrics, problem
//! documents), CORS, catching of panics, the check of the `Host` header, the extractors, and a handler
//! that only calls [`MemOs`](crate::MemOs) and answers.
//!
//! Repeats: adding what was added before within the repeat window answers 201 as the first time,
//! with the ids of then and `duplicate_of_request: true`.
//!
//! ```no_run
//! use memos_api::{MemOs, http::{Options, Server, shutdown_signal}};
//!
//! # async fn example() -> memos_core::Result<()> {
//! let shutdown = shutdown_signal()?;
//! let server = Server::bind("127.0.0.1:7777", Options::default()).await?;
//! println!("http://{}", server.local_addr());
//! server.run(|| MemOs::builder().data("memories").open(), shutdown).await
//! # }
//! ```

mod body;
mod caller;
mod cubes;
mod dump;
mod events;
mod extract;
mod halves;
mod host;
mod memories;
mod metrics;
mod observe;
mod openapi;
mod options;
mod organise;
mod probes;
mod problem;
mod recent;
mod refusals;
mod request_id;
mod router;
mod search;
mod server;
mod signal;
mod state;
mod tasks;
#[cfg(test)]
mod tests;
mod time_machine;
mod versions;
mod wait;

pub use crate::faces::mcp::ToolSets;
pub(crate) use body::read as read_body;
pub(crate) use caller::{Caller, blocking};
pub(crate) use extract::{PARSED_IN_PLACE, require_json};
pub(crate) use halves::readable;
pub(crate) use host::check_page;
pub use openapi::document;
pub use options::{Options, Upstream};
pub use problem::Problem;
pub(crate) use problem::{Refusal, kind as kind_of_problem};
pub(crate) use request_id::RequestId;
pub use router::router;
pub(crate) use server::LISTEN;
pub use server::Server;
pub use signal::shutdown_signal;
pub use state::AppState;
pub(crate) use wait::until_done;
