//! Skill memories: how to do something.

use serde_json::{Value, json};

use super::{confidence, key};
use crate::wire::MemoryItem;

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

pub(super) fn skill(memory: &MemoryItem) -> Value {
    let name = match memory.info.get("subject").and_then(Value::as_str) {
        Some(subject) => subject.to_owned(),
        None => key(memory),
    };
    let own = |field: &str, otherwise: Value| memory.info.get(field).cloned().unwrap_or(otherwise);
    json!({
        "skill_value": {
            "name": name,
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
