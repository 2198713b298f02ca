//! MemReader, the fast path: messages and documents become memories that keep what was said
//! verbatim; a question becomes its intent and the time that its words name. No model, no I/O.
//!
//! | in | by | out |
//! |---|---|---|
//! | a request's messages | [`read_messages`] | one [`Draft`] a message |
//! | a document | [`read_document`] | one [`Draft`] a passage or message |
//! | a question | [`question::intent`], [`time::window`] | what a `MemoryCall` needs |

mod chat_time;
mod content;
pub mod document;
mod draft;
pub mod entity;
mod message;
mod note;
pub mod question;
pub(crate) mod role;
mod speaker;
pub mod time;
mod tool_schema;

pub use chat_time::chat_time;
pub use document::{DocumentInput, Format, read_document};
pub(crate) use draft::names;
pub use draft::{Draft, fingerprint};
pub use message::{MessageDefaults, read_messages};
pub(crate) use note::{NAME_BYTES, Note, PART};
