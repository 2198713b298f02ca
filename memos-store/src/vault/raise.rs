//! What a folder of an older format lacks, made from its records when it is opened.
//!
//! The format is raised when all of it is on the disk. Who finds the older format starts over: a
//! raise may have been cut off, and an older program may have written since.

use memos_core::{Code, Memory, MemoryId, Result};
use sled::{Batch, IVec, Tree};

use super::codec::{self, Record};
use super::disk::{Disk, check_space};
use super::sled_vault::get_bytes;
use super::{failure, keys, large, lookups};

/// Bytes of keys between two syncs: sled must not get far ahead of what is safe (see
/// `MAX_UNSYNCED` of the vault).
const BATCH: usize = 64 << 10;

/// Makes the keys of [`lookups`] anew.
pub(super) fn make_lookups(tree: &Tree, disk: &dyn Disk, reserve_bytes: u64) -> Result<()> {
    let mut pen = Pen {
        tree,
        disk,
        reserve_bytes,
        batch: Batch::default(),
        bytes: 0,
        written: 0,
    };
    for space in [keys::PLACE, keys::MADE_FROM] {
        for key in tree.scan_prefix([space]).keys() {
            pen.remove(&key.map_err(|e| failure::sled(e, "read the store"))?)?;
        }
    }
    for space in [keys::MEMORY, keys::BEFORE] {
        for entry in tree.scan_prefix([space]) {
            let (key, head) = entry.map_err(|e| failure::sled(e, "read the store"))?;
            if space == keys::MEMORY {
                pen.insert(place(&key)?)?;
            }
            if let Some(memory) = memory(tree, &key, head)? {
                for key in lookups::evidence_keys(&memory) {
                    pen.insert(key)?;
                }
            }
        }
    }
    pen.write()?;
    tracing::info!(
        keys = pen.written,
        "the data folder was raised to a newer format"
    );
    Ok(())
}

fn place(key: &[u8]) -> Result<Vec<u8>> {
    keys::split_in_cube(key)
        .and_then(|(cube, id)| Some((cube, MemoryId::from_bytes(id.try_into().ok()?))))
        .map(|(cube, id)| keys::place(id, &cube))
        .ok_or_else(|| failure::corrupt("a memory has a malformed key"))
}

/// A record that is broken is told to who reads it; it does not keep the others out of reach.
fn memory(tree: &Tree, key: &[u8], head: IVec) -> Result<Option<Memory>> {
    let record = large::join(key, head, |k| get_bytes(tree, k))
        .and_then(|record| codec::decode::<Record>(&record));
    match record {
        Ok(record) => Ok(Some(record.memory)),
        Err(error) if error.code() == Code::Corrupt => {
            tracing::warn!(%error, "a memory can't be read: what it was made from is not noted");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Writes keys, and syncs them before there are many.
struct Pen<'a> {
    tree: &'a Tree,
    disk: &'a dyn Disk,
    reserve_bytes: u64,
    batch: Batch,
    bytes: usize,
    written: u64,
}

impl Pen<'_> {
    fn insert(&mut self, key: Vec<u8>) -> Result<()> {
        self.bytes += key.len();
        self.written += 1;
        self.batch.insert(key, IVec::default());
        self.write_if_full()
    }

    fn remove(&mut self, key: &[u8]) -> Result<()> {
        self.bytes += key.len();
        self.batch.remove(key);
        self.write_if_full()
    }

    fn write_if_full(&mut self) -> Result<()> {
        match self.bytes < BATCH {
            true => Ok(()),
            false => self.write(),
        }
    }

    fn write(&mut self) -> Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        check_space(self.disk, self.reserve_bytes, self.bytes as u64)?;
        self.tree
            .apply_batch(std::mem::take(&mut self.batch))
            .and_then(|()| self.tree.flush())
            .map_err(|e| failure::sled(e, "raise the format"))?;
        self.bytes = 0;
        self.disk
            .sync()
            .map_err(|e| failure::io(e, "sync the store"))
    }
}
