//! Composition: the one place that knows which vault, which index, which guard, which model.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use memos_core::{
    Clock, Code, Embedder, Error, EventLog, InProcessBus, Result, SystemClock, Vault, Weights,
};
use memos_governance::AccessGuard;
use memos_models::StaticEmbedder;
use memos_scheduler::{MemOperator, Residency, UsageLog, WEIGHTS};
use memos_store::{MemoryIndex, Options, SledVault};

use super::background::Background;
use super::outbox::Outbox;
use super::{Limits, MemOs};

/// How long the same request counts as a retry of the first.
pub const DEFAULT_REPEAT_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Configures a [`MemOs`].
pub struct Builder {
    data: Option<PathBuf>,
    cache_capacity: Option<u64>,
    reserve_bytes: Option<u64>,
    limits: Limits,
    repeat_window: Duration,
    weights: Weights,
    clock: Arc<dyn Clock>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            data: None,
            cache_capacity: None,
            reserve_bytes: None,
            limits: Limits::default(),
            repeat_window: DEFAULT_REPEAT_WINDOW,
            weights: WEIGHTS,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Builder {
    /// The folder that holds everything; created if it is not there.
    #[must_use]
    pub fn data(mut self, folder: impl AsRef<Path>) -> Self {
        self.data = Some(folder.as_ref().to_owned());
        self
    }

    /// Bytes of memory for the storage's cache; 64 MiB if not set.
    #[must_use]
    pub fn cache_capacity(mut self, bytes: u64) -> Self {
        self.cache_capacity = Some(bytes);
        self
    }

    /// Bytes of disk to leave free: with less, writes are refused before any harm; 64 MiB if not
    /// set.
    #[must_use]
    pub fn reserve_bytes(mut self, bytes: u64) -> Self {
        self.reserve_bytes = Some(bytes);
        self
    }

    /// How much one request may ask for.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long the same request counts as a retry of the first; zero turns that off.
    #[must_use]
    pub fn repeat_window(mut self, window: Duration) -> Self {
        self.repeat_window = window;
        self
    }

    /// How signals become a score, in place of [`WEIGHTS`].
    #[must_use]
    pub fn weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// What time it is: a clock of your own for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the folder.
    ///
    /// # Errors
    /// `FolderLocked` if another process holds it, `FolderNewer` if a newer version wrote it,
    /// `DiskFull`, `Corrupt`; `InvalidRequest` without a folder.
    pub fn open(self) -> Result<MemOs> {
        let folder = self.data.ok_or_else(|| {
            Error::new(Code::InvalidRequest, "no data folder is given").remedy("call data(folder)")
        })?;
        let mut options = Options::new(Arc::clone(&self.clock));
        options.cache_capacity = self.cache_capacity.unwrap_or(options.cache_capacity);
        options.reserve_bytes = self.reserve_bytes.unwrap_or(options.reserve_bytes);
        let sled = Arc::new(SledVault::open(&folder, options)?);
        let bus = Arc::new(InProcessBus::new(Arc::clone(&sled) as Arc<dyn EventLog>));
        let vault: Arc<dyn Vault> = Arc::new(Outbox::new(
            Arc::clone(&sled) as Arc<dyn Vault>,
            Arc::clone(&bus) as _,
        ));
        let embedder: Arc<dyn Embedder> = Arc::new(StaticEmbedder::bundled());
        let index = Arc::new(MemoryIndex::new(embedder.dimension()));
        let residency = Arc::new(Residency::new(
            Arc::clone(&vault),
            Arc::clone(&index) as _,
            Arc::clone(&embedder),
        ));
        let guard = Arc::new(AccessGuard);
        let operator = MemOperator::new(
            Arc::clone(&vault),
            Arc::clone(&index) as _,
            Arc::clone(&embedder),
            Arc::clone(&guard) as _,
            Arc::clone(&residency),
        )
        .with_weights(self.weights);
        let usage = Arc::new(UsageLog::new(
            Arc::clone(&vault),
            Arc::clone(&index) as _,
            Arc::clone(&self.clock),
        ));
        Ok(MemOs {
            _background: Background::start(Arc::clone(&usage))?,
            vault,
            bus,
            guard,
            clock: self.clock,
            embedder,
            residency,
            operator,
            usage,
            limits: self.limits,
            repeat_window: self.repeat_window,
            announce: Box::new(move |address| {
                if let Err(error) = sled.announce_address(address) {
                    tracing::warn!(%error, "other programs will not learn this server's address");
                }
            }),
        })
    }
}
