//! The history of a memory as mem0 tells it.

use serde_json::{Value, json};

use super::identity::{Entity, Ids};
use super::item::{created_at, metadata};
use crate::wire::{VersionItem, VersionList};

/// The versions in which the words, the metadata or the names changed, oldest first. What uses and
/// the background changed besides is no event of mem0's.
pub(super) fn rows(list: &VersionList) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut before: Option<&VersionItem> = None;
    for version in &list.versions {
        let memory = &version.memory;
        let same = before.is_some_and(|old| {
            old.memory.text == memory.text
                && metadata(&old.memory) == metadata(memory)
                && old.memory.lifespan == memory.lifespan
        });
        if !same {
            rows.push(row(before, version));
        }
        before = Some(version);
    }
    rows
}

fn row(before: Option<&VersionItem>, version: &VersionItem) -> Value {
    let memory = &version.memory;
    let ids = Ids::of_memory(memory);
    let mut row = json!({
        "id": format!("{}:{}", memory.id, version.version),
        "memory_id": memory.id.to_string(),
        "input": [{"role": memory.role.as_deref().unwrap_or("user"), "content": memory.text}],
        "old_memory": before.map(|old| old.memory.text.as_str()),
        "new_memory": memory.text,
        "event": if before.is_none() { "ADD" } else { "UPDATE" },
        "metadata": metadata(memory),
        "categories": memory.tags,
        "created_at": created_at(memory).to_string(),
        "updated_at": version.from.to_string(),
        "is_deleted": false,
        "actor_id": memory.speaker,
        "role": memory.role,
    });
    for entity in Entity::ALL {
        row[entity.field()] = ids.get(entity).into();
    }
    row
}
