//! The operation layer of MemOS: the MemOperator, which retrieves, and the residency of cubes in
//! the index. Storage, models and governance are traits of `memos-core` here.
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
mod operator;
mod residency;
#[cfg(test)]
mod testing;
mod usage;

pub use context::{Context, context};
pub use operator::{Found, Hit, MemOperator, WEIGHTS};
pub use residency::Residency;
pub use usage::UsageLog;
