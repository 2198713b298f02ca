//! Refinement with a language model: raw turns become facts, preferences, events, profiles, tool and
//! skill memories; two memories are compared.
//!
//! Everything but the call itself is pure. Memories are known to the model by short numbers, so
//! whatever a message makes it say, it can name no other memory, owner or access than those that it
//! was shown.

mod drafts;
mod facts;
mod prompts;
mod refiner;
mod relations;
mod shown;
#[cfg(test)]
mod tests;

pub use drafts::{Draft, Dropped, Fingerprint, Refined};
pub use prompts::PromptName;
pub use refiner::Refiner;
pub use relations::{Judgement, Relation};
