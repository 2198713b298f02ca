//! MemLifecycle: what becomes of memories with time and use, and on request.
//!
//! - [`policy`](LifecyclePolicy): how fast a memory loses weight, and when its next move comes.
//! - [`tiers`](TierPolicy): which memories are in the working, the long-term and the user memory.
//! - [`moves`](Lifecycle): a move as writes and events, for explicit calls and for all that follows.
//! - `reuse`: what is used comes back ([`Lifecycle::on_use`]).
//! - [`sweep`](Sweep): what is due in a cube, in commits of bounded size, and when to come again.
//! - [`lifespan`](parse_lifespan): lifespans as text.
//!
//! Everything here decides and writes nothing: the result is a plan or a
//! [`Commit`](memos_core::Commit), and time is an argument.

mod lifespan;
mod moves;
mod policy;
mod reuse;
mod sweep;
#[cfg(test)]
mod testing;
mod tiers;
mod vitals;

pub(crate) use lifespan::shortest;
pub use lifespan::{lifespan_text, parse_lifespan};
pub use moves::{Lifecycle, Moved, NextVersion, refuse_change, refuse_forgetting};
pub use policy::{Due, HalfLives, LifecyclePolicy, Reason, Thresholds};
pub use sweep::{Batch, Step, Sweep, SweepCommit, SweepMove, SweepPlan};
pub use tiers::{Capacities, Placement, Target, TierPolicy};
pub use vitals::Vitals;
