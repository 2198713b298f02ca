//! Snapshots, which sled has none of: the live tree, and an overlay of what was there before.
//!
//! While a snapshot is open, whoever changes the tree first notes in the snapshot's overlay, for
//! every key about to change and not yet in it, the value of now (or that there is none). Only then
//! it changes the tree. A reader reads the tree first and the overlay second, and what the overlay
//! says wins.
//!
//! Why that is right. Take a key and three instants, each no earlier than the one before: `o`, when
//! the snapshot was opened, `t`, when the reader read the tree, and `v`, when it looks into the
//! overlay.
//! - If the overlay knows the key at `v`, it has the value that was noted before the first change
//!   after `o`, so the value of `o`.
//! - If it does not, no change of the key was begun in `[o, v]`, as the note comes before the
//!   change. So the tree had at `t` what it had at `o`.
//!
//! Nothing is asked of how the reads of different keys relate in time: a scan may read in chunks,
//! and sled's iterator may serve a leaf that it read a while ago, as long as that was after `o`.
//! Deleted keys come back from the overlay, keys that are new are there as "none" and vanish.
//! Opening, noting and changing happen under the writer's lock, so no change is half done at `o`.
//!
//! A snapshot that stays open costs memory for every key that changes meanwhile.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use memos_core::Result;
use sled::{IVec, Tree};

use super::{failure, keys};

/// How many records a scan reads before it looks into the overlay.
const CHUNK: usize = 256;

/// How many records a look back reads at a time: what is asked for is mostly near the end.
const BACK: usize = 32;

/// What was there before, by key.
#[derive(Debug, Default)]
pub(super) struct Overlay(Mutex<BTreeMap<Vec<u8>, Option<IVec>>>);

impl Overlay {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Option<IVec>>> {
        // An insert can't panic halfway in a way that a reader would see.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The overlays of the open snapshots; lives under the writer's lock.
#[derive(Debug, Default)]
pub(super) struct OpenSnapshots(Vec<Weak<Overlay>>);

impl OpenSnapshots {
    pub(super) fn open(&mut self) -> Arc<Overlay> {
        let overlay = Arc::new(Overlay::default());
        self.0.push(Arc::downgrade(&overlay));
        overlay
    }

