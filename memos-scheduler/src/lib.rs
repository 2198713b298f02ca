//! The operation layer of MemOS: the MemOperator, which retrieves, and the residency of cubes in
//! the index. Storage, models and governance are traits of `memos-core` here.

mod context;
mod operator;
mod residency;
mod usage;

pub use context::{Context, context};
pub use operator::{Found, Hit, MemOperator, WEIGHTS};
pub use residency::Residency;
pub use usage::UsageLog;
