//! The JSON of a request.

use axum::extract::{FromRequest, Request};
use memos_core::{Code, Error};
use serde_json::Value;

use super::fault::NOT_JSON;
use super::{Fault, Place, Stop, json};
use crate::http::{AppState, PARSED_IN_PLACE, blocking, read_body, readable, require_json};

/// What some programs write before a text in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A request's body: any JSON.
pub(crate) struct JsonBody(pub(crate) Value);

impl FromRequest<AppState> for JsonBody {
    type Rejection = Stop;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Stop> {
        let (parts, body) = request.into_parts();
        require_json(&parts.headers)?;
        let bytes = read_body(body, &parts.headers, state.options().body_limit).await?;
        if bytes.len() <= PARSED_IN_PLACE {
            return parse(&bytes).map(Self);
        }
        blocking(move || Ok(parse(&bytes))).await?.map(Self)
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Stop> {
    if bytes.is_empty() {
        let place = vec![Place::from("body")];
        let fault = Fault::new("missing", place, "Field required", &Value::Null);
        return Err(Stop::Invalid(vec![fault]));
    }
    let bytes = readable(bytes.strip_prefix(MARK).unwrap_or(bytes));
    let text = std::str::from_utf8(&bytes).map_err(|e| {
        let why = format!("the body is not UTF-8: byte {} is wrong", e.valid_up_to());
        not_json(
            String::from_utf8_lossy(&bytes[..e.valid_up_to()])
                .chars()
                .count(),
            &why,
        )
    })?;
    serde_json::from_str(text).map_err(|e| match json::fault(text) {
        Some(wrong) => not_json(wrong.at, wrong.words),
        // Our parser takes less: numbers that are none, great depth.
        None => {
            let offset = match e.is_eof() {
                true => text.len(),
                false => offset_of(text, e.line(), e.column()),
            };
            let before = text.get(..offset);
            not_json(before.map_or(offset, |b| b.chars().count()), &e.to_string())
        }
    })
}

fn not_json(offset: usize, why: &str) -> Stop {
    let place = vec![Place::from("body"), Place::Index(offset)];
    let input = Value::Object(serde_json::Map::new());
    let fault = Fault::new(NOT_JSON, place, "JSON decode error", &input).with("error", why);
    Stop::Invalid(vec![fault])
}

/// The byte at a line and column, both counted from 1.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (before + column.saturating_sub(1)).min(text.len())
}

impl JsonBody {
    /// The fields of an object.
    ///
    /// # Errors
    /// `InvalidJson` if it is none.
    pub(crate) fn object(self) -> Result<serde_json::Map<String, Value>, Stop> {
        match self.0 {
            Value::Object(fields) => Ok(fields),
            _ => Err(Error::new(Code::InvalidJson, "the body is not an object")
                .remedy("send a JSON object")
                .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> Fault {
        match parse(bytes) {
            Err(Stop::Invalid(faults)) => faults.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_mark_before_the_text_is_none_of_it() {
        let read = parse(b"\xef\xbb\xbf{\"a\": 1}");
        assert_eq!(read.unwrap(), serde_json::json!({"a": 1}));
    }

    #[test]
    fn what_is_no_json_is_named_with_its_place() {
        assert_eq!(refused(b"").kind, "missing");
        let blank = refused(b"   ");
        assert_eq!(
            (blank.kind, &blank.place[1]),
            ("json_invalid", &Place::Index(3))
        );
        assert_eq!(blank.context["error"], "Expecting value");
        let cut = refused(b"{\"a\":\n 1");
        assert_eq!(cut.kind, "json_invalid");
        assert_eq!(cut.place[1], Place::Index(8));
        assert_eq!(refused(b"{\"a\": \xff}").place[1], Place::Index(6));
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        let why = refused(deep.as_bytes()).context["error"].to_string();
        assert!(why.contains("recursion limit"), "{why}");
    }
}
