//! Histories. A change has no record of its own unless it replaced something: then what was before
//! lies under the memory's id and the change's number, as the record that it was. Who changed what
//! lies in lists, one for up to [`LIST_LEN`] changes that a commit made in a cube, under the last
//! of their numbers. So a thousand new memories cost a few keys, not thousands.
//!
//! A record knows the change that made it. With that, those of one memory are found without a look
//! at the others: they are the numbers under its id, and the ones that these records and the living
//! one name.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{Change, ChangeSeq, CubeId, MemoryId, Result, Timestamp, Why};

use super::codec::{Changes, Counter, ListedChange, Record};
use super::stage::Stage;
use super::{failure, keys, lookups};

/// A list of so many stays one value of the store.
const LIST_LEN: usize = 100;

/// What numbers, dates and signs the changes of one commit.
#[derive(Debug)]
pub(super) struct Pen {
    before: ChangeSeq,
    last: ChangeSeq,
    at: Timestamp,
    why: Why,
    noted: BTreeMap<CubeId, Vec<ListedChange>>,
}

impl Pen {
    /// For a commit of this time, after all that the counter counts.
    pub(super) fn new(counter: Counter, at: Timestamp, why: Why) -> Self {
        Self {
            before: counter.change,
            last: counter.change,
            at,
            why,
            noted: BTreeMap::new(),
        }
    }

    /// Notes that a memory became this version, or left its cube if `after` is none.
    pub(super) fn note(
        &mut self,
        cube: &CubeId,
        memory_id: MemoryId,
        was_there: bool,
        after: Option<u32>,
    ) -> ChangeSeq {
        self.last = self.last.next();
        let entry = ListedChange {
            seq: self.last,
            memory_id,
            was_there,
            after,
        };
        match self.noted.get_mut(cube) {
            Some(noted) => noted.push(entry),
            None => {
                self.noted.insert(cube.clone(), vec![entry]);
            }
        }
        self.last
    }

    /// Removes what was noted of a cube.
    pub(super) fn forget_cube(&mut self, cube: &CubeId) {
        self.noted.remove(cube);
    }

    /// Writes what was noted; the number of the last change.
    pub(super) fn write(self, stage: &mut Stage<'_>) -> Result<ChangeSeq> {
        for (cube, noted) in &self.noted {
            for entries in noted.chunks(LIST_LEN) {
                let Some(last) = entries.last() else { continue };
                let changes = Changes {
                    at: self.at,
                    why: self.why.clone(),
                    entries: entries.to_vec(),
                };
                stage.write_new(keys::changes(cube, last.seq), &changes)?;
            }
        }
        Ok(self.last)
    }
}

/// Removes a memory's history, also what the commit noted of it; whether there was any.
pub(super) fn erase(
    stage: &mut Stage<'_>,
    pen: &mut Pen,
    cube: &CubeId,
    id: MemoryId,
) -> Result<bool> {
    let prefix = keys::history(cube, id);
    let mut seqs = BTreeSet::new();
    let mut records = stage.keys_under(&prefix)?;
    for key in &records {
        seqs.insert(seq_of(key)?);
    }
    records.push(keys::memory(cube, id));
    for key in &records {
        if let Some(record) = stage.read::<Record>(key)? {
            seqs.insert(record.since);
            lookups::forget_evidence(stage, &record.memory);
        }
    }
    stage.remove_prefix(&prefix)?;
    // What was before any change that is known has no number.
    let was_there = !seqs.is_empty();
    seqs.remove(&ChangeSeq::default());
    let noted = seqs.split_off(&pen.before.next());
    if let Some(entries) = pen.noted.get_mut(cube).filter(|_| !noted.is_empty()) {
        entries.retain(|entry| entry.memory_id != id);
    }
    for seq in seqs {
        strike(stage, cube, seq)?;
    }
    Ok(was_there)
}

/// Removes one change from the list that has it.
fn strike(stage: &mut Stage<'_>, cube: &CubeId, seq: ChangeSeq) -> Result<()> {
    let lost = || failure::corrupt(format!("change {seq} is in no list"));
    let end = keys::after_prefix(&keys::cube_prefix(keys::CHANGES, cube));
    let key = stage
        .first_stored(&keys::changes(cube, seq), &end)?
        .ok_or_else(lost)?;
    let mut changes: Changes = stage.read(&key)?.ok_or_else(lost)?;
    changes.entries.retain(|entry| entry.seq != seq);
    match changes.entries.is_empty() {
        true => stage.remove(key),
        false => stage.write(key, &changes),
    }
}

/// The number at the end of a key of the history.
pub(super) fn seq_of(key: &[u8]) -> Result<ChangeSeq> {
    keys::change_seq(key).ok_or_else(|| failure::corrupt("a change has a malformed key"))
}

/// The change that an entry tells of. `before` gives the record that it replaced.
pub(super) fn change(
    entry: &ListedChange,
    list: &Changes,
    before: impl FnOnce() -> Result<Option<Record>>,
) -> Result<Change> {
    let before = match entry.was_there {
        false => None,
        true => Some(before()?.ok_or_else(|| {
            failure::corrupt(format!("what was before change {} is lost", entry.seq))
        })?),
    };
    Ok(Change {
        seq: entry.seq,
        at: list.at,
        memory_id: entry.memory_id,
        before: before.map(|record| Box::new(record.memory)),
        after: entry.after,
        why: list.why.clone(),
    })
}
