//! Where a task stands.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{MemoryId, Timestamp};

/// Where a task stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// It waits for its due time, and for its turn.
    Waiting,
    /// Somebody does it.
    Running {
        /// Who: one run of one process.
        holder: String,
        /// When the lease ends unless it is renewed.
        until: Timestamp,
        /// One of the same key came meanwhile: it will be run again, for these memories.
        again: Option<Vec<MemoryId>>,
    },
    /// It is done.
    Done {
        /// When.
        at: Timestamp,
    },
    /// It was given up: the dead letter.
    Dead {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Somebody called it off.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

impl TaskStatus {
    /// Every name that [`as_str`](Self::as_str) gives.
    pub const NAMES: [&'static str; 5] = ["waiting", "running", "done", "dead", "cancelled"];

    /// The wire form, without its details.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running { .. } => "running",
            Self::Done { .. } => "done",
            Self::Dead { .. } => "dead",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
