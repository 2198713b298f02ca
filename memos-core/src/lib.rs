//! The kernel of MemOS: the vocabulary of memory, the ports that the layers meet at, and the
//! message bus. No I/O, no async runtime.
//!
//! # Example
//!
//! A memory is made, committed together with its event, and found by a filter.
//!
//! ```
//! use memos_core::*;
//! use serde_json::json;
//!
//! let said_at: Moment = "2025-03-01T20:15:00+01:00".parse()?;
//! let (cube_id, ana): (CubeId, UserId) = ("diary".parse()?, "ana".parse()?);
//! let mut header = Header::new(ana.clone(), said_at, said_at.at());
//! header.descriptive.tags.insert("travel".to_owned());
//! let memory = Memory {
//!     id: MemoryId::generate(),
//!     cube_id: cube_id.clone(),
//!     state: State::Generated,
//!     header,
//!     payload: Payload::Plaintext(Plaintext {
//!         text: "We booked the night train to Lisbon.".to_owned(),
//!         caption: None,
//!         turn: Turn {
//!             session_id: "spring".to_owned(),
//!             speaker: Some("Ana".to_owned()),
//!             role: Some(Role::User),
//!         },
//!         times: vec![],
//!     }),
//! };
//!
//! let vault = VolatileVault::default();
//! let cube = MemCube {
//!     id: cube_id.clone(),
//!     name: "Diary".to_owned(),
//!     description: None,
//!     owner: ana.clone(),
//!     access: Access::default(),
//!     created_at: said_at.at(),
//!     updated_at: said_at.at(),
//!     info: Info::default(),
//!     base: None,
//! };
//! vault.commit(Commit {
//!     events: vec![NewEvent {
//!         cube_id: cube_id.clone(),
//!         memory_id: Some(memory.id),
//!         actor: ana,
//!         kind: EventKind::Added,
//!     }],
//!     writes: vec![Write::EnsureCube(cube), Write::AddMemory(memory)],
//!     ..Commit::default()
//! })?;
//!
//! let filter = Filter::parse(&json!({
//!     "text": {"like": "%night train%"},
//!     "tags": {"contains": "travel"},
//!     "valid_time": {"gte": "2025-03-01", "lt": "2025-04-01"}
//! }))?;
//! let found: Vec<Memory> = vault
//!     .snapshot()?
//!     .memories(&cube_id, None, 100)?
//!     .into_iter()
//!     .filter(|memory| filter.matches(&Subject::from(memory)))
//!     .collect();
//! assert_eq!(found.len(), 1);
//! # Ok::<(), Error>(())
//! ```

mod bus;
mod call;
mod change;
mod clock;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod cube;
mod error;
mod event;
mod evidence;
mod filter;
mod id;
mod interval;
mod link;
mod memory;
mod model;
mod port;
mod refusal;
mod retry;
mod state;
mod task;
mod time;
mod volatile;
mod wire;

pub use bus::*;
pub use call::*;
pub use change::*;
pub use clock::*;
pub use cube::*;
pub use error::*;
pub use event::*;
pub use evidence::*;
pub use filter::*;
pub use id::*;
pub use interval::*;
pub use link::*;
pub use memory::*;
pub use model::*;
pub use port::*;
pub use retry::*;
pub use state::*;
pub use task::*;
pub use time::*;
pub use volatile::*;
