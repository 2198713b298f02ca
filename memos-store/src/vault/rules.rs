//! What each [`Write`] means, on a [`Stage`].

mod cubes;
mod memories;
mod tasks;

use std::collections::BTreeSet;

use memos_core::{CubeId, Error, MemoryId, Result, Write};
use sled::Tree;

use super::codec::Record;
use super::history::Pen;
use super::stage::Stage;
use super::{codec, failure, keys, large};

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
            Write::AddMemory(memory) | Write::UpdateMemory { memory, .. } => Record::begin(memory)?,
            Write::AddTask(task) | Write::UpdateTask { task, .. } => codec::encode(&**task)?,
            Write::DeleteCube(_)
            | Write::Touch { .. }
            | Write::Place { .. }
            | Write::WithdrawMemory { .. }
            | Write::DeleteMemory { .. }
            | Write::NameSnapshot { .. }
            | Write::DropSnapshot { .. }
            | Write::RemoveTask(_) => Vec::new(),
        };
        Ok(Self { write, record })
    }

    /// About how many bytes it puts into the log; of a cube's removal nobody knows beforehand.
    pub(super) fn weight(&self, tree: &Tree) -> Result<u64> {
        let before = match &self.write {
            Write::DeleteCube(_) => return Ok(u64::MAX),
            // What was before is kept beside it.
            Write::AddTask(task) => keys::task(task.id),
            // What was before goes into the history.
            Write::UpdateMemory { memory, .. } => keys::memory(&memory.cube_id, memory.id),
            Write::WithdrawMemory { cube_id, id, .. } => keys::memory(cube_id, *id),
            _ => return Ok(self.record.len() as u64),
        };
        let before = tree
            .get(before)
            .map_err(|e| failure::sled(e, "read the store"))?;
        let before = before.map_or(0, |head| large::len(&head));
        Ok((self.record.len() + before) as u64)
    }
}

/// What a commit's writes did, beside changing the stage.
#[derive(Debug)]
pub(super) struct Effects {
    /// Where the histories have come to.
    pub(super) pen: Pen,
    /// Cubes that must exist when the commit is done.
    pub(super) added_to: BTreeSet<CubeId>,
    /// Memories that are gone.
    pub(super) forgotten: BTreeSet<(CubeId, MemoryId)>,
    /// Memories that say something else than before, or were put away.
    pub(super) stale: BTreeSet<(CubeId, MemoryId)>,
    /// Cubes that are gone, or were.
    pub(super) dropped: BTreeSet<CubeId>,
}

impl Effects {
    pub(super) fn noted_with(pen: Pen) -> Self {
        Self {
            pen,
            added_to: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            stale: BTreeSet::new(),
            dropped: BTreeSet::new(),
        }
    }

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
        Write::CreateCube(cube) => cubes::create(stage, &cube.id, record),
        Write::EnsureCube(cube) => cubes::ensure(stage, &cube.id, record),
        Write::UpdateCube(cube) => cubes::update(stage, &cube.id, record),
        Write::DeleteCube(id) => cubes::delete(stage, effects, id),
        Write::AddMemory(memory) => memories::add(stage, effects, memory, record),
        Write::UpdateMemory {
            memory,
            expected_version,
        } => memories::update(stage, effects, &memory, expected_version, record),
        Write::Touch {
            cube_id,
            id,
            uses,
            at,
        } => memories::touch(stage, &cube_id, id, uses, at),
        Write::Place { cube_id, id, tier } => memories::place(stage, &cube_id, id, tier),
        Write::WithdrawMemory {
            cube_id,
            id,
            expected_version,
        } => memories::withdraw(stage, effects, cube_id, id, expected_version),
        Write::DeleteMemory { cube_id, id } => memories::delete(stage, effects, cube_id, id),
        Write::NameSnapshot { cube_id, snapshot } => cubes::name(stage, &cube_id, &snapshot),
        Write::DropSnapshot { cube_id, name } => cubes::drop_name(stage, &cube_id, &name),
        Write::AddTask(task) => tasks::add(stage, *task, record),
        Write::UpdateTask {
            task,
            expected_revision,
        } => tasks::update(stage, task.id, expected_revision, record),
        Write::RemoveTask(id) => stage.remove(keys::task(id)),
    }
}
