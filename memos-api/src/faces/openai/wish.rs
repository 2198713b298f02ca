//! Whose memory a request is about, and what is to be done with it: headers first, then the fields that
//! OpenAI's API has for it, then the default.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use memos_core::{Code, CubeId, Error, Result};
use serde_json::Map;
use serde_json::value::RawValue;

use super::body::{Fields, id};
use super::responses;
use crate::faces::kit::cube_of;
use crate::wire::AddRequest;

/// Headers of ours, which the model's server does not see.
pub(super) const PREFIX: &str = "x-memos-";

const USER: &str = "x-memos-user";
const CUBE: &str = "x-memos-cube";
const SESSION: &str = "x-memos-session";
const MEMORY: &str = "x-memos-memory";
const MAX_TOKENS: &str = "x-memos-max-tokens";

/// The cube of who does not say who he is; that of the command line too.
const DEFAULT_CUBE: &str = "default";

/// Longest id of a session that is kept as it is, in bytes.
const LONGEST_SESSION: usize = 256;

/// Most tokens that a request may ask to be filled with memories.
const MOST_TOKENS: usize = 100_000;

/// What is to be done with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    /// Recall before the answer.
    pub(super) reads: bool,
    /// Remember after it.
    pub(super) writes: bool,
}

/// Whose memory, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) mode: Mode,
    pub(super) cube: CubeId,
    pub(super) user: Option<String>,
    pub(super) session: Option<String>,
    /// Tokens that the block of memories may have.
    pub(super) max_tokens: usize,
}

impl Wish {
    /// Reads what a request says of itself.
    ///
    /// # Errors
    /// `InvalidRequest` for a header of ours that can't be read.
    pub(super) fn read(headers: &HeaderMap, body: &Fields<'_>, max_tokens: usize) -> Result<Self> {
        let metadata: BTreeMap<String, Box<RawValue>> = body.get("metadata").unwrap_or_default();
        let meta = |name: &str| metadata.get(name).and_then(|raw| id(raw));
        let user = header(headers, USER)?
            .or_else(|| body.id("user"))
            .or_else(|| meta("user_id"))
            .or_else(|| body.id("safety_identifier"));
        let session = header(headers, SESSION)?
            .or_else(|| meta("session_id"))
            .or_else(|| meta("conversation_id"))
            .or_else(|| responses::conversation(body));
        let cube = header(headers, CUBE)?;
        let cube = cube.as_deref().or(user.as_deref()).unwrap_or(DEFAULT_CUBE);
        Ok(Self {
            mode: mode(headers)?,
            cube: cube_of(cube),
            session: session.map(|session| match session.len() {
                ..=LONGEST_SESSION => session,
                _ => blake3::hash(session.as_bytes()).to_hex()[..32].to_owned(),
            }),
            user,
            max_tokens: match header(headers, MAX_TOKENS)? {
                None => max_tokens,
                Some(text) => tokens(&text)?,
            },
        })
    }

    /// A request to remember these messages, which were said at this place of the conversation.
    pub(super) fn add(
        &self,
        messages: Vec<serde_json::Value>,
        turn: &str,
        model: Option<String>,
    ) -> AddRequest {
        let mut info = Map::new();
        let fields = [
            ("user_id", self.user.clone()),
            ("session_id", self.session.clone()),
            ("turn", Some(turn.to_owned())),
            ("model", model),
        ];
        for (name, value) in fields {
            info.extend(value.map(|value| (name.to_owned(), value.into())));
        }
        AddRequest {
            messages: Some(messages.into()),
            session_id: self.session.clone(),
            info: Some(info),
            ..AddRequest::default()
        }
    }
}

fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| {
        Error::new(Code::InvalidRequest, "the header is not UTF-8")
            .at(name)
            .remedy("encode it as UTF-8")
    })?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn mode(headers: &HeaderMap) -> Result<Mode> {
    let (reads, writes) = match header(headers, MEMORY)?.as_deref() {
        None | Some("both") => (true, true),
        Some("read") => (true, false),
        Some("write") => (false, true),
        Some("off") => (false, false),
        Some(other) => {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("{other:?} is no way to use memory"),
            )
            .at(MEMORY)
            .remedy("use off, read, write or both, or leave the header out"));
        }
    };
    Ok(Mode { reads, writes })
}

fn tokens(text: &str) -> Result<usize> {
    let number = text.parse().ok();
    number
        .filter(|n| (1..=MOST_TOKENS).contains(n))
        .ok_or_else(|| {
            Error::new(
                Code::InvalidRequest,
                format!("{text:?} is not a number of tokens"),
            )
            .at(MAX_TOKENS)
            .remedy(format!("use 1 to {MOST_TOKENS}, or leave the header out"))
        })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use serde_json::{Value, json};

    use super::*;

    fn wish(headers: &[(&'static str, &str)], body: &Value) -> Result<Wish> {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (HeaderName::from_static(name), value)
        });
        let body = body.to_string();
        let fields = Fields::read(body.as_bytes()).unwrap();
        Wish::read(&headers.collect(), &fields, 1_000)
    }

    #[test]
    fn headers_win_over_fields_and_fields_over_the_default() {
        let none = wish(&[], &json!({})).unwrap();
        assert_eq!(none.cube.as_str(), "default");
        assert_eq!((none.user, none.session), (None, None));
        let body = json!({"user": "ada", "metadata": {"user_id": "bea", "session_id": 7},
            "conversation": "conv_1", "safety_identifier": "cy"});
        let fields = wish(&[], &body).unwrap();
        assert_eq!(fields.cube.as_str(), "ada");
        assert_eq!(fields.session.as_deref(), Some("7"));
        let metadata = wish(&[], &json!({"metadata": {"user_id": "bea"}})).unwrap();
        assert_eq!(metadata.user.as_deref(), Some("bea"));
        let last = wish(
            &[],
            &json!({"safety_identifier": "cy", "conversation": {"id": "c"}}),
        );
        let last = last.unwrap();
        assert_eq!(last.cube.as_str(), "cy");
        assert_eq!(last.session.as_deref(), Some("c"));
        let headers = [
            (USER, "用户-7"),
            (CUBE, "shared"),
            (SESSION, "s"),
            (MAX_TOKENS, "50"),
        ];
        let named = wish(&headers, &body).unwrap();
        assert_eq!(named.cube.as_str(), "shared");
        assert_eq!(named.user.as_deref(), Some("用户-7"));
        assert_eq!(named.session.as_deref(), Some("s"));
        assert_eq!(named.max_tokens, 50);
    }

    #[test]
    fn the_way_to_use_memory_is_one_of_four() {
        let mode = |value| wish(&[(MEMORY, value)], &json!({})).map(|wish| wish.mode);
        for (value, reads, writes) in [
            ("both", true, true),
            ("read", true, false),
            ("write", false, true),
            ("off", false, false),
            ("", true, true),
        ] {
            assert_eq!(mode(value).unwrap(), Mode { reads, writes }, "{value}");
        }
        for (name, bad) in [
            (MEMORY, "on"),
            (MAX_TOKENS, "0"),
            (MAX_TOKENS, "many"),
            (MAX_TOKENS, "1000000"),
        ] {
            let error = wish(&[(name, bad)], &json!({})).unwrap_err();
            assert_eq!(error.field(), Some(name));
            assert!(error.remedy_text().is_some());
        }
    }

    #[test]
    fn a_long_session_has_a_short_name() {
        let long = "x".repeat(300);
        let one = wish(&[(SESSION, &long)], &json!({})).unwrap();
        assert_eq!(one.session.unwrap().len(), 32);
    }
}
