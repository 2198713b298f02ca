//! Which tasks are meant.

use std::fmt;
use std::str::FromStr;

use memos_core::{Code, CubeId, Error, Result, Task, TaskStatus, UserId};

/// Tasks to list, count or wait for. What is not named may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Of this user.
    pub user: Option<UserId>,
    /// On this cube.
    pub cube: Option<CubeId>,
    /// Of this kind.
    pub kind: Option<String>,
    /// That stand so.
    pub status: Option<Standing>,
    /// Caused by this request.
    pub request: Option<String>,
    /// With this label.
    pub label: Option<String>,
}

impl TaskFilter {
    /// Whether it means this task.
    pub fn matches(&self, task: &Task) -> bool {
        let Self {
            user,
            cube,
            kind,
            status,
            request,
            label,
        } = self;
        user.as_ref().is_none_or(|user| *user == task.user)
            && cube.as_ref().is_none_or(|cube| *cube == task.cube_id)
            && kind.as_ref().is_none_or(|kind| *kind == task.kind)
            && status.is_none_or(|status| status == Standing::of(&task.status))
            && request.as_ref().is_none_or(|request| task.serves(request))
            && label.as_ref().is_none_or(|l| task.labels.contains(l))
    }

    /// Whether the index can't decide it: it knows neither requests nor labels.
    pub(super) fn needs_record(&self) -> bool {
        self.request.is_some() || self.label.is_some()
    }
}

/// Where a task stands: [`TaskStatus`] without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// It waits.
    Waiting,
    /// It runs.
    Running,
    /// It is done.
    Done,
    /// It was given up.
    Dead,
    /// It was called off.
    Cancelled,
}

impl Standing {
    /// Every one, in the order of [`TaskStatus::NAMES`].
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Running,
        Self::Done,
        Self::Dead,
        Self::Cancelled,
    ];

    /// That of a status.
    pub const fn of(status: &TaskStatus) -> Self {
        match status {
            TaskStatus::Waiting => Self::Waiting,
            TaskStatus::Running { .. } => Self::Running,
            TaskStatus::Done { .. } => Self::Done,
            TaskStatus::Dead { .. } => Self::Dead,
            TaskStatus::Cancelled { .. } => Self::Cancelled,
        }
    }

    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        TaskStatus::NAMES[self as usize]
    }

    /// Whether there is still something to do.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Standing {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|s| s.as_str() == text);
        known.ok_or_else(|| {
            Error::new(
                Code::InvalidRequest,
                format!("{text:?} is not the status of a task"),
            )
            .remedy(format!("take one of {}", TaskStatus::NAMES.join(", ")))
        })
    }
}

/// How many tasks stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They wait.
    pub waiting: usize,
    /// They run.
    pub running: usize,
    /// They are done, and still known.
    pub done: usize,
    /// They were given up.
    pub dead: usize,
    /// They were called off.
    pub cancelled: usize,
}

impl Counts {
    /// Those with something to do.
    pub const fn live(&self) -> usize {
        self.waiting + self.running
    }

    pub(super) fn add(&mut self, standing: Standing) {
        *match standing {
            Standing::Waiting => &mut self.waiting,
            Standing::Running => &mut self.running,
            Standing::Done => &mut self.done,
            Standing::Dead => &mut self.dead,
            Standing::Cancelled => &mut self.cancelled,
        } += 1;
    }
}
