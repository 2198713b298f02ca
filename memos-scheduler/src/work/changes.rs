//! What changed in a cube since a task last looked: how work goes on where it stopped.

use memos_core::{Cause, ChangeSeq, CubeId, Info, MemoryId, Result, Snapshot, Task};
use serde_json::Value;

/// Where a task's outcome says how far it has come.
const CURSOR: &str = "cursor";

/// Changes taken at a time.
const PAGE: usize = 256;

/// Changes that a task has not seen.
#[derive(Debug)]
pub(super) struct Changes {
    /// The memories, each once, in the order of their last change.
    pub(super) ids: Vec<MemoryId>,
    /// The last change that was looked at before.
    after: ChangeSeq,
    /// The last change that was looked at.
    pub(super) upto: ChangeSeq,
    /// There are more.
    pub(super) more: bool,
}

impl Changes {
    /// Those after the task's cursor. What was put back as it was, and what `own` kinds of reason
    /// did, is no news: else a rollback would set off the work that it has just taken back.
    pub(super) fn since(
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        task: &Task,
        own: &[Cause],
    ) -> Result<Self> {
        let after = cursor(&task.outcome);
        let page = snapshot.changes(cube, after, PAGE)?;
        let upto = page.last().map_or(after, |last| last.seq);
        let more = page.len() == PAGE;
        let mut ids: Vec<MemoryId> = Vec::new();
        for change in page {
            let cause = change.why.cause;
            if change.after.is_none() || cause == Cause::Rollback || own.contains(&cause) {
                continue;
            }
            ids.retain(|id| *id != change.memory_id);
            ids.push(change.memory_id);
        }
        Ok(Self {
            ids,
            after,
            upto,
            more,
        })
    }

    /// Notes how far it has come.
    pub(super) fn mark(&self, outcome: &mut Info) {
        outcome.0.insert(CURSOR.into(), Value::from(self.upto.0));
    }

    /// Notes that the same changes are to be looked at again.
    pub(super) fn mark_unfinished(&self, outcome: &mut Info) {
        outcome.0.insert(CURSOR.into(), Value::from(self.after.0));
    }
}

fn cursor(outcome: &Info) -> ChangeSeq {
    let seen = outcome.0.get(CURSOR).and_then(Value::as_u64);
    ChangeSeq(seen.unwrap_or_default())
}
