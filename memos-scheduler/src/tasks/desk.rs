//! What may be asked of the queue, and done to its tasks from outside.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use memos_core::{Code, Commit, Error, Result, Task, TaskId, Write};

use super::feed::Feed;
use super::filter::{Counts, Standing, TaskFilter};
use super::queue::Queue;
use super::strategy::Strategy;
use super::touched::Touched;

/// Entries looked at in one hold of the lock: less than a millisecond.
const LOOKS: usize = 4096;

/// How often a change is tried again if the task changes meanwhile.
const TRIES: usize = 8;

impl Queue {
    /// Adds a task, or merges it into the one of its key; the task as it is then.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn submit(&self, task: Task) -> Result<Task> {
        let id = task.id;
        let writes = vec![Write::AddTask(Box::new(task))];
        let touched = Touched::of(&writes);
        self.vault.commit(Commit {
            writes,
            ..Commit::default()
        })?;
        self.observe(&touched);
        self.task(id)?.ok_or_else(|| Error::task_not_found(id))
    }

    /// Calls a task off. If it runs, the worker is told, and what it does has no effect.
    ///
    /// # Errors
    /// `TaskNotFound`; `Conflict` if it has ended; and if it can't be written.
    pub fn cancel(&self, id: TaskId) -> Result<Task> {
        self.change(id, |task| task.cancelled(self.now()))
    }

    /// Lets a task that was given up or called off be tried again.
    ///
    /// # Errors
    /// `TaskNotFound`; `Conflict` if it was neither; and if it can't be written.
    pub fn retry(&self, id: TaskId) -> Result<Task> {
        self.change(id, |task| task.retried(self.now()))
    }

    fn change(&self, id: TaskId, change: impl Fn(&Task) -> Result<Task>) -> Result<Task> {
        let mut tries = TRIES;
        loop {
            let old = self.vault.task(id)?;
            let old = old.ok_or_else(|| Error::task_not_found(id))?;
            let new = change(&old)?;
            let write = Write::UpdateTask {
                task: Box::new(new.clone()),
                expected_revision: old.revision,
            };
            tries -= 1;
            match self.vault.commit(Commit {
                writes: vec![write],
                ..Commit::default()
            }) {
                Ok(_) => {
                    self.learn(&new);
                    self.ring();
                    return Ok(new);
                }
                Err(error) if error.code() == Code::Conflict && tries > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A task, with how far it has come at this moment.
    ///
    /// # Errors
    /// If the vault can't be read.
    pub fn task(&self, id: TaskId) -> Result<Option<Task>> {
        let mut task = self.vault.task(id)?;
        if let Some(task) = &mut task
            && Standing::of(&task.status) == Standing::Running
        {
            let index = self.lock();
            let progress = index.claim_of(task).and_then(|claim| claim.progress());
            task.progress = progress.or(task.progress);
        }
        Ok(task)
    }

    /// The ids, in order, of up to `limit` tasks after one that are known to wait or run. One whose
    /// record says otherwise has moved on a moment ago: what came of it is about to be known.
    /// Requests and labels of the filter are not looked at.
    pub fn live(&self, filter: &TaskFilter, after: Option<TaskId>, limit: usize) -> Vec<TaskId> {
        self.lock().live_page(filter, after, limit)
    }

    /// Up to `limit` tasks after one, or from the first, in the order of their ids.
    ///
    /// # Errors
    /// If the vault can't be read.
    pub fn list(
        &self,
        filter: &TaskFilter,
        mut after: Option<TaskId>,
        limit: usize,
    ) -> Result<Vec<Task>> {
        let mut found = Vec::new();
        while found.len() < limit {
            let (ids, last) = self.lock().page(filter, after, limit, LOOKS);
            for id in ids {
                // It may have changed since the index knew it.
                found.extend(self.task(id)?.filter(|task| filter.matches(task)));
                if found.len() == limit {
                    return Ok(found);
                }
            }
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        Ok(found)
    }

    /// How many tasks stand where. Reads the records only if the filter names a request or a label.
    ///
    /// # Errors
    /// If the vault can't be read.
    pub fn counts(&self, filter: &TaskFilter) -> Result<Counts> {
        if !filter.needs_record() {
            return Ok(self.lock().counts(filter));
        }
        let mut counts = Counts::default();
        let mut after = None;
        loop {
            let (ids, last) = self.lock().page(filter, after, LOOKS, LOOKS);
            for id in ids {
                let task = self.vault.task(id)?.filter(|task| filter.matches(task));
                if let Some(task) = task {
                    counts.add(Standing::of(&task.status));
                }
            }
            match last {
                Some(last) => after = Some(last),
                None => return Ok(counts),
            }
        }
    }

    /// Waits until no task that the filter means, whatever its status, has anything left to do; false
    /// if that took too long. Tasks that wait for a later time, or for a handler that is not there,
    /// count.
    ///
    /// # Errors
    /// If the vault can't be read.
    pub fn drain(&self, filter: &TaskFilter, timeout: Duration) -> Result<bool> {
        let deadline = Instant::now().checked_add(timeout);
        let filter = TaskFilter {
            status: None,
            ..filter.clone()
        };
        loop {
            let ends = self.lock().ends;
            let live = self.counts(&filter)?.live() as u64;
            if live == 0 {
                return Ok(true);
            }
            // Until as many have ended, a new count can't come to nothing.
            let mut index = self.lock();
            while index.ends < ends + live {
                index = match deadline {
                    None => self
                        .ended
                        .wait(index)
                        .unwrap_or_else(PoisonError::into_inner),
                    Some(deadline) => {
                        let left = deadline.saturating_duration_since(Instant::now());
                        if left.is_zero() {
                            return Ok(false);
                        }
                        let waited = self.ended.wait_timeout(index, left);
                        waited.unwrap_or_else(PoisonError::into_inner).0
                    }
                };
            }
        }
    }

    /// What happens to tasks from now on.
    pub fn feed(&self) -> Feed {
        self.feed.subscribe()
    }

    /// Orders the waiting tasks by another strategy. Reads each of them.
    pub fn set_strategy(&self, strategy: Arc<dyn Strategy>) {
        self.lock().lanes.set_strategy(strategy);
        let waiting = TaskFilter {
            status: Some(Standing::Waiting),
            ..TaskFilter::default()
        };
        let mut after = None;
        loop {
            let (ids, last) = self.lock().page(&waiting, after, LOOKS, LOOKS);
            ids.into_iter().for_each(|id| self.recheck(id));
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        self.ring();
    }
}
