//! Deep search: a language model splits a question, the parts are searched in rounds, and it says
//! when what was found is enough. Opt-in, and never a condition for an answer.
//!
//! What is asked of a model is a file with a version, followed by data inside a fence that the data
//! can't close. Nothing of the reply is taken on trust: the model only words further questions and
//! stops the search; what is found, and who may see it, is the plain search's business.

pub(crate) mod ask;
mod questions;
#[cfg(test)]
pub(crate) mod scripted;
mod search;
#[cfg(test)]
mod tests;
mod trail;

pub use search::{DeepFound, DeepLimits, DeepSearch, DeepStep, DeepVerdict, Evidence};
