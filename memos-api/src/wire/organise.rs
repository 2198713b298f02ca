//! What the background makes of a cube, and what users say to it, on the wire.

use memos_core::{MemoryId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::MemoryItem;

/// A correction in plain words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// What is wrong or has changed: "That's wrong, I moved to Lyon."
    pub feedback: String,
    /// The memories that were shown; the correction is looked for among them first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub memory_ids: Option<Vec<MemoryId>>,
    /// Who says it; the caller if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// When it was said; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_time: Option<String>,
    /// The sitting in which it was said; the day if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Fields of your own for the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Map<String, Value>>,
}

/// What came of a correction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackResponse {
    /// The words themselves, kept as evidence.
    #[schema(value_type = String, format = Uuid)]
    pub added: MemoryId,
    /// The memories whose validity it ended.
    #[schema(value_type = Vec<String>)]
    pub corrected: Vec<MemoryId>,
    /// What decided: the name of a rule, or of a model with its prompt.
    pub rule: String,
    /// Memories that it may be about, best first, if none was corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<MemoryItem>,
    /// Why the language model has no part in it, if it was asked and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<String>,
}

/// How many to return.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TopRequest {
    /// 1 to 1000; 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// People, places, organisations and things that a cube speaks of, the most named first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntityList {
    /// The entities.
    pub entities: Vec<EntityItem>,
}

/// Something that a cube speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntityItem {
    /// Its name.
    pub name: String,
    /// `person`, `place`, `organisation` or `thing`, as most memories that name it have it; absent
    /// where no rule tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Memories that name it.
    pub count: usize,
    /// When it was first spoken of.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    /// When it was last spoken of.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
    /// What it is named with most, the strongest tie first.
    pub related: Vec<String>,
}

/// What a cube is about, by topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicList {
    /// The topics, the largest first.
    pub topics: Vec<TopicItem>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicItem {
    /// Its most characteristic words.
    pub label: String,
    /// The sessions that it takes in.
    pub sessions: Vec<String>,
    /// What it speaks of.
    pub concepts: Vec<ConceptItem>,
}

/// Something that a topic speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConceptItem {
    /// Its name.
    pub name: String,
    /// The memories that speak of it.
    #[schema(value_type = Vec<String>)]
    pub memories: Vec<MemoryId>,
}

/// The memories that a memory is tied to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RelatedList {
    /// The strongest tie first.
    pub related: Vec<RelatedItem>,
}

/// A memory that another is tied to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RelatedItem {
    /// `replaced` and `derived` (in either direction), `linked`, `same_entity` or `same_session`.
    pub kind: String,
    /// What ties them: the entity's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The memory.
    pub memory: MemoryItem,
}
