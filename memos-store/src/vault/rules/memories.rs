//! Writes of memories, with their history and their use.

use memos_core::{CubeId, Error, Memory, MemoryId, Result, Tier, Timestamp};

use super::Effects;
use crate::vault::codec::{Record, Usage};
use crate::vault::stage::Stage;
use crate::vault::{history, keys, lookups};

pub(super) fn add(
    stage: &mut Stage<'_>,
    effects: &mut Effects,
    memory: Memory,
    record: Vec<u8>,
) -> Result<()> {
    let key = keys::memory(&memory.cube_id, memory.id);
    if stage.contains(&key)? {
        return Err(Error::memory_exists(&memory.cube_id, memory.id));
    }
    lookups::note(stage, &memory);
    let (cube_id, id) = (memory.cube_id, memory.id);
    let version = memory.header.behavioural.version;
    let since = effects.pen.note(&cube_id, id, false, Some(version));
    stage.write_encoded(key, Record::finish(record, since)?)?;
    effects.forgotten.remove(&(cube_id.clone(), id));
    effects.added_to.insert(cube_id);
    Ok(())
}

pub(super) fn update(
    stage: &mut Stage<'_>,
    effects: &mut Effects,
    memory: &Memory,
    expected_version: u32,
    record: Vec<u8>,
) -> Result<()> {
    let (cube_id, id) = (&memory.cube_id, memory.id);
    let before = expected(stage, cube_id, id, expected_version)?;
    let version = memory.header.behavioural.version;
    let since = effects.pen.note(cube_id, id, true, Some(version));
    stage.write_new(keys::before(cube_id, id, since), &before)?;
    stage.write_encoded(keys::memory(cube_id, id), Record::finish(record, since)?)?;
    lookups::note_more(stage, &before.memory, memory);
    if !memory.still_says(&before.memory) {
        effects.stale.insert((cube_id.clone(), id));
    }
    // The new record carries its own count and tier.
    stage.remove(keys::usage(cube_id, id))
}

pub(super) fn withdraw(
    stage: &mut Stage<'_>,
    effects: &mut Effects,
    cube_id: CubeId,
    id: MemoryId,
    expected_version: u32,
) -> Result<()> {
    let before = expected(stage, &cube_id, id, expected_version)?;
    let seq = effects.pen.note(&cube_id, id, true, None);
    stage.write_new(keys::before(&cube_id, id, seq), &before)?;
    stage.remove(keys::memory(&cube_id, id))?;
    stage.remove(keys::usage(&cube_id, id))?;
    lookups::leave(stage, &cube_id, id);
    effects.forgotten.insert((cube_id, id));
    Ok(())
}

pub(super) fn delete(
    stage: &mut Stage<'_>,
    effects: &mut Effects,
    cube_id: CubeId,
    id: MemoryId,
) -> Result<()> {
    if !history::erase(stage, &mut effects.pen, &cube_id, id)? {
        return Err(Error::memory_not_found(&cube_id, id));
    }
    stage.remove(keys::memory(&cube_id, id))?;
    stage.remove(keys::usage(&cube_id, id))?;
    lookups::leave(stage, &cube_id, id);
    effects.forgotten.insert((cube_id, id));
    Ok(())
}

pub(super) fn touch(
    stage: &mut Stage<'_>,
    cube_id: &CubeId,
    id: MemoryId,
    uses: u64,
    at: Timestamp,
) -> Result<()> {
    change_usage(stage, cube_id, id, |before| Usage {
        use_count: before.use_count.saturating_add(uses),
        last_used: before.last_used.max(Some(at)),
        is_activated: before.is_activated || uses > 0,
        ..before
    })
}

pub(super) fn place(
    stage: &mut Stage<'_>,
    cube_id: &CubeId,
    id: MemoryId,
    tier: Tier,
) -> Result<()> {
    change_usage(stage, cube_id, id, |before| Usage { tier, ..before })
}

/// Skips a memory that is not there.
fn change_usage(
    stage: &mut Stage<'_>,
    cube_id: &CubeId,
    id: MemoryId,
    change: impl FnOnce(Usage) -> Usage,
) -> Result<()> {
    let key = keys::usage(cube_id, id);
    let before = match stage.read::<Usage>(&key)? {
        Some(usage) => usage,
        None => match stage.read::<Record>(&keys::memory(cube_id, id))? {
            Some(record) => Usage::in_record(&record.memory),
            None => return Ok(()),
        },
    };
    let after = change(before);
    if after == before {
        return Ok(());
    }
    stage.write(key, &after)
}

/// The record, with the memory as readers see it, if it is there and has this version.
fn expected(stage: &Stage<'_>, cube_id: &CubeId, id: MemoryId, version: u32) -> Result<Record> {
    let Some(mut record) = stage.read::<Record>(&keys::memory(cube_id, id))? else {
        return Err(Error::memory_not_found(cube_id, id));
    };
    record.memory.expect_version(version)?;
    if let Some(usage) = stage.read::<Usage>(&keys::usage(cube_id, id))? {
        usage.show_in(&mut record.memory);
    }
    Ok(record)
}
