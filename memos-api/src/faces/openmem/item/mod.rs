//! Memories as items of the contract's lists. Times are milliseconds since 1970.

mod event;
mod profile;
mod skill;
mod tool;

pub(super) use skill::skill_patch;

use memos_core::{Moment, Timestamp};
use serde_json::{Map, Value, json};

use super::places;
use super::views::{self, View};
use crate::faces::kit::{NOTED, Own, Preference};
use crate::wire::{MemoryItem, SourceItem, TimeItem};

/// Characters of a name that is taken from a text.
const KEY: usize = 80;

/// Characters of the words that a preference is drawn from.
const REASONING: usize = 300;

/// The conversation of a passage of a knowledge base, as the public documentation shows it.
const DEFAULT_SESSION: &str = "default_session";

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

/// Evidence is what was said; of what a model made from it, the model says how sure it is. A field of
/// this name that a caller gave to his words is his own.
fn confidence(memory: &MemoryItem) -> Value {
    let rule = memory.info.get("rule").and_then(Value::as_str);
    let is_by_model = rule.is_some_and(|rule| rule.starts_with("llm:"));
    match memory.derived_from.is_empty() {
        true => json!(1.0),
        false if is_by_model => memory.info.get("confidence").cloned().unwrap_or_default(),
        false => Value::Null,
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
    match memory.derived_from.is_empty() {
        true => said_in(memory),
        false => evidence.last().and_then(said_in),
    }
}

/// The conversation in which a memory was said; none if its session has a name of the server's own.
fn said_in(memory: &MemoryItem) -> Option<String> {
    let session = memory.session_id.as_deref()?;
    let is_in = |own: Own| memory.cube_id.starts_with(own.prefix());
    if is_in(Own::Knowledge) && memory.info.contains_key("file_id") {
        return Some(DEFAULT_SESSION.to_owned());
    }
    let of_file = |source: &SourceItem| source.kind == "document" && source.reference == session;
    if is_in(Own::Profile) || places::is_day(session) || memory.sources.iter().any(of_file) {
        return None;
    }
    let named = memory.info.get("conversation_id").and_then(Value::as_str);
    let named = named.filter(|name| places::session_of(name) == session);
    Some(named.unwrap_or(session).to_owned())
}

/// What this face shows of a derived memory in fields of its own, and what only it reads.
const OWN: [&str; 6] = [
    views::ALLOWED,
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
        true => drop(info.remove(views::ALLOWED)),
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
