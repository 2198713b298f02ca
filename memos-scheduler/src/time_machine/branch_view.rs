//! A vault's snapshot in which branches show what they read through to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use memos_core::{
    Base, Change, ChangeSeq, CubeId, EventSeq, MemCube, Memory, MemoryId, NamedSnapshot, Result,
    Snapshot, Task, TaskId, Timestamp,
};

use super::Past;
use super::undo::Undo;
use super::undo_cache::{Key, UndoCache};

/// What a branch holds of its own is what was written into it. A memory of the base that the branch
/// changes is copied into it first, in the same commit; this first change of such a memory is left
/// out of the history that is shown.
pub(super) struct BranchView {
    stored: Box<dyn Snapshot>,
    cache: Arc<UndoCache>,
    epoch: u64,
    /// The maps that this view has used.
    maps: RefCell<HashMap<Key, Arc<Undo>>>,
}

impl BranchView {
    /// `epoch` is the cache's before the snapshot was taken.
    pub(super) fn new(stored: Box<dyn Snapshot>, cache: Arc<UndoCache>, epoch: u64) -> Self {
        Self {
            stored,
            cache,
            epoch,
            maps: RefCell::default(),
        }
    }

    /// The records as they are stored.
    pub(super) fn stored(&self) -> &dyn Snapshot {
        &*self.stored
    }

    /// What a cube reads through to, if it is a branch.
    pub(super) fn base(&self, cube: &CubeId) -> Result<Option<Base>> {
        Ok(self.stored.cube(cube)?.and_then(|header| header.base))
    }

    /// The base's memory as the branch would show it.
    pub(super) fn through(
        &self,
        branch: &CubeId,
        base: &Base,
        id: MemoryId,
    ) -> Result<Option<Memory>> {
        let memory = self.past(base)?.memory(id)?;
        Ok(memory.map(|m| shown_in(branch, m)))
    }

    fn past(&self, base: &Base) -> Result<Past<'_>> {
        let undo = self.undo(Key {
            cube: base.cube_id.clone(),
            at: base.at,
            stored: false,
        })?;
        Ok(Past::over(self, &base.cube_id, base.at, undo))
    }

    /// The memories that a branch has ever written: what its base says of them does not count.
    fn written(&self, branch: &CubeId) -> Result<Arc<Undo>> {
        self.undo(Key {
            cube: branch.clone(),
            at: ChangeSeq::default(),
            stored: true,
        })
    }

    fn undo(&self, key: Key) -> Result<Arc<Undo>> {
        if let Some(known) = self.maps.borrow().get(&key) {
            return Ok(Arc::clone(known));
        }
        let head = super::point::head(&*self.stored, &key.cube)?;
        let cached = self.cache.get(&key, self.epoch, head);
        let undo = match cached {
            Some(undo) if undo.head() >= head => undo,
            older => {
                let mut undo = older.map_or_else(|| Undo::after(key.at), Arc::unwrap_or_clone);
                if undo.head() < head {
                    undo.extend(|after, limit| {
                        if key.stored {
                            self.stored.changes(&key.cube, after, limit)
                        } else {
                            self.changes(&key.cube, after, limit)
                        }
                    })?;
                    undo.move_head(head);
                }
                let undo = Arc::new(undo);
                self.cache.put(key.clone(), self.epoch, &undo);
                undo
            }
        };
        self.maps.borrow_mut().insert(key, Arc::clone(&undo));
        Ok(undo)
    }

    /// Whether a change of a branch only copied a memory of the base into it.
    fn is_copy(&self, branch: &CubeId, base: &Base, change: &Change) -> Result<bool> {
        if change.before.is_some() {
            return Ok(false);
        }
        let history = self.stored.history(branch, change.memory_id)?;
        Ok(history.first().is_some_and(|first| first.seq == change.seq)
            && self.through(branch, base, change.memory_id)?.is_some())
    }

    /// The history of a memory with the cube's own changes up to one of them, or all.
    fn history_until(
        &self,
        cube: &CubeId,
        id: MemoryId,
        until: Option<ChangeSeq>,
    ) -> Result<Vec<Change>> {
        let mut own = self.stored.history(cube, id)?;
        let base = self.base(cube)?;
        if let (Some(base), Some(first)) = (&base, own.first())
            && self.is_copy(cube, base, first)?
        {
            own.remove(0);
        }
        own.retain(|change| until.is_none_or(|until| change.seq <= until));
        let Some(base) = base else {
            return Ok(own);
        };
        let mut history = self.history_until(&base.cube_id, id, Some(base.at))?;
        for memory in history.iter_mut().filter_map(|c| c.before.as_mut()) {
            memory.cube_id = cube.clone();
        }
        history.append(&mut own);
        Ok(history)
    }

    /// Up to `limit` memories of a branch after one, and the id up to which these are all.
    fn merged(
        &self,
        branch: &CubeId,
        base: &Base,
        after: Option<MemoryId>,
        limit: usize,
    ) -> Result<(Vec<Memory>, Option<MemoryId>)> {
        let mut own = self.stored.memories(branch, after, limit)?;
        let through = self.past(base)?.memories(after, limit)?;
        let end = |page: &[Memory]| page.last().filter(|_| page.len() == limit).map(|m| m.id);
        let end = [end(&own), end(&through)].into_iter().flatten().min();
        let written = self.written(branch)?;
        own.extend(
            through
                .into_iter()
                .filter(|m| !written.contains(m.id))
                .map(|m| shown_in(branch, m)),
        );
        own.retain(|m| end.is_none_or(|end| m.id <= end));
        own.sort_unstable_by_key(|m| m.id);
        Ok((own, end))
    }
}

