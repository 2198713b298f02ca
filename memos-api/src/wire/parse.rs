//! JSON into a request: every refusal names its field and says in plain words what is wrong.
//!
//! A null in an object stands for an absent field, and only an object stands for a request or a
//! part of one: serde alone would take an array of the fields' values as well.

use std::fmt;
use std::vec;

use memos_core::{Code, Error, Result};
use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, Expected, IntoDeserializer as _, Unexpected};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Map, Value, map};

/// Characters of a wrong text that a message repeats.
const SHOWN: usize = 60;

/// Reads a request, naming the field at fault by its JSON pointer (RFC 6901).
///
/// # Errors
/// `InvalidRequest` for a wrong type, a missing or an unknown field.
pub fn parse<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T> {
    T::deserialize(Field(value)).map_err(Error::from)
}

/// Why a value is not the one that is asked for, and where.
#[derive(Debug)]
struct Fault {
    kind: Kind,
    /// The names and numbers that lead to it, the innermost first.
    path: Vec<String>,
}

#[derive(Debug)]
enum Kind {
    Missing,
    /// A field that has to be there is null.
    Null,
    /// Not among these.
    Unknown(&'static [&'static str]),
    Wrong(String),
}

impl Fault {
    fn wrong(words: String) -> Self {
        Self {
            kind: Kind::Wrong(words),
            path: Vec::new(),
        }
    }

