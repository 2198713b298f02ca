//! Background work: what there is, and what can be done about it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use memos_core::{
    Action, Code, Commit, CubeId, Error, Priority, Repeat, Result, Task, TaskId, TaskStatus,
    Timestamp, UserId, Write,
};
use memos_scheduler::tasks::{Counts, Feed, Standing, TaskFilter, TaskUpdate};

use super::MemOs;
use super::change::named;
use super::cubes::bad_cursor;
use crate::wire::{
    DrainRequest, DrainResponse, TaskCounts, TaskItem, TaskListRequest, TaskPage, TaskRequest,
};

/// Longest wait for a drain.
const LONGEST_DRAIN: Duration = Duration::from_secs(300);

/// Wait for a drain if the caller does not say.
const DRAIN: Duration = Duration::from_secs(30);

/// Who drains means what waits only to settle, not what is planned for another time or waits out a
/// failure.
pub(super) const SOON: Duration = Duration::from_secs(5 * 60);

/// Between two looks at the queue if nothing is heard.
const LOOK: Duration = Duration::from_millis(500);

/// How long changes are gathered before the next look.
const SETTLE: Duration = Duration::from_millis(10);

/// Tasks looked at in one go.
const PAGE: usize = 512;

impl DrainRequest {
    /// How long to wait.
    ///
    /// # Errors
    /// `InvalidRequest` if it is too long.
    pub(crate) fn wait(&self) -> Result<Duration> {
        let wait = match self.timeout_ms {
            None => DRAIN,
            Some(ms) => Duration::from_millis(u64::from(ms)),
        };
        match wait > LONGEST_DRAIN {
            false => Ok(wait),
            true => Err(
                Error::new(Code::InvalidRequest, "the wait is longer than 300000 ms")
                    .at("/timeout_ms")
                    .remedy("wait in parts"),
            ),
        }
    }
}

