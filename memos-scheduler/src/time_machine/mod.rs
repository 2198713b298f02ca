//! The Time Machine: versions of memories, cubes as they were, rollback, and what-if branches.
//!
//! All of it stands on the history that the vault writes beside every change
//! ([`Change`](memos_core::Change)), so it costs as much as there are changes, whatever the size of
//! the cube:
//!
//! - [`Past`] is a cube as it was: its records now, with the changes since laid over them backwards.
//! - [`versions`] lists what a memory was, [`diff`] says how two versions differ, and
//!   [`next_version`] is the number that a change must take, since numbers are never used again.
//! - [`Rollback`] plans the way back to a [`Point`] and then makes the commit for it.
//! - [`Branching`] is a vault in which a cube may read through to another one as it was;
//!   [`fork`], [`diff_branch`] and [`Merge`] work on such branches.
//! - [`dump`] prints a cube in a form that is equal byte for byte if the cube is.

mod branch_view;
mod branching;
mod copy_on_write;
mod diff;
mod dump;
mod fork;
mod merge;
mod past;
mod point;
mod rollback;
mod step;
#[cfg(test)]
mod tests;
mod undo;
mod undo_cache;
mod versions;

pub use branching::Branching;
pub use diff::{FieldChange, diff};
pub use dump::dump;
pub use fork::{branches_of, drop_branch, fork};
pub use merge::{BranchChange, Conflict, Merge, Policy, diff_branch};
pub use past::Past;
pub use point::{Point, drop_snapshot, take_snapshot};
pub use rollback::Rollback;
pub use step::{Effect, Refusal, Step};
pub use versions::{Version, next_version, versions};
