//! Durable scheduled work: which task runs when.
//!
//! Tasks are records of the vault, born in the commit of what causes them. The vault has the last
//! word on every one: a change names the revision that it saw, so a late or repeated result is
//! refused. What this module keeps in memory is an index to choose from; where it is out of date,
//! the vault refuses and the index is put right.
//!
//! - [`Handler`]: how one kind of task is done; [`Effect`]: what comes of it, in one commit with the
//!   task's completion; [`Committer`]: how that commit reaches the vault.
//! - [`Queue`]: the live tasks, and all that may be asked of them and done to them.
//! - [`Strategy`]: who goes first.
//! - [`Dispatcher`]: one step of the work at a time, without threads or a clock of its own.
//! - [`MemScheduler`]: the same with threads.

mod batch;
mod board;
mod claim;
mod desk;
mod dice;
mod dispatcher;
mod ended;
mod feed;
mod filter;
mod handler;
mod index;
mod job;
mod lanes;
mod names;
mod plan;
mod queue;
mod scheduler;
mod settings;
mod stats;
mod step;
mod strategy;
#[cfg(test)]
mod tests;
mod touched;
mod worker;

pub use claim::Claim;
pub use dispatcher::{Dispatcher, Turn};
pub use ended::Retention;
pub use feed::{Feed, TaskUpdate};
pub use filter::{Counts, Standing, TaskFilter};
pub use handler::{Build, Committer, Effect, Handler, Limits};
pub use job::{Job, Performed, Settlement, Work};
pub use queue::Queue;
pub use scheduler::MemScheduler;
pub use settings::Settings;
pub use stats::{KindStats, Stats};
pub use strategy::{Fifo, LabelMatch, Lru, Place, Priority, SemanticMatch, Strategy, StrategyName};
pub use touched::Touched;
