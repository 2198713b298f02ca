//! memos-store

mod vault;

pub use vault::{Holder, Options, SledVault, holder};
