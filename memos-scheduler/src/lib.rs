//! The operation layer of MemOS: retrieval, background work, the life of memories, their history
//! and what is made of them. Storage, models and governance are traits of `memos-core` here.
//!
//! - [`MemOperator`] answers calls; [`Residency`] keeps cubes in the index, [`Views`] their past.
//! - [`tasks`]: the MemScheduler, durable work and what runs when. [`work`]: the kinds of it.
//! - [`fusion`]: repeats and what took whose place.
//! - [`refine`]: what a language model makes of evidence. [`organise`]: what rules make of it.
//! - [`feedback`]: which memory a correction means. [`deep`]: search in rounds.
//! - [`lifecycle`]: states, lifespans, working sets. [`time_machine`]: versions, rollback, branches.
//!
//! ```
//! use std::sync::Arc;
//!
//! use memos_core::{Embedder, VolatileVault};
//! use memos_governance::AccessGuard;
//! use memos_models::StaticEmbedder;
//! use memos_scheduler::{MemOperator, Residency};
//! use memos_store::MemoryIndex;
//!
//! let vault = Arc::new(VolatileVault::default());
//! let embedder = Arc::new(StaticEmbedder::bundled());
//! let index = Arc::new(MemoryIndex::new(embedder.dimension()));
//! let residency = Arc::new(Residency::new(vault.clone(), index.clone(), embedder.clone()));
//! let operator = MemOperator::new(vault, index, embedder, Arc::new(AccessGuard), residency);
//! assert!(operator.weights().0.window > 0.0);
//! ```

mod context;
pub mod deep;
pub mod feedback;
pub mod fusion;
pub mod lifecycle;
mod operator;
pub mod organise;
mod prompting;
mod recent_cubes;
pub mod refine;
mod residency;
pub mod tasks;
#[cfg(test)]
mod testing;
pub mod time_machine;
mod usage;
mod views;
pub mod work;

pub use context::{Context, context, fenced_context};
pub use operator::{Found, Hit, MemOperator, WEIGHTS};
pub use residency::Residency;
pub use usage::UsageLog;
pub use views::{ViewChange, ViewKey, ViewLimits, ViewOf, Views};
