//! Refinement with a language model: raw turns become facts, preferences, events, profiles, tool and
//! skill memories; two memories are compared; feedback finds the memory that it corrects; a question
//! is split, and what was found for it is weighed.
//!
//! Everything but the call itself is pure. A prompt is a file with a version, followed by its data;
//! what others wrote goes in as JSON inside a fence that it can't close. Memories are known to the
//! model by short numbers, so whatever a message makes it say, it can name no other memory, owner or
//! access than those that it was shown.

mod drafts;
mod facts;
mod fence;
mod language;
mod prompt;
mod questions;
mod refiner;
mod relations;
#[cfg(test)]
mod tests;

pub use drafts::{Draft, Dropped, Fingerprint, Refined};
pub use facts::{Kind, MAX_ITEMS, MAX_TEXT};
pub use language::Language;
pub use prompt::PromptName;
pub use questions::Weighed;
pub use refiner::Refiner;
pub use relations::{Correction, Judgement, Relation, Remedy};
