//! Finding memories by an id alone: where one is, and what was made from it.
//!
//! The keys say it all and have no values. They follow from the records and change in the same batch
//! as those. What a memory was made from once is kept as long as its history, which still holds what
//! was made of it; a place is dropped as soon as the memory is not there.

use memos_core::{CubeId, Memory, MemoryId, Result};
use sled::Tree;

use super::stage::Stage;
use super::{failure, keys};

/// Notes a new memory.
pub(super) fn note(stage: &mut Stage<'_>, memory: &Memory) {
    stage.mark(keys::place(memory.id, &memory.cube_id));
    for key in evidence_keys(memory) {
        stage.mark(key);
    }
}

/// Notes evidence that a memory did not have before.
pub(super) fn note_more(stage: &mut Stage<'_>, before: &Memory, after: &Memory) {
    let known = &before.header.behavioural.derived_from;
    for evidence in &after.header.behavioural.derived_from {
        if !known.contains(evidence) {
            stage.mark(keys::made_from(&after.cube_id, *evidence, after.id));
        }
    }
}

/// A memory is in a cube no more.
pub(super) fn leave(stage: &mut Stage<'_>, cube: &CubeId, id: MemoryId) {
    stage.unmark(keys::place(id, cube));
}

/// Forgets what a memory was made from, as one of its records says.
pub(super) fn forget_evidence(stage: &mut Stage<'_>, memory: &Memory) {
    for key in evidence_keys(memory) {
        stage.unmark(key);
    }
}

/// A cube goes: before its records do, since they say which places go with it.
pub(super) fn leave_all(stage: &mut Stage<'_>, cube: &CubeId) -> Result<()> {
    for key in stage.keys_under(&keys::cube_prefix(keys::MEMORY, cube))? {
        let id = keys::memory_id(&key)
            .ok_or_else(|| failure::corrupt("a memory has a malformed key"))?;
        leave(stage, cube, id);
    }
    Ok(())
}

/// What a memory, or a version of it, was made from.
pub(super) fn evidence_keys(memory: &Memory) -> impl Iterator<Item = Vec<u8>> {
    let evidence = memory.header.behavioural.derived_from.iter();
    evidence.map(|evidence| keys::made_from(&memory.cube_id, *evidence, memory.id))
}

pub(super) fn cubes_of(tree: &Tree, id: MemoryId) -> Result<Vec<CubeId>> {
    keys_with(tree, &keys::places(id), keys::cube_of_place)
}

pub(super) fn made_from(tree: &Tree, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
    keys_with(tree, &keys::all_made_from(cube, id), keys::memory_id)
}

fn keys_with<T>(tree: &Tree, prefix: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Result<Vec<T>> {
    let found = tree.scan_prefix(prefix).keys().map(|key| {
        let key = key.map_err(|e| failure::sled(e, "read the store"))?;
        read(&key).ok_or_else(|| failure::corrupt("where a memory is has a malformed key"))
    });
    found.collect()
}
