//! How a vault is opened.

use std::fmt;
use std::sync::Arc;

use memos_core::{Clock, SystemClock};

/// How a vault is opened. Made with [`Options::new`], then changed field by field.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// What time it is: events and noted requests carry it.
    pub clock: Arc<dyn Clock>,
    /// Bytes of memory for pages of the store; 64 MiB unless said.
    pub cache_capacity: u64,
    /// Bytes of the disk that stay free: below them commits are refused with `DiskFull`, since sled
    /// can't go on after a write that found no room. 64 MiB unless said.
    pub reserve_bytes: u64,
}

impl Options {
    /// The defaults, with a clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            cache_capacity: 64 << 20,
            reserve_bytes: 64 << 20,
        }
    }
}

impl Default for Options {
    /// On the system's clock.
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("cache_capacity", &self.cache_capacity)
            .field("reserve_bytes", &self.reserve_bytes)
            .finish_non_exhaustive()
    }
}
