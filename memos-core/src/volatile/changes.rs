//! What each [`Write`] means: staged over the records, so that a commit that fails half-way has
//! changed nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::records::Records;
use crate::{Code, CubeId, Error, MemCube, Memory, MemoryId, Result, Timestamp, Write};

/// The records with a commit's writes laid over them.
pub(super) struct Changes<'a> {
    before: &'a Records,
    staged: Staged,
    /// Cubes that must exist when the commit is done.
    added_to: BTreeSet<CubeId>,
}

/// What becomes of the records, cube by cube.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) cubes: BTreeMap<CubeId, StagedCube>,
    /// Memories that were removed one by one, and not added again.
    pub(super) forgotten: BTreeSet<(CubeId, MemoryId)>,
    /// Cubes that were removed, whether or not one of that id was created after.
    pub(super) dropped: BTreeSet<CubeId>,
}

/// What becomes of one cube.
#[derive(Debug, Default)]
pub(super) struct StagedCube {
    /// Nothing of what was there before counts: the cube was removed on the way.
    pub(super) fresh: bool,
    /// The new header; if none, the old one stays, unless `fresh`.
    pub(super) header: Option<MemCube>,
    /// What memories become; none is gone.
    pub(super) memories: BTreeMap<MemoryId, Option<Memory>>,
}

impl<'a> Changes<'a> {
    pub(super) fn of(before: &'a Records) -> Self {
        Self {
            before,
            staged: Staged::default(),
            added_to: BTreeSet::new(),
        }
    }

    /// Lays one more write over the ones before it.
    pub(super) fn stage(&mut self, write: Write) -> Result<()> {
        match write {
            Write::CreateCube(cube) => match self.cube(&cube.id) {
                Some(_) => return Err(cube_exists(&cube.id)),
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
            } => self.update_memory(memory, expected_version)?,
            Write::Touch {
                cube_id,
                id,
                uses,
                at,
            } => self.touch(&cube_id, id, uses, at),
            Write::DeleteMemory { cube_id, id } => self.delete_memory(cube_id, id)?,
        }
        Ok(())
    }

    /// The checks at the end of a commit.
    pub(super) fn finish(self) -> Result<Staged> {
        match self.added_to.iter().find(|id| self.cube(id).is_none()) {
            Some(missing) => Err(Error::cube_not_found(missing)),
            None => Ok(self.staged),
        }
    }

    fn cube(&self, id: &CubeId) -> Option<&MemCube> {
        let Some(staged) = self.staged.cubes.get(id) else {
            return self.before.cube(id);
        };
        match &staged.header {
            None if !staged.fresh => self.before.cube(id),
            header => header.as_ref(),
        }
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Option<&Memory> {
        let Some(staged) = self.staged.cubes.get(cube) else {
            return self.before.memory(cube, id);
        };
        match staged.memories.get(&id) {
            None if !staged.fresh => self.before.memory(cube, id),
            memory => memory?.as_ref(),
        }
    }

    fn put_cube(&mut self, cube: MemCube) {
        let staged = self.staged.cubes.entry(cube.id.clone()).or_default();
        staged.header = Some(cube);
    }

    fn put_memory(&mut self, cube: CubeId, id: MemoryId, memory: Option<Memory>) {
        let staged = self.staged.cubes.entry(cube).or_default();
        staged.memories.insert(id, memory);
    }

    fn delete_cube(&mut self, id: CubeId) -> Result<()> {
        if self.cube(&id).is_none() {
            return Err(Error::cube_not_found(&id));
        }
        let gone = StagedCube {
            fresh: true,
            ..StagedCube::default()
        };
        self.staged.cubes.insert(id.clone(), gone);
        self.staged.dropped.insert(id);
        Ok(())
    }

    fn add_memory(&mut self, memory: Memory) -> Result<()> {
        let (cube_id, id) = (memory.cube_id.clone(), memory.id);
        if self.memory(&cube_id, id).is_some() {
            return Err(Error::new(
                Code::Conflict,
                format!("cube {:?} holds a memory {id} already", cube_id.as_str()),
            )
            .remedy("add it under a fresh id, or update the one that is there"));
        }
        self.staged.forgotten.remove(&(cube_id.clone(), id));
        self.added_to.insert(cube_id.clone());
        self.put_memory(cube_id, id, Some(memory));
        Ok(())
    }

    fn update_memory(&mut self, memory: Memory, expected_version: u32) -> Result<()> {
        let Some(old) = self.memory(&memory.cube_id, memory.id) else {
            return Err(Error::memory_not_found(&memory.cube_id, memory.id));
        };
        let version = old.header.behavioural.version;
        if version != expected_version {
            return Err(Error::new(
                Code::Conflict,
                format!(
                    "memory {} has version {version}, not {expected_version}: someone else \
                     changed it",
                    memory.id
                ),
            )
            .remedy("read it again, and make the change on what it is now"));
        }
        self.put_memory(memory.cube_id.clone(), memory.id, Some(memory));
        Ok(())
    }

    fn touch(&mut self, cube: &CubeId, id: MemoryId, uses: u64, at: Timestamp) {
        let Some(mut memory) = self.memory(cube, id).cloned() else {
            return;
        };
        let behavioural = &mut memory.header.behavioural;
        behavioural.use_count = behavioural.use_count.saturating_add(uses);
        behavioural.last_used = behavioural.last_used.max(Some(at));
        self.put_memory(cube.clone(), id, Some(memory));
    }

    fn delete_memory(&mut self, cube: CubeId, id: MemoryId) -> Result<()> {
        if self.memory(&cube, id).is_none() {
            return Err(Error::memory_not_found(&cube, id));
        }
        self.staged.forgotten.insert((cube.clone(), id));
        self.put_memory(cube, id, None);
        Ok(())
    }
}

fn cube_exists(id: &CubeId) -> Error {
    Error::new(
        Code::CubeExists,
        format!("there is a cube {:?} already", id.as_str()),
    )
    .remedy("choose another id, or add to the cube that is there")
}
