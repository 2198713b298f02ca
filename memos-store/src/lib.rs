//! Storage of MemOS: the durable vault on sled and the in-process retrieval index.
//!
//! ```
//! use memos_core::{EventLog, Vault};
//! use memos_store::{Options, SledVault};
//!
//! let folder = tempfile::tempdir()?;
//! let vault = SledVault::open(folder.path(), Options::default())?;
//! assert_eq!(vault.head().0, 0);
//! assert!(vault.snapshot()?.cubes(None, 10)?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod index;
mod text;
mod vault;

pub use index::MemoryIndex;
pub use vault::{Holder, Options, SledVault, holder};
