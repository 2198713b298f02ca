//! Profile memories: a field of a template that is filled in, or what somebody says of himself.

use serde_json::{Value, json};

use super::confidence;
use crate::wire::MemoryItem;

pub(super) fn profile(memory: &MemoryItem) -> Value {
    let own = |field: &str| memory.info.get(field).cloned().unwrap_or_default();
    // What was said of oneself outside a template is sorted by its topic.
    let category = match own("profile_category") {
        Value::Null => own("topic"),
        category => category,
    };
    json!({
        "project_id": Value::Null,
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
        "memory": memory.text,
        "memory_type": "ProfileMemory",
        "template_id": own("profile_template_id"),
        "profile_template_id": own("profile_template_id"),
        "profile_category": category,
        "profile_field": own("profile_field"),
        "profile_path": own("profile_path"),
        "confidence": confidence(memory),
        "algorithm_updatable": match own("algorithm_updatable") {
            Value::Null => Value::Bool(true),
            own => own,
        },
    })
}
