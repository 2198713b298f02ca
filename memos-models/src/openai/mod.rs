//! A language model behind an OpenAI-compatible endpoint: OpenAI, Ollama, vLLM, llama.cpp and most
//! other servers speak `POST /chat/completions`.
//!
//! A call waits for its turn ([`gate`]) and for its tenant's budget ([`spend`]), is sent in the
//! endpoint's dialect ([`dialect`]), read whole or as a stream ([`exchange`], [`sse`]), tried again
//! after a passing fault ([`fault`], [`retry`]), and its JSON is dug out ([`json`]), checked
//! ([`schema`]) and asked for once more if it does not fit ([`conversation`]).

mod conversation;
mod dialect;
mod exchange;
mod fault;
mod gate;
mod json;
mod model;
mod options;
mod retry;
mod schema;
mod spend;
mod sse;
mod tally;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

pub use fault::Failure;
pub use json::json_in;
pub use model::OpenAiModel;
pub use options::{ApiKey, OpenAiOptions, base_url};
pub use schema::{Schema, Violation};
pub use spend::Spent;
pub use sse::Events;
pub use tally::Tally;
pub use tls::http_client;
