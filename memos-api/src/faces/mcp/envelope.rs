//! The frame of a JSON-RPC message, looked at before the message itself is read: what is no message
//! is refused as JSON-RPC says, with the id of the request if it has one.

use std::fmt;

use axum::http::StatusCode;
use rmcp::model::ErrorCode;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::dialect::refusal;
use crate::faces::kit::Told;

/// What a frame says.
#[derive(Debug, PartialEq)]
pub(super) struct Envelope {
    /// The method; none for an answer.
    pub(super) method: Option<String>,
    /// The id of a request; null for what has none.
    pub(super) id: Value,
}

#[derive(Deserialize)]
struct Frame {
    jsonrpc: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    id: Option<Value>,
    method: Option<Value>,
    params: Option<IsObject>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

/// A value that is there, also if it is null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Whether a value is an object. What is in it is passed over, and read later.
#[derive(PartialEq)]
struct IsObject(bool);

impl<'de> Deserialize<'de> for IsObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look).map(Self)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

impl Envelope {
    /// Reads a frame.
    ///
    /// # Errors
    /// What to answer to what is no JSON or no JSON-RPC.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Box<Told>> {
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let why = format!("Parse error: byte {} is not UTF-8", e.valid_up_to());
            no_json(&why)
        })?;
        let start = text.trim_start();
        if start.is_empty() {
            return Err(no_json("Parse error: the message is empty"));
        }
        let frame = match start.starts_with('{') {
            true => serde_json::from_str::<Frame>(text),
            false => {
                serde_json::from_str::<IgnoredAny>(text)
                    .map_err(|e| no_json(&format!("Parse error: {e}")))?;
                let why = match start.starts_with('[') {
                    true => "Invalid Request: batches are not taken; send one message at a time",
                    false => "Invalid Request: a message is an object",
                };
                return Err(no_request(&Value::Null, why));
            }
        };
        let frame = frame.map_err(|e| no_json(&format!("Parse error: {e}")))?;
        frame.check()
    }
}

impl Frame {
    fn check(self) -> Result<Envelope, Box<Told>> {
        let id = match self.id {
            None => Value::Null,
            Some(id) if is_id(&id) => id,
            // An error may answer what could not be read.
            Some(Value::Null) if self.method.is_none() => Value::Null,
            Some(_) => {
                let why = "Invalid Request: an id is a string or a whole number of 64 bits";
                return Err(no_request(&Value::Null, why));
            }
        };
        if self.jsonrpc != Some(Value::from("2.0")) {
            let why = "Invalid Request: \"jsonrpc\" has to be \"2.0\"";
            return Err(no_request(&id, why));
        }
        let method = match self.method {
            Some(Value::String(method)) => Some(method),
            None if self.result.is_some() || self.error.is_some() => None,
            None => {
                let why = "Invalid Request: a message has a method, a result or an error";
                return Err(no_request(&id, why));
            }
            Some(_) => return Err(no_request(&id, "Invalid Request: a method is a string")),
        };
        match self.params {
            Some(IsObject(false)) => {
                Err(no_request(&id, "Invalid Request: \"params\" is an object"))
            }
            Some(IsObject(true)) | None => Ok(Envelope {
                id: match method {
                    Some(_) => id,
                    None => Value::Null,
                },
                method,
            }),
        }
    }
}

/// Whether a value can be an id. `1.0` is 1, as long as it is exact.
fn is_id(value: &Value) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::String(_) => true,
        Value::Number(number) if number.is_f64() => number
            .as_f64()
            .is_some_and(|float| float.fract() == 0.0 && float.abs() < EXACT),
        Value::Number(number) => number.is_i64(),
        _ => false,
    }
}

fn no_json(why: &str) -> Box<Told> {
    let told = refusal(
        &Value::Null,
        StatusCode::BAD_REQUEST,
        ErrorCode::PARSE_ERROR,
        why,
    );
    Box::new(told)
}

fn no_request(id: &Value, why: &str) -> Box<Told> {
    let told = refusal(id, StatusCode::BAD_REQUEST, ErrorCode::INVALID_REQUEST, why);
    Box::new(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_pass() {
        for (text, method) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Some("ping")),
            (
                r#" {"jsonrpc":"2.0","method":"x","params":{"a":[1]}}"#,
                Some("x"),
            ),
            (r#"{"jsonrpc":"2.0","id":"a","result":{}}"#, None),
        ] {
            let read = Envelope::read(text.as_bytes()).ok().unwrap();
            assert_eq!(read.method.as_deref(), method);
        }
    }

    #[test]
    fn a_request_keeps_its_id_however_deep_it_is() {
        let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        for (id, kept) in [
            ("7", Value::from(7)),
            ("\"a\"", "a".into()),
            ("1.0", 1.0.into()),
        ] {
            let text = format!(
                "{{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{{\"a\":{deep}}},\"id\":{id}}}"
            );
            assert_eq!(Envelope::read(text.as_bytes()).ok().unwrap().id, kept);
        }
        let news = Envelope::read(br#"{"jsonrpc":"2.0","method":"x"}"#);
        assert_eq!(news.ok().unwrap().id, Value::Null);
        let error = Envelope::read(br#"{"jsonrpc":"2.0","id":null,"error":{}}"#);
        assert_eq!(error.ok().unwrap().method, None);
    }

    #[test]
    fn what_is_none_is_refused_with_its_id() {
        for (bytes, code, id) in [
            (&b""[..], -32700, Value::Null),
            (b"{", -32700, Value::Null),
            (b"\xff", -32700, Value::Null),
            (b"[]", -32600, Value::Null),
            (b"5", -32600, Value::Null),
            (b"{}", -32600, Value::Null),
            (br#"{"id":7,"method":"x"}"#, -32600, 7.into()),
            (br#"{"jsonrpc":"2.0","id":7}"#, -32600, 7.into()),
            (br#"{"jsonrpc":"2.0","id":7,"method":1}"#, -32600, 7.into()),
            (
                br#"{"jsonrpc":"2.0","id":{},"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                br#"{"jsonrpc":"2.0","id":null,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                br#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                br#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                br#"{"jsonrpc":"2.0","id":1e300,"method":"x"}"#,
                -32600,
                Value::Null,
            ),
            (
                br#"{"jsonrpc":"2.0","id":7,"method":"x","params":[]}"#,
                -32600,
                7.into(),
            ),
            (
                br#"{"jsonrpc":"2.0","id":7,"method":"x","params":5}"#,
                -32600,
                7.into(),
            ),
        ] {
            let told = Envelope::read(bytes).unwrap_err();
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(told.body["error"]["code"], code, "{text}");
            assert_eq!(told.body["id"], id, "{text}");
            assert_eq!(told.status, StatusCode::BAD_REQUEST);
        }
    }
}
