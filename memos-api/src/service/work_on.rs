//! The work that there is for some cubes: what a caller would wait for, and what has ended.

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
        let horizon = self.clock.now().after(SOON);
        let is_near = |task: &Task| {
            let waits = task.is_live() && task.attempts == 0;
            !waits || task.due_at <= horizon
        };
        let (mut tasks, mut after) = (Vec::new(), None);
        loop {
            let page = self.queue.list(&filter, after, PAGE)?;
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
