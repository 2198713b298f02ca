//! A move as writes and events.

use memos_core::{
    Code, Commit, Error, EventKind, Memory, Move, NewEvent, Result, State, Tier, Timestamp, UserId,
    Why, Write,
};

/// Gives the number for a memory's next content. Numbers are never used again, so it is one more
/// than the highest of its history.
pub type NextVersion<'a> = dyn Fn(&Memory) -> Result<u32> + 'a;

/// Makes moves of memories, at one instant.
///
/// May this caller do this? is not asked here: permission and legal hold are the guard's.
pub struct Lifecycle<'a> {
    pub(super) now: Timestamp,
    pub(super) next_version: &'a NextVersion<'a>,
}

/// What moves mean for the vault.
#[derive(Debug, Default)]
pub struct Moved {
    /// The changes, in order.
    pub writes: Vec<Write>,
    /// What they mean.
    pub events: Vec<NewEvent>,
    /// The memories as they are then. Those that are gone are not among them.
    pub memories: Vec<Memory>,
}

impl Moved {
    /// All of it as one commit. The reason goes into the history and into the events.
    pub fn into_commit(self, why: Why) -> Commit {
        Commit {
            writes: self.writes,
            events: self.events,
            request: None,
            why: Some(why),
        }
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.writes.extend(more.writes);
        self.events.extend(more.events);
        self.memories.extend(more.memories);
    }

    fn tell(&mut self, memory: &Memory, actor: &UserId, kind: EventKind) {
        self.events.push(NewEvent {
            cube_id: memory.cube_id.clone(),
            memory_id: Some(memory.id),
            actor: actor.clone(),
            kind,
        });
    }
}

impl<'a> Lifecycle<'a> {
    /// At an instant, with a way to number new versions.
    pub fn new(now: Timestamp, next_version: &'a NextVersion<'a>) -> Self {
        Self { now, next_version }
    }

    /// Moves a memory, as read from the vault: archive, restore, activate, freeze, thaw, merge or
    /// expire.
    ///
    /// The state becomes part of a new version, so the move is in its history and can be rolled
    /// back. Activating what is active already is no change. Expiry deletes the record and its
    /// history; the event, with its cause and detail, is what remains.
    ///
    /// # Errors
    /// `IllegalMove` if the state has no such move; those of the numbering.
    pub fn change(&self, memory: &Memory, step: Move, actor: &UserId) -> Result<Moved> {
        let state = memory.state.after(step)?;
        let mut moved = Moved::default();
        if state == State::Expired {
            moved.delete(memory);
            moved.tell(memory, actor, EventKind::Expired);
        } else if state != memory.state {
            let mut next = memory.clone();
            next.state = state;
            next.header.behavioural.version = (self.next_version)(memory)?;
            next.header.descriptive.updated_at = self.now;
            if !state.is_hot() {
                // What is put away is in no working set; if it comes back, a sweep finds its place.
                next.header.behavioural.tier = Tier::default();
            }
            moved.writes.push(Write::UpdateMemory {
                memory: next.clone(),
                expected_version: memory.header.behavioural.version,
            });
            moved.tell(memory, actor, told(step));
            moved.memories.push(next);
        }
        Ok(moved)
    }

    /// Ends a memory whose time has run out: what is not archived yet is archived and expires at
    /// once, with both events.
    ///
    /// # Errors
    /// `IllegalMove` if it is frozen.
    pub fn end(&self, memory: &Memory, actor: &UserId) -> Result<Moved> {
        let mut moved = Moved::default();
        let mut state = memory.state;
        if state != State::Archived {
            state = state.after(Move::Archive)?;
            moved.tell(memory, actor, EventKind::Archived);
        }
        state.after(Move::Expire)?;
        moved.delete(memory);
        moved.tell(memory, actor, EventKind::Expired);
        Ok(moved)
    }
}

impl Moved {
    /// A deletion names no version, so a withdrawal that does goes before it: what came back
    /// meanwhile is a `Conflict` then, not a loss.
    fn delete(&mut self, memory: &Memory) {
        let (cube_id, id) = (memory.cube_id.clone(), memory.id);
        self.writes.push(Write::WithdrawMemory {
            cube_id: cube_id.clone(),
            id,
            expected_version: memory.header.behavioural.version,
        });
        self.writes.push(Write::DeleteMemory { cube_id, id });
    }
}

const fn told(step: Move) -> EventKind {
    match step {
        Move::Activate => EventKind::Activated,
        Move::Merge => EventKind::Merged,
        Move::Archive => EventKind::Archived,
        Move::Expire => EventKind::Expired,
        Move::Freeze => EventKind::Frozen,
        Move::Thaw => EventKind::Thawed,
        Move::Restore => EventKind::Restored,
    }
}

/// Refuses a change of content in a state that has none: only what is generated or active may change.
///
/// # Errors
/// `IllegalMove`, with the way out.
pub fn refuse_change(memory: &Memory) -> Result<()> {
    if memory.state.is_mutable() {
        return Ok(());
    }
    let remedy = match memory.state {
        State::Frozen => "thaw it first",
        _ => "restore it first",
    };
    Err(refused(memory, "must not change").remedy(remedy))
}

/// Refuses to forget what is frozen.
///
/// # Errors
/// `IllegalMove`, with the way out.
pub fn refuse_forgetting(memory: &Memory) -> Result<()> {
    if memory.state == State::Frozen {
        return Err(refused(memory, "must not be forgotten").remedy("thaw it first"));
    }
    Ok(())
}

fn refused(memory: &Memory, what: &str) -> Error {
    Error::new(
        Code::IllegalMove,
        format!("memory {} is {} and {what}", memory.id, memory.state),
    )
}

#[cfg(test)]
mod tests;
