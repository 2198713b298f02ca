//! Which tasks a commit touches.

use memos_core::{TaskId, Write};

/// The tasks that a commit writes or removes. Taken from the writes before they are committed, and
/// given to [`Queue::observe`](super::Queue::observe) afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub(super) written: Vec<TaskId>,
    pub(super) removed: Vec<TaskId>,
}

impl Touched {
    /// Those of these writes. Allocates nothing if there are none.
    pub fn of(writes: &[Write]) -> Self {
        let mut touched = Self::default();
        for write in writes {
            match write {
                Write::AddTask(task) | Write::UpdateTask { task, .. } => {
                    touched.written.push(task.id);
                }
                Write::RemoveTask(id) => touched.removed.push(*id),
                _ => {}
            }
        }
        touched
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }
}
