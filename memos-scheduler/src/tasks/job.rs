//! One try at a task, in the two halves that a crash may come between: doing it, and committing
//! what comes of it.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use memos_core::{Code, Commit, Committed, Error, Info, Progress, Result, Task, Timestamp, Write};

use super::claim::Claim;
use super::handler::{Committer, Effect, Handler, is_hopeless};
use super::queue::Queue;
use super::touched::Touched;

/// How often a change is built anew after a conflict before the try counts as failed.
const TRIES: usize = 4;

/// Longest reason kept with a task, in characters: errors may quote what they were given.
const LONGEST_REASON: usize = 400;

/// What a handler may ask and say while it works.
#[derive(Clone)]
pub struct Work {
    pub(super) queue: Arc<Queue>,
    pub(super) claim: Arc<Claim>,
    pub(super) stopping: Arc<AtomicBool>,
}

impl Work {
    /// Says how far the task has come, which is a sign of life: its lease begins anew. Cheap enough
    /// for every unit: it is written down four times a lease at most.
    ///
    /// # Errors
    /// `Conflict` if the task was taken away; then the work is in vain.
    pub fn progress(&self, done: u64, total: Option<u64>) -> Result<()> {
        if self.is_cancelled() {
            return self.queue.held(&self.claim).map(drop);
        }
        let progress = Progress { done, total };
        if self.claim.note(progress, self.now()) {
            self.renew(progress)
        } else {
            Ok(())
        }
    }

    fn renew(&self, progress: Progress) -> Result<()> {
        for _ in 0..TRIES {
            let stored = self.queue.held(&self.claim)?;
            let now = self.now();
            let task = stored.renewed(now, self.claim.lease(), Some(progress))?;
            let write = Write::UpdateTask {
                task: Box::new(task.clone()),
                expected_revision: stored.revision,
            };
            match self.queue.vault.commit(Commit {
                writes: vec![write],
                ..Commit::default()
            }) {
                Ok(_) => {
                    self.claim.renewed(now);
                    self.queue.learn(&task);
                    return Ok(());
                }
                Err(error) if error.code() == Code::Conflict => {}
                Err(error) => {
                    // The work may still be done before the lease runs out.
                    let id = self.claim.task();
                    tracing::warn!(task = %id, %error, "a lease can't be renewed");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Whether the task was called off, or counts as lost.
    pub fn is_cancelled(&self) -> bool {
        self.claim.is_withdrawn()
    }

    /// Whether the process is about to end. Who then returns an error hands the task back.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.queue.now()
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Work").field(&self.claim).finish()
    }
}

/// A task to be done.
pub struct Job {
    pub(super) task: Task,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) work: Work,
    pub(super) committer: Arc<dyn Committer>,
}

impl Job {
    /// The task, as it was claimed.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The claim on it.
    pub fn claim(&self) -> &Arc<Claim> {
        &self.work.claim
    }

    /// Does it, unless it was recalled meanwhile. Nothing is changed yet.
    pub fn perform(self) -> Option<Performed> {
        if !self.work.claim.begin() {
            return None;
        }
        let begun = self.work.now();
        let result = if self.work.is_cancelled() {
            Err(Fault::Void)
        } else {
            self.run()
        };
        Some(Performed {
            begun,
            result,
            work: self.work,
            committer: self.committer,
        })
    }

    fn run(&self) -> Result<Effect, Fault> {
        let done = catch_unwind(AssertUnwindSafe(|| {
            self.handler.run(&self.task, &self.work)
        }));
        match done {
            Ok(Ok(effect)) => Ok(effect),
            Ok(Err(error)) => Err(Fault::of(&error, &self.work)),
            Err(panic) => Err(Fault::Failed(words(&*panic))),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.work.claim).finish()
    }
}

/// A task that was done, but without effect yet.
pub struct Performed {
    begun: Timestamp,
    work: Work,
    committer: Arc<dyn Committer>,
    result: Result<Effect, Fault>,
}

/// Why a try came to nothing.
#[derive(Debug)]
enum Fault {
    Failed(String),
    Hopeless(String),
    /// In vain before that time.
    Early(Timestamp, String),
    Stopped,
    Void,
}

impl Fault {
    fn of(error: &Error, work: &Work) -> Self {
        let why = shortened(&error.to_string());
        if is_hopeless(error.code()) {
            Self::Hopeless(why)
        } else if let Some(at) = error.retry_at() {
            Self::Early(at, why)
        } else if work.is_stopping() {
            Self::Stopped
        } else {
            Self::Failed(why)
        }
    }
}

impl Performed {
    /// The claim on the task.
    pub fn claim(&self) -> &Arc<Claim> {
        &self.work.claim
    }

    /// Commits the change that comes of it, if there is one, with the task's completion.
    pub fn commit(self) -> Settlement {
        let claim = Arc::clone(&self.work.claim);
        let end = match self.result {
            Ok(effect) => commit(&self.work, &*self.committer, effect),
            Err(fault) => End::from(fault),
        };
        let micros = self.work.now().micros().saturating_sub(self.begun.micros());
        let took = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        Settlement { claim, end, took }
    }
}

impl fmt::Debug for Performed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Performed").field(&self.work.claim).finish()
    }
}

