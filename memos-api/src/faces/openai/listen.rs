//! Listening to an answer while it passes by: the bytes go on at once, what they say is read when all
//! have gone.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use futures_util::stream;
use memos_models::Events;

use super::contract::{Answer, Contract};
use crate::http::readable;

/// Longest answer that is read, in bytes.
const LONGEST: usize = 16 << 20;

/// The type of an answer that comes piece by piece.
const STREAM: &[u8] = b"text/event-stream";

/// Whether the bytes are not those that they stand for: compressed, mostly.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    let ways = headers.get_all(CONTENT_ENCODING).iter();
    let is_none = |way: &[u8]| way.is_empty() || way.eq_ignore_ascii_case(b"identity");
    ways.into_iter().any(|way| {
        let ways = way.as_bytes().split(|b| *b == b',');
        ways.map(<[u8]>::trim_ascii).any(|way| !is_none(way))
    })
}

/// The bytes of an answer as they passed by.
#[derive(Default)]
pub(super) struct Heard {
    pieces: Vec<Bytes>,
    length: usize,
    /// Whether the model's server came to the end.
    ended: bool,
}

/// Hands over what was heard when the answer is over, or when it is given up.
struct Listener<F: FnOnce(Heard)> {
    heard: Heard,
    then: Option<F>,
}

impl<F: FnOnce(Heard)> Listener<F> {
    fn hear(&mut self, piece: &Bytes) {
        self.heard.length += piece.len();
        if self.heard.length <= LONGEST {
            self.heard.pieces.push(piece.clone());
        } else {
            self.heard.pieces.clear();
        }
    }

    fn end(&mut self) {
        self.heard.ended = true;
    }
}

impl<F: FnOnce(Heard)> Drop for Listener<F> {
    fn drop(&mut self) {
        if let Some(then) = self.then.take() {
            then(std::mem::take(&mut self.heard));
        }
    }
}

/// The body of an answer that passes by. `then` gets what was heard: when the last byte has gone, when
/// the model's server breaks off, or when the client hangs up.
pub(super) fn passing(
    response: reqwest::Response,
    then: impl FnOnce(Heard) + Send + 'static,
) -> Body {
    let listener = Listener {
        heard: Heard::default(),
        then: Some(then),
    };
    Body::from_stream(stream::try_unfold(
        (response, listener),
        |(mut response, mut listener)| async {
            let Some(piece) = response.chunk().await.map_err(broken_off)? else {
                listener.end();
                return Ok(None);
            };
            listener.hear(&piece);
            Ok::<_, io::Error>(Some((piece, (response, listener))))
        },
    ))
}

/// The body of an answer that nobody listens to.
pub(super) fn unheard(response: reqwest::Response) -> Body {
    Body::from_stream(stream::try_unfold(response, |mut response| async {
        let piece = response.chunk().await.map_err(broken_off)?;
        Ok::<_, io::Error>(piece.map(|piece| (piece, response)))
    }))
}

/// The client's connection is broken off in its turn.
fn broken_off(error: reqwest::Error) -> io::Error {
    let error = error.without_url();
    tracing::warn!(%error, "the model server broke its answer off");
    io::Error::other(error)
}

impl Heard {
    /// What it says; nothing if it can't be read.
    pub(super) fn read(self, contract: Contract, headers: &HeaderMap) -> Option<Answer> {
        if self.length > LONGEST || is_encoded(headers) {
            return None;
        }
        let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
        let kind = kind.and_then(|kind| kind.get(..STREAM.len()));
        if kind.is_some_and(|kind| kind.eq_ignore_ascii_case(STREAM)) {
            let mut reader = Events::default();
            let pieces = self.pieces.iter();
            let mut events: Vec<String> = pieces.flat_map(|piece| reader.push(piece)).collect();
            events.extend(reader.finish());
            return Some(contract.streamed(&events));
        }
        let Ok(body) = serde_json::from_slice(&readable(&self.pieces.concat())) else {
            // A body that was not read to its end is no JSON.
            return (!self.ended).then(Answer::default);
        };
        Some(contract.answer(&body))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn read(body: &str, headers: &[(&'static str, &'static str)]) -> Option<Answer> {
        let heard = Heard {
            pieces: vec![Bytes::from(body.to_owned())],
            length: body.len(),
            ended: true,
        };
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), HeaderValue::from_static(value))
        };
        heard.read(Contract::Chat, &headers.iter().map(pair).collect())
    }

    #[test]
    fn an_answer_is_read_however_its_headers_are_written() {
        let body = json!({"choices": [{"message": {"content": "Hi."}}]}).to_string();
        for plain in [
            &[][..],
            &[("content-encoding", "identity")],
            &[("content-encoding", "")],
        ] {
            assert!(read(&body, plain).unwrap().whole, "{plain:?}");
        }
        for encoded in ["gzip", "identity, br"] {
            assert!(read(&body, &[("content-encoding", encoded)]).is_none());
        }
        let delta = json!({"choices": [{"delta": {"content": "Hi."}}]});
        let stream = format!("data: {delta}\n\ndata: [DONE]\n\n");
        for kind in ["text/event-stream", "Text/Event-Stream; charset=UTF-8"] {
            let told = read(&stream, &[("content-type", kind)]).unwrap();
            assert_eq!(told.messages[0]["content"], "Hi.", "{kind}");
        }
        // Half a character.
        let cut = body.replace("Hi.", "Hi \\ud83d");
        assert_eq!(
            read(&cut, &[]).unwrap().messages[0]["content"],
            "Hi \u{fffd}"
        );
    }
}
