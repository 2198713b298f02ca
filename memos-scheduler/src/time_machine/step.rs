//! What a rollback or a merge does to one memory.

use std::fmt;

use memos_core::{CubeId, EventKind, Memory, MemoryId, NewEvent, State, UserId, Write};
use serde::Serialize;

/// What a plan does to one memory, or would do if it were not refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The memory.
    pub memory: MemoryId,
    /// What becomes of it.
    pub effect: Effect,
    /// Its version before; none if it is not in the cube.
    pub from: Option<u32>,
    /// Its version after; none if it leaves the cube.
    pub to: Option<u32>,
    /// Why it stays as it is after all.
    pub refused: Option<Refusal>,
    /// What it becomes; none if it leaves the cube.
    #[serde(skip)]
    target: Option<Box<Memory>>,
}

/// What becomes of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It was not in the cube and comes into it, or back.
    Added,
    /// It gets a new version.
    Updated,
    /// An earlier version takes the place of the one of now.
    Restored,
    /// It leaves the cube, but not its history.
    Withdrawn,
}

/// Why a memory stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is frozen.
    Frozen,
    /// It is under legal hold.
    LegalHold,
}

impl Refusal {
    fn of(memory: &Memory) -> Option<Self> {
        if memory.header.governance.legal_hold {
            Some(Self::LegalHold)
        } else if memory.state == State::Frozen {
            Some(Self::Frozen)
        } else {
            None
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "frozen",
            Self::LegalHold => "legal hold",
        })
    }
}

impl Step {
    /// From what a memory is to what it becomes; none if that is the same. `changed` says what a
    /// change is called here.
    pub(super) fn new(
        id: MemoryId,
        now: Option<&Memory>,
        target: Option<Memory>,
        changed: Effect,
    ) -> Option<Self> {
        let effect = match (now, &target) {
            (None, None) => return None,
            (None, Some(_)) => Effect::Added,
            (Some(_), None) => Effect::Withdrawn,
            (Some(now), Some(target)) if now == target => return None,
            (Some(_), Some(_)) => changed,
        };
        Some(Self {
            memory: id,
            effect,
            from: now.map(|m| m.header.behavioural.version),
            to: target.as_ref().map(|m| m.header.behavioural.version),
            refused: now.and_then(Refusal::of),
            target: target.map(Box::new),
        })
    }

    /// What the memory becomes; none if it leaves the cube.
    pub fn target(&self) -> Option<&Memory> {
        self.target.as_deref()
    }

    /// The change that does it; none if it is refused.
    pub(super) fn write(&self, cube: &CubeId) -> Option<Write> {
        if self.refused.is_some() {
            return None;
        }
        Some(match (self.target.as_deref(), self.from) {
            (Some(memory), None) => Write::AddMemory(memory.clone()),
            (Some(memory), Some(expected_version)) => Write::UpdateMemory {
                memory: memory.clone(),
                expected_version,
            },
            (None, from) => Write::WithdrawMemory {
                cube_id: cube.clone(),
                id: self.memory,
                expected_version: from.unwrap_or_default(),
            },
        })
    }

    /// The event that tells of it.
    pub(super) fn event(&self, cube: &CubeId, actor: &UserId, kind: EventKind) -> NewEvent {
        NewEvent {
            cube_id: cube.clone(),
            memory_id: Some(self.memory),
            actor: actor.clone(),
            kind,
        }
    }
}

/// Gives a record the uses and the tier of another: these are no part of a version. Neither is the
/// first use, which turns generated into activated.
pub(super) fn used_as(record: &mut Memory, now: &Memory) {
    let (to, from) = (&mut record.header.behavioural, &now.header.behavioural);
    if record.state == State::Generated && from.use_count > to.use_count {
        record.state = State::Activated;
    }
    to.use_count = from.use_count;
    to.last_used = from.last_used;
    to.tier = from.tier;
}