/// What a try came to, for [`Dispatcher::settle`](super::Dispatcher::settle).
#[derive(Debug)]
pub struct Settlement {
    pub(super) claim: Arc<Claim>,
    pub(super) end: End,
    /// From the beginning to the end of its own commit.
    pub(super) took: Duration,
}

impl Settlement {
    /// The claim on the task.
    pub fn claim(&self) -> &Arc<Claim> {
        &self.claim
    }
}

#[derive(Debug)]
pub(super) enum End {
    /// Done, and written down.
    Committed,
    /// Done, to be written down.
    Done {
        outcome: Info,
        next: Vec<Task>,
    },
    Failed(String),
    Hopeless(String),
    /// In vain before that time.
    Early(Timestamp, String),
    Stopped,
    /// The task was taken away meanwhile.
    Void,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Failed(why) => Self::Failed(why),
            Fault::Hopeless(why) => Self::Hopeless(why),
            Fault::Early(at, why) => Self::Early(at, why),
            Fault::Stopped => Self::Stopped,
            Fault::Void => Self::Void,
        }
    }
}

fn commit(work: &Work, committer: &dyn Committer, effect: Effect) -> End {
    let Effect {
        change,
        outcome,
        next,
    } = effect;
    let Some((cube, mut build)) = change else {
        return End::Done { outcome, next };
    };
    let Work { queue, claim, .. } = work;
    let mut reason = String::new();
    for _ in 0..TRIES {
        let mut written = None;
        let mut said = outcome.clone();
        let mut build_all = || {
            let stored = queue.held(claim)?;
            said.clone_from(&outcome);
            let mut commit = build(&mut said)?;
            let task = stored.finished(queue.now(), said.clone())?;
            commit.writes.push(Write::UpdateTask {
                task: Box::new(task.clone()),
                expected_revision: stored.revision,
            });
            let next = next.iter().cloned().map(Box::new).map(Write::AddTask);
            commit.writes.extend(next);
            written = Some((task, Touched::of(&commit.writes)));
            Ok(commit)
        };
        let committed = catch_unwind(AssertUnwindSafe(|| {
            committer.commit(cube.as_ref(), &mut build_all)
        }));
        match committed {
            Ok(Ok(Committed::Done(_))) => {
                if let Some((task, mut touched)) = written {
                    // What follows first: in between, nothing would seem to be left to do. A task that
                    // follows itself waits again, as the queue reads.
                    let follows_itself = next.iter().any(|next| next.id == task.id);
                    if !follows_itself {
                        touched.written.retain(|id| *id != task.id);
                    }
                    queue.observe(&touched);
                    if !follows_itself {
                        queue.learn(&task);
                    }
                }
                return End::Committed;
            }
            // Its change was made before, without the task.
            Ok(Ok(Committed::Repeated(_))) => {
                return End::Done {
                    outcome: said,
                    next,
                };
            }
            Ok(Err(error)) if error.code() == Code::Conflict => {
                if matches!(queue.held(claim), Err(e) if e.code() == Code::Conflict) {
                    return End::Void;
                }
                reason = shortened(&error.to_string());
            }
            Ok(Err(error)) => return Fault::of(&error, work).into(),
            Err(panic) => return End::Failed(words(&*panic)),
        }
    }
    End::Failed(reason)
}

/// The message of a panic.
fn words(panic: &(dyn Any + Send)) -> String {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    shortened(&format!("panic: {}", message.unwrap_or("without words")))
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_REASON).collect()
}
