//! The work that is done in the background, as tasks: which follow from what ([`births`]), and how
//! each kind is done.

pub mod births;
mod changes;
mod derived;
mod fuse;
mod organise;
mod refine;
mod sweep;
#[cfg(test)]
mod tests;

pub use derived::Reading;
pub use fuse::{Adviser, Fusing};
pub use organise::Organising;
pub use refine::Refining;
pub use sweep::Sweeping;

/// Finds repeats and what was superseded.
pub const FUSE: &str = "fuse";
/// Makes summaries and profiles by rules.
pub const ORGANISE: &str = "organise";
/// Has a language model read new evidence.
pub const REFINE: &str = "refine";
/// Moves what is due.
pub const SWEEP: &str = "sweep";
