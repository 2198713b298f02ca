//! Tasks on the wire.

use memos_core::{Task, TaskId, TaskStatus, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// A piece of background work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskItem {
    /// Its identity.
    #[schema(value_type = String, format = Uuid)]
    pub id: TaskId,
    /// What it does: `fuse`, `organise`, `refine`, `sweep`, …
    pub kind: String,
    /// `waiting`, `running`, `done`, `dead` or `cancelled`.
    pub status: String,
    /// On whose behalf.
    pub user: String,
    /// The cube that it works on.
    pub cube_id: String,
    /// The memories that it is about; empty if it is about the cube.
    #[schema(value_type = Vec<String>)]
    pub memories: Vec<memos_core::MemoryId>,
    /// `low`, `normal` or `high`.
    pub priority: String,
    /// Labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Its idempotency key; the record of an earlier run of a task that started over has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When it was born.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// It is not started before.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// How often it has failed.
    pub attempts: u32,
    /// How often whoever did it vanished.
    pub losses: u32,
    /// Units done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// Units in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Why it last failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_reason: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outcome: Map<String, Value>,
}

impl From<Task> for TaskItem {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            status: task.status.as_str().into(),
            dead_reason: match task.status {
                TaskStatus::Dead { reason, .. } => Some(reason),
                _ => None,
            },
            // Callers' own keys are kept under their names.
            key: task.key.map(|key| {
                let own = key.strip_prefix(&format!("{} ", task.user));
                own.map(str::to_owned).unwrap_or(key)
            }),
            kind: task.kind,
            user: task.user.into(),
            cube_id: task.cube_id.into(),
            memories: task.memories,
            priority: task.priority.as_str().into(),
            labels: task.labels.into_iter().collect(),
            request_id: task.request,
            created_at: task.created_at,
            updated_at: task.updated_at,
            due_at: task.due_at,
            attempts: task.attempts,
            losses: task.losses,
            done: task.progress.map(|p| p.done),
            total: task.progress.and_then(|p| p.total),
            last_error: task.last_error,
            outcome: task.outcome.0,
        }
    }
}

/// Adds a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskRequest {
    /// What to do: `fuse`, `organise`, `refine` or `sweep`.
    pub kind: String,
    /// The cube to work on.
    pub cube_id: String,
    /// The memories that it is about; the whole cube if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub memories: Option<Vec<memos_core::MemoryId>>,
    /// `low`, `normal` or `high`; more urgent tasks go first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Not before this time: RFC 3339, or a date. At once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// An idempotency key of yours: the same key makes one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// Settings of the kind. Not the place for texts: a task is shown to whoever may read its cube.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Map<String, Value>>,
}

/// Which tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskListRequest {
    /// Only of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Only of this cube.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cube_id: Option<String>,
    /// Only of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only `waiting`, `running`, `done`, `dead` or `cancelled` ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Only those that this request caused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Only those with this label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Tasks on a page, 1 to 1000; 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<TaskItem>,
    /// How many of the named user, cube and kind there are, by status.
    pub counts: TaskCounts,
    /// Pass it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// How many tasks there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskCounts {
    /// Not started.
    pub waiting: u64,
    /// Under way.
    pub running: u64,
    /// Done, and still remembered.
    pub done: u64,
    /// Given up.
    pub dead: u64,
    /// Called off.
    pub cancelled: u64,
}

/// Waits until no task is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrainRequest {
    /// Only of this cube.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cube_id: Option<String>,
    /// Only of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Longest wait in milliseconds, at most 300000; 30000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
}

/// What came of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DrainResponse {
    /// Whether none is left that is due; false if time ran out first.
    pub drained: bool,
    /// How many are left that are due.
    pub left: u64,
    /// How many are not due yet: they wait for a later time, or out a failure.
    pub later: u64,
    /// How many of the later ones wait out a failure.
    pub failed: u64,
}
