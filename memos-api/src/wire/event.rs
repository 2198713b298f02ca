//! What happens, on the wire.

use memos_core::{Event, MemoryId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One thing that has happened to a cube or a memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventItem {
    /// Its number, without gaps over all cubes.
    pub seq: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `added`, `updated`, `accessed`, `activated`, `merged`, `archived`, `expired`, `frozen`,
    /// `thawed`, `restored`, `withdrawn`, `forgotten`, `cube_created`, `rolled_back`, …
    pub kind: String,
    /// The cube.
    pub cube_id: String,
    /// The memory, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub memory_id: Option<MemoryId>,
    /// Who caused it.
    pub actor: String,
    /// Why.
    pub cause: String,
    /// The rule, model or words behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<Event> for EventItem {
    fn from(event: Event) -> Self {
        Self {
            seq: event.seq.0,
            at: event.at,
            kind: event.kind.as_str().to_owned(),
            cube_id: event.cube_id.into(),
            memory_id: event.memory_id,
            actor: event.actor.into(),
            cause: event.cause.as_str().to_owned(),
            detail: event.detail,
        }
    }
}

/// Which events to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsRequest {
    /// Only of this cube.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cube_id: Option<String>,
    /// Begin after this number; with the next event if absent. A browser that reconnects says it by
    /// `Last-Event-ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}
