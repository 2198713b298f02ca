//! The contract's filter language, as ours.

mod computed;

use memos_core::{Code, Error, Filter, Moment, Result};
use serde_json::{Map, Value, json};

use super::cubes_of::Named;
use super::{memory, memory_type};
use crate::faces::kit::cube_of;
use crate::reader;

/// Levels of nesting: ours allows 32, and a condition here may be three there.
const DEPTH: usize = 10;

/// What a filter says of each cube of a search.
///
/// # Errors
/// `InvalidFilter` at the place that can't be read.
pub(super) fn of_cubes(
    filter: Option<&Map<String, Value>>,
    cubes: &[Named],
) -> Result<Vec<Option<Value>>> {
    let all = |filter: Option<Value>| vec![filter; cubes.len()];
    let Some(filter) = filter.filter(|f| !f.is_empty()) else {
        return Ok(all(None));
    };
    let is_cube = |name: &str| cubes.iter().any(|cube| cube.name == name);
    // The filter of a cube that is not read tells itself by its form.
    let is_filter = |value: &Map<String, Value>| value.keys().all(|k| k == "and" || k == "or");
    let (by_cube, rest): (Vec<_>, Vec<_>) = filter.iter().partition(|(name, value)| {
        let value = value.as_object();
        !matches!(name.as_str(), "and" | "or")
            && value.is_some_and(|value| is_cube(name) || is_filter(value))
    });
    if by_cube.is_empty() {
        return Ok(all(native(filter)?));
    }
    if let Some((name, _)) = rest.first() {
        return Err(refused(
            &format!("filter.{name}"),
            "a filter by cube has nothing beside the cubes",
            "put the condition into the filter of each cube",
        ));
    }
    cubes
        .iter()
        .map(
            |cube| match filter.get(&cube.name).and_then(Value::as_object) {
                Some(own) => read(own, &format!("filter.{}", cube.name), 1),
                None => Ok(None),
            },
        )
        .collect()
}

/// One filter for a question to all cubes together.
///
/// # Errors
/// `InvalidFilter` at the place that can't be read.
pub(super) fn together(
    filter: Option<&Map<String, Value>>,
    cubes: &[Named],
) -> Result<Option<Value>> {
    let each = of_cubes(filter, cubes)?;
    if each.windows(2).all(|two| two[0] == two[1]) {
        return Ok(each.into_iter().next().flatten());
    }
    let of_cube = each.into_iter().zip(cubes).map(|(own, cube)| {
        let here = json!({"cube_id": cube.id});
        both(Some(here), own).unwrap_or_else(memory_type::never)
    });
    Ok(Some(any(of_cube)))
}

/// A filter of `and`, `or` and conditions, which must all hold side by side; nothing if there is no
/// condition in it.
///
/// # Errors
/// `InvalidFilter` at the place that can't be read.
pub(super) fn native(filter: &Map<String, Value>) -> Result<Option<Value>> {
    read(filter, "filter", 1)
}

/// What was made of a filter, to be asked for: each condition is right, all together may be too many.
///
/// # Errors
/// `InvalidFilter` at the whole filter.
pub(super) fn parsed(native: &Value) -> Result<Filter> {
    Filter::parse(native).map_err(|e| e.at("filter"))
}

/// What both admit.
pub(super) fn both(one: Option<Value>, other: Option<Value>) -> Option<Value> {
    match (one, other) {
        (Some(one), Some(other)) => Some(json!({"and": [one, other]})),
        (one, other) => one.or(other),
    }
}

/// Whether a filter has a condition on a field.
pub(super) fn names(filter: &Map<String, Value>, field: &str) -> bool {
    filter
        .iter()
        .any(|(name, value)| match (name.as_str(), value) {
            ("and" | "or", Value::Array(items)) => {
                let mut inner = items.iter().filter_map(Value::as_object);
                inner.any(|item| names(item, field))
            }
            (name, _) => name == field,
        })
}

