//! The records with a commit's writes laid over them, so that a commit that fails half-way has
//! changed nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::records::Records;
use crate::{
    Change, ChangeSeq, CubeId, Error, MemCube, Memory, MemoryId, NamedSnapshot, Result, Task,
    TaskId, Timestamp, Why,
};

/// What numbers and signs the changes of one commit.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// The last change before the next one.
    pub(super) last: ChangeSeq,
    pub(super) at: Timestamp,
    pub(super) why: Why,
}

/// The records as they will be.
pub(super) struct Stage<'a> {
    before: &'a Records,
    stamp: Stamp,
    pub(super) staged: Staged,
    /// Cubes that must exist when the commit is done.
    pub(super) added_to: BTreeSet<CubeId>,
}

/// What becomes of the records, cube by cube.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) cubes: BTreeMap<CubeId, StagedCube>,
    /// Memories that were removed one by one, and not added again.
    pub(super) forgotten: BTreeSet<(CubeId, MemoryId)>,
    /// Memories that say something else than before, or were put away.
    pub(super) stale: BTreeSet<(CubeId, MemoryId)>,
    /// Cubes that were removed, whether or not one of that id was created after.
    pub(super) dropped: BTreeSet<CubeId>,
    /// What tasks become; none is gone.
    pub(super) tasks: BTreeMap<TaskId, Option<Task>>,
    /// The last change, if the commit made any.
    pub(super) last_change: Option<ChangeSeq>,
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
    /// Memories whose history before the commit is gone.
    pub(super) erased: BTreeSet<MemoryId>,
    /// What the commit adds to histories.
    pub(super) changes: BTreeMap<MemoryId, Vec<Change>>,
    /// What names come to stand for; none is dropped.
    pub(super) named: BTreeMap<String, Option<NamedSnapshot>>,
}

impl<'a> Stage<'a> {
    pub(super) fn over(before: &'a Records, stamp: Stamp) -> Self {
        Self {
            before,
            stamp,
            staged: Staged::default(),
            added_to: BTreeSet::new(),
        }
    }

    /// The checks at the end of a commit.
    pub(super) fn finish(self) -> Result<Staged> {
        match self.added_to.iter().find(|id| self.cube(id).is_none()) {
            Some(missing) => Err(Error::cube_not_found(missing)),
            None => Ok(self.staged),
        }
    }

    pub(super) fn cube(&self, id: &CubeId) -> Option<&MemCube> {
        let Some(staged) = self.staged.cubes.get(id) else {
            return self.before.cube(id);
        };
        match &staged.header {
            None if !staged.fresh => self.before.cube(id),
            header => header.as_ref(),
        }
    }

    pub(super) fn memory(&self, cube: &CubeId, id: MemoryId) -> Option<&Memory> {
        let Some(staged) = self.staged.cubes.get(cube) else {
            return self.before.memory(cube, id);
        };
        match staged.memories.get(&id) {
            None if !staged.fresh => self.before.memory(cube, id),
            memory => memory?.as_ref(),
        }
    }

    pub(super) fn has_history(&self, cube: &CubeId, id: MemoryId) -> bool {
        let Some(staged) = self.staged.cubes.get(cube) else {
            return self.before.has_history(cube, id);
        };
        let kept = !staged.fresh && !staged.erased.contains(&id);
        staged.changes.contains_key(&id) || kept && self.before.has_history(cube, id)
    }

    pub(super) fn has_named(&self, cube: &CubeId, name: &str) -> bool {
        let Some(staged) = self.staged.cubes.get(cube) else {
            return self.before.has_named(cube, name);
        };
        match staged.named.get(name) {
            None => !staged.fresh && self.before.has_named(cube, name),
            Some(named) => named.is_some(),
        }
    }

    pub(super) fn task(&self, id: TaskId) -> Option<&Task> {
        match self.staged.tasks.get(&id) {
            None => self.before.task(id),
            Some(task) => task.as_ref(),
        }
    }

    /// What becomes of a cube, to write into.
    pub(super) fn of(&mut self, cube: &CubeId) -> &mut StagedCube {
        // Most writes go to a cube that an earlier one went to.
        if !self.staged.cubes.contains_key(cube) {
            self.staged
                .cubes
                .insert(cube.clone(), StagedCube::default());
        }
        self.staged
            .cubes
            .get_mut(cube)
            .expect("it was put there if it was not")
    }

    /// Lets a memory become what it becomes, and notes that in its history.
    pub(super) fn change(&mut self, cube: &CubeId, id: MemoryId, after: Option<Memory>) {
        let before = self.memory(cube, id).cloned().map(Box::new);
        self.stamp.last = self.stamp.last.next();
        self.staged.last_change = Some(self.stamp.last);
        let change = Change {
            seq: self.stamp.last,
            at: self.stamp.at,
            memory_id: id,
            before,
            after: after.as_ref().map(|m| m.header.behavioural.version),
            why: self.stamp.why.clone(),
        };
        let staged = self.of(cube);
        staged.changes.entry(id).or_default().push(change);
        staged.memories.insert(id, after);
    }
}
