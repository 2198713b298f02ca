//! Organising without a language model: what a cube's memories are about, and what follows from
//! them, by rules and statistics. Nothing here reads or writes a vault: memories in, drafts out.
//!
//! | part | out of | makes |
//! |---|---|---|
//! | [`Organiser`] | the turns of sessions and days | summaries, preferences and profile facts as derived memories |
//! | `Interests` | all turns of a cube, one by one | what speakers come back to |
//! | [`rest`] | a derived memory and what is left of its evidence | the memory without the forgotten |
//! | [`Graph`] | entities and links of headers | neighbours of a memory, paths from a question's entities |
//! | [`layers`] | the memories that one reader sees | topics, concepts and facts |
//!
//! Nothing is derived from memories of two owners or of two audiences, and nothing said by one
//! speaker becomes another's.

mod cluster;
mod draft;
mod graph;
mod inherit;
mod layers;
mod lexrank;
mod phrase;
mod plan;
mod profile;
mod rest;
#[cfg(test)]
mod samples;
mod sentence;
mod summary;
mod vector;
mod words;

pub use draft::Draft;
pub use graph::{EntityNode, Graph, GraphLimits, Neighbour, PathHit, Tie};
pub(crate) use inherit::{Notes, Support};
pub use layers::{Concept, Topic, Tree, layers};
pub use plan::Organiser;
pub(crate) use profile::Interests;
pub use rest::rest;
pub use sentence::sentences;
