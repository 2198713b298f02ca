//! Undo maps that were read before, so that reading through a branch again is cheap.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memos_core::{ChangeSeq, CubeId};

use super::undo::Undo;

/// Changed memories that are kept in all maps together, beside the map that was used last: some
/// tens of megabytes at a kilobyte each.
const MOST_MEMORIES: usize = 50_000;

/// Which map.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The cube.
    pub(super) cube: CubeId,
    /// What comes after it is taken back.
    pub(super) at: ChangeSeq,
    /// Of the cube's own changes as they are stored, not as readers of a branch see them.
    pub(super) stored: bool,
}

/// Shared by all views of a vault.
#[derive(Debug, Default)]
pub(super) struct UndoCache(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Grows when memories are forgotten: a view of before must neither take a map nor leave one.
    epoch: u64,
    uses: u64,
    maps: HashMap<Key, (Arc<Undo>, u64)>,
}

impl UndoCache {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be asked for before a view is taken.
    pub(super) fn epoch(&self) -> u64 {
        self.lock().epoch
    }

    /// Drops all maps of these cubes: something in them is forgotten. To be called before the
    /// commit and after it: views that were taken in between leave nothing behind.
    pub(super) fn forget<'a>(&self, cubes: impl IntoIterator<Item = &'a CubeId>) {
        let mut inner = self.lock();
        inner.epoch += 1;
        for cube in cubes {
            inner.maps.retain(|key, _| key.cube != *cube);
        }
    }

    /// A map that may end before the view's head, but not after it.
    pub(super) fn get(&self, key: &Key, epoch: u64, head: ChangeSeq) -> Option<Arc<Undo>> {
        let mut inner = self.lock();
        if inner.epoch != epoch {
            return None;
        }
        inner.uses += 1;
        let now = inner.uses;
        let (undo, used) = inner.maps.get_mut(key)?;
        if undo.head() > head {
            return None;
        }
        *used = now;
        Some(Arc::clone(undo))
    }

    /// Keeps a map, unless a newer one is there.
    pub(super) fn put(&self, key: Key, epoch: u64, undo: &Arc<Undo>) {
        let mut inner = self.lock();
        let older = inner
            .maps
            .get(&key)
            .is_some_and(|(known, _)| known.head() > undo.head());
        if inner.epoch != epoch || older {
            return;
        }
        inner.uses += 1;
        let now = inner.uses;
        inner.maps.insert(key, (Arc::clone(undo), now));
        inner.shrink();
    }
}

impl Inner {
    fn shrink(&mut self) {
        // An empty map takes room too.
        let weight = |undo: &Undo| undo.len() + 1;
        let mut held: usize = self.maps.values().map(|(undo, _)| weight(undo)).sum();
        while held > MOST_MEMORIES && self.maps.len() > 1 {
            let oldest = self.maps.iter().min_by_key(|(_, (_, used))| *used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            if let Some((undo, _)) = self.maps.remove(&key) {
                held -= weight(&undo);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> Key {
        Key {
            cube: format!("c{}", n % 7).parse().unwrap(),
            at: ChangeSeq(n),
            stored: false,
        }
    }

    fn undo(head: u64) -> Arc<Undo> {
        Arc::new(Undo::after(ChangeSeq(head)))
    }

    #[test]
    fn it_keeps_what_was_used_last() {
        let cache = UndoCache::default();
        let most = MOST_MEMORIES as u64;
        for n in 0..most + 100 {
            let mut inner = cache.lock();
            inner.uses += 1;
            let used = inner.uses;
            inner.maps.insert(key(n), (undo(n), used));
        }
        assert!(cache.get(&key(0), 0, ChangeSeq(9)).is_some());
        cache.put(key(most + 100), 0, &undo(most + 100));
        assert_eq!(cache.lock().maps.len(), MOST_MEMORIES);
        assert!(cache.get(&key(0), 0, ChangeSeq(9)).is_some());
        assert!(cache.get(&key(1), 0, ChangeSeq(9)).is_none());
    }

    #[test]
    fn views_get_no_map_of_a_later_head() {
        let cache = UndoCache::default();
        cache.put(key(1), 0, &undo(5));
        assert!(cache.get(&key(1), 0, ChangeSeq(4)).is_none());
        assert!(cache.get(&key(1), 0, ChangeSeq(6)).is_some());
        cache.put(key(1), 0, &undo(4));
        assert!(cache.get(&key(1), 0, ChangeSeq(4)).is_none());
    }

    #[test]
    fn what_is_forgotten_leaves_and_does_not_return() {
        let cache = UndoCache::default();
        let before = cache.epoch();
        cache.put(key(1), before, &undo(5));
        cache.put(key(2), before, &undo(5));
        cache.forget([&key(1).cube]);
        let now = cache.epoch();
        assert!(cache.get(&key(1), now, ChangeSeq(9)).is_none());
        assert!(cache.get(&key(2), now, ChangeSeq(9)).is_some());
        assert!(cache.get(&key(2), before, ChangeSeq(9)).is_none());
        cache.put(key(1), before, &undo(5));
        assert!(cache.get(&key(1), now, ChangeSeq(9)).is_none());
    }
}
