//! A memory as mem0 shows it.

use jiff::civil::Date;
use memos_core::{Code, Error, Moment, Result, Timestamp};
use serde_json::{Map, Value, json};

use super::identity::{Entity, Ids};
use crate::wire::{MemoryItem, SearchHit};

/// The field of `info` for what this face keeps beside the caller's metadata.
pub(super) const OWN: &str = "mem0";

/// What of it is shown.
pub(super) const SHOWN: [&str; 3] = ["feedback", "feedback_reason", IMMUTABLE];

/// That a memory is never changed.
pub(super) const IMMUTABLE: &str = "immutable";

/// Length of the hash of a text in hexadecimal digits.
const HASH_DIGITS: usize = 32;

/// A memory.
pub(super) fn item(memory: &MemoryItem) -> Map<String, Value> {
    let ids = Ids::of_memory(memory);
    let mut item = Map::new();
    let mut set = |name: &str, value: Value| drop(item.insert(name.to_owned(), value));
    set("id", memory.id.to_string().into());
    set("memory", memory.text.as_str().into());
    for entity in Entity::ALL {
        set(entity.field(), ids.get(entity).into());
    }
    set("hash", hash(&memory.text).into());
    set("metadata", metadata(memory).into());
    set("categories", json!(memory.tags));
    set("created_at", created_at(memory).to_string().into());
    set("updated_at", updated_at(memory).to_string().into());
    set("expiration_date", expiration_date(memory).into());
    if let Some(speaker) = &memory.speaker {
        set("actor_id", speaker.as_str().into());
    }
    if let Some(role) = &memory.role {
        set("role", role.as_str().into());
    }
    for (name, value) in own(memory).into_iter().flatten() {
        if SHOWN.contains(&name.as_str()) {
            set(name, value.clone());
        }
    }
    item
}

/// A memory that answers a question.
pub(super) fn hit(hit: &SearchHit) -> Map<String, Value> {
    let mut found = item(&hit.memory);
    found.insert("score".into(), hit.relevance.into());
    found
}

/// The parts of a hit's score in the platform's names.
pub(super) fn breakdown(hit: &SearchHit) -> Value {
    let value = |name: &str| {
        let signals = hit.signals.as_ref();
        signals.and_then(|s| s.get(name)).map(|s| s.value)
    };
    json!({"semantic": value("dense"), "bm25": value("turn"), "entity": value("speaker")})
}

/// What the score of a hit is made of, in the server's names, and all our signals. A relevance ends
/// at 1.
pub(super) fn details(hit: &SearchHit, threshold: f64) -> Value {
    let parts = breakdown(hit);
    let value = |name: &str| parts[name].as_f64().unwrap_or_default();
    json!({
        "semantic_score": value("semantic"),
        "bm25_score": value("bm25"),
        "entity_boost": value("entity"),
        "raw_score": hit.score,
        "max_possible_score": 1.0,
        "final_score": hit.relevance,
        "threshold": threshold,
        "signals": hit.signals,
    })
}

/// Only these fields of an item; its id stays.
pub(super) fn only(item: Map<String, Value>, fields: Option<&[String]>) -> Map<String, Value> {
    match fields {
        None | Some([]) => item,
        Some(fields) => item
            .into_iter()
            .filter(|(name, _)| name == "id" || fields.contains(name))
            .collect(),
    }
}

/// What this face keeps beside the caller's fields.
pub(super) fn own(memory: &MemoryItem) -> Option<&Map<String, Value>> {
    memory.info.get(OWN).and_then(Value::as_object)
}

/// The caller's own fields.
pub(super) fn metadata(memory: &MemoryItem) -> Map<String, Value> {
    let is_own = |name: &str| name != OWN && Entity::of_field(name).is_none();
    let own = memory.info.iter().filter(|(name, _)| is_own(name));
    own.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// mem0 dates a memory by the `timestamp` of its request: when it was said.
pub(super) fn created_at(memory: &MemoryItem) -> Moment {
    memory.said_at
}

/// The last change of a memory; one that was never changed is as old as it is.
pub(super) fn updated_at(memory: &MemoryItem) -> Moment {
    match memory.version {
        1 => memory.said_at,
        _ => memory.updated_at.into(),
    }
}

/// The last day on which a memory is shown.
fn expiration_date(memory: &MemoryItem) -> Option<String> {
    let end: Timestamp = memory.lifespan.strip_prefix("until:")?.parse().ok()?;
    if end == Timestamp::MAX {
        return Some(Date::MAX.to_string());
    }
    let last = Timestamp::from_micros(end.micros() - 1);
    Some(Moment::from(last).date().to_string())
}

/// A lifespan that ends with a day; with the last that there is, it ends with the calendar.
///
/// # Errors
/// `InvalidRequest` for what is no date.
pub(super) fn lifespan_until(date: &str) -> Result<String> {
    let day: Date = date.trim().parse().map_err(|_| not_a_date(date))?;
    Ok(format!("until:{}", day.tomorrow().unwrap_or(day)))
}

/// The error of a write that found the day of its `expiration_date` to be over.
pub(super) fn past(error: Error, date: Option<&str>) -> Error {
    match date {
        Some(date) if error.field() == Some("/lifespan") => Error::new(
            Code::InvalidRequest,
            format!("expiration_date {date} is over: the memory would be forgotten at once"),
        )
        .at("expiration_date")
        .remedy("name today or a later day (UTC), or leave it out"),
        _ => error,
    }
}

fn not_a_date(text: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("expiration_date must be a date in YYYY-MM-DD format, not {text:?}"),
    )
    .at("expiration_date")
    .remedy("write it as 2027-01-31; the memory is shown until the end of that day, UTC")
}

fn hash(text: &str) -> String {
    let mut hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    hash.truncate(HASH_DIGITS);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifespan_ends_after_the_day() {
        assert_eq!(lifespan_until("2027-01-31").unwrap(), "until:2027-02-01");
        assert_eq!(lifespan_until("9999-12-31").unwrap(), "until:9999-12-31");
        for bad in ["", "soon", "2027-02-30", "31.1.2027"] {
            let error = lifespan_until(bad).unwrap_err();
            assert_eq!(error.field(), Some("expiration_date"), "{bad}");
        }
    }
}
