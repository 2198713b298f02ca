//! A memory as the contract shows it.

use serde_json::{Map, Value, json};

use super::cubes_of::name_of;
use super::memory_type;
use crate::faces::kit::{NOTED, Preference, fields};
use crate::service::put_away::RECORD;
use crate::wire::{MemoryItem, SourceItem};

/// Where a derived memory has the sessions in which it was said.
pub(super) const SESSIONS: &str = "sessions";

/// The memory; with its relevance in the answer of a search.
pub(super) fn object(memory: &MemoryItem, relevance: Option<f64>) -> Value {
    let (id, text) = (memory.id.to_string(), text(memory));
    let ref_id = format!("[{}]", &id[..8]);
    let mut metadata = metadata(memory);
    if let Some(relevance) = relevance {
        metadata.insert("relativity".into(), relevance.into());
        if let Some(score) = metadata.get_mut("score") {
            *score = relevance.into();
        }
    }
    for (name, value) in [("id", &id), ("memory", &text), ("ref_id", &ref_id)] {
        metadata.insert(name.into(), value.as_str().into());
    }
    let derived = is_derived(memory);
    for (name, value) in &memory.info {
        // How much it has to do with a question is no field of a memory.
        let is_own = name == "relativity" || derived && NOTED.contains(&name.as_str());
        if !is_own && !metadata.contains_key(name) {
            metadata.insert(name.clone(), value.clone());
        }
    }
    let shown = [
        ("id", id.into()),
        ("memory", text.into()),
        ("ref_id", ref_id.into()),
        ("metadata", metadata.into()),
    ];
    fields(shown).into()
}

/// The memory as a source of an answer: without what is behind it.
pub(super) fn reference(memory: &MemoryItem, relevance: f64) -> Value {
    let mut shown = object(memory, Some(relevance));
    let mut metadata = shown["metadata"].take();
    metadata["ref_id"] = memory.id.to_string()[..8].into();
    metadata["sources"] = json!([]);
    json!({"metadata": metadata})
}

/// Characters of a title that is made from the text.
pub(super) const KEY: usize = 80;

/// Where it ends before.
pub(super) const ENDS: [char; 6] = ['\n', '!', '?', '。', '！', '？'];

/// How sure it is that something was said as it stands there.
pub(super) const SAID: f64 = 1.0;

/// What is derived without a word of how sure it is, as the contract's own reader has it.
pub(super) const DERIVED: f64 = 0.99;

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
    let user = latest(memory, "user_id").unwrap_or_else(|| name_of(memory));
    let session = latest(memory, "session_id").or_else(|| session(memory));
    let files = own("file_ids").filter(Value::is_array);
    let files = files.unwrap_or_else(|| json!([]));
    let evolved: Vec<String> = memory
        .superseded_by
        .iter()
        .map(ToString::to_string)
        .collect();
    let (deleted_at, record) = put_away(memory);
    let mut shown = fields([
        ("user_id", user.into()),
        ("session_id", session.unwrap_or_default().into()),
        ("status", status(memory).into()),
        ("memory_type", memory_type::of(memory).into()),
        ("type", kind(&memory.semantic_type).into()),
        ("key", json!(key(memory))),
        ("tags", memory.tags.clone().into()),
        ("confidence", json!(confidence(memory))),
        ("source", json!(source(memory))),
        ("visibility", Value::Null),
        ("created_at", json!(memory.created_at)),
        ("updated_at", json!(memory.updated_at)),
        ("sources", sources(memory).into()),
        ("background", "".into()),
        ("embedding", Value::Array(Vec::new())),
        ("usage", Value::Array(Vec::new())),
        ("is_fast", false.into()),
        ("evolve_to", evolved.into()),
        ("version", memory.version.into()),
        ("history", Value::Array(Vec::new())),
        ("working_binding", Value::Null),
        ("covered_history", Value::Null),
        // Its names are among those of the metadata, each on its own.
        ("info", Value::Null),
        ("internal_info", Value::Null),
        ("file_ids", files),
        ("delete_time", deleted_at),
        ("delete_record_id", record),
    ]);
    if memory.semantic_type == "preference" {
        let text = memory.text.as_str();
        let reasoning = memory.info.get("reasoning").and_then(Value::as_str);
        for (name, value) in [
            ("preference_type", Preference::of(memory).as_str()),
            ("preference", text),
            ("reasoning", reasoning.unwrap_or_default()),
            ("topic", memory.key.as_deref().unwrap_or_default()),
            ("original_text", text),
            ("mem_cube_id", name_of(memory)),
        ] {
            shown.insert(name.into(), value.into());
        }
        // The session of its own is none of a dialogue.
        let dialogue = shown.get("session_id").cloned();
        shown.insert("dialog_id".into(), dialogue.unwrap_or_default());
        shown.insert("score".into(), Value::Null);
    }
    shown
}

