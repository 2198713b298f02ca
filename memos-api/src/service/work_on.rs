//! The work that there is for some cubes: what a caller would wait for, and what has ended.

use std::collections::BTreeSet;
use std::time::Duration;

use memos_core::{CubeId, Result, Task, UserId};
use memos_scheduler::tasks::TaskFilter;

use super::MemOs;
use super::tasks::SOON;
use crate::wire::TaskItem;

/// Tasks looked at in one go.
const PAGE: usize = 512;

impl MemOs {
    /// The tasks on a cube, or on all that the caller sees, and of a request if one is named. What is
    /// planned for a later time, such as the end of a lifespan, is nothing to wait for and left out.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn work_on(
        &self,
        who: &UserId,
        cube: Option<&CubeId>,
        request: Option<&str>,
    ) -> Result<Vec<TaskItem>> {
        let filter = TaskFilter {
            cube: cube.cloned(),
            request: request.map(str::to_owned),
            ..TaskFilter::default()
        };
        self.near_work(who, &filter)
    }

    /// The tasks on a cube, and those under a label on any cube, each once.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub(crate) fn work_of(
        &self,
        who: &UserId,
        cube: &CubeId,
        label: &str,
    ) -> Result<Vec<TaskItem>> {
        let mut tasks = Vec::new();
        let mut known = BTreeSet::new();
        for filter in of(cube, label) {
            let more = self.near_work(who, &filter)?;
            tasks.extend(more.into_iter().filter(|task| known.insert(task.id)));
        }
        Ok(tasks)
    }

    /// The tasks under a label.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub(crate) fn work_under(&self, who: &UserId, label: &str) -> Result<Vec<TaskItem>> {
        let filter = TaskFilter {
            label: Some(label.to_owned()),
            ..TaskFilter::default()
        };
        self.near_work(who, &filter)
    }

    /// Has the tasks on a cube, and those under a label on any cube, done now as far as they wait only
    /// to settle, and waits so long; how many are left.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    pub(crate) fn drain_of(
        &self,
        who: &UserId,
        cube: &CubeId,
        label: &str,
        wait: Duration,
    ) -> Result<u64> {
        let filters = of(cube, label);
        let left = self.drain_all(who, &filters, wait)?.left;
        let mut cubes = BTreeSet::from([cube.clone()]);
        for task in self.work_under(who, label)? {
            cubes.extend(CubeId::new(task.cube_id).ok());
        }
        // What was done is found by the next search.
        for cube in &cubes {
            self.residency.catch_up(cube);
        }
        Ok(left)
    }

    fn near_work(&self, who: &UserId, filter: &TaskFilter) -> Result<Vec<TaskItem>> {
        let horizon = self.clock.now().after(SOON);
        let is_near = |task: &Task| {
            let waits = task.is_live() && task.attempts == 0;
            !waits || task.due_at <= horizon
        };
        let (mut tasks, mut after) = (Vec::new(), None);
        loop {
            let page = self.queue.list(filter, after, PAGE)?;
            let is_last = page.len() < PAGE;
            after = page.last().map(|task| task.id);
            for task in page {
                if is_near(&task) && self.sees_task(who, &task)? {
                    tasks.push(TaskItem::from(task));
                }
            }
            if is_last {
                return Ok(tasks);
            }
        }
    }
}

fn of(cube: &CubeId, label: &str) -> [TaskFilter; 2] {
    let on_cube = TaskFilter {
        cube: Some(cube.clone()),
        ..TaskFilter::default()
    };
    let labelled = TaskFilter {
        label: Some(label.to_owned()),
        ..TaskFilter::default()
    };
    [on_cube, labelled]
}
