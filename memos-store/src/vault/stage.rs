//! A commit in the making: the tree as it will be, before it is.

use std::collections::BTreeMap;

use memos_core::Result;
use sled::{Batch, IVec, Tree};

use super::codec::{self, Stored};
use super::{failure, keys, large};

/// The tree with a commit's changes laid over it.
pub(super) struct Stage<'a> {
    tree: &'a Tree,
    changes: BTreeMap<Vec<u8>, Option<IVec>>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(tree: &'a Tree) -> Self {
        Self {
            tree,
            changes: BTreeMap::new(),
        }
    }

    pub(super) fn read<T: Stored>(&self, key: &[u8]) -> Result<Option<T>> {
        let Some(head) = self.get(key)? else {
            return Ok(None);
        };
        let record = large::join(key, head, |k| self.get(k))?;
        codec::decode(&record).map(Some)
    }

    pub(super) fn contains(&self, key: &[u8]) -> Result<bool> {
        self.get(key).map(|value| value.is_some())
    }

    pub(super) fn write<T: Stored>(&mut self, key: Vec<u8>, record: &T) -> Result<()> {
        self.write_encoded(key, codec::encode(record)?)
    }

    pub(super) fn write_encoded(&mut self, key: Vec<u8>, record: Vec<u8>) -> Result<()> {
        self.remove_pieces(&key)?;
        for (key, value) in large::split(key, record)? {
            self.changes.insert(key, Some(value));
        }
        Ok(())
    }

    /// Writes a record under a key that was never used: there is nothing to look for first.
    pub(super) fn write_new<T: Stored>(&mut self, key: Vec<u8>, record: &T) -> Result<()> {
        for (key, value) in large::split(key, codec::encode(record)?)? {
            self.changes.insert(key, Some(value));
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) -> Result<()> {
        self.remove_pieces(&key)?;
        self.changes.insert(key, None);
        Ok(())
    }

    /// Writes a key that says it all by being there.
    pub(super) fn mark(&mut self, key: Vec<u8>) {
        self.changes.insert(key, Some(IVec::default()));
    }

    /// Removes a key that has no record.
    pub(super) fn unmark(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// Removes all records whose keys start with `prefix`, with their pieces.
    pub(super) fn remove_prefix(&mut self, prefix: &[u8]) -> Result<()> {
        for prefix in [prefix.to_vec(), keys::pieces(prefix)] {
            for key in self.tree.scan_prefix(&prefix).keys() {
                let key = key.map_err(|e| failure::sled(e, "read the store"))?;
                self.changes.insert(key.to_vec(), None);
            }
            for (_, change) in self
                .changes
                .range_mut(prefix.clone()..keys::after_prefix(&prefix))
            {
                *change = None;
            }
        }
        Ok(())
    }

    /// The keys with this prefix, in no order.
    pub(super) fn keys_under(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>> {
        let staged = self
            .changes
            .range(prefix.to_vec()..keys::after_prefix(prefix));
        let mut found: Vec<_> = staged
            .filter(|(_, value)| value.is_some())
            .map(|(key, _)| key.clone())
            .collect();
        for key in self.tree.scan_prefix(prefix).keys() {
            let key = key.map_err(|e| failure::sled(e, "read the store"))?;
            if !self.changes.contains_key(&key[..]) {
                found.push(key.to_vec());
            }
        }
        Ok(found)
    }

    /// The first key from `from` to before `end` that was there before the commit.
    pub(super) fn first_stored(&self, from: &[u8], end: &[u8]) -> Result<Option<Vec<u8>>> {
        let first = self.tree.range(from..end).keys().next();
        let first = first.transpose();
        let first = first.map_err(|e| failure::sled(e, "read the store"))?;
        Ok(first.map(|key| key.to_vec()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Bytes of keys and values.
    pub(super) fn len(&self) -> u64 {
        self.changes
            .iter()
            .map(|(k, v)| k.len() as u64 + v.as_ref().map_or(0, |v| v.len() as u64))
            .sum()
    }

    pub(super) fn changed_keys(&self) -> impl Iterator<Item = &[u8]> {
        self.changes.keys().map(Vec::as_slice)
    }

    pub(super) fn into_batch(self) -> Batch {
        let mut batch = Batch::default();
        for (key, change) in self.changes {
            match change {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        batch
    }

    fn get(&self, key: &[u8]) -> Result<Option<IVec>> {
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
            None => self
                .tree
                .get(key)
                .map_err(|e| failure::sled(e, "read the store")),
        }
    }

    fn remove_pieces(&mut self, key: &[u8]) -> Result<()> {
        if let Some(head) = self.get(key)? {
            for piece in large::piece_keys(key, &head) {
                self.changes.insert(piece, None);
            }
        }
        Ok(())
    }
}
