//! Versions, rollback, snapshots and branches on the wire.

use memos_core::{MemoryId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::MemoryItem;

/// One version of a memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionItem {
    /// Its number.
    pub version: u32,
    /// Since when the cube had it.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Until when; absent for the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Who made it.
    pub actor: String,
    /// Why: `call`, `use`, `lifespan`, `capacity`, `fusion`, `refinement`, `organising`, `feedback`,
    /// `rollback` or `branch`.
    pub cause: String,
    /// The rule, model or words behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The memories that it was concluded from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub evidence: Vec<MemoryId>,
    /// The number of the change that made it, for `change:N`.
    pub change: u64,
    /// The memory as it was.
    pub memory: MemoryItem,
}

/// The versions of a memory, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionList {
    /// The versions.
    pub versions: Vec<VersionItem>,
}

/// Which two versions to compare.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffRequest {
    /// The one; the version before the current one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u32>,
    /// The other; the current one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u32>,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiffResponse {
    /// By field.
    pub changes: Vec<FieldItem>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldItem {
    /// Its path in the record, such as `/payload/plaintext/text`.
    pub field: String,
    /// What it was; null if it was not there.
    #[schema(value_type = Object)]
    pub before: Value,
    /// What it is; null if it is not there.
    #[schema(value_type = Object)]
    pub after: Value,
}

/// Where to roll back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// An instant (RFC 3339, or a date), `change:N`, or the name of a snapshot.
    pub to: String,
    /// Only say what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// Which version a memory goes back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryRollbackRequest {
    /// Its number.
    pub version: u32,
    /// Only say what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a rollback or merge changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanResponse {
    /// Whether it was done; false for a dry run, or if there was nothing to do.
    pub done: bool,
    /// The number of the cube's last change before: `change:N` leads back here.
    pub before: u64,
    /// What changes, by memory.
    pub steps: Vec<StepItem>,
}

/// What happens to one memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepItem {
    /// The memory.
    #[schema(value_type = String, format = Uuid)]
    pub id: MemoryId,
    /// `added`, `updated`, `restored`, `withdrawn`, or `refused`.
    pub step: String,
    /// Its version now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_version: Option<u32>,
    /// Its version then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_version: Option<u32>,
    /// Why it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Names the state of a cube.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotRequest {
    /// The name, 1 to 128 letters, digits or `_ - .`.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// An instant, `change:N` or another snapshot's name; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A name for a state of a cube.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotItem {
    /// The name.
    pub name: String,
    /// The last change that it holds.
    pub change: u64,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    pub taken_at: Timestamp,
    /// Who took it.
    pub by: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The snapshots of a cube, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotList {
    /// The snapshots.
    pub snapshots: Vec<SnapshotItem>,
}

/// Opens a what-if branch of a cube.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchRequest {
    /// The id of the branch, a cube of its own.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An instant, `change:N` or the name of a snapshot; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Merges a branch into its base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// What to do with memories that changed on both sides: `refuse` (the default), `ours` keeps the
    /// base's, `theirs` takes the branch's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<String>,
    /// Only say what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// Which state of a cube to write out.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DumpRequest {
    /// An instant, `change:N` or the name of a snapshot; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Moves a memory to another state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveRequest {
    /// `activate`, `archive`, `restore`, `freeze`, `thaw` or `expire`.
    #[serde(rename = "move")]
    pub step: String,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
