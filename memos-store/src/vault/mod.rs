//! The durable vault: memos_core's [`Vault`](memos_core::Vault) on sled.
//!
//! A [`commit`] goes through [`rules`] onto a [`stage`], with what it adds to each [`history`], is
//! noted in the overlays of the open [`snapshot`]s, applied to the one tree ([`keys`]) in one atomic
//! batch, and acknowledged when the [`disk`] has it, together with its [`group`].

mod codec;
mod commit;
mod disk;
mod event_log;
mod failure;
mod folder;
mod group;
mod history;
mod keys;
mod large;
mod lock;
mod lookups;
mod old;
mod options;
mod raise;
mod recovery;
mod requests;
mod rules;
mod sled_vault;
mod snapshot;
mod stage;
mod vault_snapshot;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod testing;

pub use lock::{Holder, holder};
pub use options::Options;
pub use sled_vault::SledVault;
