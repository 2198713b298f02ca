//! The background work, put together: which handlers there are, and how their commits reach the
//! vault and the index.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use memos_core::{
    Clock, Code, Commit, Committed, CubeId, Embedder, Layer, Result, Timestamp, Vault,
};
use memos_scheduler::Residency;
use memos_scheduler::fusion::{Fusion, Verdict};
use memos_scheduler::lifecycle::LifecyclePolicy;
use memos_scheduler::refine::{Judgement, PromptName, Refiner, Relation};
use memos_scheduler::tasks::{Committer, Handler};
use memos_scheduler::work::{Adviser, Fusing, Organising, Reading, Refining, Sweeping};

use super::model::Model;
use crate::config::Count;
use crate::reader;

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

/// How derived text is read.
pub(super) const READING: Reading = Reading {
    fingerprint: reader::fingerprint,
    times: reader::time::mentions,
};

/// Who does what is to be done.
pub(super) fn handlers(parts: &Parts<'_>) -> Vec<Arc<dyn Handler>> {
    let (vault, clock) = (|| Arc::clone(parts.vault), || Arc::clone(parts.clock));
    let mut fusing = Fusing::new(vault(), clock(), Arc::clone(parts.fusion));
    if let Some(model) = parts.model {
        fusing = fusing.advised(adviser(model, clock()));
    }
    let mut handlers: Vec<Arc<dyn Handler>> = vec![
        Arc::new(fusing),
        Arc::new(Organising::new(vault(), clock(), READING)),
        Arc::new(Sweeping::new(vault(), clock(), parts.policy.clone())),
    ];
    if let Some(model) = parts.model {
        let at_once = NonZeroUsize::new(parts.concurrency.0).unwrap_or(NonZeroUsize::MIN);
        let port = Arc::clone(&model.port);
        handlers.push(Arc::new(Refining::new(
            vault(),
            clock(),
            port,
            READING,
            at_once,
        )));
    }
    handlers
}

/// How long fusion goes by rules alone after the model could not be had: of thousands of pairs, each
/// would wait for it in vain.
const REST: Duration = Duration::from_secs(60);

/// The model's judgement of what the rules find, and of derived memories that they can't tell apart.
/// What it can't say is left to the rules.
fn adviser(model: &Model, clock: Arc<dyn Clock>) -> Box<Adviser> {
    let failed_at: Mutex<Option<Timestamp>> = Mutex::default();
    let refiner = Refiner::new(Arc::clone(&model.port), reader::fingerprint);
    Box::new(move |_, older, newer, by_rules| {
        let is_asked = match by_rules {
            Verdict::Duplicate { exact, .. } => !exact,
            Verdict::Supersedes { .. } | Verdict::Contradicts { .. } => true,
            Verdict::Unrelated => {
                newer.layer() == Layer::Derived
                    && older.header.descriptive.semantic_type
                        == newer.header.descriptive.semantic_type
            }
        };
        let failed_at = || failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock.now();
        // A clock that was set back must not prolong it.
        let rests = |since: Timestamp| (since..since.after(REST)).contains(&now);
        if !is_asked || failed_at().is_some_and(rests) {
            return Ok(None);
        }
        match refiner.judge(older, newer) {
            Ok(judgement) => Ok(Some(verdict(judgement, &refiner.rule(PromptName::Judge)))),
            Err(error) => {
                if error.code() != Code::BadReply {
                    *failed_at() = Some(now);
                }
                tracing::warn!(code = error.code().as_str(), "fusion goes by rules alone");
                Ok(None)
            }
        }
    })
}

fn verdict(judgement: Judgement, rule: &str) -> Verdict {
    let confidence = judgement.confidence;
    match judgement.relation {
        Relation::Duplicate => Verdict::Duplicate {
            exact: false,
            confidence,
        },
        Relation::Supersedes => Verdict::Supersedes {
            attribute: judgement.attribute.unwrap_or_else(|| "other".to_owned()),
            rule: rule.to_owned(),
            confidence,
        },
        Relation::Contradicts => Verdict::Contradicts {
            rule: rule.to_owned(),
            confidence,
        },
        Relation::Unrelated => Verdict::Unrelated,
    }
}
