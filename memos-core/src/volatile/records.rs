//! Cubes, memories, histories and tasks in order, shared between the vault and its snapshots.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::staged::{Staged, StagedCube};
use crate::{
    Change, ChangeSeq, CubeId, MemCube, Memory, MemoryId, NamedSnapshot, Task, TaskId, Timestamp,
};

/// Cloned only when a commit follows a snapshot that is still alive, and then level by level.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    cubes: BTreeMap<CubeId, Arc<Cube>>,
    tasks: Arc<BTreeMap<TaskId, Arc<Task>>>,
}

#[derive(Clone, Debug)]
struct Cube {
    header: MemCube,
    memories: BTreeMap<MemoryId, Arc<Memory>>,
    changes: BTreeMap<ChangeSeq, Arc<Change>>,
    /// The changes of each memory.
    histories: BTreeMap<MemoryId, Vec<ChangeSeq>>,
    named: BTreeMap<String, NamedSnapshot>,
}

impl Records {
    pub(super) fn cube(&self, id: &CubeId) -> Option<&MemCube> {
        self.cubes.get(id).map(|cube| &cube.header)
    }

    pub(super) fn memory(&self, cube: &CubeId, id: MemoryId) -> Option<&Memory> {
        let memory = self.cubes.get(cube)?.memories.get(&id);
        memory.map(|memory| &**memory)
    }

    pub(super) fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id).map(|task| &**task)
    }

    pub(super) fn has_history(&self, cube: &CubeId, id: MemoryId) -> bool {
        let cube = self.cubes.get(cube);
        cube.is_some_and(|cube| cube.histories.contains_key(&id))
    }

    pub(super) fn has_named(&self, cube: &CubeId, name: &str) -> bool {
        let cube = self.cubes.get(cube);
        cube.is_some_and(|cube| cube.named.contains_key(name))
    }

    pub(super) fn cubes_after(&self, after: Option<&CubeId>) -> impl Iterator<Item = &MemCube> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.cubes
            .range::<CubeId, _>((from, Bound::Unbounded))
            .map(|(_, cube)| &cube.header)
    }

    pub(super) fn memories_after(
        &self,
        cube: &CubeId,
        after: Option<MemoryId>,
    ) -> impl Iterator<Item = &Memory> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.cubes
            .get(cube)
            .into_iter()
            .flat_map(move |cube| cube.memories.range((from, Bound::Unbounded)))
            .map(|(_, memory)| &**memory)
    }

    pub(super) fn changes_after(
        &self,
        cube: &CubeId,
        after: ChangeSeq,
    ) -> impl Iterator<Item = &Change> {
        let later = (Bound::Excluded(after), Bound::Unbounded);
        self.cubes
            .get(cube)
            .into_iter()
            .flat_map(move |cube| cube.changes.range(later))
            .map(|(_, change)| &**change)
    }

    pub(super) fn history(&self, cube: &CubeId, id: MemoryId) -> impl Iterator<Item = &Change> {
        self.cubes.get(cube).into_iter().flat_map(move |cube| {
            let seqs = cube.histories.get(&id).into_iter().flatten();
            seqs.filter_map(|seq| cube.changes.get(seq).map(|change| &**change))
        })
    }

    pub(super) fn change_at(&self, cube: &CubeId, instant: Timestamp) -> ChangeSeq {
        let changes = self.cubes.get(cube).into_iter().flat_map(|c| &c.changes);
        let last = changes.rev().find(|(_, change)| change.at <= instant);
        last.map(|(seq, _)| *seq).unwrap_or_default()
    }

    pub(super) fn named(&self, cube: &CubeId) -> impl Iterator<Item = &NamedSnapshot> {
        let cube = self.cubes.get(cube).into_iter();
        cube.flat_map(|cube| cube.named.values())
    }

    /// A look at every cube: a vault in memory has few.
    pub(super) fn cubes_of(&self, id: MemoryId) -> impl Iterator<Item = &CubeId> {
        let with_it = self
            .cubes
            .iter()
            .filter(move |(_, cube)| cube.memories.contains_key(&id));
        with_it.map(|(name, _)| name)
    }

    /// A look at every memory and all that it was.
    pub(super) fn made_from(&self, cube: &CubeId, id: MemoryId) -> Vec<MemoryId> {
        let Some(cube) = self.cubes.get(cube) else {
            return Vec::new();
        };
        let were = cube.changes.values().filter_map(|c| c.before.as_deref());
        let are = cube.memories.values().map(|memory| &**memory);
        let named = are.chain(were).filter(|memory| {
            let evidence = &memory.header.behavioural.derived_from;
            evidence.contains(&id)
        });
        let ids: BTreeSet<MemoryId> = named.map(|memory| memory.id).collect();
        ids.into_iter().collect()
    }

    pub(super) fn tasks_after(&self, after: Option<TaskId>) -> impl Iterator<Item = &Task> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.tasks
            .range((from, Bound::Unbounded))
            .map(|(_, task)| &**task)
    }

    pub(super) fn apply(&mut self, staged: Staged) {
        for (id, staged) in staged.cubes {
            if staged.fresh {
                self.cubes.remove(&id);
            }
            match self.cubes.entry(id) {
                Entry::Occupied(cube) => Arc::make_mut(cube.into_mut()).apply(staged),
                Entry::Vacant(place) => {
                    if let Some(header) = staged.header.clone() {
                        Arc::make_mut(place.insert(Arc::new(Cube::new(header)))).apply(staged);
                    }
                }
            }
        }
        if staged.tasks.is_empty() {
            return;
        }
        let tasks = Arc::make_mut(&mut self.tasks);
        for (id, task) in staged.tasks {
            match task {
                Some(task) => tasks.insert(id, Arc::new(task)),
                None => tasks.remove(&id),
            };
        }
    }
}

impl Cube {
    fn new(header: MemCube) -> Self {
        Self {
            header,
            memories: BTreeMap::new(),
            changes: BTreeMap::new(),
            histories: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    fn apply(&mut self, staged: StagedCube) {
        if let Some(header) = staged.header {
            self.header = header;
        }
        for (id, memory) in staged.memories {
            match memory {
                Some(memory) => self.memories.insert(id, Arc::new(memory)),
                None => self.memories.remove(&id),
            };
        }
        for id in staged.erased {
            for seq in self.histories.remove(&id).into_iter().flatten() {
                self.changes.remove(&seq);
            }
        }
        for (id, changes) in staged.changes {
            let history = self.histories.entry(id).or_default();
            for change in changes {
                history.push(change.seq);
                self.changes.insert(change.seq, Arc::new(change));
            }
        }
        for (name, snapshot) in staged.named {
            match snapshot {
                Some(snapshot) => self.named.insert(name, snapshot),
                None => self.named.remove(&name),
            };
        }
    }
}
