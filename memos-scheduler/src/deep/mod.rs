//! Deep search: a language model splits a question, the parts are searched in rounds, and it says
//! when what was found is enough. Opt-in, and never a condition for an answer.
//!
//! Nothing of a reply is taken on trust: the model only words further questions and stops the search;
//! what is found, and who may see it, is the plain search's business.

mod questions;
mod search;
#[cfg(test)]
mod tests;
mod trail;

pub use search::{DeepFound, DeepLimits, DeepSearch, DeepStep, DeepVerdict, Evidence};
