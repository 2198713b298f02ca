//! What an item's value must be like.
//!
//! A filter names fields; each is a value that the field must equal, an object of such conditions
//! on what is within the field, or an object of operators: `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`.

use std::cmp::Ordering;

use memos_core::{Code, Error, Result};
use serde_json::{Map, Value, json};

use super::record::{ITEM, VALUE};

const OPERATORS: [&str; 6] = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"];

/// Conditions that the index is asked for; the rest is looked at in the records.
const MOST_ASKED: usize = 16;

/// A checked filter.
pub(super) struct Conditions<'f>(&'f Map<String, Value>);

impl<'f> Conditions<'f> {
    /// Checks a filter.
    ///
    /// # Errors
    /// `InvalidFilter` for an operator that is none.
    pub(super) fn new(filter: &'f Map<String, Value>) -> Result<Self> {
        for (name, condition) in filter {
            check(condition).map_err(|e| e.at(format!("filter.{name}")))?;
        }
        Ok(Self(filter))
    }

    /// Whether a value meets all.
    pub(super) fn admit(&self, value: &Map<String, Value>) -> bool {
        self.0
            .iter()
            .all(|(name, condition)| meets(value.get(name), condition))
    }

    /// As a native filter that lets through all items that meet them, and maybe others.
    pub(super) fn roughly(&self) -> Value {
        let mut all = vec![json!({ format!("info.{ITEM}"): {"exists": true} })];
        let texts = self
            .0
            .iter()
            .filter(|(name, condition)| !name.is_empty() && condition.is_string());
        for (name, text) in texts.take(MOST_ASKED) {
            let name = name.replace('\\', "\\\\").replace('.', "\\.");
            all.push(json!({ format!("info.{VALUE}.{name}"): text }));
        }
        json!({ "and": all })
    }
}

fn check(condition: &Value) -> Result<()> {
    match condition {
        Value::Object(fields) if has_operators(fields) => {
            match fields
                .keys()
                .find(|name| !OPERATORS.contains(&name.as_str()))
            {
                None => Ok(()),
                Some(other) => Err(Error::new(
                    Code::InvalidFilter,
                    format!("{other:?} is no operator"),
                )
                .remedy(format!("use {}", OPERATORS.join(", ")))),
            }
        }
        Value::Object(fields) => fields.values().try_for_each(check),
        Value::Array(items) => items.iter().try_for_each(check),
        _ => Ok(()),
    }
}

fn has_operators(fields: &Map<String, Value>) -> bool {
    fields.keys().any(|name| name.starts_with('$'))
}

/// What is not there is as good as null.
fn meets(value: Option<&Value>, condition: &Value) -> bool {
    let value = value.unwrap_or(&Value::Null);
    match (condition, value) {
        (Value::Object(fields), _) if has_operators(fields) => fields
            .iter()
            .all(|(operator, wanted)| holds(operator, value, wanted)),
        (Value::Object(fields), Value::Object(inside)) => fields
            .iter()
            .all(|(name, condition)| meets(inside.get(name), condition)),
        (Value::Array(wanted), Value::Array(items)) => {
            wanted.len() == items.len()
                && items
                    .iter()
                    .zip(wanted)
                    .all(|(item, wanted)| meets(Some(item), wanted))
        }
        _ => equal(value, condition),
    }
}

fn holds(operator: &str, value: &Value, wanted: &Value) -> bool {
    let order = || order(value, wanted);
    match operator {
        "$eq" => equal(value, wanted),
        "$ne" => !equal(value, wanted),
        "$gt" => order().is_some_and(Ordering::is_gt),
        "$gte" => order().is_some_and(Ordering::is_ge),
        "$lt" => order().is_some_and(Ordering::is_lt),
        "$lte" => order().is_some_and(Ordering::is_le),
        _ => false,
    }
}

/// JSON's equality, where 1 and 1.0 are one number.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => order(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// Numbers by size, also where one or both are written as text; other texts by their characters,
/// which is right for dates. There is no order between other things.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Some(a.cmp(&b));
    }
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a.partial_cmp(&b);
    }
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use memos_core::Filter;

    use super::*;

    fn admits(filter: &Value, value: &Value) -> bool {
        Conditions::new(filter.as_object().unwrap())
            .unwrap()
            .admit(value.as_object().unwrap())
    }

    #[test]
    fn conditions_hold_as_they_read() {
        let value = json!({
            "author": "Ada", "year": 1843, "rate": 4.5, "on": "2025-03-01", "n": "10",
            "meta": {"lang": "en", "deep": {"x": [1, 2]}}, "tags": ["a", "b"], "none": null
        });
        for (filter, expected) in [
            (json!({}), true),
            (json!({"author": "Ada"}), true),
            (json!({"author": "Bob"}), false),
            (json!({"author": "Ada", "year": 1843}), true),
            (json!({"author": "Ada", "year": 1844}), false),
            (json!({"year": 1843.0}), true),
            (json!({"year": "1843"}), false),
            (json!({"year": {"$eq": 1843}}), true),
            (json!({"year": {"$ne": 1843}}), false),
            (json!({"missing": {"$ne": 1}}), true),
            (json!({"missing": null}), true),
            (json!({"none": null}), true),
            (json!({"year": {"$gt": 1842, "$lt": 1844}}), true),
            (json!({"year": {"$gt": 1843}}), false),
            (json!({"year": {"$gte": 1843}}), true),
            (json!({"rate": {"$lte": 4.5}}), true),
            (json!({"rate": {"$lt": 4}}), false),
            (json!({"n": {"$gt": 9}}), true),
            (json!({"n": {"$gt": "9"}}), true),
            (json!({"on": {"$gte": "2025-01-01"}}), true),
            (json!({"on": {"$lt": "2025-01-01"}}), false),
            (json!({"author": {"$gt": 3}}), false),
            (json!({"missing": {"$gt": 3}}), false),
            (json!({"meta": {"lang": "en"}}), true),
            (json!({"meta": {"lang": {"$ne": "en"}}}), false),
            (json!({"meta": {"deep": {"x": [1, 2]}}}), true),
            (json!({"meta": {"$eq": {"lang": "en"}}}), false),
            (json!({"author": {"x": 1}}), false),
            (json!({"meta": {}}), true),
            (json!({"tags": ["a", "b"]}), true),
            (json!({"tags": ["a"]}), false),
        ] {
            assert_eq!(admits(&filter, &value), expected, "{filter}");
        }
    }

    #[test]
    fn operators_that_are_none_are_refused() {
        for filter in [
            json!({"a": {"$in": [1]}}),
            json!({"a": {"b": {"$regex": "x"}}}),
            json!({"a": {"$gt": 1, "b": 2}}),
            json!({"a": [{"$or": []}]}),
        ] {
            let error = Conditions::new(filter.as_object().unwrap()).err().unwrap();
            assert_eq!(error.code(), Code::InvalidFilter, "{filter}");
            assert_eq!(error.field(), Some("filter.a"));
        }
    }

    #[test]
    fn the_index_is_asked_for_what_it_can_tell() {
        let filter = json!({"a.b\\": "x", "": "y", "n": 3, "m": {"$gt": 1}});
        let rough = Conditions::new(filter.as_object().unwrap())
            .unwrap()
            .roughly();
        assert_eq!(
            rough,
            json!({"and": [{"info.item": {"exists": true}}, {"info.value.a\\.b\\\\": "x"}]})
        );
        assert!(Filter::parse(&rough).is_ok());
    }
}