/// A field of the caller's own; of what several statements lead to, that of the latest.
fn latest<'a>(memory: &'a MemoryItem, name: &str) -> Option<&'a str> {
    match memory.info.get(name)? {
        Value::Array(all) => all.iter().rev().find_map(Value::as_str),
        one => one.as_str(),
    }
}

/// The sitting in which it was said, or said last: what was derived over sittings is in none itself.
fn session(memory: &MemoryItem) -> Option<&str> {
    match is_derived(memory) {
        true => latest(memory, SESSIONS),
        false => None,
    }
    .or(memory.session_id.as_deref())
}

fn status(memory: &MemoryItem) -> &'static str {
    match memory.state.as_str() {
        "archived" if memory.info.contains_key(RECORD) => "deleted",
        "archived" | "merged" | "expired" => "archived",
        _ if memory.superseded_by.is_some() => "archived",
        _ => "activated",
    }
}

/// The contract's word for a semantic type of ours.
pub(super) fn kind(semantic_type: &str) -> &str {
    match semantic_type {
        "message" | "task_prompt" => "chat",
        "file" => "doc",
        other => other,
    }
}

/// When and under which record it was deleted; empty if it was not.
fn put_away(memory: &MemoryItem) -> (Value, Value) {
    match memory.info.get(RECORD) {
        Some(record) if status(memory) == "deleted" => (json!(memory.updated_at), record.clone()),
        _ => ("".into(), "".into()),
    }
}

/// A title: its own, or the beginning of the text. A preference is short enough without.
pub(super) fn key(memory: &MemoryItem) -> Option<String> {
    if memory.key.is_some() || memory.semantic_type == "preference" {
        return memory.key.clone();
    }
    let first = memory.text.trim().split(ENDS).next().unwrap_or_default();
    let clipped: String = first.chars().take(KEY).collect();
    Some(clipped.trim().to_owned())
}

/// Evidence is what was said; of what was derived, whoever derived it says how sure he is.
fn confidence(memory: &MemoryItem) -> Option<f64> {
    let own = memory.info.get("confidence").and_then(Value::as_f64);
    own.or(match (is_derived(memory), memory.semantic_type.as_str()) {
        (false, _) => Some(SAID),
        (true, "preference") => None,
        (true, _) => Some(DERIVED),
    })
}

/// Where it comes from, in the contract's few words, which has none for what was said in a chat.
fn source(memory: &MemoryItem) -> Option<&'static str> {
    match (memory.origin.as_str(), memory.semantic_type.as_str()) {
        (_, "file") => Some("file"),
        ("retrieval", _) => Some("retrieved"),
        _ => None,
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
    let message = reference("message");
    let said = json!({
        "type": "chat",
        "role": memory.role,
        "chat_time": memory.said_at,
        "message_id": message,
        "content": memory.text,
        "doc_path": null,
        "file_info": null,
    });
    let parts = memory.sources.iter();
    let parts = parts.filter_map(|part| named_part(memory, part, message));
    std::iter::once(said).chain(parts).collect()
}

/// A picture or file that came with a message, by its address or name.
fn named_part(memory: &MemoryItem, part: &SourceItem, message: Option<&str>) -> Option<Value> {
    let name = part.reference.as_str();
    let (kind, content, file) = match part.kind.as_str() {
        "url" | "image" => ("image", Some(name), None),
        "document" => ("file", None, Some(name)),
        _ => return None,
    };
    Some(json!({
        "type": kind,
        "role": memory.role,
        "chat_time": memory.said_at,
        "message_id": message,
        "content": content,
        "doc_path": file,
        "file_info": file.map(|name| json!({"filename": name})),
    }))
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
pub(super) fn bucket(cube: &str, memories: Vec<Value>, total: usize) -> Value {
    let bucket = [
        ("cube_id", cube.into()),
        ("memories", memories.into()),
        ("total_nodes", total.into()),
    ];
    fields(bucket).into()
}
