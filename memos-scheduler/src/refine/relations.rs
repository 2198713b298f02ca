//! How two memories relate.

use memos_core::{Memory, Prompt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::PromptName;
use super::shown::Shown;
use crate::prompting::{self, Language, on_one_line};

/// Longest name of an attribute, in characters.
const MAX_ATTRIBUTE: usize = 40;

/// What the newer of two memories is to the older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It says the same.
    Duplicate,
    /// It took the older's place.
    Supersedes,
    /// Both can't be so at once.
    Contradicts,
    /// Both may stand.
    Unrelated,
}

/// How a model judged two memories.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Judgement {
    /// What the newer one is to the older one.
    pub relation: Relation,
    /// What has changed or differs.
    pub attribute: Option<String>,
    /// How sure the model is, from 0 to 1.
    pub confidence: f32,
}

/// The prompt for two memories of one owner.
pub(super) fn judge_prompt(older: &Memory, newer: &Memory) -> Prompt {
    #[derive(Serialize)]
    struct Pair<'a> {
        older: Shown<'a>,
        newer: Shown<'a>,
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "relation": {
                "type": "string",
                "enum": ["duplicate", "supersedes", "contradicts", "unrelated"],
            },
            "attribute": {"type": ["string", "null"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["relation", "attribute", "confidence"],
        "additionalProperties": false,
    });
    let pair = Pair {
        older: Shown::new(None, older),
        newer: Shown::new(None, newer),
    };
    let texts = [older, newer].map(|m| m.payload.plaintext().map_or("", |p| &p.text));
    let owner = &older.header.governance.owner;
    let file = PromptName::Judge.file();
    file.about(Language::of(texts), owner, &prompting::json(&pair), schema)
}

/// Reads a judgement; none if it is malformed.
pub(super) fn judgement(reply: &Value) -> Option<Judgement> {
    let mut read = Judgement::deserialize(reply).ok()?;
    if !(0.0..=1.0).contains(&read.confidence) {
        return None;
    }
    read.attribute = read
        .attribute
        .map(|attribute| on_one_line(&attribute))
        .filter(|a| (1..=MAX_ATTRIBUTE).contains(&a.chars().count()))
        .filter(|_| matches!(read.relation, Relation::Supersedes | Relation::Contradicts));
    Some(read)
}