/// Memories of a user: added under the name, or in the user's own cube.
pub(super) fn of_user(name: &str) -> Value {
    json!({"or": [{"info.user_id": {"in": [name]}}, {"cube_id": cube_of(name)}]})
}

/// Memories of a session, and what was derived from them.
pub(super) fn of_session(name: &str) -> Value {
    json!({"or": [
        {"info.session_id": {"in": [name]}},
        {"session_id": name},
        {"origin": "inference", format!("info.{}", memory::SESSIONS): {"in": [name]}}
    ]})
}

/// Whether a filter of ours says how memories stand, as that of a `status` does.
pub(super) fn says_status(filter: &Value) -> bool {
    match filter {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name == "state" || says_status(value)),
        Value::Array(all) => all.iter().any(says_status),
        _ => false,
    }
}

/// What nothing has taken the place of.
pub(super) fn current() -> Value {
    json!({"superseded_by": {"exists": false}})
}

fn read(filter: &Map<String, Value>, place: &str, depth: usize) -> Result<Option<Value>> {
    if depth > DEPTH {
        return Err(refused(
            place,
            &format!("the filter is nested more than {DEPTH} deep"),
            "lay it flatter",
        ));
    }
    let mut all = Vec::new();
    for (name, value) in filter {
        let place = format!("{place}.{name}");
        match name.as_str() {
            "and" | "or" => {
                let items = list(value, &place, depth)?;
                // A list without conditions asks for nothing.
                all.extend((!items.is_empty()).then(|| json!({name: items})));
            }
            _ => all.push(condition(name, value, &place)?),
        }
    }
    Ok(match all.len() {
        0 | 1 => all.pop(),
        _ => Some(json!({"and": all})),
    })
}

fn list(value: &Value, place: &str, depth: usize) -> Result<Vec<Value>> {
    let items = value.as_array().ok_or_else(|| {
        refused(
            place,
            "it takes a list of conditions",
            "write it as [{\"field\": value}, …]",
        )
    })?;
    let mut all = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let place = format!("{place}[{i}]");
        let item = item.as_object().filter(|item| !item.is_empty());
        let item = item.ok_or_else(|| {
            refused(
                &place,
                "a condition is an object that names a field",
                "write it as {\"field\": value} or {\"field\": {\"op\": value}}",
            )
        })?;
        // What has no condition in it neither holds nor fails: it is left out, as if it weren't there.
        all.extend(read(item, &place, depth + 1)?);
    }
    Ok(all)
}

fn condition(name: &str, value: &Value, place: &str) -> Result<Value> {
    let Value::Object(ops) = value else {
        let op = if value.is_array() { "in" } else { "eq" };
        return test(name, op, value, place);
    };
    let mut all = Vec::new();
    for (op, value) in ops {
        let place = format!("{place}.{op}");
        if ![
            "eq", "ne", "gt", "lt", "gte", "lte", "contains", "in", "like",
        ]
        .contains(&op.as_str())
        {
            return Err(refused(
                &place,
                &format!("{op:?} is not an operator"),
                "use gt, lt, gte, lte, contains, in or like, or a value for equality",
            ));
        }
        all.push(test(name, op, value, &place)?);
    }
    match all.len() {
        0 => Err(refused(
            place,
            "it has no operator",
            "write {\"field\": {\"op\": value}}",
        )),
        1 => Ok(all.remove(0)),
        _ => Ok(json!({"and": all})),
    }
}

/// One comparison. What our own language finds wrong with the value is told where it was written.
fn test(name: &str, op: &str, value: &Value, place: &str) -> Result<Value> {
    let native = comparison(name, op, value, place)?;
    match Filter::parse(&native) {
        Ok(_) => Ok(native),
        Err(e) => Err(refused(
            place,
            e.message(),
            "correct the value or the operator",
        )),
    }
}

