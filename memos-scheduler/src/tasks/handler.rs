//! What a kind of task is to the scheduler: how it is done, what comes of it, and its limits.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use memos_core::{Code, Commit, Committed, CubeId, Info, Result, RetryPolicy, Task};

use super::job::Work;

/// Does the tasks of one kind.
///
/// A task may be tried more than once, and a try may end at any instant: by a crash, by a lease that
/// ran out, by a cancellation. So a handler changes nothing by itself; it returns what is to be
/// changed, and that is committed together with the task's completion, or not at all.
pub trait Handler: Send + Sync + 'static {
    /// The kind that it does.
    fn kind(&self) -> &'static str;

    /// Does a task up to the point where something would change. Long work calls
    /// [`Work::progress`] now and then, which renews the lease.
    ///
    /// # Errors
    /// An error that lies in the task, as `InvalidRequest`, `CubeNotFound`, `MemoryNotFound` or
    /// `Forbidden`, gives the task up; one that [says](memos_core::Error::not_before) from when on
    /// it may succeed puts it off until then, and no try is lost; every other one, and a panic, is
    /// tried again after a pause, as the limits say.
    fn run(&self, task: &Task, work: &Work) -> Result<Effect>;

    /// What such tasks may take.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// What the tasks of one kind may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many run at a time, over all cubes.
    pub concurrency: NonZeroUsize,
    /// Whether one keeps other such tasks, of this or another kind, out of its cube while it runs.
    pub exclusive_per_cube: bool,
    /// How long a try may take without a sign of life.
    pub lease: Duration,
    /// How failures are met.
    pub retry: RetryPolicy,
}

impl Default for Limits {
    /// As many as there are workers, one in each cube, five minutes, and the default retries.
    fn default() -> Self {
        Self {
            concurrency: NonZeroUsize::MAX,
            exclusive_per_cube: true,
            lease: Duration::from_secs(300),
            retry: RetryPolicy::default(),
        }
    }
}

/// Makes the commit of an effect, and may add to the outcome. It is called again if the commit
/// conflicts with another.
pub type Build = Box<dyn FnMut(&mut Info) -> Result<Commit> + Send>;

/// What is to come of a task.
#[derive(Default)]
pub struct Effect {
    /// The change, and the cube whose memories it changes.
    pub(super) change: Option<(Option<CubeId>, Build)>,
    pub(super) outcome: Info,
    pub(super) next: Vec<Task>,
}

impl Effect {
    /// Nothing changes.
    pub fn none() -> Self {
        Self::default()
    }

    /// A change, built when nobody else changes the cube, so that what it reads then is still so
    /// when it is committed.
    #[must_use]
    pub fn change(
        mut self,
        cube: impl Into<Option<CubeId>>,
        build: impl FnMut(&mut Info) -> Result<Commit> + Send + 'static,
    ) -> Self {
        self.change = Some((cube.into(), Box::new(build)));
        self
    }

    /// What to keep of it on the task: a few words or counts, never the text of memories.
    #[must_use]
    pub fn outcome(mut self, outcome: Info) -> Self {
        self.outcome = outcome;
        self
    }

    /// A task that follows.
    #[must_use]
    pub fn then(mut self, next: Task) -> Self {
        self.next.push(next);
        self
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect")
            .field("changes", &self.change.is_some())
            .field("next", &self.next.len())
            .finish_non_exhaustive()
    }
}

/// Carries the commits of effects to the vault, and into whatever else follows memories.
pub trait Committer: Send + Sync + 'static {
    /// Commits what `build` makes, with the cube, if one is named, kept from other changes between
    /// the two. May build again after a conflict.
    ///
    /// # Errors
    /// Those of `build`, and of [`Vault::commit`](memos_core::Vault::commit); nothing is written
    /// then.
    fn commit(
        &self,
        cube: Option<&CubeId>,
        build: &mut dyn FnMut() -> Result<Commit>,
    ) -> Result<Committed>;
}

/// Whether an error lies in the task itself, so that no later try can do better.
pub(super) fn is_hopeless(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidRequest
            | Code::InvalidJson
            | Code::InvalidFilter
            | Code::InvalidTime
            | Code::InvalidDocument
            | Code::CubeNotFound
            | Code::CubeExists
            | Code::MemoryNotFound
            | Code::TaskNotFound
            | Code::SnapshotNotFound
            | Code::Forbidden
            | Code::IllegalMove
            | Code::TooLarge
    )
}

/// Whether an error lies in the vault, so that no other commit can do better at this time.
pub(super) fn is_outage(code: Code) -> bool {
    matches!(
        code,
        Code::DiskFull | Code::Unavailable | Code::Corrupt | Code::Internal
    )
}