impl MemOs {
    /// A page of the tasks that the caller may see, with how many there are.
    ///
    /// # Errors
    /// `InvalidRequest` for a bad filter, cursor or limit.
    pub fn tasks(&self, who: &UserId, request: &TaskListRequest) -> Result<TaskPage> {
        let limit = self.page_size(request.limit)?;
        let filter = self.task_filter(who, request)?;
        let mut after = request
            .cursor
            .as_deref()
            .map(|c| c.parse::<TaskId>().map_err(|e| bad_cursor(&e)))
            .transpose()?;
        let mut tasks: Vec<Task> = Vec::new();
        let mut next_cursor = None;
        'pages: loop {
            let page = self.queue.list(&filter, after, PAGE)?;
            let is_last = page.len() < PAGE;
            for task in page {
                after = Some(task.id);
                if self.sees_task(who, &task)? {
                    if tasks.len() == limit {
                        next_cursor = tasks.last().map(|t| t.id.to_string());
                        break 'pages;
                    }
                    tasks.push(task);
                }
            }
            if is_last {
                break;
            }
        }
        let of_all = TaskFilter {
            status: None,
            ..filter
        };
        Ok(TaskPage {
            tasks: tasks.into_iter().map(TaskItem::from).collect(),
            counts: counts(&self.queue.counts(&of_all)?),
            next_cursor,
        })
    }

    /// A task.
    ///
    /// # Errors
    /// `TaskNotFound`.
    pub fn task(&self, who: &UserId, id: TaskId) -> Result<TaskItem> {
        self.visible_task(who, id).map(TaskItem::from)
    }

    /// Adds a task of a kind that this MemOS does.
    ///
    /// # Errors
    /// `InvalidRequest` for a kind that is not done here, `CubeNotFound`, `Forbidden`.
    pub fn submit_task(&self, who: &UserId, request: &TaskRequest) -> Result<TaskItem> {
        if !self.kinds.contains(&request.kind) {
            let kinds: Vec<_> = self.kinds.iter().cloned().collect();
            return Err(Error::new(
                Code::InvalidRequest,
                format!("nothing here does tasks of the kind {:?}", request.kind),
            )
            .at("/kind")
            .remedy(format!("use one of {}", kinds.join(", "))));
        }
        let cube = CubeId::new(request.cube_id.as_str()).map_err(|e| e.at("/cube_id"))?;
        self.visible_cube(who, Action::Write, &cube)?;
        let now = self.clock.now();
        let mut task = Task::new(request.kind.clone(), who.clone(), cube, now);
        task.memories = request.memories.clone().unwrap_or_default();
        task.input.0 = request.input.clone().unwrap_or_default();
        task.labels = request.labels.iter().flatten().cloned().collect();
        if let Some(name) = &request.priority {
            task.priority =
                named(Priority::ALL, Priority::as_str, name).map_err(|e| e.at("/priority"))?;
        }
        if let Some(text) = &request.due_at {
            task.due_at = text.parse::<Timestamp>().map_err(|e| e.at("/due_at"))?;
        }
        if let Some(key) = &request.key {
            // One user's keys are no other's.
            task = task.keyed(format!("{who} {key}"), Repeat::Once);
        }
        self.queue.submit(task).map(TaskItem::from)
    }

    /// Tries a dead or cancelled task again.
    ///
    /// # Errors
    /// `TaskNotFound`, `Forbidden`; `Conflict` for a task that is neither.
    pub fn retry_task(&self, who: &UserId, id: TaskId) -> Result<TaskItem> {
        self.turnable_task(who, id)?;
        self.queue.retry(id).map(TaskItem::from)
    }

    /// Calls a task off.
    ///
    /// # Errors
    /// `TaskNotFound`, `Forbidden`; `Conflict` for a task that has ended.
    pub fn cancel_task(&self, who: &UserId, id: TaskId) -> Result<TaskItem> {
        self.turnable_task(who, id)?;
        self.queue.cancel(id).map(TaskItem::from)
    }

    /// Has the tasks that wait only to settle done now, and waits until none of them is left. Tasks
    /// that wait out a failure, or for a later time, are not waited for but counted.
    ///
    /// # Errors
    /// `InvalidRequest` for a bad value; `Unavailable` if this MemOS does no background work, or is
    /// about to close.
    pub fn drain(&self, who: &UserId, request: &DrainRequest) -> Result<DrainResponse> {
        if self.scheduler.is_none() {
            return Err(no_work_here());
        }
        let timeout = request.wait()?;
        let cube = match &request.cube_id {
            Some(id) => Some(CubeId::new(id.as_str()).map_err(|e| e.at("/cube_id"))?),
            None => None,
        };
        let filter = self.task_filter(
            who,
            &TaskListRequest {
                cube_id: request.cube_id.clone(),
                kind: request.kind.clone(),
                ..TaskListRequest::default()
            },
        )?;
        let drained = self.drain_all(who, &[filter], timeout)?;
        if let Some(cube) = &cube {
            // What was done is found by the next search.
            self.residency.catch_up(cube);
        }
        Ok(drained)
    }

    /// Has what the filters mean done now as far as it waits only to settle, and waits so long.
    pub(super) fn drain_all(
        &self,
        who: &UserId,
        filters: &[TaskFilter],
        timeout: Duration,
    ) -> Result<DrainResponse> {
        if self.scheduler.is_none() {
            return Err(no_work_here());
        }
        let deadline = Instant::now() + timeout;
        let feed = self.queue.feed();
        loop {
            // Who waits for the work of this process must not keep it from ending.
            if self.heads.borrow().closed {
                return Err(Error::new(Code::Unavailable, "the server is shutting down")
                    .remedy("wait again when it has restarted: what is left is done then"));
            }
            let mut live = Live::default();
            for filter in filters {
                self.look(who, filter, &mut live)?;
            }
            let left = live.near.len() as u64;
            let time_left = deadline.saturating_duration_since(Instant::now());
            // A task that moved on during the look, or was born in it, may have been missed.
            if left == 0 && !time_left.is_zero() && stirred(&feed, filters) {
                continue;
            }
            if left == 0 || time_left.is_zero() {
                return Ok(live.into());
            }
            // Looked at again when something has changed, but not for each of thousands.
            if feed.next(time_left.min(LOOK)).is_some() {
                let until = Instant::now() + SETTLE;
                while feed
                    .next(until.saturating_duration_since(Instant::now()))
                    .is_some()
                {}
            }
        }
    }

    /// Makes what waits only to settle due now; how many tasks of the filter are near.
    pub(super) fn hasten(&self, who: &UserId, filter: &TaskFilter) -> Result<u64> {
        let mut live = Live::default();
        self.look(who, filter, &mut live)?;
        Ok(live.near.len() as u64)
    }

    fn look(&self, who: &UserId, filter: &TaskFilter, live: &mut Live) -> Result<()> {
        let now = self.clock.now();
        let horizon = now.after(SOON);
        let mut after = None;
        loop {
            let page = self.queue.live(filter, after, PAGE);
            after = page.last().copied();
            for id in &page {
                let Some(task) = self.queue.task(*id)?.filter(Task::is_live) else {
                    // It has just ended: what follows from it is not known yet.
                    live.near.insert(*id);
                    continue;
                };
                if !filter.matches(&task) || !self.sees_task(who, &task)? {
                    continue;
                }
                let waits_out = task.attempts > 0 && task.due_at > now;
                if waits_out || task.due_at > horizon {
                    live.later.insert(*id);
                    if waits_out {
                        live.failed.insert(*id);
                    }
                    continue;
                }
                live.near.insert(*id);
                if task.due_at > now && task.status == TaskStatus::Waiting {
                    self.make_due(task, now)?;
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn make_due(&self, task: Task, now: Timestamp) -> Result<()> {
        let expected_revision = task.revision;
        let hastened = Task {
            due_at: now,
            revision: task.revision + 1,
            updated_at: now,
            ..task
        };
        let done = self.vault.commit(Commit {
            writes: vec![Write::UpdateTask {
                task: Box::new(hastened),
                expected_revision,
            }],
            ..Commit::default()
        });
        match done {
            // It moved on by itself.
            Err(error) if matches!(error.code(), Code::Conflict | Code::TaskNotFound) => Ok(()),
            other => other.map(drop),
        }
    }

    fn task_filter(&self, who: &UserId, request: &TaskListRequest) -> Result<TaskFilter> {
        let cube = match &request.cube_id {
            None => None,
            Some(id) => {
                let id = CubeId::new(id.as_str()).map_err(|e| e.at("cube_id"))?;
                // Of a cube that is gone, the tasks may still be there.
                if self.vault.cube(&id)?.is_some() {
                    self.visible_cube(who, Action::Read, &id)?;
                }
                Some(id)
            }
        };
        let user = match &request.user {
            None => None,
            Some(id) => Some(UserId::new(id.as_str()).map_err(|e| e.at("user"))?),
        };
        let status = request.status.as_deref().map(str::parse::<Standing>);
        Ok(TaskFilter {
            user,
            cube,
            kind: request.kind.clone(),
            status: status.transpose().map_err(|e| e.at("status"))?,
            request: request.request_id.clone(),
            label: request.label.clone(),
        })
    }

    fn visible_task(&self, who: &UserId, id: TaskId) -> Result<Task> {
        let task = self.queue.task(id)?;
        let task = task.ok_or_else(|| Error::task_not_found(id))?;
        match self.sees_task(who, &task)? {
            true => Ok(task),
            false => Err(Error::task_not_found(id)),
        }
    }

    /// Whoever may see a task, and is its user or may write to its cube, may stop or retry it.
    fn turnable_task(&self, who: &UserId, id: TaskId) -> Result<()> {
        let task = self.visible_task(who, id)?;
        if task.user == *who {
            return Ok(());
        }
        self.visible_cube(who, Action::Write, &task.cube_id)
            .map(drop)
    }

    pub(super) fn sees_task(&self, who: &UserId, task: &Task) -> Result<bool> {
        if task.user == *who {
            return Ok(true);
        }
        let cube = self.vault.cube(&task.cube_id)?;
        Ok(cube.is_some_and(|cube| self.guard.cube(who, Action::Read, &cube).is_ok()))
    }
}

/// The live tasks that a look found, each once however many filters mean it.
#[derive(Default)]
struct Live {
    /// Under way, due, or waiting only to settle.
    near: BTreeSet<TaskId>,
    /// Waiting for another time, or out a failure.
    later: BTreeSet<TaskId>,
    /// Those of the later ones that wait out a failure.
    failed: BTreeSet<TaskId>,
}

impl From<Live> for DrainResponse {
    fn from(live: Live) -> Self {
        Self {
            drained: live.near.is_empty(),
            left: live.near.len() as u64,
            later: live.later.len() as u64,
            failed: live.failed.len() as u64,
        }
    }
}

/// Whether a task of the filters has changed since the feed was last read to its end.
fn stirred(feed: &Feed, filters: &[TaskFilter]) -> bool {
    let until = Instant::now() + SETTLE;
    let mut stirred = false;
    let mut update = feed.next(Duration::ZERO);
    while let Some(next) = update {
        stirred |= match next {
            TaskUpdate::Changed(task) => filters.iter().any(|filter| filter.matches(&task)),
            TaskUpdate::Removed(_) => false,
            TaskUpdate::Lagged(_) => true,
        };
        // What was committed with it is told in a moment.
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        update = feed.next(left);
    }
    stirred
}

fn no_work_here() -> Error {
    Error::new(Code::Unavailable, "no background work is done here")
        .remedy("start a server with `memos serve`")
}

fn counts(counts: &Counts) -> TaskCounts {
    TaskCounts {
        waiting: counts.waiting as u64,
        running: counts.running as u64,
        done: counts.done as u64,
        dead: counts.dead as u64,
        cancelled: counts.cancelled as u64,
    }
}
