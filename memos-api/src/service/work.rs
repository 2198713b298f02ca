//! The background work, put together: which handlers there are, and how their commits reach the
//! vault and the index.

use std::sync::Arc;

use memos_core::{Clock, Commit, Committed, CubeId, Embedder, Result, Vault};
use memos_scheduler::Residency;
use memos_scheduler::fusion::Fusion;
use memos_scheduler::lifecycle::LifecyclePolicy;
use memos_scheduler::tasks::{Committer, Handler};
use memos_scheduler::work::{Fusing, Sweeping};

use super::model::Model;
use crate::config::Count;

/// Commits of tasks, kept in step with the index.
pub(super) struct Commits {
    pub(super) residency: Arc<Residency>,
    pub(super) vault: Arc<dyn Vault>,
}

impl Committer for Commits {
    fn commit(
        &self,
        cube: Option<&CubeId>,
        build: &mut dyn FnMut() -> Result<Commit>,
    ) -> Result<Committed> {
        match cube {
            Some(cube) => self.residency.commit(cube, build),
            None => self.vault.commit(build()?),
        }
    }
}

/// What handlers need.
pub(super) struct Parts<'a> {
    pub(super) vault: &'a Arc<dyn Vault>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) fusion: &'a Arc<Fusion>,
    pub(super) model: Option<&'a Model>,
    pub(super) policy: LifecyclePolicy,
    /// Calls of the model at a time.
    pub(super) concurrency: Count,
}

pub(super) fn fusion(embedder: &Arc<dyn Embedder>) -> Arc<Fusion> {
    Arc::new(Fusion::new(Arc::clone(embedder)))
}

/// Who does what is to be done.
pub(super) fn handlers(parts: &Parts<'_>) -> Vec<Arc<dyn Handler>> {
    let (vault, clock) = (|| Arc::clone(parts.vault), || Arc::clone(parts.clock));
    let handlers: Vec<Arc<dyn Handler>> = vec![
        Arc::new(Fusing::new(vault(), clock(), Arc::clone(parts.fusion))),
        Arc::new(Sweeping::new(vault(), clock(), parts.policy.clone())),
    ];
    handlers
}
