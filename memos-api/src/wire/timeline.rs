//! Memories in the order in which they were said, on the wire.

use memos_core::MemoryId;
use serde::{Deserialize, Serialize};

use super::MemoryItem;

/// Which stretch of a cube's time to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineRequest {
    /// The memory in the middle of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub around: Option<MemoryId>,
    /// The day on the speakers' wall clocks, such as `2024-05-08`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// First instant: RFC 3339, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// First instant after it: RFC 3339, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only this sitting or document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// `earlier` or `later` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Memories to return at most, 1 to 1000; 20 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A stretch of a cube's time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineResponse {
    /// The memories, in the order in which they were said.
    pub memories: Vec<MemoryItem>,
    /// The cursor of what was said before, if there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<String>,
    /// The cursor of what was said after, if there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<String>,
}
