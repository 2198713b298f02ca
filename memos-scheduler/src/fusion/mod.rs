//! Fusion: which memories repeat, replace or contradict each other, and what follows for them.

mod clause;
mod cube_state;
mod effect;
mod fuse;
mod gist;
mod judge;
mod lexicon;
mod pattern;
mod shift;
mod signatures;
mod slots;
mod statement;
mod subject;
#[cfg(test)]
mod tests;
mod token;

pub use effect::Numbering;
pub use fuse::{Fused, Fusion, Opinion};
pub use judge::{Verdict, judge};
pub use statement::Statement;
