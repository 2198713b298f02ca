//! The vault at one instant: what the records of a [`View`] say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use memos_core::{
    Change, ChangeSeq, CubeId, EventSeq, MemCube, Memory, MemoryId, NamedSnapshot, Result,
    Snapshot, Task, TaskId, Timestamp,
};

use super::codec::{self, Changes, Counter, ListedChange, Record, Usage};
use super::folder::Folder;
use super::snapshot::{Entry, Overlay, View};
use super::{failure, history, keys, large};

/// How many lists of changes are read at a time.
const LISTS: usize = 16;

/// The vault at one instant.
pub(super) struct VaultSnapshot {
    view: View,
    seq: EventSeq,
    /// Keeps the folder ours for as long as someone reads in it.
    _folder: Arc<Folder>,
}

impl VaultSnapshot {
    pub(super) fn new(folder: Arc<Folder>, overlay: Arc<Overlay>, seq: EventSeq) -> Self {
        Self {
            view: View::new((*folder.db).clone(), overlay),
            seq,
            _folder: folder,
        }
    }

    fn decode<T: codec::Stored>(&self, (key, head): Entry) -> Result<T> {
        let record = large::join(&key, head, |k| self.view.get(k))?;
        codec::decode(&record)
    }

    fn read<T: codec::Stored>(&self, key: Vec<u8>) -> Result<Option<T>> {
        let Some(head) = self.view.get(&key)? else {
            return Ok(None);
        };
        self.decode((key.into(), head)).map(Some)
    }

    fn scan<T: codec::Stored>(
        &self,
        from: Bound<Vec<u8>>,
        prefix: &[u8],
        limit: usize,
    ) -> Result<Vec<T>> {
        self.view
            .scan(from, &keys::after_prefix(prefix), limit)?
            .into_iter()
            .map(|entry| self.decode(entry))
            .collect()
    }

    fn all<T: codec::Stored>(&self, prefix: &[u8]) -> Result<Vec<T>> {
        self.scan(Bound::Included(prefix.to_vec()), prefix, usize::MAX)
    }

    /// The list that has a change, and what it says of it.
    fn noted(&self, cube: &CubeId, seq: ChangeSeq) -> Result<(Changes, ListedChange)> {
        let end = keys::after_prefix(&keys::cube_prefix(keys::CHANGES, cube));
        let from = Bound::Included(keys::changes(cube, seq));
        let found = match self.view.scan(from, &end, 1)?.pop() {
            None => None,
            Some(list) => {
                let list: Changes = self.decode(list)?;
                let noted = list.entries.iter().find(|noted| noted.seq == seq);
                noted.copied().map(|noted| (list, noted))
            }
        };
        found.ok_or_else(|| failure::corrupt(format!("change {seq} is in no list")))
    }

    /// How the memories of a page were used, by memory.
    fn usages(&self, cube: &CubeId, page: &[Memory]) -> Result<BTreeMap<MemoryId, Usage>> {
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(BTreeMap::new());
        };
        let from = keys::usage(cube, first.id);
        let end = keys::after_prefix(&keys::usage(cube, last.id));
        self.view
            .scan(Bound::Included(from), &end, usize::MAX)?
            .into_iter()
            .map(|entry| {
                let id = keys::memory_id(&entry.0)
                    .ok_or_else(|| failure::corrupt("a use count has a malformed key"))?;
                Ok((id, self.decode(entry)?))
            })
            .collect()
    }
}

impl Snapshot for VaultSnapshot {
    fn seq(&self) -> EventSeq {
        self.seq
    }

    fn cubes(&self, after: Option<&CubeId>, limit: usize) -> Result<Vec<MemCube>> {
        let from = match after {
            Some(id) => Bound::Excluded(keys::cube(id)),
            None => Bound::Included(vec![keys::CUBE]),
        };
        self.scan(from, &[keys::CUBE], limit)
    }

