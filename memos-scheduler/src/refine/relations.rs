//! How two memories relate, and which memory words of correction mean.

use std::collections::BTreeSet;

use memos_core::{Memory, MemoryId, Moment, Prompt, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::facts::{MAX_TEXT, on_one_line};
use super::fence::{self, Shown};
use super::{Language, PromptName};

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

/// What is to be done with a memory that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It should read so.
    Replace(String),
    /// It is wrong, and what is right was not said.
    Withdraw,
}

/// A memory that words of correction mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// The memory.
    pub memory: MemoryId,
    /// What is to be done.
    pub remedy: Remedy,
    /// How sure the model is that this one is meant, from 0 to 1.
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
    let language = language_of(&[older, newer], None);
    let owner = &older.header.governance.owner;
    PromptName::Judge.about(language, owner, &fence::json(&pair), schema)
}

/// Reads a judgement; none if it is malformed.
pub(super) fn judgement(reply: &Value) -> Option<Judgement> {
    let mut read = Judgement::deserialize(reply).ok()?;
    read.confidence = certain(read.confidence)?;
    read.attribute = read
        .attribute
        .map(|attribute| on_one_line(&attribute))
        .filter(|a| (1..=MAX_ATTRIBUTE).contains(&a.chars().count()))
        .filter(|_| matches!(read.relation, Relation::Supersedes | Relation::Contradicts));
    Some(read)
}

/// The prompt for words of correction and the memories that they may mean.
pub(super) fn feedback_prompt(
    tenant: &UserId,
    feedback: &str,
    said_at: Moment,
    candidates: &[Memory],
) -> Prompt {
    #[derive(Serialize)]
    struct Feedback<'a> {
        at: String,
        day: String,
        feedback: String,
        memories: Vec<Shown<'a>>,
    }
    let schema = json!({
        "type": "object",
        "properties": {"corrections": {"type": "array", "items": {
            "type": "object",
            "properties": {
                "memory": {"type": "integer"},
                "action": {"type": "string", "enum": ["replace", "withdraw"]},
                "text": {"type": ["string", "null"]},
                "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "required": ["memory", "action", "text", "confidence"],
            "additionalProperties": false,
        }}},
        "required": ["corrections"],
        "additionalProperties": false,
    });
    let data = Feedback {
        at: fence::clock(said_at),
        day: fence::day(said_at),
        feedback: fence::clipped(feedback),
        memories: Shown::numbered(candidates),
    };
    let language = language_of(&[], Some(feedback));
    PromptName::Feedback.about(language, tenant, &fence::json(&data), schema)
}

/// Reads corrections: each of a memory that was shown, and of each at most one. What is malformed or
/// means another memory is left out.
pub(super) fn corrections(reply: &Value, candidates: &[Memory]) -> Vec<Correction> {
    #[derive(Deserialize)]
    struct Item {
        memory: usize,
        action: Action,
        text: Option<String>,
        confidence: f32,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Action {
        Replace,
        Withdraw,
    }
    let mut seen = BTreeSet::new();
    let read = |value: &Value| {
        let item = Item::deserialize(value).ok()?;
        let memory = candidates.get(item.memory.checked_sub(1)?)?.id;
        let remedy = match item.action {
            Action::Withdraw => Remedy::Withdraw,
            Action::Replace => {
                let text = on_one_line(&item.text?);
                let fits = (1..=MAX_TEXT).contains(&text.chars().count());
                Remedy::Replace(fits.then_some(text)?)
            }
        };
        let confidence = certain(item.confidence)?;
        seen.insert(memory).then_some(Correction {
            memory,
            remedy,
            confidence,
        })
    };
    let items = reply["corrections"].as_array();
    items
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(read)
        .collect()
}

/// A confidence that is one.
fn certain(confidence: f32) -> Option<f32> {
    (0.0..=1.0).contains(&confidence).then_some(confidence)
}

fn language_of(memories: &[&Memory], words: Option<&str>) -> Language {
    let texts = memories.iter().filter_map(|m| m.payload.plaintext());
    Language::of(texts.map(|p| p.text.as_str()).chain(words))
}
