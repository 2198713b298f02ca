//! A cube as it was.

use std::sync::Arc;

use memos_core::{ChangeSeq, CubeId, Memory, MemoryId, Result, Snapshot};

use super::undo::Undo;

/// The memories of a cube as they were after one of its changes: the records of a snapshot, with
/// the changes since laid over them backwards. It takes time and memory by the changes since, not
/// by the size of the cube.
///
/// Uses and tiers are no changes: a memory that has not changed since is shown with those of now,
/// one that has with those that it had when it next changed. What was forgotten is not there, since
/// its history is gone.
pub struct Past<'a> {
    snapshot: &'a dyn Snapshot,
    cube: CubeId,
    at: ChangeSeq,
    undo: Arc<Undo>,
}

impl<'a> Past<'a> {
    /// The cube after the change `at` and all before it; before its first change if `at` is zero.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn of(snapshot: &'a dyn Snapshot, cube: &CubeId, at: ChangeSeq) -> Result<Self> {
        let undo = Arc::new(Undo::of(snapshot, cube, at)?);
        Ok(Self::over(snapshot, cube, at, undo))
    }

    /// From an undo map of the changes after `at`.
    pub(super) fn over(
        snapshot: &'a dyn Snapshot,
        cube: &CubeId,
        at: ChangeSeq,
        undo: Arc<Undo>,
    ) -> Self {
        Self {
            snapshot,
            cube: cube.clone(),
            at,
            undo,
        }
    }

    /// The cube.
    pub fn cube_id(&self) -> &CubeId {
        &self.cube
    }

    /// The last change that counts.
    pub fn at(&self) -> ChangeSeq {
        self.at
    }

    /// The records of now.
    pub(super) fn snapshot(&self) -> &'a dyn Snapshot {
        self.snapshot
    }

    /// The memories that changed since, by id, and what they were.
    pub(super) fn differences(&self) -> impl Iterator<Item = (MemoryId, Option<&Memory>)> {
        self.undo.iter()
    }

    /// A memory, if it was in the cube.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn memory(&self, id: MemoryId) -> Result<Option<Memory>> {
        match self.undo.get(id) {
            Some(before) => Ok(before.cloned()),
            None => self.snapshot.memory(&self.cube, id),
        }
    }

    /// Up to `limit` memories after one, or from the first, by id.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn memories(&self, after: Option<MemoryId>, limit: usize) -> Result<Vec<Memory>> {
        let mut found = Vec::new();
        let mut after = after;
        while found.len() < limit {
            let want = limit - found.len();
            let mut page = self.snapshot.memories(&self.cube, after, want)?;
            // Up to here, or up to the end, both sides are known.
            let end = (page.len() == want)
                .then(|| page.last().map(|m| m.id))
                .flatten();
            page.retain(|m| !self.undo.contains(m.id));
            page.extend(self.undo.between(after, end).cloned());
            page.sort_unstable_by_key(|m| m.id);
            found.append(&mut page);
            if end.is_none() {
                break;
            }
            after = end;
        }
        found.truncate(limit);
        Ok(found)
    }
}
