//! Events: what has happened, numbered, written in the commit that made it true.

use serde::{Deserialize, Serialize};

use crate::{Cause, CubeId, EventSeq, MemoryId, Timestamp, UserId};

/// One thing that has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number, without gaps.
    pub seq: EventSeq,
    /// When it was committed.
    pub at: Timestamp,
    /// The cube that it is about.
    pub cube_id: CubeId,
    /// The memory that it is about, if it is about one.
    pub memory_id: Option<MemoryId>,
    /// Who caused it.
    pub actor: UserId,
    /// What happened.
    pub kind: EventKind,
    /// Why.
    pub cause: Cause,
    /// The rule, model or words behind the cause.
    pub detail: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A cube came to be.
    CubeCreated,
    /// A cube's header changed.
    CubeUpdated,
    /// A cube and all that it held are gone.
    CubeDeleted,
    /// A memory was written.
    Added,
    /// A memory's content or header changed.
    Updated,
    /// A memory was returned to a caller, once or more.
    Accessed,
    /// A memory came into use.
    Activated,
    /// A memory was consolidated into another.
    Merged,
    /// A memory left the hot index.
    Archived,
    /// A memory's time ran out.
    Expired,
    /// A memory may no longer change.
    Frozen,
    /// An earlier version came back.
    Restored,
    /// A memory is gone.
    Forgotten,
    /// A memory left the cube but not its history: a rollback took it back, or the words that it was made
    /// from are others now.
    Withdrawn,
    /// A memory may change again.
    Thawed,
    /// A snapshot of a cube was named.
    SnapshotTaken,
    /// A named snapshot was dropped.
    SnapshotDropped,
    /// A cube was rolled back.
    RolledBack,
}

/// An event about to be committed: the vault gives it its number and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The cube that it is about.
    pub cube_id: CubeId,
    /// The memory that it is about, if it is about one.
    pub memory_id: Option<MemoryId>,
    /// Who caused it.
    pub actor: UserId,
    /// What happened.
    pub kind: EventKind,
}
