//! One condition of mem0's, in our language.

use std::borrow::Cow;

use memos_core::{Code, CubeId, Error, Moment, Result};
use serde_json::{Value, json};

use super::super::identity::{ANY, Entity};
use super::super::item::lifespan_until;
use super::field::Field;
use crate::faces::kit::cube_of;
use crate::reader::chat_time;

/// What a condition may ask.
const OPERATORS: [&str; 11] = [
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "nin",
    "contains",
    "icontains",
    "exists",
];

pub(super) const OPERATORS_HINT: &str =
    "use eq, ne, gt, gte, lt, lte, in, nin, contains, icontains, or \"*\" for any value";

pub(super) fn is_operator(name: &str) -> bool {
    OPERATORS.contains(&name)
}

/// Whether a name is meant for an operator, also if there is none of that name.
pub(super) fn is_like_operator(name: &str) -> bool {
    is_operator(name) || name.starts_with(['$', '>', '<', '=', '!'])
}

/// A field with an operator and a value.
pub(super) fn condition(field: &Field, op: &str, value: &Value, at: &str) -> Result<Value> {
    let is_any = |value: &Value| value.as_str() == Some(ANY);
    Ok(match (op, value) {
        ("ne", value) => not(&condition(field, "eq", value, at)?),
        ("nin", value) => not(&condition(field, "in", value, at)?),
        ("eq", Value::Null) => not(&present(field)),
        ("exists", Value::Bool(true)) => present(field),
        ("exists", Value::Bool(false)) => not(&present(field)),
        ("eq", value) if is_any(value) => present(field),
        ("in", Value::Array(all)) if all.iter().any(is_any) => present(field),
        ("in", Value::Array(all)) if all.is_empty() => {
            return Err(Error::new(Code::InvalidFilter, "the list is empty")
                .at(at)
                .remedy("name at least one value"));
        }
        ("in", Value::Array(_)) => plain(field, op, value, at)?,
        ("in", _) => {
            return Err(
                Error::new(Code::InvalidFilter, "a list of values stands here")
                    .at(at)
                    .remedy("write it as {\"in\": [\"a\", \"b\"]}"),
            );
        }
        (op, value) => plain(field, op, value, at)?,
    })
}

/// An operator that asks for something that is there.
fn plain(field: &Field, op: &str, value: &Value, at: &str) -> Result<Value> {
    match field {
        Field::Entity(entity) => whose(*entity, op, value, at),
        Field::Time(name) => time(name, op, value, at),
        Field::LastDay => last_day(op, value, at),
        Field::Tags => Ok(match op {
            "eq" => json!({"tags": {"contains": value}}),
            "contains" | "icontains" => json!({"tags": {"like": part_of(value, at)?}}),
            op => json!({"tags": {op: value}}),
        }),
        Field::Text => match (op, value) {
            ("contains", value) => Ok(json!({"text": {"contains": value}})),
            ("in", Value::Array(words)) => {
                let parts = words.iter().map(|word| words_of(word, at));
                Ok(json!({"or": parts.collect::<Result<Vec<_>>>()?}))
            }
            ("eq" | "icontains", word) => words_of(word, at),
            (op, _) => Err(not_here(op, at)),
        },
        Field::Id => match op {
            "eq" | "in" => Ok(json!({"id": {op: value}})),
            op => Err(not_here(op, at)),
        },
        Field::Choice(name) => match op {
            "eq" | "in" => Ok(json!({*name: {op: value}})),
            op => Err(not_here(op, at)),
        },
        Field::Word(name) => word(name, op, value, at),
        Field::Own(path) => word(path, op, value, at),
    }
}

fn word(path: &str, op: &str, value: &Value, at: &str) -> Result<Value> {
    Ok(match op {
        "icontains" => json!({path: {"like": part_of(value, at)?}}),
        op => json!({path: {op: value}}),
    })
}

fn words_of(word: &Value, at: &str) -> Result<Value> {
    Ok(json!({"text": {"like": part_of(word, at)?}}))
}

/// Names as they are kept, where whole ones are asked for. A number is a name too: it often is the key
/// of a row.
///
/// # Errors
/// `InvalidFilter` for a name without a letter.
pub(super) fn kept<'a>(
    entity: Entity,
    op: &str,
    value: &'a Value,
    at: &str,
) -> Result<Cow<'a, Value>> {
    let one = |value: &Value| {
        Ok(match value {
            Value::String(name) => entity.kept(name, at)?.into(),
            Value::Number(number) => number.to_string().into(),
            // What is wrong with it is told with the condition.
            other => other.clone(),
        })
    };
    Ok(match (op, value) {
        ("in" | "nin", Value::Array(all)) => {
            Cow::Owned(all.iter().map(one).collect::<Result<Value>>()?)
        }
        ("eq" | "ne", value) => Cow::Owned(one(value)?),
        _ => Cow::Borrowed(value),
    })
}

