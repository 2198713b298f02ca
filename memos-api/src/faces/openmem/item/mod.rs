//! Memories as items of the contract's lists. Times are milliseconds since 1970.

mod event;
mod profile;
mod skill;
mod tool;

use memos_core::{Moment, Timestamp};
use serde_json::{Map, Value, json};

use super::views::View;
use crate::faces::kit::{NOTED, Preference};
use crate::wire::{MemoryItem, TimeItem};

/// Characters of a name that is taken from a text.
const KEY: usize = 80;

/// Characters of the words that a preference is drawn from.
const REASONING: usize = 300;

/// What is known of a memory beside itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    /// How much it has to do with the question.
    pub(super) relativity: Option<f64>,
    /// The time that answers the question best.
    pub(super) time: Option<&'a TimeItem>,
    /// What it was made from.
    pub(super) evidence: &'a [MemoryItem],
    /// Whether the text carries its date and speaker.
    pub(super) dated: bool,
}

/// A memory as an item of the list of its view.
pub(super) fn item(memory: &MemoryItem, beside: Beside<'_>) -> Map<String, Value> {
    let own = match View::of(&memory.semantic_type) {
        View::Facts => fact(memory, &beside),
        View::Preferences => preference(memory, &beside),
        View::Tools => tool::tool(memory),
        View::Skills => skill::skill(memory),
        View::Profile => profile::profile(memory),
        View::Events => event::event(memory),
    };
    let mut item = fields(own);
    item.insert("id".into(), json!(memory.id));
    item.insert("status".into(), status(&memory.state).into());
    item.insert("create_time".into(), millis(memory.created_at).into());
    item.insert("update_time".into(), millis(memory.updated_at).into());
    let conversation = conversation(memory, beside.evidence);
    item.insert("conversation_id".into(), json!(conversation));
    if let Some(relativity) = beside.relativity {
        item.insert("relativity".into(), relativity.into());
    }
    item
}

/// The same with what a list without a question shows too: where it comes from, and its own fields.
pub(super) fn whole(memory: &MemoryItem, beside: Beside<'_>) -> Map<String, Value> {
    let mut item = item(memory, beside);
    item.insert("sources".into(), json!(memory.sources));
    item.insert("info".into(), info(memory).into());
    item
}

/// The same with what a memory that is read by its id shows, whatever its view is.
pub(super) fn by_id(memory: &MemoryItem, beside: Beside<'_>) -> Map<String, Value> {
    let mut item = whole(memory, beside);
    let messages = match memory.derived_from.is_empty() {
        true => json!([memory.id]),
        false => json!(memory.derived_from),
    };
    let field = |name: &str| memory.info.get(name).cloned().unwrap_or(Value::Null);
    let known = fields(json!({
        "memory_view": View::of(&memory.semantic_type).name(),
        "title": key(memory),
        "content": memory.text,
        "message_ids": messages,
        "derived_from": memory.derived_from,
        "algorithm_updatable": memory.info.get("algorithm_updatable").cloned().unwrap_or(json!(true)),
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
        "user_id": field("user_id"),
        "agent_id": field("agent_id"),
        "tags": memory.tags,
    }));
    item.extend(known);
    item
}

/// A value that is known to be an object.
fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn fact(memory: &MemoryItem, beside: &Beside<'_>) -> Value {
    json!({
        "memory_key": key(memory),
        "memory_value": text(memory, beside.dated),
        "memory_type": match memory.tier.as_str() {
            "working" => "WorkingMemory",
            "user" => "UserMemory",
            _ => "LongTermMemory",
        },
        "memory_time": time(memory, beside),
        "confidence": confidence(memory),
        "tags": memory.tags,
    })
}

fn preference(memory: &MemoryItem, beside: &Beside<'_>) -> Value {
    let reasoning = match beside.evidence.first() {
        Some(said) => format!("Drawn from: {}", clipped(&said.text, REASONING)),
        None => String::new(),
    };
    json!({
        "preference": memory.text,
        "preference_type": Preference::of(memory).as_str(),
        "reasoning": reasoning,
    })
}

/// The words, with who said them if he has a name; dated, for a prompt, if asked.
fn text(memory: &MemoryItem, dated: bool) -> String {
    let mut text = match &memory.speaker {
        Some(name) if !memory.text.starts_with(name.as_str()) => {
            format!("{name}: {}", memory.text)
        }
        _ => memory.text.clone(),
    };
    if let Some(caption) = &memory.caption {
        text = format!("{text} [image: {caption}]").trim_start().to_owned();
    }
    match dated {
        true => format!("[{}] {text}", memory.said_at.date()),
        false => text,
    }
}

/// A short name: its own, or its first words.
fn key(memory: &MemoryItem) -> String {
    match &memory.key {
        Some(key) => key.clone(),
        None => clipped(memory.text.lines().next().unwrap_or_default(), KEY),
    }
}

fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.trim_end().to_owned(),
    }
}

/// Evidence is what was said; of what was made from it, whoever made it says how sure he is.
fn confidence(memory: &MemoryItem) -> Value {
    match memory.info.get("confidence") {
        Some(own) => own.clone(),
        None if memory.derived_from.is_empty() => json!(1.0),
        None => Value::Null,
    }
}

/// When it was, if the words say so; else when it was said.
fn time(memory: &MemoryItem, beside: &Beside<'_>) -> i64 {
    let named = beside.time.filter(|time| time.text.is_some());
    let start = named.or(memory.times.first()).map(|t| t.start);
    moment_millis(start.unwrap_or(memory.said_at))
}

/// The conversation as the caller named it: that in which it was said, or the last of those that it
/// was made from.
fn conversation(memory: &MemoryItem, evidence: &[MemoryItem]) -> Option<String> {
    let own = |memory: &MemoryItem| {
        let named = memory.info.get("conversation_id").and_then(Value::as_str);
        named.or(memory.session_id.as_deref()).map(str::to_owned)
    };
    match memory.derived_from.is_empty() {
        true => own(memory),
        false => evidence.last().and_then(own),
    }
}

/// What this face shows of a derived memory in fields of its own, and what only it reads.
const OWN: [&str; 6] = [
    "allow_memory_view",
    "confidence",
    "subject",
    "topic",
    "date",
    "session_id",
];

/// The caller's own fields.
fn info(memory: &MemoryItem) -> Map<String, Value> {
    let mut info = memory.info.clone();
    match memory.derived_from.is_empty() {
        true => drop(info.remove("allow_memory_view")),
        false => info.retain(|name, _| !OWN.iter().chain(&NOTED).any(|own| own == name)),
    }
    if memory.semantic_type == "skill" {
        // They are the skill's value.
        info.retain(|name, _| !skill::PARTS.contains(&name.as_str()));
    }
    info
}

/// The contract's word for a state.
fn status(state: &str) -> &'static str {
    match state {
        "merged" | "archived" => "archived",
        "expired" => "deleted",
        _ => "activated",
    }
}

/// Milliseconds since 1970.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000)
}

fn moment_millis(at: Moment) -> i64 {
    millis(at.at())
}
