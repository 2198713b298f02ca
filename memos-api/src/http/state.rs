//! What the handlers share: the open MemOS, once it is open.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use memos_core::{Code, Error, Result};

use super::Options;
use super::metrics::Metrics;
use super::recent::Recent;
use crate::MemOs;
use crate::faces::ModelServer;

/// What the handlers share. Clones are the same state.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    phase: RwLock<Phase>,
    options: Options,
    metrics: Metrics,
    recent: Recent,
    /// The way to the upstream, made when it is first needed.
    model_server: OnceLock<ModelServer>,
}

#[derive(Clone)]
enum Phase {
    Opening,
    Open(Arc<MemOs>),
    Failed(Arc<str>),
    Closed,
}

impl AppState {
    /// A state whose data folder is still being opened: every route but the probes answers 503.
    pub fn opening(options: Options) -> Self {
        Self(Arc::new(Shared {
            phase: RwLock::new(Phase::Opening),
            options,
            metrics: Metrics::new(),
            recent: Recent::default(),
            model_server: OnceLock::new(),
        }))
    }

    /// A state that is ready.
    pub fn open(memos: Arc<MemOs>, options: Options) -> Self {
        let state = Self::opening(options);
        state.opened(memos);
        state
    }

    /// The data folder is open: from now on all routes answer.
    pub fn opened(&self, memos: Arc<MemOs>) {
        self.turn(Phase::Open(memos));
    }

    /// The data folder did not open: `/ready` says why.
    pub fn failed(&self, error: &Error) {
        self.turn(Phase::Failed(error.to_string().into()));
    }

    /// Lets go of the MemOS; it is dropped when the last request that uses it is done.
    pub fn close(&self) {
        self.turn(Phase::Closed);
    }

    /// The MemOS.
    ///
    /// # Errors
    /// `Unavailable`, with the reason, while it is not open.
    pub fn memos(&self) -> Result<Arc<MemOs>> {
        let phase = self.0.phase.read().unwrap_or_else(PoisonError::into_inner);
        let (why, remedy) = match &*phase {
            Phase::Open(memos) => return Ok(Arc::clone(memos)),
            Phase::Opening => (
                "the data folder is being opened".to_owned(),
                "try again in a second; /ready answers 200 when it is open",
            ),
            Phase::Failed(why) => (
                format!("the data folder could not be opened: {why}"),
                "do what the reason says and start the server again",
            ),
            Phase::Closed => (
                "the server is shutting down".to_owned(),
                "try again when it has restarted",
            ),
        };
        Err(Error::new(Code::Unavailable, why).remedy(remedy))
    }

    pub(super) fn is_opening(&self) -> bool {
        let phase = self.0.phase.read().unwrap_or_else(PoisonError::into_inner);
        matches!(*phase, Phase::Opening)
    }

    /// The model server that requests in OpenAI's form are passed on to; none if none is set.
    ///
    /// # Errors
    /// `InvalidRequest` for an address that is none, `Unavailable` if TLS does not start.
    pub(crate) fn model_server(&self) -> Result<Option<&ModelServer>> {
        let Some(settings) = &self.0.options.upstream else {
            return Ok(None);
        };
        if let Some(server) = self.0.model_server.get() {
            return Ok(Some(server));
        }
        let made = ModelServer::new(settings)?;
        Ok(Some(self.0.model_server.get_or_init(|| made)))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.0.recent
    }

    fn turn(&self, phase: Phase) {
        let mut now = self.0.phase.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *now, phase);
        // Dropping a MemOS writes to the disk: not under the lock.
        drop(now);
        drop(before);
    }
}
