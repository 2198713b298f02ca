//! What is kept in memory of the cubes that were worked on last, and follows their changes.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memos_core::{ChangeSeq, CubeId, Memory, MemoryId, Result, Snapshot, Timestamp};

/// Cubes of which something is kept: what is lost of one is read anew from its records.
const CUBES: usize = 32;

/// Memories or changes read at a time.
const PAGE: usize = 256;

/// What is known of the memories of one cube.
pub(crate) trait Knowledge: Default {
    /// A memory is there, new or changed.
    fn put(&mut self, memory: &Memory);

    /// A memory is there no more; one that it does not know is no error.
    fn remove(&mut self, id: MemoryId);
}

type Shared<T> = Arc<Mutex<Following<T>>>;

/// Knowledge of the cubes that were asked for last.
pub(crate) struct RecentCubes<T> {
    /// The last used at the end.
    cubes: Mutex<Vec<(CubeId, Shared<T>)>>,
}

impl<T> Default for RecentCubes<T> {
    fn default() -> Self {
        Self {
            cubes: Mutex::default(),
        }
    }
}

impl<T: Knowledge> RecentCubes<T> {
    /// What is known of a cube; to be [refreshed](Following::refresh).
    pub(crate) fn of(&self, cube: &CubeId) -> Shared<T> {
        let mut cubes = lock(&self.cubes);
        let at = cubes.iter().position(|(id, _)| id == cube);
        let entry = at.map_or_else(
            || (cube.clone(), Arc::new(Mutex::new(Following::default()))),
            |at| cubes.remove(at),
        );
        let known = Arc::clone(&entry.1);
        cubes.push(entry);
        if cubes.len() > CUBES {
            cubes.remove(0);
        }
        known
    }

    /// Forgets what is known of some memories: no change tells of those that were forgotten.
    pub(crate) fn forget_memories(&self, cube: &CubeId, ids: &[MemoryId]) {
        let cubes = lock(&self.cubes);
        let known = cubes.iter().find(|(id, _)| id == cube);
        let known = known.map(|(_, known)| Arc::clone(known));
        drop(cubes);
        if let Some(known) = known {
            let mut known = lock(&known);
            ids.iter().for_each(|id| known.remove(*id));
        }
    }

    /// Forgets what is known of a cube.
    pub(crate) fn forget_cube(&self, cube: &CubeId) {
        lock(&self.cubes).retain(|(id, _)| id != cube);
    }
}

/// Knowledge that follows the changes of its cube.
#[derive(Debug, Default)]
pub(crate) struct Following<T> {
    /// The last change that it holds.
    seen: Option<ChangeSeq>,
    knowledge: T,
}

impl<T: Knowledge> Following<T> {
    /// Brings it to the state of the snapshot, or leaves it if it has seen more.
    pub(crate) fn refresh(&mut self, snapshot: &dyn Snapshot, cube: &CubeId) -> Result<()> {
        let Some(mut seen) = self.seen else {
            return self.load(snapshot, cube);
        };
        loop {
            let page = snapshot.changes(cube, seen, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            seen = last.seq;
            let changed: BTreeSet<MemoryId> = page.iter().map(|c| c.memory_id).collect();
            for id in changed {
                match snapshot.memory(cube, id)? {
                    Some(memory) => self.knowledge.put(&memory),
                    None => self.knowledge.remove(id),
                }
            }
            self.seen = Some(seen);
        }
    }

    fn load(&mut self, snapshot: &dyn Snapshot, cube: &CubeId) -> Result<()> {
        let seen = snapshot.change_at(cube, Timestamp::MAX)?;
        let mut after = None;
        loop {
            let page = snapshot.memories(cube, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            page.iter().for_each(|memory| self.knowledge.put(memory));
        }
        self.seen = Some(seen);
        Ok(())
    }
}

impl<T> Deref for Following<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.knowledge
    }
}

impl<T> DerefMut for Following<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.knowledge
    }
}

/// Also after a panic under the lock: what is kept is a copy of what the vault has.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use memos_core::{Commit, Vault, Write};

    use super::*;
    use crate::testing::{adding, cube_id, memory, vault};

    #[derive(Default)]
    struct Ids(BTreeSet<MemoryId>);

    impl Knowledge for Ids {
        fn put(&mut self, memory: &Memory) {
            self.0.insert(memory.id);
        }

        fn remove(&mut self, id: MemoryId) {
            self.0.remove(&id);
        }
    }

    #[test]
    fn it_follows_from_the_first_page_to_the_last_change() {
        let (vault, _) = vault();
        let first: Vec<Memory> = (0..600).map(|n| memory("first", n)).collect();
        vault.commit(adding(&first)).unwrap();
        let recent = RecentCubes::<Ids>::default();
        let known = || {
            let known = recent.of(&cube_id());
            let mut known = lock(&known);
            let snapshot = vault.snapshot().unwrap();
            known.refresh(&*snapshot, &cube_id()).unwrap();
            known.0.clone()
        };
        let ids = |memories: &[Memory]| memories.iter().map(|m| m.id).collect::<BTreeSet<_>>();
        assert_eq!(known(), ids(&first));
        let later: Vec<Memory> = (0..600).map(|n| memory("later", n)).collect();
        vault.commit(adding(&later)).unwrap();
        assert_eq!(known(), ids(&[first.clone(), later].concat()));
        recent.forget_memories(&cube_id(), &[first[0].id]);
        assert!(!known().contains(&first[0].id));
        vault
            .commit(Commit {
                writes: vec![Write::DeleteCube(cube_id())],
                ..Commit::default()
            })
            .unwrap();
        recent.forget_cube(&cube_id());
        assert_eq!(known(), BTreeSet::new());
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let recent = RecentCubes::<Ids>::default();
        let cube = |n: usize| format!("cube-{n}").parse::<CubeId>().unwrap();
        let first = recent.of(&cube(0));
        for n in 1..CUBES {
            recent.of(&cube(n));
        }
        assert!(Arc::ptr_eq(&first, &recent.of(&cube(0))));
        let second = recent.of(&cube(1));
        recent.of(&cube(CUBES));
        recent.of(&cube(CUBES + 1));
        assert!(Arc::ptr_eq(&second, &recent.of(&cube(1))));
        assert!(Arc::ptr_eq(&first, &recent.of(&cube(0))));
        assert_eq!(lock(&recent.cubes).len(), CUBES);
    }
}
