//! The Memory API as a library: every face (REST, command line, your own program) calls this.

mod add;
mod background;
mod branches;
mod builder;
mod by_kind;
mod cabinet;
mod change;
mod chat;
mod check;
mod cubes;
mod deep;
mod embed;
mod everywhere;
mod extract;
mod feedback;
mod fill;
mod follow;
mod forget;
mod graph;
mod instructions;
mod items;
mod knowledge;
mod lifecycle;
mod list;
mod locate;
mod memory_files;
mod model;
mod naming;
mod notes;
mod organisation;
mod outbox;
mod page;
mod past;
mod profile;
pub(crate) mod put_away;
mod recall;
mod receipt;
pub(crate) mod relevance;
mod replacement;
mod rerank;
mod search;
mod share;
mod shelf;
mod skill_file;
mod spending;
mod suggest;
mod tasks;
mod thoughts;
mod time_machine;
mod timeline;
mod together;
mod versions;
mod webhooks;
mod work;
mod work_on;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use memos_core::{
    Action, Bus, Clock, CubeId, Embedder, Error, EventLog, Guard, MemCube, Result, Subscriber,
    UserId, Vault,
};
use memos_scheduler::lifecycle::LifecyclePolicy;
use memos_scheduler::tasks::{MemScheduler, Queue, Stats};
use memos_scheduler::{MemOperator, Residency, UsageLog, Views};
use tokio::sync::{broadcast, watch};

pub(crate) use add::By;
pub use builder::{Builder, DEFAULT_REPEAT_WINDOW, Working};
pub(crate) use by_kind::{Kind, KindHit, Question};
pub use chat::{Answered, Chat, ChatRequest, Exchange};
pub use fill::Filled;
pub use follow::{Follower, Happening};
pub use forget::Forgotten;
pub use instructions::Instructions;
pub(crate) use knowledge::{FileKind, Files, KnowledgeFile, NewFile};
pub(crate) use naming::{Own, cube_of};
pub use page::{Order, Page};
pub(crate) use profile::{Fields, Of, Template, TemplateChange};
pub use recall::{RecallRequest, Recalled};
pub(crate) use receipt::{Part, Receipt, Standing};
pub use relevance::THRESHOLD as RELEVANCE_THRESHOLD;
pub(crate) use replacement::RULE as REPLACEMENT;
pub use suggest::{SuggestIn, Suggestions};
pub use webhooks::{Topic, Webhook, WebhookChange};

use background::{Background, TaskNews};
use follow::Head;
use model::Model;
use webhooks::Couriers;

/// An open MemOS: a data folder, its index and its models.
///
/// Calls are synchronous and safe from many threads; an async program calls them through
/// `spawn_blocking`. Dropping it writes what is still to be written and frees the folder.
///
/// ```
/// use memos_api::{MemOs, wire::{AddRequest, SearchRequest}};
///
/// let folder = tempfile::tempdir()?;
/// let memos = MemOs::builder().data(folder.path()).open()?;
/// let ada = "ada".parse()?;
/// let notes = "notes".parse()?;
/// memos.add(&ada, &notes, &AddRequest {
///     messages: Some(serde_json::json!([
///         {"role": "user", "content": "My sister Mina moved to Lyon last spring.",
///          "chat_time": "2025-06-02T09:00:00+02:00"}
///     ])),
///     ..AddRequest::default()
/// })?;
/// let answer = memos.search(&ada, &SearchRequest {
///     query: "Where does Mina live?".into(),
///     cube_ids: vec!["notes".into()],
///     ..SearchRequest::default()
/// })?;
/// assert!(answer.hits[0].memory.text.contains("Lyon"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MemOs {
    /// First, so that tasks under way are finished or handed back while all that they need is alive.
    scheduler: Option<MemScheduler>,
    /// Called back while the log and the bus are there.
    couriers: Couriers,
    vault: Arc<dyn Vault>,
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
    guard: Arc<dyn Guard>,
    clock: Arc<dyn Clock>,
    embedder: Arc<dyn Embedder>,
    residency: Arc<Residency>,
    operator: MemOperator,
    views: Arc<Views>,
    usage: Arc<UsageLog>,
    queue: Arc<Queue>,
    /// The kinds of tasks that are done here.
    kinds: BTreeSet<String>,
    heads: watch::Sender<Head>,
    task_changes: broadcast::Sender<TaskNews>,
    model: Option<Model>,
    /// How memories age.
    policy: LifecyclePolicy,
    /// Knowledge graphs that were asked for of late.
    boards: graph::Boards,
    limits: Limits,
    repeat_window: std::time::Duration,
    announce: Box<dyn Fn(&str) + Send + Sync>,
    /// Last, so that its final write finds everything else alive.
    _background: Background,
}

/// How much one request may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memories that one request may add.
    pub memories_per_request: usize,
    /// Cubes that one question may go to.
    pub cubes_per_search: usize,
    /// Memories that one answer or page may hold.
    pub memories_per_answer: usize,
    /// Bytes of one question.
    pub question_bytes: usize,
    /// Bytes of the text of one memory.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memories_per_request: 50_000,
            cubes_per_search: 100,
            memories_per_answer: 1_000,
            question_bytes: 64 * 1024,
            text_bytes: 1024 * 1024,
        }
    }
}

impl MemOs {
    /// Starts to configure one.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Follows the events of this MemOS under a name: each once, in order, also over restarts.
    ///
    /// # Errors
    /// `Conflict` while the name is in use.
    pub fn subscribe(&self, name: &str) -> Result<Box<dyn Subscriber>> {
        self.bus.subscribe(name)
    }

    /// How background work goes, for metrics.
    pub fn task_stats(&self) -> Stats {
        self.queue.stats()
    }

    /// Whether the work that waits is done here, by threads of this process.
    pub fn works_in_background(&self) -> bool {
        let scheduler = self.scheduler.as_ref();
        scheduler.is_some_and(MemScheduler::is_running)
    }

    /// What time it is by the clock that everything here goes by.
    pub fn now(&self) -> memos_core::Timestamp {
        self.clock.now()
    }

    /// Name of the model whose vectors are in the index.
    pub fn embedder_id(&self) -> &str {
        self.embedder.model_id()
    }

    /// Tells other programs that find the folder locked where this one listens.
    pub fn announce_address(&self, address: &str) {
        (self.announce)(address);
    }

    /// Writes what is noted but not written yet, such as use counts.
    ///
    /// # Errors
    /// If the vault can't write.
    pub fn flush(&self) -> Result<()> {
        self.usage.flush().map(drop)
    }

    fn visible_cube(&self, who: &UserId, action: Action, id: &CubeId) -> Result<MemCube> {
        let cube = self
            .vault
            .cube(id)?
            .ok_or_else(|| Error::cube_not_found(id))?;
        self.guard.cube(who, action, &cube)?;
        Ok(cube)
    }
}
