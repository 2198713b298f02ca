//! Tasks: work to be done later, kept in the vault, and the one table of their moves.

mod status;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Code, CubeId, Error, Info, MemoryId, Priority, Result, RetryPolicy, TaskId, Timestamp, UserId,
};

pub use self::status::TaskStatus;

/// A piece of work. It holds ids and small settings, never the text of memories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its identity: of its idempotency key, or fresh.
    pub id: TaskId,
    /// What kind of work it is, such as `fuse`.
    pub kind: String,
    /// On whose behalf.
    pub user: UserId,
    /// The cube that it works on.
    pub cube_id: CubeId,
    /// The memories that it is about; none if it is about the cube.
    pub memories: Vec<MemoryId>,
    /// Its settings.
    pub input: Info,
    /// Labels, for strategies and for filters.
    pub labels: BTreeSet<String>,
    /// The request that caused it. Requests that joined it later are among its labels, as
    /// [`request_label`](Task::request_label) writes them.
    pub request: Option<String>,
    /// Its idempotency key.
    pub key: Option<String>,
    /// What a task of the same key means for it.
    pub repeat: Repeat,
    /// More urgent tasks go first.
    pub priority: Priority,
    /// When it was born.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// It is not started before.
    pub due_at: Timestamp,
    /// Number of its changes: who changes it must name the one that he saw.
    pub revision: u32,
    /// How often it has failed.
    pub attempts: u32,
    /// How often its holder vanished or let the lease run out.
    pub losses: u32,
    /// Where it stands.
    pub status: TaskStatus,
    /// How far it has come.
    pub progress: Option<Progress>,
    /// Why it last failed.
    pub last_error: Option<String>,
    /// What came of it, in a few words or counts.
    pub outcome: Info,
}

/// What becomes of a task if another of the same key is added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It is done once: as long as the first is known and was not cancelled, nothing is added.
    #[default]
    Once,
    /// While the first waits, it takes on the memories of the second; after it started, it is run
    /// again when it is done.
    Again,
}

/// How far a task has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all, if that is known.
    pub total: Option<u64>,
}

impl Task {
    /// A task that waits to be done at once, with an id of its own.
    pub fn new(kind: impl Into<String>, user: UserId, cube_id: CubeId, now: Timestamp) -> Self {
        Self {
            id: TaskId::generate(),
            kind: kind.into(),
            user,
            cube_id,
            memories: Vec::new(),
            input: Info::default(),
            labels: BTreeSet::new(),
            request: None,
            key: None,
            repeat: Repeat::default(),
            priority: Priority::default(),
            created_at: now,
            updated_at: now,
            due_at: now,
            revision: 1,
            attempts: 0,
            losses: 0,
            status: TaskStatus::Waiting,
            progress: None,
            last_error: None,
            outcome: Info::default(),
        }
    }

    /// The same under an idempotency key, which decides its id.
    #[must_use]
    pub fn keyed(mut self, key: impl Into<String>, repeat: Repeat) -> Self {
        let key = key.into();
        self.id = TaskId::of_key(&key);
        self.key = Some(key);
        self.repeat = repeat;
        self
    }

    /// The records to write when a task is added and there is one of its id: what becomes of that, and
    /// that as it ended, if it is to start over. Both vaults go by this.
    pub fn admit(existing: Option<Self>, new: Self) -> Vec<Self> {
        let has_names = |old: &&Self| old.request.is_some() || !old.labels.is_empty();
        let ended = existing.as_ref().filter(|old| !old.is_live());
        let ended = ended.filter(has_names).cloned();
        let Some(task) = Self::joined(existing, new) else {
            return Vec::new();
        };
        // Who asks how the work of an earlier request went is told so, as long as ended work is known.
        let before = task.run_before().zip(ended);
        let before = before.map(|(id, ended)| Self {
            id,
            key: None,
            repeat: Repeat::Once,
            ..ended
        });
        before.into_iter().chain([task]).collect()
    }

    /// The id that the run before the last has as a record of its own, if there was one.
    pub fn run_before(&self) -> Option<TaskId> {
        let key = self.key.as_ref()?;
        let born = self.created_at.micros();
        (self.repeat == Repeat::Again).then(|| TaskId::of_key(&format!("{key} before {born}")))
    }

