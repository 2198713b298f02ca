//! Event memories: something that happened or will, with its time, place and people.

use serde_json::{Value, json};

use super::key;
use crate::reader::entity::{EntityKind, entities};
use crate::wire::MemoryItem;

pub(super) fn event(memory: &MemoryItem) -> Value {
    let named = entities(&memory.text, memory.speaker.as_deref());
    let of = |kinds: &[EntityKind]| {
        let mut names: Vec<&str> = Vec::new();
        for mention in named.iter().filter(|m| kinds.contains(&m.kind)) {
            if !names.contains(&mention.name.as_str()) {
                names.push(&mention.name);
            }
        }
        names
    };
    let times: Vec<String> = memory
        .times
        .iter()
        .map(|time| match &time.text {
            Some(words) => words.clone(),
            None => time.start.date().to_string(),
        })
        .collect();
    json!({
        "event_key": key(memory),
        "event_value": memory.text,
        "event_type": "EventMemory",
        "event_time": times,
        "event_location": of(&[EntityKind::Place]),
        "event_roles": of(&[EntityKind::Person, EntityKind::Organisation]),
    })
}
