//! Composition: the one place that knows which vault, which index, which guard, which model.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use memos_core::{
    Bus, Clock, Code, Embedder, Error, EventLog, InProcessBus, Index, LanguageModel, Result,
    SystemClock, Vault, Weights,
};
use memos_governance::AccessGuard;
use memos_models::StaticEmbedder;
use memos_scheduler::tasks::{Handler, MemScheduler, Queue, Settings};
use memos_scheduler::time_machine::Branching;
use memos_scheduler::{MemOperator, Residency, UsageLog, ViewLimits, Views, WEIGHTS};
use memos_store::{MemoryIndex, Options, SledVault};
use tokio::sync::{broadcast, watch};

use super::background::Background;
use super::follow::Head;
use super::model::{self, Model};
use super::outbox::Outbox;
use super::spending::Spending;
use super::webhooks::Couriers;
use super::work::{self, Commits};
use super::{Limits, MemOs};
use crate::config::{Lifecycle, Llm, Scheduler};

/// How long the same request counts as a retry of the first.
pub const DEFAULT_REPEAT_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Changes of tasks that wait for one who follows them.
const TASK_CHANGES: usize = 1024;

/// Whether a MemOS does the work that waits in its folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Working {
    /// With threads of its own, from when it is opened to when it is dropped.
    #[default]
    InBackground,
    /// Not at all: tasks are noted and wait for whoever opens the folder next, as by a command that
    /// is over in a moment.
    Later,
}

/// Configures a [`MemOs`].
pub struct Builder {
    data: Option<PathBuf>,
    cache_capacity: Option<u64>,
    reserve_bytes: Option<u64>,
    limits: Limits,
    repeat_window: Duration,
    weights: Weights,
    clock: Arc<dyn Clock>,
    working: Working,
    scheduler: Scheduler,
    lifecycle: Lifecycle,
    llm: Llm,
    model: Option<Arc<dyn LanguageModel>>,
    handlers: Vec<Arc<dyn Handler>>,
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
            working: Working::default(),
            scheduler: Scheduler::default(),
            lifecycle: Lifecycle::default(),
            llm: Llm::default(),
            model: None,
            handlers: Vec::new(),
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

    /// Whether the work that waits is done; in the background if not set.
    #[must_use]
    pub fn working(mut self, working: Working) -> Self {
        self.working = working;
        self
    }

    /// How background work is done.
    #[must_use]
    pub fn scheduler(mut self, settings: Scheduler) -> Self {
        self.scheduler = settings;
        self
    }

    /// How many memories each working set may hold.
    #[must_use]
    pub fn lifecycle(mut self, settings: Lifecycle) -> Self {
        self.lifecycle = settings;
        self
    }

    /// The endpoint of a language model. Without one, rules do what they can.
    #[must_use]
    pub fn llm(mut self, settings: Llm) -> Self {
        self.llm = settings;
        self
    }

    /// A language model of your own, in place of an endpoint.
    #[must_use]
    pub fn model(mut self, model: Arc<dyn LanguageModel>) -> Self {
        self.model = Some(model);
        self
    }

    /// Does tasks of a kind of your own.
    #[must_use]
    pub fn handler(mut self, handler: Arc<dyn Handler>) -> Self {
        self.handlers.push(handler);
        self
    }

