//! The contract's filter language, as ours.

use memos_core::{Code, Error, Moment, Result};
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
        return Ok(all(Some(native(filter)?)));
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
                Some(own) if !own.is_empty() => {
                    read(own, &format!("filter.{}", cube.name), 1).map(Some)
                }
                _ => Ok(None),
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

/// A filter of `and`, `or` and conditions; conditions side by side must all hold.
///
/// # Errors
/// `InvalidFilter` at the place that can't be read.
pub(super) fn native(filter: &Map<String, Value>) -> Result<Value> {
    read(filter, "filter", 1)
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

fn read(filter: &Map<String, Value>, place: &str, depth: usize) -> Result<Value> {
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
        0 if filter.is_empty() => {
            return Err(refused(
                place,
                "the filter is empty",
                "name a condition, or leave the filter out",
            ));
        }
        0 => memory_type::always(),
        1 => all.remove(0),
        _ => json!({"and": all}),
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
    let each = items.iter().enumerate().map(|(i, item)| {
        let place = format!("{place}[{i}]");
        match item.as_object() {
            Some(item) => read(item, &place, depth + 1),
            None => Err(refused(
                &place,
                "a condition is an object",
                "write it as {\"field\": value} or {\"field\": {\"op\": value}}",
            )),
        }
    });
    each.collect()
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

/// One comparison.
fn test(name: &str, op: &str, value: &Value, place: &str) -> Result<Value> {
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
    let pattern = title
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
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

/// A pattern without wild cards finds the text anywhere, as the contract's `like` does.
fn like(op: &str, value: &Value) -> Value {
    match value.as_str() {
        Some(text) if op == "like" && !text.contains('%') => {
            let text = text.replace('\\', "\\\\").replace('_', "\\_");
            format!("%{text}%").into()
        }
        _ => value.clone(),
    }
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
mod tests {
    use memos_core::Filter;

    use super::*;

    fn of(filter: &Value) -> Result<Value> {
        native(filter.as_object().unwrap())
    }

    #[test]
    fn every_field_and_operator_becomes_a_filter_of_ours() {
        let id = "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e";
        for filter in [
            json!({"id": id}),
            json!({"id": ["not ours", id]}),
            json!({"and": [{"created_at": {"gte": "2025-01-01", "lt": "2025-02-01 10:00:00"}}]}),
            json!({"or": [{"user_id": "a b"}, {"session_id": ["s", "t"]}]}),
            json!({"memory_type": ["WorkingMemory", "PreferenceMemory"]}),
            json!({"status": "activated"}),
            json!({"and": [], "or": []}),
            json!({"key": ["a_b", "c"], "or": [{"key": {"ne": "d"}}, {"key": {"contains": "e"}}]}),
            json!({"tags": {"contains": "x"}, "key": {"like": "50%"}}),
            json!({"source": "conversation"}),
            json!({"app.id": {"in": [1, 2]}, "info.rating": {"gt": 3}}),
            json!({"and": [{"or": [{"a": "b"}, {"c": {"like": "d_"}}]}, {"e": null}]}),
        ] {
            let native = of(&filter).unwrap();
            Filter::parse(&native).unwrap_or_else(|e| panic!("{filter} → {native}: {e}"));
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let deep = (0..20).fold(json!({"a": 1}), |inner, _| json!({"and": [inner]}));
        for (filter, place) in [
            (json!({"and": 5}), "filter.and"),
            (json!({"or": [7]}), "filter.or[0]"),
            (json!({"a": {"near": 1}}), "filter.a.near"),
            (json!({"a": {}}), "filter.a"),
            (json!({"and": [{"status": "gone"}]}), "filter.and[0].status"),
            (
                json!({"created_at": {"gt": "soonish"}}),
                "filter.created_at.gt",
            ),
            (json!({"tags": {"gt": "x"}}), "filter.tags.gt"),
            (json!({"x": {"in": "y"}}), "filter.x.in"),
        ] {
            let error = of(&filter).unwrap_err();
            assert_eq!(error.field(), Some(place), "{filter}: {error}");
            assert!(error.remedy_text().is_some());
        }
        assert!(of(&deep).is_err());
    }

    #[test]
    fn a_field_is_found_however_deep() {
        let filter = json!({"and": [{"x": "status"}, {"or": [{"status": "archived"}]}]});
        assert!(names(filter.as_object().unwrap(), "status"));
        assert!(!names(
            json!({"x": "status"}).as_object().unwrap(),
            "status"
        ));
    }

    #[test]
    fn a_filter_of_a_status_is_known_by_its_translation() {
        for (filter, says) in [
            (json!({"status": "archived"}), true),
            (
                json!({"or": [{"x": 1}, {"and": [{"status": {"ne": "deleted"}}]}]}),
                true,
            ),
            (
                json!({"state": "archived", "tags": {"contains": "state"}}),
                false,
            ),
        ] {
            assert_eq!(says_status(&of(&filter).unwrap()), says, "{filter}");
        }
    }

    #[test]
    fn a_search_may_have_a_filter_for_each_cube() {
        let cubes = [Named::new("a"), Named::new("b")];
        let filter = json!({"b": {"and": [{"x": 1}]}});
        let each = of_cubes(filter.as_object(), &cubes).unwrap();
        assert!(each[0].is_none() && each[1].is_some());
        let flat = json!({"tags": {"contains": "x"}});
        let each = of_cubes(flat.as_object(), &cubes).unwrap();
        assert!(each[0].is_some() && each[0] == each[1]);
        // A cube that is not asked changes nothing, and leaves the others without a filter.
        let other = json!({"z": {"and": [{"x": 1}]}, "b": {"or": []}});
        let each = of_cubes(other.as_object(), &cubes).unwrap();
        assert!(each[0].is_none());
        let mixed = json!({"b": {"and": [{"x": 1}]}, "and": [{"y": 1}]});
        assert!(of_cubes(mixed.as_object(), &cubes).is_err());
        // A question to all together takes each cube by its own.
        let all = together(filter.as_object(), &cubes).unwrap().unwrap();
        assert_eq!(all["or"][0], json!({"cube_id": "a"}));
        assert_eq!(all["or"][1]["and"][0], json!({"cube_id": "b"}));
        Filter::parse(&all).unwrap();
    }
}
