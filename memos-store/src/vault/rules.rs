//! What each [`Write`] means, on a [`Stage`].

use std::collections::BTreeSet;

use memos_core::{Code, CubeId, Error, MemCube, Memory, MemoryId, Result, Timestamp, Write};

use super::codec::{self, Usage};
use super::keys;
use super::stage::Stage;

/// A write with its record already encoded, so that this happens outside the lock.
pub(super) struct Encoded {
    write: Write,
    record: Vec<u8>,
}

impl Encoded {
    pub(super) fn new(write: Write) -> Result<Self> {
        let record = match &write {
            Write::CreateCube(cube) | Write::EnsureCube(cube) | Write::UpdateCube(cube) => {
                codec::encode(cube)?
            }
            Write::AddMemory(memory) | Write::UpdateMemory { memory, .. } => codec::encode(memory)?,
            Write::DeleteCube(_) | Write::Touch { .. } | Write::DeleteMemory { .. } => Vec::new(),
        };
        Ok(Self { write, record })
    }

    /// About how many bytes it puts into the log; of a cube's removal nobody knows beforehand.
    pub(super) fn weight(&self) -> u64 {
        match self.write {
            Write::DeleteCube(_) => u64::MAX,
            _ => self.record.len() as u64,
        }
    }
}

/// What a commit's writes did, beside changing the stage.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Cubes that must exist when the commit is done.
    pub(super) added_to: BTreeSet<CubeId>,
    /// Memories that are gone.
    pub(super) forgotten: BTreeSet<(CubeId, MemoryId)>,
    /// Cubes that are gone, or were.
    pub(super) dropped: BTreeSet<CubeId>,
}

impl Effects {
    /// The check at the end of a commit.
    pub(super) fn check(&self, stage: &Stage<'_>) -> Result<()> {
        for cube in &self.added_to {
            if !stage.contains(&keys::cube(cube))? {
                return Err(Error::cube_not_found(cube));
            }
        }
        Ok(())
    }
}

pub(super) fn stage_write(
    stage: &mut Stage<'_>,
    effects: &mut Effects,
    encoded: Encoded,
) -> Result<()> {
    let Encoded { write, record } = encoded;
    match write {
        Write::CreateCube(cube) => {
            let key = keys::cube(&cube.id);
            if stage.contains(&key)? {
                return Err(cube_exists(&cube));
            }
            stage.write_encoded(key, record)
        }
        Write::EnsureCube(cube) => {
            let key = keys::cube(&cube.id);
            if stage.contains(&key)? {
                return Ok(());
            }
            stage.write_encoded(key, record)
        }
        Write::UpdateCube(cube) => {
            let key = keys::cube(&cube.id);
            if !stage.contains(&key)? {
                return Err(Error::cube_not_found(&cube.id));
            }
            stage.write_encoded(key, record)
        }
        Write::DeleteCube(id) => delete_cube(stage, effects, id),
        Write::AddMemory(memory) => {
            let key = keys::memory(&memory.cube_id, memory.id);
            if stage.contains(&key)? {
                return Err(memory_exists(&memory));
            }
            effects
                .forgotten
                .remove(&(memory.cube_id.clone(), memory.id));
            effects.added_to.insert(memory.cube_id);
            stage.write_encoded(key, record)
        }
        Write::UpdateMemory {
            memory,
            expected_version,
        } => update_memory(stage, &memory, expected_version, record),
        Write::Touch {
            cube_id,
            id,
            uses,
            at,
        } => touch(stage, &cube_id, id, uses, at),
        Write::DeleteMemory { cube_id, id } => {
            let key = keys::memory(&cube_id, id);
            if !stage.contains(&key)? {
                return Err(Error::memory_not_found(&cube_id, id));
            }
            stage.remove(key)?;
            stage.remove(keys::usage(&cube_id, id))?;
            effects.forgotten.insert((cube_id, id));
            Ok(())
        }
    }
}

/// All in one batch, however large the cube: a removal by halves would show a cube that lost some
/// of its memories.
fn delete_cube(stage: &mut Stage<'_>, effects: &mut Effects, id: CubeId) -> Result<()> {
    let key = keys::cube(&id);
    if !stage.contains(&key)? {
        return Err(Error::cube_not_found(&id));
    }
    stage.remove(key)?;
    stage.remove_prefix(&keys::cube_prefix(keys::MEMORY, &id))?;
    stage.remove_prefix(&keys::cube_prefix(keys::USAGE, &id))?;
    effects.dropped.insert(id);
    Ok(())
}

fn update_memory(
    stage: &mut Stage<'_>,
    memory: &Memory,
    expected_version: u32,
    record: Vec<u8>,
) -> Result<()> {
    let key = keys::memory(&memory.cube_id, memory.id);
    let Some(old) = stage.read::<Memory>(&key)? else {
        return Err(Error::memory_not_found(&memory.cube_id, memory.id));
    };
    let version = old.header.behavioural.version;
    if version != expected_version {
        return Err(Error::new(
            Code::Conflict,
            format!(
                "memory {} has version {version}, not {expected_version}: someone else changed it",
                memory.id
            ),
        )
        .remedy("read it again, and make the change on what it is now"));
    }
    stage.write_encoded(key, record)?;
    // The new record carries its own count.
    stage.remove(keys::usage(&memory.cube_id, memory.id))
}

fn touch(
    stage: &mut Stage<'_>,
    cube_id: &CubeId,
    id: MemoryId,
    uses: u64,
    at: Timestamp,
) -> Result<()> {
    let key = keys::usage(cube_id, id);
    let before = match stage.read::<Usage>(&key)? {
        Some(usage) => usage,
        None => match stage.read::<Memory>(&keys::memory(cube_id, id))? {
            Some(memory) => Usage {
                use_count: memory.header.behavioural.use_count,
                last_used: memory.header.behavioural.last_used,
            },
            None => return Ok(()),
        },
    };
    let after = Usage {
        use_count: before.use_count.saturating_add(uses),
        last_used: before.last_used.max(Some(at)),
    };
    stage.write(key, &after)
}

fn cube_exists(cube: &MemCube) -> Error {
    Error::new(
        Code::CubeExists,
        format!("there is a cube {id:?} already", id = cube.id.as_str()),
    )
    .remedy("choose another id, or add to the cube that is there")
}

fn memory_exists(memory: &Memory) -> Error {
    Error::new(
        Code::Conflict,
        format!(
            "cube {cube:?} holds a memory {id} already",
            cube = memory.cube_id.as_str(),
            id = memory.id
        ),
    )
    .remedy("add it under a fresh id, or update the one that is there")
}
