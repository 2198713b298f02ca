//! The history of a cube: what changed, why, and what it was before.

use serde::{Deserialize, Serialize};

use crate::{ChangeSeq, Commit, Memory, MemoryId, Timestamp, UserId};

/// Why something changed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A caller asked for it.
    #[default]
    Call,
    /// It was used.
    Use,
    /// Its lifespan ended, or its weight decayed.
    Lifespan,
    /// A working set was full.
    Capacity,
    /// It repeats, contradicts or replaces another.
    Fusion,
    /// A language model made it from evidence.
    Refinement,
    /// A rule made it from evidence.
    Organising,
    /// Somebody said that it was wrong.
    Feedback,
    /// The cube was rolled back.
    Rollback,
    /// A branch was merged.
    Branch,
}

/// Who changed something, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Who caused it.
    pub actor: UserId,
    /// The kind of reason.
    pub cause: Cause,
    /// The rule, model or words behind it.
    pub detail: Option<String>,
    /// The memories that it was concluded from.
    pub evidence: Vec<MemoryId>,
}

impl Why {
    /// Of a commit: what it says itself; or else that the actor of its first event asked for it; or
    /// else that the system did, as the user `memos`.
    pub fn of(commit: &Commit) -> Self {
        if let Some(why) = &commit.why {
            return why.clone();
        }
        let actor = match commit.events.first() {
            Some(event) => event.actor.clone(),
            None => UserId::new("memos").expect("a plain word is a user id"),
        };
        Self::call(actor)
    }

    /// A caller asked for it.
    pub fn call(actor: UserId) -> Self {
        Self::new(actor, Cause::Call)
    }

    /// For a reason without further detail.
    pub fn new(actor: UserId, cause: Cause) -> Self {
        Self {
            actor,
            cause,
            detail: None,
            evidence: Vec::new(),
        }
    }

    /// With the rule, model or words behind it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With the memories that it was concluded from.
    #[must_use]
    pub fn evidence(mut self, evidence: impl Into<Vec<MemoryId>>) -> Self {
        self.evidence = evidence.into();
        self
    }
}

/// One change of one memory, with what it was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its number.
    pub seq: ChangeSeq,
    /// When it was committed; never before that of an earlier number.
    pub at: Timestamp,
    /// The memory.
    pub memory_id: MemoryId,
    /// The whole memory as it was, with its use counts; none if it was not in the cube.
    pub before: Option<Box<Memory>>,
    /// The version that it then had; none if it left the cube.
    pub after: Option<u32>,
    /// Who did it, and why.
    pub why: Why,
}

/// A name for a state of a cube.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedSnapshot {
    /// The name, unique in its cube.
    pub name: String,
    /// The last change of the cube that it holds.
    pub at: ChangeSeq,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Who took it.
    pub by: UserId,
    /// What it is for.
    pub note: Option<String>,
}