    fn memories(
        &self,
        cube: &CubeId,
        after: Option<MemoryId>,
        limit: usize,
    ) -> Result<Vec<Memory>> {
        let prefix = keys::cube_prefix(keys::MEMORY, cube);
        let from = match after {
            Some(id) => Bound::Excluded(keys::memory(cube, id)),
            None => Bound::Included(prefix.clone()),
        };
        let page: Vec<Record> = self.scan(from, &prefix, limit)?;
        let mut page: Vec<Memory> = page.into_iter().map(|record| record.memory).collect();
        let usages = self.usages(cube, &page)?;
        for memory in &mut page {
            if let Some(usage) = usages.get(&memory.id) {
                usage.show_in(memory);
            }
        }
        Ok(page)
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        self.read(keys::cube(id))
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        let Some(Record { mut memory, .. }) = self.read(keys::memory(cube, id))? else {
            return Ok(None);
        };
        if let Some(usage) = self.read::<Usage>(keys::usage(cube, id))? {
            usage.show_in(&mut memory);
        }
        Ok(Some(memory))
    }

    fn changes(&self, cube: &CubeId, after: ChangeSeq, limit: usize) -> Result<Vec<Change>> {
        let end = keys::after_prefix(&keys::cube_prefix(keys::CHANGES, cube));
        let mut found = Vec::new();
        // The list under this very number ends with it.
        let mut from = Bound::Excluded(keys::changes(cube, after));
        while found.len() < limit {
            let lists = self.view.scan(from, &end, LISTS)?;
            let Some((last, _)) = lists.last() else { break };
            from = Bound::Excluded(last.to_vec());
            for list in lists {
                let list: Changes = self.decode(list)?;
                let later = list.entries.iter().filter(|noted| noted.seq > after);
                for noted in later.take(limit - found.len()) {
                    let before = || self.read(keys::before(cube, noted.memory_id, noted.seq));
                    found.push(history::change(noted, &list, before)?);
                }
            }
        }
        Ok(found)
    }

    fn history(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<Change>> {
        let prefix = keys::history(cube, id);
        let end = keys::after_prefix(&prefix);
        let mut before = BTreeMap::new();
        let mut seqs = BTreeSet::new();
        for entry in self.view.scan(Bound::Included(prefix), &end, usize::MAX)? {
            let seq = history::seq_of(&entry.0)?;
            let record: Record = self.decode(entry)?;
            seqs.extend([seq, record.since]);
            before.insert(seq, record);
        }
        let living = self.read::<Record>(keys::memory(cube, id))?;
        seqs.extend(living.map(|record| record.since));
        seqs.remove(&ChangeSeq::default());
        seqs.into_iter()
            .map(|seq| {
                let (list, noted) = self.noted(cube, seq)?;
                history::change(&noted, &list, || Ok(before.remove(&seq)))
            })
            .collect()
    }

    fn change_at(&self, cube: &CubeId, instant: Timestamp) -> Result<ChangeSeq> {
        let prefix = keys::cube_prefix(keys::CHANGES, cube);
        let end = keys::after_prefix(&prefix);
        let mut last = ChangeSeq::default();
        self.view.last(&prefix, &end, |list| {
            let list: Changes = self.decode(list.clone())?;
            match list.entries.last() {
                Some(noted) if list.at <= instant => {
                    last = noted.seq;
                    Ok(true)
                }
                _ => Ok(false),
            }
        })?;
        Ok(last)
    }

    fn last_change(&self) -> Result<ChangeSeq> {
        let counter: Option<Counter> = self.read(keys::counter())?;
        Ok(counter.unwrap_or_default().change)
    }

    fn named(&self, cube: &CubeId) -> Result<Vec<NamedSnapshot>> {
        self.all(&keys::cube_prefix(keys::NAMED, cube))
    }

    fn tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<Task>> {
        let from = match after {
            Some(id) => Bound::Excluded(keys::task(id)),
            None => Bound::Included(vec![keys::TASK]),
        };
        self.scan(from, &[keys::TASK], limit)
    }
}
