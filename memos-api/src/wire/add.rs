//! Adding on the wire.

use memos_core::MemoryId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Adds messages or documents to a cube, or both.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddRequest {
    /// Turns of a dialogue, as chat APIs write them: `{role, content, name?, chat_time?, …}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub messages: Option<Value>,
    /// Documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<DocumentRequest>>,
    /// The sitting that the messages belong to; the day of each message if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// When the messages were said, if they don't say; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_time: Option<String>,
    /// Labels for every memory of this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Fields of your own for every memory of this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Map<String, Value>>,
    /// How long every memory of this request lives: `forever`, `ttl:30d`, `until:2027-01-01`,
    /// `half_life:90d`, `decay` with the half-life of its semantic type, or `unused:30d` after its
    /// last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifespan: Option<String>,
}

/// A document.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentRequest {
    /// The whole text.
    pub text: String,
    /// Its name, such as a file name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `plain`, `markdown`, `jsonl`, `locomo`, `chatgpt` or `mcp-memory`; found out if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// When it was written; the time of the request if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<String>,
    /// Fields of your own for its passages, beside those of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Map<String, Value>>,
}

/// What was added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AddResponse {
    /// The memories, in the order of the request.
    pub memories: Vec<MemoryRef>,
    /// Whether the same request was stored before; the ids are those of then.
    pub duplicate_of_request: bool,
}

/// An added memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemoryRef {
    /// Its identity.
    #[schema(value_type = String, format = Uuid)]
    pub id: MemoryId,
    /// Its name in the request's source, such as a message id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
