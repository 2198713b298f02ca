//! A memory as an agent sees it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::wire::{MemoryItem, SearchHit};

/// A memory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Shown {
    /// Its identity: pass it to update, forget or timeline.
    pub(super) id: String,
    /// What was said, word for word.
    pub(super) text: String,
    /// When it was said (RFC 3339).
    said_at: String,
    /// Who said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker: Option<String>,
    /// A title, or the thing that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// The sitting or document that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// Labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// Fields that were stored with it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    info: Map<String, Value>,
    /// The cube that holds it.
    cube: String,
    /// A time that its words name, resolved: the one that answers the question best.
    #[serde(skip_serializing_if = "Option::is_none")]
    names_time: Option<String>,
    /// The memory that took its place, if it is out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<String>,
    /// How well it answers; comparable within one answer only.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
}

impl Shown {
    /// A hit of a search.
    pub(super) fn hit(hit: SearchHit) -> Self {
        let named = hit.valid_time.filter(|time| time.text.is_some());
        Self {
            score: Some(hit.score),
            names_time: named.map(|time| format!("{}/{}", time.start, time.end)),
            ..Self::from(hit.memory)
        }
    }

    /// One line for the model: date, speaker, words, id.
    pub(super) fn line(&self) -> String {
        let date = self.said_at.split('T').next().unwrap_or_default();
        let mut line = format!("[{date}] ");
        for part in [&self.speaker, &self.about].into_iter().flatten() {
            // Writing to a string can't fail.
            let _ = write!(line, "{part}: ");
        }
        line += &self.text;
        if let Some(newer) = &self.superseded_by {
            let _ = write!(line, " (out of date, see {newer})");
        }
        let _ = write!(line, " (id {})", self.id);
        line
    }
}

impl From<MemoryItem> for Shown {
    fn from(item: MemoryItem) -> Self {
        Self {
            id: item.id.to_string(),
            text: item.text,
            said_at: item.said_at.to_string(),
            speaker: item.speaker,
            about: item.key,
            session: item.session_id,
            tags: item.tags,
            info: item.info,
            cube: item.cube_id,
            names_time: None,
            superseded_by: item.superseded_by.map(|id| id.to_string()),
            score: None,
        }
    }
}

/// Memories as lines.
pub(super) fn lines(memories: &[Shown]) -> String {
    let lines: Vec<String> = memories.iter().map(Shown::line).collect();
    lines.join("\n")
}