fn comparison(name: &str, op: &str, value: &Value, place: &str) -> Result<Value> {
    let values = || match value {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    };
    let wrong = |expected: &str| refused(place, expected, "correct the value or the operator");
    if op == "in" && !value.is_array() {
        return Err(wrong("in takes a list"));
    }
    match name {
        "id" => {
            // What is no id of ours is nobody's.
            let known = values().into_iter().filter(|id| {
                let text = id.as_str().unwrap_or_default();
                text.parse::<memos_core::MemoryId>().is_ok()
            });
            let known: Vec<Value> = known.collect();
            match op {
                "eq" | "in" if known.is_empty() => Ok(memory_type::never()),
                "eq" | "in" => Ok(json!({"id": {"in": known}})),
                "ne" if known.is_empty() => Ok(json!({"not": memory_type::never()})),
                "ne" => Ok(json!({"not": {"id": {"in": known}}})),
                _ => Err(wrong("an id takes equality or in")),
            }
        }
        "created_at" | "updated_at" => match op {
            "eq" | "ne" | "gt" | "lt" | "gte" | "lte" => {
                let at: Moment = reader::chat_time(value, place).map_err(|e| {
                    refused(place, e.message(), "write it as 2025-03-01 or RFC 3339")
                })?;
                Ok(json!({name: {op: at.at()}}))
            }
            _ => Err(wrong("a time takes gt, lt, gte, lte or equality")),
        },
        "user_id" if op == "eq" || op == "in" => {
            Ok(any(values().iter().map(|name| match name.as_str() {
                Some(name) => of_user(name),
                None => memory_type::never(),
            })))
        }
        "session_id" if op == "eq" || op == "in" => {
            Ok(any(values().iter().map(|name| match name.as_str() {
                Some(name) => of_session(name),
                None => memory_type::never(),
            })))
        }
        "session_id" => Ok(json!({"or": [
            {"session_id": {op: like(op, value)}}, {"info.session_id": {op: like(op, value)}}
        ]})),
        "memory_type" => named(op, values(), memory_type::condition, wrong),
        "status" => named(op, values(), of_status, wrong),
        "version" => Ok(json!({"version": {op: value}})),
        "type" => computed::of_type(op, &values()).ok_or_else(|| wrong("it takes equality or in")),
        "confidence" => computed::of_confidence(op, &values())
            .ok_or_else(|| wrong("it takes gt, lt, gte, lte, in or equality to a number")),
        "is_fast" => computed::of_fast(op, value).ok_or_else(|| wrong("it takes true or false")),
        "source" => {
            let own = json!({"info.source": {op: like(op, value)}});
            match op {
                "eq" | "in" => {
                    let known = values().into_iter().filter_map(|v| of_source(v.as_str()?));
                    Ok(any(std::iter::once(own).chain(known)))
                }
                _ => Ok(own),
            }
        }
        "tags" => match op {
            "eq" | "contains" => Ok(json!({"tags": {"contains": value}})),
            "ne" => Ok(json!({"not": {"tags": {"contains": value}}})),
            "in" | "like" => Ok(json!({"tags": {op: like(op, value)}})),
            _ => Err(wrong("tags take contains, in or like")),
        },
        "key" => match op {
            "gt" | "lt" | "gte" | "lte" => Err(wrong("a key has no order")),
            _ => Ok(of_key(op, value)),
        },
        "memory" => match op {
            "contains" | "like" => Ok(json!({"text": {op: like(op, value)}})),
            _ => Err(wrong("the text takes contains or like")),
        },
        _ => {
            let key = name.strip_prefix("info.").unwrap_or(name);
            if key.is_empty() {
                return Err(wrong("a field has a name"));
            }
            let key = key.replace('\\', "\\\\").replace('.', "\\.");
            let field = format!("info.{key}");
            Ok(match op {
                // What was derived from several memories has the values of all as a list.
                "eq" if !value.is_null() => json!({field: {"in": [value]}}),
                "ne" if !value.is_null() => json!({"not": {field: {"in": [value]}}}),
                _ => json!({field: {op: like(op, value)}}),
            })
        }
    }
}