    /// What becomes of a task when another of its id is added; none if nothing changes.
    fn joined(existing: Option<Self>, new: Self) -> Option<Self> {
        let Some(mut old) = existing else {
            return Some(new);
        };
        match (new.repeat, &mut old.status) {
            // Who asks again for what was called off means it.
            (Repeat::Once, TaskStatus::Cancelled { .. })
            | (
                Repeat::Again,
                TaskStatus::Done { .. } | TaskStatus::Dead { .. } | TaskStatus::Cancelled { .. },
            ) => {}
            (Repeat::Once, _) => return None,
            (Repeat::Again, TaskStatus::Waiting) => {
                let size = |task: &Self| (task.memories.len(), task.labels.len());
                let before = (size(&old), old.due_at, old.priority);
                extend(&mut old.memories, new.memories);
                label(&mut old.labels, new.labels);
                old.due_at = old.due_at.min(new.due_at);
                old.priority = old.priority.max(new.priority);
                if before == (size(&old), old.due_at, old.priority) {
                    return None;
                }
                old.revision += 1;
                old.updated_at = new.updated_at;
                return Some(old);
            }
            (Repeat::Again, TaskStatus::Running { again, .. }) => {
                extend(again.get_or_insert_default(), new.memories);
                label(&mut old.labels, new.labels);
                old.revision += 1;
                old.updated_at = new.updated_at;
                return Some(old);
            }
        }
        // What came of the last run stays readable: the next may go on from there.
        Some(Self {
            revision: old.revision + 1,
            outcome: old.outcome,
            ..new
        })
    }

    /// The label of a request that a task serves.
    pub fn request_label(request: &str) -> String {
        format!("request:{request}")
    }

    /// Whether a request caused it, or joined it.
    pub fn serves(&self, request: &str) -> bool {
        self.request.as_deref() == Some(request)
            || self.labels.contains(&Self::request_label(request))
    }

    /// Whether there is still something to do.
    pub fn is_live(&self) -> bool {
        matches!(
            self.status,
            TaskStatus::Waiting | TaskStatus::Running { .. }
        )
    }

    /// Given to a holder, for a time.
    ///
    /// # Errors
    /// `Conflict` unless it waits.
    pub fn claimed(&self, holder: &str, now: Timestamp, lease: Duration) -> Result<Self> {
        match self.status {
            TaskStatus::Waiting => Ok(self.turned(
                now,
                TaskStatus::Running {
                    holder: holder.to_owned(),
                    until: now.after(lease),
                    again: None,
                },
            )),
            _ => Err(self.refusal("be started")),
        }
    }

    /// Its lease renewed, with how far it has come.
    ///
    /// # Errors
    /// `Conflict` unless it runs.
    pub fn renewed(
        &self,
        now: Timestamp,
        lease: Duration,
        progress: Option<Progress>,
    ) -> Result<Self> {
        match &self.status {
            TaskStatus::Running { holder, again, .. } => {
                let mut task = self.turned(
                    now,
                    TaskStatus::Running {
                        holder: holder.clone(),
                        until: now.after(lease),
                        again: again.clone(),
                    },
                );
                task.progress = progress.or(task.progress);
                Ok(task)
            }
            _ => Err(self.refusal("go on")),
        }
    }

    /// Done, with what came of it; waiting once more if one of its key came meanwhile.
    ///
    /// # Errors
    /// `Conflict` unless it runs.
    pub fn finished(&self, now: Timestamp, outcome: Info) -> Result<Self> {
        let TaskStatus::Running { again, .. } = &self.status else {
            return Err(self.refusal("be finished"));
        };
        let mut task = match again {
            None => self.turned(now, TaskStatus::Done { at: now }),
            Some(memories) => {
                let mut task = self.turned(now, TaskStatus::Waiting);
                task.memories.clone_from(memories);
                task.due_at = now;
                task.attempts = 0;
                task
            }
        };
        task.outcome = outcome;
        task.last_error = None;
        Ok(task)
    }

    /// Failed: waiting for the next try, or given up if these were enough. `dice`, in `0..1`, is the
    /// jitter.
    ///
    /// # Errors
    /// `Conflict` unless it runs.
    pub fn failed(
        &self,
        now: Timestamp,
        why: &str,
        policy: &RetryPolicy,
        dice: f64,
    ) -> Result<Self> {
        let TaskStatus::Running { .. } = self.status else {
            return Err(self.refusal("fail"));
        };
        let attempts = self.attempts + 1;
        let mut task = if attempts >= policy.attempts {
            self.stopped(
                now,
                TaskStatus::Dead {
                    at: now,
                    reason: format!("failed {attempts} times; the last time: {why}"),
                },
            )
        } else {
            let mut task = self.stopped(now, TaskStatus::Waiting);
            task.due_at = now.after(policy.pause_after(attempts, dice));
            task
        };
        task.attempts = attempts;
        task.last_error = Some(why.to_owned());
        Ok(task)
    }

