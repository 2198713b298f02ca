//! Skill memories: how to do something.

use serde_json::{Map, Value, json};

use super::{confidence, key};
use crate::wire::{MemoryItem, PatchRequest};

/// The fields that are a skill's parts.
pub(super) const PARTS: [&str; 10] = [
    "subject",
    "description",
    "procedure",
    "experience",
    "preference",
    "examples",
    "script",
    "others",
    "skill_url",
    "confidence",
];

/// New words say how it is done, a new title how it is called. It is found by its name and what it is
/// for as before.
pub(in super::super) fn skill_patch(
    memory: &MemoryItem,
    content: Option<&str>,
    title: Option<&str>,
) -> PatchRequest {
    if content.is_none() && title.is_none() {
        return PatchRequest::default();
    }
    let own = |field: &str| memory.info.get(field).and_then(Value::as_str);
    let name = title.map_or_else(|| name(memory), str::to_owned);
    let mut info = Map::from_iter([("subject".to_owned(), json!(name))]);
    info.extend(content.map(|words| ("procedure".to_owned(), json!(words))));
    // A skill that a model drew has no parts: its words are all of it.
    let text = match own("description") {
        Some(description) => {
            let procedure = content.or_else(|| own("procedure")).unwrap_or_default();
            Some(
                format!("{name}: {description}\n{procedure}")
                    .trim_end()
                    .to_owned(),
            )
        }
        None => content.map(str::to_owned),
    };
    PatchRequest {
        text,
        key: title.map(str::to_owned),
        info: Some(info),
        ..PatchRequest::default()
    }
}

fn name(memory: &MemoryItem) -> String {
    match memory.info.get("subject").and_then(Value::as_str) {
        Some(subject) => subject.to_owned(),
        None => key(memory),
    }
}

pub(super) fn skill(memory: &MemoryItem) -> Value {
    let own = |field: &str, otherwise: Value| memory.info.get(field).cloned().unwrap_or(otherwise);
    json!({
        "skill_value": {
            "name": name(memory),
            "description": own("description", memory.text.as_str().into()),
            "procedure": own("procedure", memory.text.as_str().into()),
            "experience": own("experience", json!([])),
            "preference": own("preference", json!([])),
            "examples": own("examples", json!([])),
            "script": own("script", json!({})),
            "others": own("others", json!({})),
        },
        "skill_url": own("skill_url", Value::Null),
        "skill_type": "SkillMemory",
        "confidence": confidence(memory),
        "tags": memory.tags,
    })
}
