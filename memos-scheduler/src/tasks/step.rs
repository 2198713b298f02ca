//! The steps that the dispatcher takes with tasks, each decided on the record as it is stored.

use std::sync::Arc;
use std::time::Duration;

use memos_core::{Info, Result, RetryPolicy, Task, TaskId, Timestamp, Write};

use super::claim::Claim;
use super::ended::after;

/// One step with one task. It is taken only if the stored task still allows it.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Take it in hand.
    Claim(Arc<Claim>),
    /// It is done; others follow it.
    Finish {
        claim: Arc<Claim>,
        outcome: Info,
        next: Vec<Task>,
    },
    /// The try failed.
    Fail {
        claim: Arc<Claim>,
        why: String,
        policy: RetryPolicy,
    },
    /// No try can succeed.
    Refuse { claim: Arc<Claim>, why: String },
    /// It was not done, and nobody is to blame.
    HandBack(Arc<Claim>),
    /// No try can succeed before some time.
    Postpone {
        claim: Arc<Claim>,
        why: String,
        until: Timestamp,
    },
    /// Its holder is gone: a process of before, or one whose lease has run out.
    Lose {
        id: TaskId,
        policy: RetryPolicy,
        from: Lost,
    },
    /// It is kept no longer.
    Forget(TaskId),
}

/// How a holder was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// With its process.
    Process,
    /// Its lease ran out.
    Lease,
}

/// From this loss on, a task whose process vanished waits before the next try: whatever ends the
/// process should not do so before others had their turn.
const PATIENCE: u32 = 3;

/// What a step writes, and the task afterwards; none if it is gone.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) writes: Vec<Write>,
    pub(super) task: Option<Task>,
}

impl Step {
    pub(super) fn id(&self) -> TaskId {
        match self {
            Self::Claim(claim)
            | Self::Finish { claim, .. }
            | Self::Fail { claim, .. }
            | Self::Refuse { claim, .. }
            | Self::Postpone { claim, .. }
            | Self::HandBack(claim) => claim.task(),
            Self::Lose { id, .. } | Self::Forget(id) => *id,
        }
    }

    /// Takes the step with the task as it is stored. `dice` is in `0..1`.
    ///
    /// # Errors
    /// `Conflict` if the task does not allow it any more.
    pub(super) fn take(&self, stored: &Task, now: Timestamp, dice: f64) -> Result<Option<Taken>> {
        if let Self::Finish { claim, .. }
        | Self::Fail { claim, .. }
        | Self::Refuse { claim, .. }
        | Self::Postpone { claim, .. }
        | Self::HandBack(claim) = self
            && !claim.holds(stored)
        {
            return Ok(None);
        }
        let (task, next) = match self {
            Self::Claim(claim) => (
                stored.claimed(claim.holder(), now, claim.lease())?,
                &[] as &[Task],
            ),
            Self::Finish { outcome, next, .. } => {
                (stored.finished(now, outcome.clone())?, next.as_slice())
            }
            Self::Fail { why, policy, .. } => {
                (stored.failed(now, why, policy, dice)?, &[] as &[Task])
            }
            Self::Refuse { why, .. } => (stored.refused(now, why)?, &[] as &[Task]),
            Self::HandBack(_) => (stored.handed_back(now)?, &[] as &[Task]),
            Self::Postpone { why, until, .. } => {
                (stored.postponed(now, *until, why)?, &[] as &[Task])
            }
            Self::Lose { policy, from, .. } => {
                (lose(stored, now, policy, *from, dice)?, &[] as &[Task])
            }
            Self::Forget(id) => {
                if stored.is_live() {
                    return Ok(None);
                }
                // The removal itself has no precondition; this fails if the task has come back.
                let unchanged = Write::UpdateTask {
                    task: Box::new(stored.clone()),
                    expected_revision: stored.revision,
                };
                return Ok(Some(Taken {
                    writes: vec![unchanged, Write::RemoveTask(*id)],
                    task: None,
                }));
            }
        };
        let update = Write::UpdateTask {
            task: Box::new(task.clone()),
            expected_revision: stored.revision,
        };
        let next = next.iter().cloned().map(Box::new).map(Write::AddTask);
        Ok(Some(Taken {
            writes: std::iter::once(update).chain(next).collect(),
            task: Some(task),
        }))
    }
}

fn lose(
    stored: &Task,
    now: Timestamp,
    policy: &RetryPolicy,
    from: Lost,
    dice: f64,
) -> Result<Task> {
    let mut task = stored.lost(now, policy)?;
    let to_blame = match from {
        Lost::Lease => task.losses,
        Lost::Process => (task.losses + 1).saturating_sub(PATIENCE),
    };
    if task.is_live() && to_blame > 0 {
        let pause: Duration = policy.pause_after(to_blame, dice);
        task.due_at = task.due_at.max(after(now, pause));
    }
    Ok(task)
}