fn shown_in(branch: &CubeId, memory: Memory) -> Memory {
    Memory {
        cube_id: branch.clone(),
        ..memory
    }
}

impl Snapshot for BranchView {
    fn seq(&self) -> EventSeq {
        self.stored.seq()
    }

    fn cubes(&self, after: Option<&CubeId>, limit: usize) -> Result<Vec<MemCube>> {
        self.stored.cubes(after, limit)
    }

    fn memories(
        &self,
        cube: &CubeId,
        after: Option<MemoryId>,
        limit: usize,
    ) -> Result<Vec<Memory>> {
        let Some(base) = self.base(cube)? else {
            return self.stored.memories(cube, after, limit);
        };
        let mut found = Vec::new();
        let mut after = after;
        while found.len() < limit {
            let (mut page, end) = self.merged(cube, &base, after, limit - found.len())?;
            found.append(&mut page);
            if end.is_none() {
                break;
            }
            after = end;
        }
        found.truncate(limit);
        Ok(found)
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        self.stored.cube(id)
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        if let Some(own) = self.stored.memory(cube, id)? {
            return Ok(Some(own));
        }
        let Some(base) = self.base(cube)? else {
            return Ok(None);
        };
        // It was here and is not any more, whatever the base says.
        if !self.stored.history(cube, id)?.is_empty() {
            return Ok(None);
        }
        self.through(cube, &base, id)
    }

    fn changes(&self, cube: &CubeId, after: ChangeSeq, limit: usize) -> Result<Vec<Change>> {
        let Some(base) = self.base(cube)? else {
            return self.stored.changes(cube, after, limit);
        };
        let mut found = Vec::new();
        let mut after = after;
        while found.len() < limit {
            let want = limit - found.len();
            let page = self.stored.changes(cube, after, want)?;
            let full = page.len() == want;
            for change in page {
                after = change.seq;
                if !self.is_copy(cube, &base, &change)? {
                    found.push(change);
                }
            }
            if !full {
                break;
            }
        }
        Ok(found)
    }

    /// Of a memory of a branch: what happened to it in the base up to the fork, then in the branch.
    fn history(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<Change>> {
        self.history_until(cube, id, None)
    }

    fn change_at(&self, cube: &CubeId, instant: Timestamp) -> Result<ChangeSeq> {
        self.stored.change_at(cube, instant)
    }

    fn last_change(&self) -> Result<ChangeSeq> {
        self.stored.last_change()
    }

    fn named(&self, cube: &CubeId) -> Result<Vec<NamedSnapshot>> {
        self.stored.named(cube)
    }

    fn tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<Task>> {
        self.stored.tasks(after, limit)
    }
}
