//! What each [`Write`] means.

use super::staged::{Stage, StagedCube};
use crate::{
    CubeId, Error, MemCube, Memory, MemoryId, NamedSnapshot, Result, State, Task, Tier, Timestamp,
    Write,
};

impl Stage<'_> {
    /// Lays one more write over the ones before it.
    pub(super) fn write(&mut self, write: Write) -> Result<()> {
        match write {
            Write::CreateCube(cube) => match self.cube(&cube.id) {
                Some(_) => return Err(Error::cube_exists(&cube.id)),
                None => self.put_cube(cube),
            },
            Write::EnsureCube(cube) => {
                if self.cube(&cube.id).is_none() {
                    self.put_cube(cube);
                }
            }
            Write::UpdateCube(cube) => match self.cube(&cube.id) {
                Some(_) => self.put_cube(cube),
                None => return Err(Error::cube_not_found(&cube.id)),
            },
            Write::DeleteCube(id) => self.delete_cube(id)?,
            Write::AddMemory(memory) => self.add_memory(memory)?,
            Write::UpdateMemory {
                memory,
                expected_version,
            } => {
                let (cube_id, id) = (memory.cube_id.clone(), memory.id);
                self.expect(&cube_id, id, expected_version)?;
                let before = self.memory(&cube_id, id);
                if before.is_some_and(|before| !memory.still_says(before)) {
                    self.staged.stale.insert((cube_id.clone(), id));
                }
                self.change(&cube_id, id, Some(memory));
            }
            Write::Touch {
                cube_id,
                id,
                uses,
                at,
            } => self.touch(&cube_id, id, uses, at),
            Write::Place { cube_id, id, tier } => self.place(&cube_id, id, tier),
            Write::WithdrawMemory {
                cube_id,
                id,
                expected_version,
            } => {
                self.expect(&cube_id, id, expected_version)?;
                self.change(&cube_id, id, None);
                self.staged.forgotten.insert((cube_id, id));
            }
            Write::DeleteMemory { cube_id, id } => self.delete_memory(cube_id, id)?,
            Write::NameSnapshot { cube_id, snapshot } => self.name(&cube_id, snapshot)?,
            Write::DropSnapshot { cube_id, name } => self.drop_name(&cube_id, name)?,
            Write::AddTask(task) => self.add_task(*task),
            Write::UpdateTask {
                task,
                expected_revision,
            } => {
                Task::expect_revision(self.task(task.id), task.id, expected_revision)?;
                self.staged.tasks.insert(task.id, Some(*task));
            }
            Write::RemoveTask(id) => {
                self.staged.tasks.insert(id, None);
            }
        }
        Ok(())
    }

    fn put_cube(&mut self, cube: MemCube) {
        let id = cube.id.clone();
        self.of(&id).header = Some(cube);
    }

    fn delete_cube(&mut self, id: CubeId) -> Result<()> {
        if self.cube(&id).is_none() {
            return Err(Error::cube_not_found(&id));
        }
        *self.of(&id) = StagedCube {
            fresh: true,
            ..StagedCube::default()
        };
        self.staged.dropped.insert(id);
        Ok(())
    }

    fn add_memory(&mut self, memory: Memory) -> Result<()> {
        let (cube_id, id) = (memory.cube_id.clone(), memory.id);
        if self.memory(&cube_id, id).is_some() {
            return Err(Error::memory_exists(&cube_id, id));
        }
        self.change(&cube_id, id, Some(memory));
        self.staged.forgotten.remove(&(cube_id.clone(), id));
        self.added_to.insert(cube_id);
        Ok(())
    }

    fn expect(&self, cube: &CubeId, id: MemoryId, version: u32) -> Result<()> {
        match self.memory(cube, id) {
            Some(memory) => memory.expect_version(version),
            None => Err(Error::memory_not_found(cube, id)),
        }
    }

    fn touch(&mut self, cube: &CubeId, id: MemoryId, uses: u64, at: Timestamp) {
        let Some(mut memory) = self.memory(cube, id).cloned() else {
            return;
        };
        let behavioural = &mut memory.header.behavioural;
        behavioural.use_count = behavioural.use_count.saturating_add(uses);
        behavioural.last_used = behavioural.last_used.max(Some(at));
        if uses > 0 && memory.state == State::Generated {
            memory.state = State::Activated;
        }
        self.of(cube).memories.insert(id, Some(memory));
    }

    fn place(&mut self, cube: &CubeId, id: MemoryId, tier: Tier) {
        let Some(mut memory) = self.memory(cube, id).cloned() else {
            return;
        };
        memory.header.behavioural.tier = tier;
        self.of(cube).memories.insert(id, Some(memory));
    }

    fn delete_memory(&mut self, cube: CubeId, id: MemoryId) -> Result<()> {
        if self.memory(&cube, id).is_none() && !self.has_history(&cube, id) {
            return Err(Error::memory_not_found(&cube, id));
        }
        let staged = self.of(&cube);
        staged.memories.insert(id, None);
        staged.changes.remove(&id);
        staged.erased.insert(id);
        self.staged.forgotten.insert((cube, id));
        Ok(())
    }

    fn name(&mut self, cube: &CubeId, snapshot: NamedSnapshot) -> Result<()> {
        snapshot.check_name()?;
        if self.cube(cube).is_none() {
            return Err(Error::cube_not_found(cube));
        }
        if self.has_named(cube, &snapshot.name) {
            return Err(Error::snapshot_exists(cube, &snapshot.name));
        }
        let name = snapshot.name.clone();
        self.of(cube).named.insert(name, Some(snapshot));
        Ok(())
    }

    fn drop_name(&mut self, cube: &CubeId, name: String) -> Result<()> {
        if !self.has_named(cube, &name) {
            return Err(Error::snapshot_not_found(cube, &name));
        }
        self.of(cube).named.insert(name, None);
        Ok(())
    }

    fn add_task(&mut self, task: Task) {
        for task in Task::admit(self.task(task.id).cloned(), task) {
            self.staged.tasks.insert(task.id, Some(task));
        }
    }
}