/// Whose it is. A memory in which nobody is named is of the user whose cube it lies in.
pub(super) fn whose(entity: Entity, op: &str, value: &Value, at: &str) -> Result<Value> {
    let path = format!("info.{}", entity.field());
    let texts: Option<Vec<&str>> = match value {
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        one => one.as_str().map(|text| vec![text]),
    };
    let Some(texts) = texts else {
        return Err(
            Error::new(Code::InvalidFilter, format!("{} is a text", entity.field()))
                .at(at)
                .remedy("put it into double quotes"),
        );
    };
    let named = word(&path, op, value, at)?;
    if entity != Entity::User {
        return Ok(named);
    }
    let lives_in = match op {
        "eq" | "in" => {
            let cubes = texts.into_iter().map(cube_of).map(CubeId::into);
            json!({"cube_id": {"in": cubes.collect::<Vec<String>>()}})
        }
        "contains" | "icontains" => word("cube_id", op, value, at)?,
        // Names have an order for who writes them; cubes have none.
        _ => return Ok(named),
    };
    Ok(json!({"or": [named, {"and": [lives_in, nobody()]}]}))
}

/// That a memory names nobody.
fn nobody() -> Value {
    let named = Entity::ALL.map(|entity| exists(&format!("info.{}", entity.field())));
    json!({"not": {"or": named}})
}

fn present(field: &Field) -> Value {
    match field {
        Field::Entity(Entity::User) => json!({"or": [exists("info.user_id"), nobody()]}),
        Field::Entity(entity) => exists(&format!("info.{}", entity.field())),
        Field::LastDay => exists("expires_at"),
        Field::Tags => exists("tags"),
        Field::Text => exists("text"),
        Field::Choice(name) | Field::Word(name) => exists(name),
        Field::Own(path) => json!({"and": [exists(path), {path: {"ne": null}}]}),
        // Every memory has them.
        Field::Time(_) | Field::Id => json!({"said_at": {"gte": "0001-01-01"}}),
    }
}

fn exists(path: &str) -> Value {
    json!({path: {"exists": true}})
}

fn not(condition: &Value) -> Value {
    json!({ "not": condition })
}

fn time(name: &str, op: &str, value: &Value, at: &str) -> Result<Value> {
    let instant = |value: &Value| chat_time(value, at).map(|moment: Moment| moment.to_string());
    Ok(match (op, value) {
        ("in", Value::Array(all)) => {
            let any = all.iter().map(|one| Ok(json!({name: instant(one)?})));
            json!({"or": any.collect::<Result<Vec<_>>>()?})
        }
        ("eq" | "gt" | "gte" | "lt" | "lte", value) => json!({name: {op: instant(value)?}}),
        (op, _) => return Err(not_here(op, at)),
    })
}

/// The last day on which a memory is shown: it ends at the beginning of the next.
fn last_day(op: &str, value: &Value, at: &str) -> Result<Value> {
    let end = |value: &Value| -> Result<String> {
        let text = value.as_str().unwrap_or_default();
        let end = lifespan_until(text).map_err(|e| e.at(at))?;
        Ok(end.trim_start_matches("until:").to_owned())
    };
    Ok(match (op, value) {
        ("in", Value::Array(all)) => {
            let any = all.iter().map(|one| Ok(json!({"expires_at": end(one)?})));
            json!({"or": any.collect::<Result<Vec<_>>>()?})
        }
        ("eq" | "gt" | "gte" | "lt" | "lte", value) => json!({"expires_at": {op: end(value)?}}),
        (op, _) => return Err(not_here(op, at)),
    })
}

/// A pattern for a part of a text.
fn part_of(value: &Value, at: &str) -> Result<String> {
    let Some(text) = value.as_str() else {
        return Err(Error::new(Code::InvalidFilter, "a text stands here")
            .at(at)
            .remedy("put it into double quotes"));
    };
    let escaped: String = text
        .chars()
        .flat_map(|c| {
            let escape = matches!(c, '%' | '_' | '\\').then_some('\\');
            escape.into_iter().chain([c])
        })
        .collect();
    Ok(format!("%{escaped}%"))
}

fn not_here(op: &str, at: &str) -> Error {
    Error::new(
        Code::InvalidFilter,
        format!("the field does not take {op:?}"),
    )
    .at(at)
    .remedy("times and days take eq, ne, gt, gte, lt, lte, in; ids and roles eq, ne, in, nin; words contains and icontains")
}
