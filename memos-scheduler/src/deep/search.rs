//! The rounds of a deep search.

use std::sync::Arc;

use memos_core::{Code, CubeId, Error, LanguageModel, MemoryId, Result, UserId};
use tracing::{debug, warn};

use super::questions::Asker;
use super::trail::Trail;

/// Searches a question in rounds, led by a language model.
///
/// Its [`run`](DeepSearch::run) waits for the model on the calling thread: it is for threads that
/// may block.
#[derive(Clone)]
pub struct DeepSearch {
    /// Who splits questions and judges evidence.
    pub model: Arc<dyn LanguageModel>,
    /// How far a search goes.
    pub limits: DeepLimits,
}

/// How far a deep search goes. It asks the model at most as often as there are rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeepLimits {
    /// Most rounds after the plain search; with none, the model is not asked at all.
    pub rounds: usize,
    /// Most questions that are searched in a round.
    pub queries_per_round: usize,
    /// Most lines of evidence that the model is shown, the best ones.
    pub evidence: usize,
}

impl Default for DeepLimits {
    fn default() -> Self {
        Self {
            rounds: 3,
            queries_per_round: 3,
            evidence: 40,
        }
    }
}

/// One memory that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Which one.
    pub id: (CubeId, MemoryId),
    /// How it reads in a prompt, such as [`evidence_line`](memos_core::evidence_line) gives it.
    pub line: String,
    /// Its score in that search.
    pub score: f32,
}

/// What a deep search found, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct DeepFound {
    /// The memories, without repeats: the best of each search in turn, that of the question itself
    /// first, then the second of each, and so on.
    pub found: Vec<(CubeId, MemoryId)>,
    /// The searches, in order; the first is that of the question itself.
    pub steps: Vec<DeepStep>,
    /// Why the model's part is missing or incomplete, if it is.
    pub degraded: Option<String>,
}

/// One search of a deep search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepStep {
    /// What was searched.
    pub query: String,
    /// How many memories it added.
    pub found: usize,
    /// What came of it.
    pub verdict: DeepVerdict,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeepVerdict {
    /// It added memories, and they were not enough yet or were not judged.
    More,
    /// The memories found by then answer the question.
    Sufficient,
    /// It added none; or, as the last step, there was no new question to ask.
    NothingNew,
    /// It was the last that the limits allow.
    Limit,
}

impl DeepVerdict {
    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::More => "more",
            Self::Sufficient => "sufficient",
            Self::NothingNew => "nothing_new",
            Self::Limit => "limit",
        }
    }
}

/// Why the rounds ended early.
enum Broken {
    /// The model did not do its part.
    Model(Error),
    /// The search itself failed.
    Search(Error),
}

impl DeepSearch {
    /// With the usual limits.
    pub fn new(model: Arc<dyn LanguageModel>) -> Self {
        Self {
            model,
            limits: DeepLimits::default(),
        }
    }

    /// Searches a question, then what the model asks about it, until it says that the evidence is
    /// enough, has no new question, or a limit is reached.
    ///
    /// `search` is the plain search with the caller's rights: best first. The model's spending is
    /// the tenant's. A model that fails, late or early, costs nothing of what was found by then: at
    /// the least there are the results of the plain search, and `degraded` says what happened.
    ///
    /// # Errors
    /// Those of `search`, but not that it can't take what the model asked.
    pub fn run(
        &self,
        tenant: &UserId,
        question: &str,
        search: &mut dyn FnMut(&str) -> Result<Vec<Evidence>>,
    ) -> Result<DeepFound> {
        let mut trail = Trail::default();
        trail.add(question, search(question)?);
        let asker = Asker {
            model: self.model.as_ref(),
            tenant,
            question,
            limit: self.limits.queries_per_round,
        };
        let degraded = match self.rounds(&asker, &mut trail, search) {
            Ok(()) => None,
            Err(Broken::Search(error)) => return Err(error),
            Err(Broken::Model(error)) => Some(told(&error, trail.steps.len())),
        };
        debug!(
            steps = trail.steps.len(),
            found = trail.len(),
            "deep search ended"
        );
        Ok(DeepFound {
            found: trail.merged().iter().map(|e| e.id.clone()).collect(),
            steps: trail.steps,
            degraded,
        })
    }

    fn rounds(
        &self,
        asker: &Asker<'_>,
        trail: &mut Trail,
        search: &mut dyn FnMut(&str) -> Result<Vec<Evidence>>,
    ) -> Result<(), Broken> {
        let limit = self.limits.queries_per_round;
        if self.limits.rounds == 0 {
            trail.conclude(DeepVerdict::Limit);
            return Ok(());
        }
        let split = asker.decompose().map_err(Broken::Model)?;
        let mut queries = trail.fresh(split, limit);
        let mut judged_at = None;
        for round in 1.. {
            for query in &queries {
                let list = search(query).map_err(|error| match error.code() {
                    Code::InvalidRequest | Code::InvalidTime | Code::TooLarge => {
                        Broken::Model(error)
                    }
                    _ => Broken::Search(error),
                })?;
                trail.add(query, list);
            }
            if round >= self.limits.rounds {
                trail.conclude(DeepVerdict::Limit);
                break;
            }
            // It has judged this evidence before.
            if judged_at.replace(trail.len()) == Some(trail.len()) {
                trail.conclude(DeepVerdict::NothingNew);
                break;
            }
            let merged = trail.merged();
            let lines: Vec<&str> = merged.iter().map(|e| e.line.as_str()).collect();
            let shown = &lines[..lines.len().min(self.limits.evidence)];
            let searched: Vec<&str> = trail.steps.iter().map(|s| s.query.as_str()).collect();
            let judged = asker.judge(&searched, shown).map_err(Broken::Model)?;
            // Nothing answers no question.
            if judged.sufficient && !shown.is_empty() {
                trail.conclude(DeepVerdict::Sufficient);
                break;
            }
            queries = trail.fresh(judged.queries, limit);
            if queries.is_empty() {
                trail.conclude(DeepVerdict::NothingNew);
                break;
            }
        }
        Ok(())
    }
}

fn told(error: &Error, steps: usize) -> String {
    warn!(
        code = error.code().as_str(),
        steps, "deep search goes without its model"
    );
    let results = match steps {
        1 => "the results are those of the plain search",
        _ => "the results are those of the searches before",
    };
    format!("{}: {}; {results}", error.code().as_str(), error.message())
}
