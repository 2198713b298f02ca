//! What memories were before the changes after an instant.

use std::collections::BTreeMap;
use std::ops::Bound;

use memos_core::{Change, ChangeSeq, CubeId, Memory, MemoryId, Result, Snapshot};

/// Changes read at a time.
const PAGE: usize = 256;

/// Laid over a cube's records, it gives the cube as it was. Of several changes of one memory the
/// first counts: what was before it, was then.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    /// The last change that it takes back.
    head: ChangeSeq,
    /// None: the memory was not in the cube.
    before: BTreeMap<MemoryId, Option<Box<Memory>>>,
}

impl Undo {
    /// Takes nothing back yet, and will take back what comes after `at`.
    pub(super) fn after(at: ChangeSeq) -> Self {
        Self {
            head: at,
            before: BTreeMap::new(),
        }
    }

    /// Takes back the cube's changes after `at`.
    pub(super) fn of(snapshot: &dyn Snapshot, cube: &CubeId, at: ChangeSeq) -> Result<Self> {
        let mut undo = Self::after(at);
        undo.extend(|after, limit| snapshot.changes(cube, after, limit))?;
        Ok(undo)
    }

    /// Takes back the changes after its head as well. `changes` reads a page of them.
    pub(super) fn extend(
        &mut self,
        changes: impl Fn(ChangeSeq, usize) -> Result<Vec<Change>>,
    ) -> Result<()> {
        loop {
            let page = changes(self.head, PAGE)?;
            let full = page.len() == PAGE;
            for change in page {
                self.head = change.seq;
                self.before.entry(change.memory_id).or_insert(change.before);
            }
            if !full {
                return Ok(());
            }
        }
    }

    /// The last change that it takes back.
    pub(super) fn head(&self) -> ChangeSeq {
        self.head
    }

    /// Says that there are no changes between its head and this one that it would take back.
    pub(super) fn move_head(&mut self, head: ChangeSeq) {
        self.head = self.head.max(head);
    }

    /// How many memories changed.
    pub(super) fn len(&self) -> usize {
        self.before.len()
    }

    /// What a memory was; none if it has not changed since.
    pub(super) fn get(&self, id: MemoryId) -> Option<Option<&Memory>> {
        self.before.get(&id).map(Option::as_deref)
    }

    /// Whether a memory has changed since.
    pub(super) fn contains(&self, id: MemoryId) -> bool {
        self.before.contains_key(&id)
    }

    /// The memories that changed and what they were, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (MemoryId, Option<&Memory>)> {
        self.before.iter().map(|(id, m)| (*id, m.as_deref()))
    }

    /// Those that were in the cube and have changed, after one id and up to a later one.
    pub(super) fn between(
        &self,
        after: Option<MemoryId>,
        until: Option<MemoryId>,
    ) -> impl Iterator<Item = &Memory> {
        let range = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            until.map_or(Bound::Unbounded, Bound::Included),
        );
        self.before.range(range).filter_map(|(_, m)| m.as_deref())
    }
}
