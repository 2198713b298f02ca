//! Writes of tasks.

use memos_core::{Result, Task, TaskId};

use crate::vault::keys;
use crate::vault::stage::Stage;

pub(super) fn add(stage: &mut Stage<'_>, task: Task, record: Vec<u8>) -> Result<()> {
    let key = keys::task(task.id);
    match stage.read(&key)? {
        None => stage.write_encoded(key, record),
        existing => {
            let records = Task::admit(existing, task);
            let mut written = records
                .iter()
                .map(|task| stage.write(keys::task(task.id), task));
            written.try_for_each(|done| done)
        }
    }
}

pub(super) fn update(
    stage: &mut Stage<'_>,
    id: TaskId,
    expected_revision: u32,
    record: Vec<u8>,
) -> Result<()> {
    let key = keys::task(id);
    let stored = stage.read::<Task>(&key)?;
    Task::expect_revision(stored.as_ref(), id, expected_revision)?;
    stage.write_encoded(key, record)
}
