//! Searching on the wire.

use std::collections::BTreeMap;

use memos_core::{Intent, MemoryId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{MemoryItem, TimeItem};

/// A question to some cubes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// The question, in any language.
    pub query: String,
    /// Where to look; 1 to 100 cubes.
    pub cube_ids: Vec<String>,
    /// Memories to return at most, 1 to 1000; 10 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Return only as many as fit into this many tokens of evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Only memories that this filter admits, such as `{"speaker": "Ada"}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
    /// Only memories whose time overlaps this window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_window: Option<TimeWindow>,
    /// Only these semantic types; every type if absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// When the question is asked: "last week" depends on it. Now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<String>,
    /// Ask the past: what the cubes held at an instant (RFC 3339, or a date), at `change:N`, or at a
    /// snapshot of that name (recorded time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Only what held in the world at this instant (valid time): RFC 3339, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_at: Option<String>,
    /// Look further than the raw evidence in use: `derived` (facts, preferences, profiles,
    /// summaries), `archived`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// Let a language model take the question apart and search in rounds. Needs one.
    #[serde(default)]
    pub deep: bool,
    /// Also return each hit's signals and how the question was understood.
    #[serde(default)]
    pub explain: bool,
}

/// A stretch of time; an absent end is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeWindow {
    /// First instant: RFC 3339, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// First instant after it: RFC 3339, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchResponse {
    /// Best first.
    pub hits: Vec<SearchHit>,
    /// What was derived from evidence and answers too, best first; with `include` of `derived`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<SearchHit>,
    /// Archived memories that answer, best first; with `include` of `archived`. They come back into
    /// use by this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub archived: Vec<SearchHit>,
    /// What a deep search did, round by round.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DeepStep>,
    /// Parts of the system that could not take part in this answer; empty if all did.
    pub degraded: Vec<String>,
    /// How the question was understood; with `explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallItem>,
}

/// A memory that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchHit {
    /// The memory.
    pub memory: MemoryItem,
    /// The cube that holds it.
    pub cube_id: String,
    /// Sum of the signals' shares; comparable within one answer only.
    pub score: f32,
    /// How much it has to do with the question, 0 to 1, on one scale for all answers; never growing
    /// from hit to hit. Under 0.45 it is most likely off topic.
    #[serde(default)]
    pub relevance: f64,
    /// What gave the score, by name; with `explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<BTreeMap<String, SignalItem>>,
    /// Other memories that say the same and are not listed for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub folded: Vec<MemoryId>,
    /// The time that answers the question best: one that the words name, or the day of saying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_time: Option<TimeItem>,
}

/// One round of a deep search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeepStep {
    /// What was asked in it.
    pub query: String,
    /// How many memories it added.
    pub found: usize,
    /// Why the search went on or ended: `more`, `sufficient`, `nothing_new` or `limit`.
    pub verdict: String,
}

/// One signal's part in a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SignalItem {
    /// What was measured.
    pub value: f32,
    /// How much it counts.
    pub weight: f32,
    /// Value times weight.
    pub share: f32,
}

/// How a question was understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallItem {
    /// What it is after.
    #[schema(value_type = Object)]
    pub intent: Intent,
    /// The time that its words name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<TimeItem>,
}

/// Evidence for a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContextResponse {
    /// Dated lines in the order of time: `[8 May 2023] Ada: …`.
    pub text: String,
    /// Its length in the embedder's tokens.
    pub tokens: usize,
    /// The memories that the lines show, in the order of the lines.
    #[schema(value_type = Vec<String>)]
    pub memories: Vec<MemoryId>,
    /// Parts of the system that could not take part in this answer; empty if all did.
    pub degraded: Vec<String>,
}
