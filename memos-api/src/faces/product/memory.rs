//! A memory as the contract shows it.

use serde_json::{Map, Value, json};

use super::memory_type;
use crate::faces::kit::Preference;
use crate::service::put_away::RECORD;
use crate::wire::{MemoryItem, SourceItem};

/// The memory; with its relevance in the answer of a search.
pub(super) fn object(memory: &MemoryItem, relevance: Option<f64>) -> Value {
    let (id, text) = (memory.id.to_string(), text(memory));
    let ref_id = format!("[{}]", &id[..8]);
    let mut metadata = metadata(memory);
    if let Some(relevance) = relevance {
        metadata.insert("relativity".into(), relevance.into());
    }
    for (name, value) in [("id", &id), ("memory", &text), ("ref_id", &ref_id)] {
        metadata.insert(name.into(), value.as_str().into());
    }
    for (name, value) in &memory.info {
        if !metadata.contains_key(name) {
            metadata.insert(name.clone(), value.clone());
        }
    }
    json!({"id": id, "memory": text, "ref_id": ref_id, "metadata": metadata})
}

/// Evidence says when and by whom it was said, as the reader of a list of memories needs to know;
/// what was derived says so itself.
pub(super) fn text(memory: &MemoryItem) -> String {
    match is_derived(memory) {
        true => memory.text.clone(),
        false => memory.line(),
    }
}

pub(super) fn is_derived(memory: &MemoryItem) -> bool {
    memory.origin == "inference"
}

fn metadata(memory: &MemoryItem) -> Map<String, Value> {
    let own = |name: &str| memory.info.get(name).cloned();
    let user = own("user_id").unwrap_or_else(|| memory.cube_id.clone().into());
    let session = own("session_id").or_else(|| memory.session_id.clone().map(Value::from));
    let files = own("file_ids").unwrap_or_else(|| json!([]));
    let evolved: Vec<String> = memory
        .superseded_by
        .iter()
        .map(ToString::to_string)
        .collect();
    let fields = json!({
        "user_id": user,
        "session_id": session,
        "status": status(memory),
        "memory_type": memory_type::of(memory),
        "type": kind(memory),
        "key": memory.key,
        "tags": memory.tags,
        "confidence": own("confidence").filter(Value::is_number),
        "source": source(memory),
        "visibility": "private",
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
        "sources": sources(memory),
        "background": "",
        "embedding": [],
        "usage": [],
        "is_fast": false,
        "evolve_to": evolved,
        "version": memory.version,
        "history": [],
        "working_binding": null,
        "covered_history": null,
        "info": memory.info,
        "internal_info": null,
        "file_ids": files,
    });
    let mut fields = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if memory.semantic_type == "preference" {
        let text = memory.text.as_str();
        for (name, value) in [
            ("preference_type", Preference::of(memory).as_str()),
            ("preference", text),
            (
                "dialog_id",
                memory.session_id.as_deref().unwrap_or_default(),
            ),
            ("original_text", text),
            ("mem_cube_id", &memory.cube_id),
        ] {
            fields.insert(name.into(), value.into());
        }
    }
    fields
}

fn status(memory: &MemoryItem) -> &'static str {
    match memory.state.as_str() {
        "archived" if memory.info.contains_key(RECORD) => "deleted",
        "archived" | "merged" | "expired" => "archived",
        _ => "activated",
    }
}

fn kind(memory: &MemoryItem) -> &str {
    match memory.semantic_type.as_str() {
        "message" | "task_prompt" => "chat",
        "file" => "doc",
        other => other,
    }
}

/// Where it comes from, in the contract's few words.
pub(super) fn source(memory: &MemoryItem) -> &'static str {
    match (memory.origin.as_str(), memory.semantic_type.as_str()) {
        (_, "file") => "file",
        ("user_input", _) => "conversation",
        ("retrieval", _) => "retrieved",
        _ => "system",
    }
}

/// The messages or passages behind it, word for word.
fn sources(memory: &MemoryItem) -> Vec<Value> {
    let reference = |kind: &str| {
        let mut all = memory.sources.iter();
        all.find(|s| s.kind == kind).map(|s| s.reference.as_str())
    };
    if is_derived(memory) {
        return memory.sources.iter().map(derived_from).collect();
    }
    if memory.semantic_type == "file" {
        let name = reference("document");
        return vec![json!({
            "type": "doc",
            "role": null,
            "chat_time": memory.said_at,
            "message_id": null,
            "content": memory.text,
            "doc_path": name,
            "file_info": {"filename": name},
        })];
    }
    vec![json!({
        "type": "chat",
        "role": memory.role,
        "chat_time": memory.said_at,
        "message_id": reference("message"),
        "content": memory.text,
        "doc_path": null,
        "file_info": null,
    })]
}

fn derived_from(source: &SourceItem) -> Value {
    let (kind, message, document) = match source.kind.as_str() {
        "document" => ("doc", None, Some(&source.reference)),
        _ => ("chat", Some(&source.reference), None),
    };
    json!({
        "type": kind,
        "role": null,
        "chat_time": null,
        "message_id": message,
        "content": null,
        "doc_path": document,
        "file_info": null,
    })
}

/// `{cube_id, memories, total_nodes}`.
pub(super) fn bucket(cube: &str, memories: &[Value], total: usize) -> Value {
    json!({"cube_id": cube, "memories": memories, "total_nodes": total})
}
