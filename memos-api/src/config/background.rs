//! Settings of what happens in the background: tasks, lifecycle, and the language model.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use memos_core::{Embedder, Result};
use memos_scheduler::lifecycle::{Capacities, LifecyclePolicy};
use memos_scheduler::tasks::{self, StrategyName};
use serde::Deserialize;

use super::{Count, Names, Span, Strategy};

/// The language model, if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Llm {
    /// Where an OpenAI-compatible server answers, such as `http://127.0.0.1:11434/v1`.
    pub base_url: Option<String>,
    /// Its key, if it wants one.
    pub api_key: Option<Secret>,
    /// The model to ask for.
    pub model: Option<String>,
    /// Longest that one answer may take.
    pub timeout: Span,
    /// Requests at a time.
    pub concurrency: Count,
    /// Requests a minute, if there is a limit.
    pub requests_per_minute: Option<Count>,
    /// Tokens that one request may take, prompt and answer together, if there is a limit.
    pub tokens_per_request: Option<Count>,
    /// Tokens that each user may spend a day, if there is a ceiling.
    pub tokens_per_day: Option<Count>,
}

impl Default for Llm {
    fn default() -> Self {
        Self {
            base_url: None,
            api_key: None,
            model: None,
            timeout: Span(Duration::from_secs(60)),
            concurrency: Count(4),
            requests_per_minute: None,
            tokens_per_request: None,
            tokens_per_day: None,
        }
    }
}

/// How background work is done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Scheduler {
    /// Tasks at a time, beside those that wait for a model; half of the cores if not set, so that the
    /// other half answers.
    pub workers: Count,
    /// Which task is next.
    pub strategy: Strategy,
    /// The labels that `label_match` prefers, or the words that `semantic_match` goes by.
    pub labels: Names,
}

fn usable_cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

impl Default for Scheduler {
    fn default() -> Self {
        Self {
            workers: Count(usable_cores().div_ceil(2)),
            strategy: Strategy(StrategyName::Priority),
            labels: Names::default(),
        }
    }
}

impl Scheduler {
    /// The strategy that is named.
    ///
    /// # Errors
    /// `InvalidRequest` if it needs labels and has none.
    pub(crate) fn strategy(
        &self,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Arc<dyn tasks::Strategy>> {
        let strategy = self.strategy.0.strategy(&self.labels.0, embedder);
        strategy.map_err(|e| e.at("scheduler.labels"))
    }

    /// Threads for tasks, with so many more for those that wait.
    pub(crate) fn workers(&self, waiting: usize) -> NonZeroUsize {
        NonZeroUsize::new(self.workers.0 + waiting).unwrap_or(NonZeroUsize::MIN)
    }
}

/// How many memories each working set of a cube may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Lifecycle {
    /// Working memory.
    pub working: Count,
    /// Long-term memory; beyond it, the least valued are archived. No limit if absent.
    pub long_term: Option<Count>,
    /// What is known of the user; as long-term memory.
    pub user: Option<Count>,
}

impl Default for Lifecycle {
    /// Twenty, as the working memory of MemOS; nothing is archived for want of room.
    fn default() -> Self {
        Self {
            working: Count(20),
            long_term: None,
            user: None,
        }
    }
}

impl Lifecycle {
    /// The rules of the lifecycle with these capacities.
    pub(crate) fn policy(&self) -> LifecyclePolicy {
        let mut policy = LifecyclePolicy::default();
        policy.tiers.capacities = Capacities {
            working: self.working.0,
            long_term: self.long_term.map(|count| count.0),
            user: self.user.map(|count| count.0),
        };
        policy
    }
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