/// The title that is shown: the memory's own, or else the beginning of its text.
fn of_key(op: &str, value: &Value) -> Value {
    let own = json!({"key": {op: like(op, value)}});
    let titles: Vec<&str> = match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let by_text = match op {
        "eq" | "in" => any(titles.into_iter().map(begins)),
        // The end of the title can't be told in a pattern: the whole text is looked through.
        "contains" | "like" => json!({"text": {op: like(op, value)}}),
        "ne" => json!({"not": any(titles.into_iter().map(begins))}),
        _ => return own,
    };
    let untitled = json!({"and": [
        {"key": {"exists": false}}, {"semantic_type": {"ne": "preference"}}, by_text
    ]});
    match op {
        // A field that is missing is unequal to anything.
        "ne" => json!({"or": [{"and": [{"key": {"exists": true}}, own]}, untitled]}),
        _ => json!({"or": [own, untitled]}),
    }
}

/// Whether a text has this title: it is all of the text, or all up to where a title ends.
fn begins(title: &str) -> Value {
    let pattern = literally(title);
    let cut = title.chars().count() >= memory::KEY;
    let ends = memory::ENDS.iter().map(|end| format!("{pattern}{end}%"));
    let longer = cut.then(|| format!("{pattern}%"));
    let longer = ends
        .chain(longer)
        .map(|like| json!({"text": {"like": like}}));
    let whole = json!({"text": {"like": pattern}});
    any(std::iter::once(whole).chain(longer))
}

/// Conditions for names of a vocabulary.
fn named(
    op: &str,
    values: Vec<Value>,
    condition: fn(&str) -> Option<Value>,
    wrong: impl Fn(&str) -> Error,
) -> Result<Value> {
    let mut known = Vec::new();
    for value in values {
        let name = value.as_str().unwrap_or_default();
        known.push(condition(name).ok_or_else(|| wrong(&format!("{value} is none of its words")))?);
    }
    match op {
        "eq" | "in" => Ok(any(known.into_iter())),
        "ne" => Ok(json!({"not": any(known.into_iter())})),
        _ => Err(wrong("it takes equality or in")),
    }
}

fn of_status(name: &str) -> Option<Value> {
    Some(match name {
        "activated" => json!({"and": [
            {"state": {"in": ["generated", "activated", "frozen"]}}, current()
        ]}),
        "archived" => json!({"or": [
            {"state": {"in": ["archived", "merged"]}}, {"not": current()}
        ]}),
        "deleted" => json!({"and": [
            {"state": "archived"}, {"info.delete_record_id": {"exists": true}}
        ]}),
        "resolving" => memory_type::never(),
        _ => return None,
    })
}

fn of_source(name: &str) -> Option<Value> {
    Some(match name {
        "conversation" => json!({"origin": "user_input"}),
        "file" => json!({"semantic_type": "file"}),
        "retrieved" => {
            json!({"and": [{"origin": "retrieval"}, {"semantic_type": {"ne": "file"}}]})
        }
        "system" => json!({"origin": "inference"}),
        _ => return None,
    })
}

/// The contract's `like` finds the text anywhere, and has no wild cards.
fn like(op: &str, value: &Value) -> Value {
    match value.as_str() {
        Some(text) if op == "like" => format!("%{}%", literally(text)).into(),
        _ => value.clone(),
    }
}

/// A pattern of ours for exactly this text.
fn literally(text: &str) -> String {
    let text = text.replace('\\', "\\\\");
    text.replace('%', "\\%").replace('_', "\\_")
}

fn any(conditions: impl Iterator<Item = Value>) -> Value {
    let mut all: Vec<Value> = conditions.collect();
    match all.len() {
        0 => memory_type::never(),
        1 => all.remove(0),
        _ => json!({"or": all}),
    }
}

fn refused(place: &str, message: &str, remedy: &str) -> Error {
    Error::new(Code::InvalidFilter, message)
        .at(place)
        .remedy(remedy)
}

#[cfg(test)]
mod tests;
