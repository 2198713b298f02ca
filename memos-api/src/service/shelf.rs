//! Memories that have a name of their own: where they lie, and how they are written anew.
//!
//! They lie on shelves of their cubes (see [`MemoryId::on_shelf`]), so that those of one kind are
//! read without the rest of the cube.

use std::ops::ControlFlow;
use std::time::Duration;

use memos_core::{
    Access, Action, Audience, Code, Commit, CubeId, Error, EventKind, MemCube, Memory, MemoryId,
    Move, Result, Snapshot, State, Timestamp, UserId, Write,
};
use memos_scheduler::lifecycle::{Vitals, refuse_change};
use memos_scheduler::work::births;

use super::MemOs;
use super::change::event;
use super::cubes::{SCAN, cube_event, new_cube};
use crate::reader::Draft;

/// A kind of memory with a name of its own. The numbers are part of stored ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    /// JSON values under a namespace and a key.
    Items = 1,
    /// The files of the memory tool.
    Files = 2,
    /// The files of a knowledge base.
    Knowledge = 3,
    /// The fields of a profile.
    Profile = 4,
}

impl Shelf {
    /// The id of this name: no two lists of parts are one name.
    pub(super) fn id(self, name: &[&str]) -> MemoryId {
        let mut bytes = Vec::new();
        for part in name {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        MemoryId::on_shelf(self as u8, &bytes)
    }

    /// Goes through the memories of a cube that lie here, until told to stop.
    ///
    /// # Errors
    /// If the storage can't be read, or those of `each`.
    pub(super) fn each(
        self,
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        each: impl FnMut(Memory) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.each_in_pages(snapshot, cube, SCAN, each)
    }

    /// The same for who expects to stop at the first.
    ///
    /// # Errors
    /// As [`each`](Self::each).
    pub(super) fn first(
        self,
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        each: impl FnMut(Memory) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.each_in_pages(snapshot, cube, 1, each)
    }

    fn each_in_pages(
        self,
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        page: usize,
        mut each: impl FnMut(Memory) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut after = MemoryId::before_shelf(self as u8);
        let mut size = page;
        loop {
            let memories = snapshot.memories(cube, Some(after), size)?;
            let full = memories.len() == size;
            for memory in memories {
                if !memory.id.is_on_shelf(self as u8) {
                    return Ok(());
                }
                after = memory.id;
                if each(memory)?.is_break() {
                    return Ok(());
                }
            }
            if !full {
                return Ok(());
            }
            size = SCAN;
        }
    }
}

impl MemOs {
    /// The cube to write to; one that is not there is created for the caller by the commit.
    ///
    /// # Errors
    /// `CubeNotFound` for another's cube, `Forbidden`.
    pub(super) fn cube_to_write(
        &self,
        who: &UserId,
        id: &CubeId,
        now: Timestamp,
        commit: &mut Commit,
    ) -> Result<MemCube> {
        if let Some(cube) = self.vault.cube(id)? {
            self.guard.cube(who, Action::Write, &cube)?;
            return Ok(cube);
        }
        let cube = new_cube(id.clone(), who, now);
        commit.writes.push(Write::CreateCube(cube.clone()));
        let created = cube_event(id, who, EventKind::CubeCreated);
        commit.events.push(created);
        Ok(cube)
    }

    /// A memory with this id, open to whoever its cube is open to.
    pub(super) fn shelved(
        &self,
        id: MemoryId,
        cube: &CubeId,
        who: &UserId,
        draft: Draft,
        now: Timestamp,
    ) -> Memory {
        let mut memory = draft.into_memory(id, cube.clone(), who.clone(), now);
        memory.header.governance.access = Access {
            readers: Audience::Everyone,
            writers: Audience::Everyone,
        };
        memory
    }

    /// Adds to a commit that a memory is new. What a rollback took out of the cube may have had this
    /// id: its numbers of versions are not used again.
    pub(super) fn push_new(
        &self,
        who: &UserId,
        memory: &mut Memory,
        commit: &mut Commit,
        now: Timestamp,
    ) -> Result<()> {
        memory.header.behavioural.version = 0;
        memory.header.behavioural.version = self.next_version(memory)?;
        commit.writes.push(Write::AddMemory(memory.clone()));
        let added = event(&memory.cube_id, memory.id, who, EventKind::Added);
        commit.events.push(added);
        self.push_sweep(who, memory, commit, now);
        Ok(())
    }

    /// Adds to a commit that a memory has this content from now on. Who it belongs to, how it was
    /// used and its labels stay.
    ///
    /// # Errors
    /// `Forbidden` under a legal hold, `IllegalMove` if it is frozen.
    pub(super) fn push_changed(
        &self,
        who: &UserId,
        header: &MemCube,
        before: &Memory,
        mut memory: Memory,
        commit: &mut Commit,
        now: Timestamp,
    ) -> Result<Memory> {
        self.guard.memory(who, Action::Write, header, before)?;
        let (old, new) = (&before.header, &mut memory.header);
        let lifespan = new.governance.lifespan;
        new.governance = old.governance.clone();
        new.governance.lifespan = lifespan;
        new.descriptive.created_at = old.descriptive.created_at;
        new.descriptive.updated_at = now;
        new.descriptive.tags.clone_from(&old.descriptive.tags);
        new.behavioural.use_count = old.behavioural.use_count;
        new.behavioural.last_used = old.behavioural.last_used;
        new.behavioural.tier = old.behavioural.tier;
        new.behavioural.version = self.next_version(before)?;
        let mut told = vec![EventKind::Updated];
        memory.state = match before.state {
            // What is written is in use.
            State::Archived | State::Merged => {
                told.push(EventKind::Activated);
                before.state.after(Move::Activate)?
            }
            state => {
                refuse_change(before)?;
                state
            }
        };
        commit.writes.push(Write::UpdateMemory {
            memory: memory.clone(),
            expected_version: before.header.behavioural.version,
        });
        let events = told
            .into_iter()
            .map(|kind| event(&memory.cube_id, memory.id, who, kind));
        commit.events.extend(events);
        self.push_sweep(who, &memory, commit, now);
        Ok(memory)
    }

    /// Adds to a commit when the cube is to be swept because of a memory.
    pub(super) fn push_sweep(
        &self,
        who: &UserId,
        memory: &Memory,
        commit: &mut Commit,
        now: Timestamp,
    ) {
        if let Some(due) = self.policy.next_sweep([memory], now) {
            let sweep = births::sweep(&memory.cube_id, who, due, now);
            commit.writes.push(births::adding(sweep));
        }
    }

    /// Whether its time is over, though no sweep has come by yet.
    pub(super) fn is_over(&self, memory: &Memory, now: Timestamp) -> bool {
        let due = self.policy.due(&Vitals::from(memory));
        due.is_some_and(|due| due.step == Move::Expire && due.at <= now)
    }
}

/// Tries again what lost a race: a cube or memory came, went or changed between a look at it and the
/// commit.
///
/// # Errors
/// Those of `attempt`.
pub(super) fn despite_races<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    const TRIES: usize = 8;
    let raced = |e: &Error| {
        matches!(
            e.code(),
            Code::CubeExists | Code::CubeNotFound | Code::Conflict
        )
    };
    for tried in 1..TRIES {
        match attempt() {
            Err(error) if raced(&error) => {}
            other => return other,
        }
        // Who won may be on the way to the disk still, and is not to be seen before.
        std::thread::sleep(Duration::from_millis(1 << tried));
    }
    attempt()
}
