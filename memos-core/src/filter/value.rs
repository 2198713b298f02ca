//! The values of a filter, read by the type of their field.

use serde_json::Value;

use super::atom::{Number, Scalar};
use super::field::{Comparison, Kind};
use super::like::Pattern;
use super::parse::did_you_mean;
use super::suggest::nearest;
use crate::{Error, Timestamp};

/// Why a value is not what its field and operator take.
pub(super) struct Refusal {
    pub(super) takes: &'static str,
    pub(super) found: String,
    pub(super) remedy: String,
    pub(super) source: Option<Error>,
}

impl Refusal {
    fn new(takes: &'static str, found: &Value, remedy: impl Into<String>) -> Self {
        Self {
            takes,
            found: kind_of(found),
            remedy: remedy.into(),
            source: None,
        }
    }

    fn caused_by(self, source: Error) -> Self {
        Self {
            remedy: source.remedy_text().unwrap_or(&self.remedy).to_owned(),
            source: Some(source),
            ..self
        }
    }
}

type Read<T> = Result<T, Refusal>;

/// The right side of a comparison, or one value of an `in` list.
pub(super) fn compared(kind: Kind, comparison: Comparison, value: &Value) -> Read<Scalar> {
    match (kind, value) {
        (Kind::Id, Value::String(text)) => text
            .parse()
            .map(Scalar::Id)
            .map_err(|e| Refusal::new("a memory id", value, "write a UUID").caused_by(e)),
        (Kind::Id, _) => Err(Refusal::new(
            "a memory id",
            value,
            "write a UUID as a string",
        )),
        (Kind::Choice(names) | Kind::Rank(names), _) => choice(names, value),
        (Kind::Count, _) => match value.as_u64() {
            Some(n) => Ok(Scalar::Number(Number::Int(n.into()))),
            None => Err(Refusal::new(
                "a whole number from 0",
                value,
                "write it without quotes, sign or fraction",
            )),
        },
        (Kind::Time, _) => time(value).map(Scalar::Time),
        (Kind::Json, _) => json(comparison, value),
        (_, Value::String(text)) => Ok(string(text)),
        (_, Value::Array(_)) => Err(Refusal::new(
            "one string",
            value,
            "to allow any of a list, use in",
        )),
        _ => Err(Refusal::new("a string", value, "put it into quotes")),
    }
}

/// What `contains` looks for.
pub(super) fn part(kind: Kind, value: &Value) -> Read<Scalar> {
    match (kind, value) {
        (Kind::Json, _) => json(Comparison::Eq, value),
        (_, Value::String(text)) => Ok(string(text)),
        (_, Value::Array(_)) => Err(Refusal::new(
            "one string",
            value,
            "for any of a list use in; for all of it, join several contains with and",
        )),
        _ => Err(Refusal::new("a string", value, "put it into quotes")),
    }
}

pub(super) fn pattern(value: &Value) -> Read<Pattern> {
    const REMEDY: &str = "write a pattern of at most 1,000 characters, where % stands for any run \
                          of characters and _ for one; \\%, \\_ and \\\\ stand for themselves";
    const TAKES: &str = "a pattern";
    match value {
        Value::String(text) => Pattern::parse(text).map_err(|why| Refusal {
            found: format!("{} ({why})", kind_of(value)),
            ..Refusal::new(TAKES, value, REMEDY)
        }),
        _ => Err(Refusal::new(TAKES, value, REMEDY)),
    }
}

pub(super) fn flag(value: &Value) -> Read<bool> {
    value
        .as_bool()
        .ok_or_else(|| Refusal::new("true or false", value, "write it without quotes"))
}

pub(super) fn time(value: &Value) -> Read<Timestamp> {
    let refusal = || {
        Refusal::new(
            "a time",
            value,
            "write it as \"2025-03-01\", \"2025-03-01T09:30:00\" (UTC) or \
             \"2025-03-01T09:30:00+08:00\"",
        )
    };
    match value {
        Value::String(text) => text.parse().map_err(|e| refusal().caused_by(e)),
        _ => Err(refusal()),
    }
}

fn choice(names: &'static [&'static str], value: &Value) -> Read<Scalar> {
    let text = value.as_str().unwrap_or_default();
    match (0..).zip(names).find(|(_, name)| **name == text) {
        Some((place, name)) => Ok(Scalar::Choice(place, name)),
        None => Err(Refusal::new(
            "one of its words",
            value,
            format!(
                "{}allowed are {}{}",
                did_you_mean(nearest(text, names.iter().copied())),
                names.join(", "),
                if value.is_array() {
                    "; to allow several, use in"
                } else {
                    ""
                }
            ),
        )),
    }
}

fn json(comparison: Comparison, value: &Value) -> Read<Scalar> {
    let ordered = !matches!(comparison, Comparison::Eq | Comparison::Ne);
    match value {
        Value::Number(n) => Number::of_json(n)
            .map(Scalar::Number)
            .ok_or_else(|| Refusal::new("a number", value, "write a number that fits 64 bits")),
        Value::String(text) => Ok(string(text)),
        Value::Null if !ordered => Ok(Scalar::Null),
        Value::Bool(b) if !ordered => Ok(Scalar::Bool(*b)),
        Value::Array(_) if !ordered => Err(Refusal::new(
            "a string, a number, a boolean or null",
            value,
            "to allow any of a list, use in",
        )),
        _ if ordered => Err(Refusal::new(
            "a number or a string",
            value,
            "only numbers and strings have an order",
        )),
        _ => Err(Refusal::new(
            "a string, a number, a boolean or null",
            value,
            "reach into objects with a longer path, such as info.key.key",
        )),
    }
}

fn string(text: &str) -> Scalar {
    Scalar::Str(text.into())
}

/// A value in words, short enough for a message.
pub(super) fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => format!("the number {n}"),
        Value::String(s) if s.chars().count() > 60 => {
            format!(
                "a string that starts {:?}",
                s.chars().take(40).collect::<String>()
            )
        }
        Value::String(s) => format!("the string {s:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