    /// Given up at once: no later try can do better.
    ///
    /// # Errors
    /// `Conflict` unless it runs.
    pub fn refused(&self, now: Timestamp, why: &str) -> Result<Self> {
        match self.status {
            TaskStatus::Running { .. } => {
                let reason = why.to_owned();
                let mut task = self.stopped(now, TaskStatus::Dead { at: now, reason });
                task.attempts += 1;
                task.last_error = Some(why.to_owned());
                Ok(task)
            }
            _ => Err(self.refusal("be given up")),
        }
    }

    /// Handed back undone, as at a shutdown: waiting as before, with no try lost.
    ///
    /// # Errors
    /// `Conflict` unless it runs.
    pub fn handed_back(&self, now: Timestamp) -> Result<Self> {
        match self.status {
            TaskStatus::Running { .. } => Ok(self.stopped(now, TaskStatus::Waiting)),
            _ => Err(self.refusal("be handed back")),
        }
    }

    /// Put off, since no try can succeed before: waiting until then, with no try lost.
    ///
    /// # Errors
    /// `Conflict` unless it runs.
    pub fn postponed(&self, now: Timestamp, until: Timestamp, why: &str) -> Result<Self> {
        let mut task = self.handed_back(now)?;
        task.due_at = until.max(now);
        task.last_error = Some(why.to_owned());
        Ok(task)
    }

    /// Its holder vanished, or let the lease run out: waiting again, or given up if that happened
    /// too often.
    ///
    /// # Errors
    /// `Conflict` unless it runs.
    pub fn lost(&self, now: Timestamp, policy: &RetryPolicy) -> Result<Self> {
        let mut task = self.handed_back(now)?;
        task.losses += 1;
        if task.losses >= policy.losses {
            task.status = TaskStatus::Dead {
                at: now,
                reason: format!(
                    "whoever did it vanished {} times: it may be what ends the process",
                    task.losses
                ),
            };
        }
        Ok(task)
    }

    /// Called off.
    ///
    /// # Errors
    /// `Conflict` if it has ended.
    pub fn cancelled(&self, now: Timestamp) -> Result<Self> {
        if self.is_live() {
            Ok(self.stopped(now, TaskStatus::Cancelled { at: now }))
        } else {
            Err(self.refusal("be cancelled"))
        }
    }

    /// Waiting once more after it was given up or called off, with all tries before it.
    ///
    /// # Errors
    /// `Conflict` unless it was given up or called off.
    pub fn retried(&self, now: Timestamp) -> Result<Self> {
        match self.status {
            TaskStatus::Dead { .. } | TaskStatus::Cancelled { .. } => {
                let mut task = self.turned(now, TaskStatus::Waiting);
                task.due_at = now;
                task.attempts = 0;
                task.losses = 0;
                Ok(task)
            }
            _ => Err(self.refusal("be tried again")),
        }
    }

    fn turned(&self, now: Timestamp, status: TaskStatus) -> Self {
        Self {
            status,
            revision: self.revision + 1,
            updated_at: now,
            ..self.clone()
        }
    }

    /// Turned before it was done: it takes on the memories that came meanwhile, for the next try.
    fn stopped(&self, now: Timestamp, status: TaskStatus) -> Self {
        let mut task = self.turned(now, status);
        if let TaskStatus::Running { again, .. } = &self.status {
            extend(&mut task.memories, again.iter().flatten().copied());
        }
        task
    }

    fn refusal(&self, what: &str) -> Error {
        Error::new(
            Code::Conflict,
            format!("task {} is {} and can't {what}", self.id, self.status),
        )
        .remedy(
            "read it again: only what waits or runs can be cancelled, only what is dead or cancelled \
             tried again",
        )
    }
}

/// Labels that one task gathers at most.
const MOST_LABELS: usize = 256;

fn label(labels: &mut BTreeSet<String>, more: BTreeSet<String>) {
    let room = MOST_LABELS.saturating_sub(labels.len());
    labels.extend(more.into_iter().take(room));
}

fn extend(memories: &mut Vec<MemoryId>, more: impl IntoIterator<Item = MemoryId>) {
    let mut known: BTreeSet<MemoryId> = memories.iter().copied().collect();
    memories.extend(more.into_iter().filter(|id| known.insert(*id)));
}

#[cfg(test)]
mod tests;