    /// Opens the folder.
    ///
    /// # Errors
    /// `FolderLocked` if another process holds it, `FolderNewer` if a newer version wrote it,
    /// `DiskFull`, `Corrupt`; `InvalidRequest` without a folder, or for a setting that can't be.
    pub fn open(self) -> Result<MemOs> {
        let folder = self.data.as_ref().ok_or_else(|| {
            Error::new(Code::InvalidRequest, "no data folder is given").remedy("call data(folder)")
        })?;
        let embedder: Arc<dyn Embedder> = Arc::new(StaticEmbedder::bundled());
        let strategy = self.scheduler.strategy(&embedder)?;
        let model = match &self.model {
            Some(model) => Some(Model::of(Arc::clone(model))),
            None => model::endpoint(&self.llm, &self.clock)?,
        };
        let mut options = Options::new(Arc::clone(&self.clock));
        options.cache_capacity = self.cache_capacity.unwrap_or(options.cache_capacity);
        options.reserve_bytes = self.reserve_bytes.unwrap_or(options.reserve_bytes);
        let sled = Arc::new(SledVault::open(folder, options)?);
        let log = Arc::clone(&sled) as Arc<dyn EventLog>;
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::new(Arc::clone(&log)));
        // The queue reads and writes tasks beneath the decorators: they concern nobody else.
        let queue = Arc::new(Queue::open(
            Arc::clone(&sled) as _,
            Arc::clone(&self.clock),
            strategy,
        )?);
        let dimension = embedder.dimension();
        let views = Arc::new(Views::new(
            move || Arc::new(MemoryIndex::new(dimension)),
            Arc::clone(&embedder),
            ViewLimits::default(),
        ));
        let heads = watch::Sender::new(Head {
            seq: log.head(),
            closed: false,
        });
        let fusion = work::fusion(&embedder);
        let outbox = Outbox {
            vault: Arc::clone(&sled) as _,
            bus: Arc::clone(&bus),
            queue: Arc::clone(&queue),
            views: Arc::clone(&views),
            fusion: Arc::clone(&fusion),
            heads: heads.clone(),
        };
        let branching = Arc::new(Branching::new(Arc::new(outbox)));
        let vault = Arc::clone(&branching) as Arc<dyn Vault>;
        let index: Arc<dyn Index> = Arc::new(MemoryIndex::new(dimension));
        let residency = Residency::new(
            Arc::clone(&vault),
            Arc::clone(&index),
            Arc::clone(&embedder),
        )
        .with_branches(move |cube| branching.branches_of(cube));
        let residency = Arc::new(residency);
        let guard = Arc::new(AccessGuard);
        let operator = MemOperator::new(
            Arc::clone(&vault),
            Arc::clone(&index),
            Arc::clone(&embedder),
            Arc::clone(&guard) as _,
            Arc::clone(&residency),
        )
        .with_weights(self.weights);
        let usage = Arc::new(UsageLog::new(
            Arc::clone(&vault),
            Arc::clone(&residency),
            index,
            Arc::clone(&self.clock),
        ));
        let mut handlers = work::handlers(&work::Parts {
            vault: &vault,
            clock: &self.clock,
            fusion: &fusion,
            model: model.as_ref(),
            policy: self.lifecycle.policy(),
            concurrency: self.llm.concurrency,
        });
        handlers.extend(self.handlers);
        let kinds = handlers.iter().map(|h| h.kind().to_owned()).collect();
        let committer = Commits {
            residency: Arc::clone(&residency),
            vault: Arc::clone(&vault),
        };
        // Who waits for a model must not keep the others waiting.
        let waiting = model.as_ref().map_or(0, |_| self.llm.concurrency.0);
        let scheduler = match self.working {
            Working::Later => None,
            Working::InBackground => Some(MemScheduler::start(
                Arc::clone(&queue),
                Arc::new(committer),
                handlers,
                Settings {
                    workers: self.scheduler.workers(waiting),
                    ..Settings::default()
                },
            )?),
        };
        let task_changes = broadcast::Sender::new(TASK_CHANGES);
        let spending = model.as_ref().and_then(|m| m.endpoint.clone());
        let spending = spending.map(|endpoint| Spending::resume(endpoint, folder));
        let noting = Arc::clone(&usage);
        let feed = queue.feed();
        let background =
            Background::start(noting, spending.transpose()?, feed, task_changes.clone())?;
        let memos = MemOs {
            scheduler,
            couriers: Couriers::default(),
            _background: background,
            vault,
            log,
            bus,
            guard,
            clock: self.clock,
            embedder,
            residency,
            operator,
            views,
            usage,
            queue,
            kinds,
            heads,
            task_changes,
            model,
            policy: self.lifecycle.policy(),
            boards: super::graph::Boards::default(),
            limits: self.limits,
            repeat_window: self.repeat_window,
            announce: Box::new(move |address| {
                if let Err(error) = sled.announce_address(address) {
                    tracing::warn!(%error, "other programs will not learn this server's address");
                }
            }),
        };
        memos.resume_couriers()?;
        Ok(memos)
    }
}