    fn below(mut self, segment: impl Into<String>) -> Self {
        self.path.push(segment.into());
        self
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let name = fault.path.first().map_or("", String::as_str);
        let (message, remedy) = match fault.kind {
            Kind::Missing => (
                format!("missing field `{name}`"),
                "add the field; /openapi.json shows the request".to_owned(),
            ),
            Kind::Null => (
                format!("{name} is null, which is the same as absent"),
                "give it a value; /openapi.json shows its type".to_owned(),
            ),
            Kind::Unknown(known) => (
                format!("unknown field `{name}`"),
                format!(
                    "remove the field or correct its name: here may be {}",
                    known.join(", ")
                ),
            ),
            Kind::Wrong(words) => (
                words,
                "correct the value; /openapi.json shows its type".to_owned(),
            ),
        };
        let error = Self::new(Code::InvalidRequest, message).remedy(remedy);
        let pointer: String = fault
            .path
            .iter()
            .rev()
            .map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1")))
            .collect();
        match pointer.is_empty() {
            true => error,
            false => error.at(pointer),
        }
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::wrong(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(format!("{} is not {}", shown(found), plain(expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            kind: Kind::Missing,
            path: vec![field.to_owned()],
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self {
            kind: Kind::Unknown(expected),
            path: vec![field.to_owned()],
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Fault {}

/// The value that is there, as JSON.
fn shown(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Str(text) if text.chars().count() > SHOWN => {
            let start: String = text.chars().take(SHOWN).collect();
            format!("{:?}", start + "…")
        }
        Unexpected::Str(text) => format!("{text:?}"),
        Unexpected::Unit => "null".to_owned(),
        Unexpected::Seq => "an array".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        other => other.to_string(),
    }
}

/// What is asked for, without the names that it has in this program.
fn plain(expected: &dyn Expected) -> String {
    let words = expected.to_string();
    match words.as_str() {
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "a JSON object".to_owned(),
        name if name.starts_with("struct ") => "a JSON object".to_owned(),
        _ => words,
    }
}

/// A value of a request.
struct Field(Value);

impl<'de> Deserializer<'de> for Field {
    type Error = Fault;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items {
                rest: items.into_iter(),
                number: 0,
            }),
            Value::Object(fields) => visitor.visit_map(Fields::of(fields)),
        }
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let mut fields = match self.0 {
            Value::Object(fields) => fields,
            Value::Array(_) => return Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => return self.deserialize_any(visitor),
        };
        let mut nulls = Vec::new();
        fields.retain(|name, value| {
            let is_absent = value.is_null() && known.contains(&name.as_str());
            if is_absent {
                nulls.push(name.clone());
            }
            !is_absent
        });
        visitor.visit_map(Fields::of(fields)).map_err(|mut fault| {
            let is_here = matches!(fault.kind, Kind::Missing) && fault.path.len() == 1;
            if is_here && nulls.contains(&fault.path[0]) {
                fault.kind = Kind::Null;
            }
            fault
        })
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The items of an array.
struct Items {
    rest: vec::IntoIter<Value>,
    number: usize,
}

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(item) = self.rest.next() else {
            return Ok(None);
        };
        let number = self.number;
        self.number += 1;
        seed.deserialize(Field(item))
            .map(Some)
            .map_err(|fault| fault.below(number.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The fields of an object.
struct Fields {
    rest: map::IntoIter,
    /// The field whose name has been read.
    now: Option<(String, Value)>,
}

impl Fields {
    fn of(fields: Map<String, Value>) -> Self {
        Self {
            rest: fields.into_iter(),
            now: None,
        }
    }
}

impl<'de> de::MapAccess<'de> for Fields {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.now = self.rest.next();
        let Some((name, _)) = &self.now else {
            return Ok(None);
        };
        let name: StringDeserializer<Fault> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, value)) = self.now.take() else {
            return Err(de::Error::custom("a value was asked for before its name"));
        };
        seed.deserialize(Field(value))
            .map_err(|fault| fault.below(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::{AddRequest, CreateCubeRequest, PatchRequest, SearchRequest};

    #[track_caller]
    fn refused<T: for<'de> Deserialize<'de> + fmt::Debug>(value: Value, field: &str, says: &str) {
        let error = parse::<T>(value).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        assert_eq!(error.field(), Some(field), "{error}");
        assert!(error.message().contains(says), "{error}");
        assert!(error.remedy_text().is_some(), "{error}");
        for word in ["struct", "u32", "sequence", "invalid type", "expected"] {
            assert!(!error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn errors_point_at_the_field() {
        refused::<SearchRequest>(
            json!({"query": "q", "cube_ids": ["a", 5]}),
            "/cube_ids/1",
            "5 is not a string",
        );
        refused::<SearchRequest>(
            json!({"query": "q", "cube_ids": [], "topk": 3}),
            "/topk",
            "unknown field `topk`",
        );
        refused::<SearchRequest>(json!({"query": "q"}), "/cube_ids", "missing field");
        refused::<SearchRequest>(
            json!({"query": "q", "cube_ids": [], "time_window": {"a/b~": null}}),
            "/time_window/a~1b~0",
            "unknown field `a/b~`",
        );
        refused::<AddRequest>(
            json!({"documents": [{"text": "a"}, {"name": "b"}]}),
            "/documents/1/text",
            "missing field `text`",
        );
        refused::<SearchRequest>(
            json!({"query": null, "cube_ids": []}),
            "/query",
            "query is null",
        );
    }

    #[test]
    fn unknown_fields_are_told_the_known_ones() {
        let error = parse::<CreateCubeRequest>(json!({"nam": "x"})).unwrap_err();
        let remedy = error.remedy_text().unwrap();
        assert!(remedy.contains("id, name, description, info"), "{remedy}");
    }

    #[test]
    fn types_are_told_in_plain_words() {
        let ask = |name: &str, value: Value| {
            let mut question = json!({"query": "q", "cube_ids": []});
            question[name] = value;
            question
        };
        let wrong = refused::<SearchRequest>;
        wrong(
            ask("top_k", json!("many")),
            "/top_k",
            "\"many\" is not a whole number",
        );
        wrong(
            ask("top_k", json!(-1)),
            "/top_k",
            "-1 is not a whole number from 0 to 4294967295",
        );
        wrong(
            ask("top_k", json!(1.5)),
            "/top_k",
            "1.5 is not a whole number",
        );
        wrong(
            ask("top_k", json!(1_u64 << 40)),
            "/top_k",
            "1099511627776 is",
        );
        wrong(
            ask("explain", json!("yes")),
            "/explain",
            "\"yes\" is not true or false",
        );
        wrong(
            ask("cube_ids", json!({})),
            "/cube_ids",
            "an object is not an array",
        );
        wrong(
            ask("query", json!(["x"])),
            "/query",
            "an array is not a string",
        );
        wrong(
            ask("time_window", json!("today")),
            "/time_window",
            "\"today\" is not a JSON object",
        );
        refused::<AddRequest>(
            json!({"documents": ["text"]}),
            "/documents/0",
            "\"text\" is not a JSON object",
        );
        refused::<AddRequest>(json!({"info": [1]}), "/info", "an array is not a JSON");
        let long = "字".repeat(1000);
        let error = parse::<SearchRequest>(ask("top_k", json!(long))).unwrap_err();
        assert!(error.message().len() < 300, "{error}");
    }

    #[test]
    fn an_array_is_no_object() {
        let question = json!({"query": "q", "cube_ids": [], "time_window": ["2025", "2026"]});
        refused::<SearchRequest>(question, "/time_window", "an array is not a JSON object");
        refused::<AddRequest>(
            json!({"documents": [["text", null, null, null]]}),
            "/documents/0",
            "an array is not a JSON object",
        );
    }

    #[test]
    fn null_is_as_good_as_absent_in_a_request_and_kept_in_fields_of_your_own() {
        let question = json!({
            "query": "q", "cube_ids": ["a"], "top_k": null, "filter": null, "time_window": null,
            "explain": null
        });
        let question = parse::<SearchRequest>(question).unwrap();
        assert!(!question.explain && question.top_k.is_none() && question.filter.is_none());
        let cube = parse::<CreateCubeRequest>(json!({"id": null, "info": null})).unwrap();
        assert!(cube.id.is_none() && cube.info.is_empty());
        let patch = parse::<PatchRequest>(json!({"info": {"a": null}})).unwrap();
        assert_eq!(patch.info.unwrap()["a"], Value::Null);
    }

    #[test]
    fn values_of_any_shape_come_through_as_they_are() {
        let given =
            json!([{"role": "user", "content": [null, true, -1, 1.5, u64::MAX, {"a": []}]}]);
        let request = parse::<AddRequest>(json!({"messages": given})).unwrap();
        assert_eq!(request.messages, Some(given));
    }
}
