//! Snapshots: the vault's records of one instant.

use std::sync::Arc;

use super::records::Records;
use crate::{
    Change, ChangeSeq, CubeId, EventSeq, MemCube, Memory, MemoryId, NamedSnapshot, Result,
    Snapshot, Task, TaskId, Timestamp,
};

pub(super) struct View {
    pub(super) seq: EventSeq,
    pub(super) records: Arc<Records>,
    pub(super) last_change: ChangeSeq,
}

impl Snapshot for View {
    fn seq(&self) -> EventSeq {
        self.seq
    }

    fn cubes(&self, after: Option<&CubeId>, limit: usize) -> Result<Vec<MemCube>> {
        let cubes = self.records.cubes_after(after);
        Ok(cubes.take(limit).cloned().collect())
    }

    fn memories(
        &self,
        cube: &CubeId,
        after: Option<MemoryId>,
        limit: usize,
    ) -> Result<Vec<Memory>> {
        let memories = self.records.memories_after(cube, after);
        Ok(memories.take(limit).cloned().collect())
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        Ok(self.records.cube(id).cloned())
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        Ok(self.records.memory(cube, id).cloned())
    }

    fn changes(&self, cube: &CubeId, after: ChangeSeq, limit: usize) -> Result<Vec<Change>> {
        let changes = self.records.changes_after(cube, after);
        Ok(changes.take(limit).cloned().collect())
    }

    fn history(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<Change>> {
        Ok(self.records.history(cube, id).cloned().collect())
    }

    fn change_at(&self, cube: &CubeId, instant: Timestamp) -> Result<ChangeSeq> {
        Ok(self.records.change_at(cube, instant))
    }

    fn last_change(&self) -> Result<ChangeSeq> {
        Ok(self.last_change)
    }

    fn named(&self, cube: &CubeId) -> Result<Vec<NamedSnapshot>> {
        Ok(self.records.named(cube).cloned().collect())
    }

    fn tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<Task>> {
        let tasks = self.records.tasks_after(after);
        Ok(tasks.take(limit).cloned().collect())
    }
}
