//! How memories relate to each other.

use serde::{Deserialize, Serialize};

use crate::MemoryId;

/// A typed link from the memory that holds it to another of the same cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// What the one is to the other.
    pub kind: LinkKind,
    /// The other.
    pub to: MemoryId,
}

/// What one memory is to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// It says the same.
    DuplicateOf,
    /// Both can't be so at once.
    Contradicts,
    /// It took the other's place.
    Supersedes,
    /// It says that the other was wrong.
    Corrects,
    /// They are about the same thing.
    RelatesTo,
}

/// Which working set a memory is in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// What is known.
    #[default]
    LongTerm,
    /// What is in use now: the most used of late.
    Working,
    /// What is known of the user: profiles and preferences.
    User,
}