    /// Notes what is in the tree under these keys, before it changes.
    pub(super) fn note<'a>(
        &mut self,
        tree: &Tree,
        changing: impl Iterator<Item = &'a [u8]>,
    ) -> Result<()> {
        self.0.retain(|overlay| overlay.strong_count() > 0);
        let open: Vec<_> = self.0.iter().filter_map(Weak::upgrade).collect();
        if open.is_empty() {
            return Ok(());
        }
        let mut before = Vec::new();
        for key in changing.filter(|key| is_shown(key)) {
            let value = tree
                .get(key)
                .map_err(|e| failure::sled(e, "read the store"))?;
            before.push((key, value));
        }
        for overlay in open {
            let mut overlay = overlay.lock();
            for (key, value) in &before {
                if !overlay.contains_key(*key) {
                    overlay.insert(key.to_vec(), value.clone());
                }
            }
        }
        Ok(())
    }
}

/// Whether snapshots show this key space.
fn is_shown(key: &[u8]) -> bool {
    key.first().is_some_and(|space| match *space {
        keys::CUBE | keys::PIECE | keys::TASK => true,
        keys::MADE_FROM => false,
        space => keys::IN_CUBES.contains(&space),
    })
}

/// A tree as it was.
pub(super) struct View {
    tree: Tree,
    overlay: Arc<Overlay>,
}

impl View {
    pub(super) fn new(tree: Tree, overlay: Arc<Overlay>) -> Self {
        Self { tree, overlay }
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<IVec>> {
        let live = self
            .tree
            .get(key)
            .map_err(|e| failure::sled(e, "read the store"))?;
        match self.overlay.lock().get(key) {
            Some(before) => Ok(before.clone()),
            None => Ok(live),
        }
    }

    /// Up to `limit` entries from `from` to before `end`.
    pub(super) fn scan(
        &self,
        from: Bound<Vec<u8>>,
        end: &[u8],
        limit: usize,
    ) -> Result<Vec<Entry>> {
        self.scan_with(from, end, limit, limit.clamp(1, CHUNK), || {})
    }

    /// `between` runs between a read of the tree and the look into the overlay: tests change the
    /// tree there.
    fn scan_with(
        &self,
        mut from: Bound<Vec<u8>>,
        end: &[u8],
        limit: usize,
        chunk: usize,
        mut between: impl FnMut(),
    ) -> Result<Vec<Entry>> {
        let mut found = Vec::new();
        while found.len() < limit {
            let range = (from.clone(), Bound::Excluded(end.to_vec()));
            let mut live: Vec<Entry> = Vec::new();
            for entry in self.tree.range(range).take(chunk) {
                live.push(entry.map_err(|e| failure::sled(e, "read the store"))?);
            }
            between();
            let last = if live.len() == chunk {
                live.last().map(|(key, _)| key.to_vec())
            } else {
                None // The tree has no more before `end`.
            };
            let upto = match &last {
                Some(key) => Bound::Included(key.clone()),
                None => Bound::Excluded(end.to_vec()),
            };
            {
                let overlay = self.overlay.lock();
                let before = overlay.range::<Vec<u8>, _>((from.as_ref(), upto.as_ref()));
                merge(live, before, &mut found);
            }
            match last {
                Some(key) => from = Bound::Excluded(key),
                None => break,
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The last entry from `from` to before `end` that passes. It reads no further back.
    pub(super) fn last(
        &self,
        from: &[u8],
        end: &[u8],
        passes: impl FnMut(&Entry) -> Result<bool>,
    ) -> Result<Option<Entry>> {
        self.last_with(from, end, BACK, passes, || {})
    }

    /// `between` as in [`scan_with`](Self::scan_with).
    fn last_with(
        &self,
        from: &[u8],
        end: &[u8],
        chunk: usize,
        mut passes: impl FnMut(&Entry) -> Result<bool>,
        mut between: impl FnMut(),
    ) -> Result<Option<Entry>> {
        let mut end = end.to_vec();
        loop {
            let mut live: Vec<Entry> = Vec::new();
            for entry in self.tree.range(from..&end[..]).rev().take(chunk) {
                live.push(entry.map_err(|e| failure::sled(e, "read the store"))?);
            }
            live.reverse();
            between();
            let first = match live.first() {
                Some((key, _)) if live.len() == chunk => key.to_vec(),
                _ => from.to_vec(), // The tree has no more from there on.
            };
            let is_all = live.len() < chunk;
            let mut found = Vec::new();
            {
                let overlay = self.overlay.lock();
                merge(live, overlay.range(first.clone()..end), &mut found);
            }
            for entry in found.into_iter().rev() {
                if passes(&entry)? {
                    return Ok(Some(entry));
                }
            }
            if is_all {
                return Ok(None);
            }
            end = first;
        }
    }
}

pub(super) type Entry = (IVec, IVec);

/// Both are sorted by key; where both know one, `before` wins.
fn merge<'a>(
    live: Vec<Entry>,
    before: impl Iterator<Item = (&'a Vec<u8>, &'a Option<IVec>)>,
    found: &mut Vec<Entry>,
) {
    let mut live = live.into_iter().peekable();
    for (key, value) in before {
        while let Some(entry) = live.next_if(|(k, _)| &k[..] < key.as_slice()) {
            found.push(entry);
        }
        live.next_if(|(k, _)| &k[..] == key.as_slice());
        if let Some(value) = value {
            found.push((key.as_slice().into(), value.clone()));
        }
    }
    found.extend(live);
}

#[cfg(test)]
mod tests;
