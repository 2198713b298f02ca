//! The bytes of a request, within the limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use http_body::{Frame, SizeHint};
use memos_core::{Code, Error, Result};

/// Bytes allocated before any has come: a client's word for its length is not taken.
const FIRST: u64 = 64 * 1024;

/// How much more of a body that is too large is read, and for how long: a client that is still
/// sending would otherwise see a reset connection instead of the answer.
const DRAIN_BYTES: usize = 256 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// How much of a body that nobody wanted is read, and for how long: so the connection can go on, and a
/// client that is still sending sees the answer.
const REST_BYTES: usize = 32 * 1024 * 1024;
const REST_TIME: Duration = DRAIN_TIME;

/// Longest that a client may send nothing in the middle of a body.
const SILENCE: Duration = Duration::from_secs(60);

/// Reads a body whole.
///
/// # Errors
/// `TooLarge` over the limit, `InvalidRequest` if the client stops sending in the middle.
pub(crate) async fn read(body: Body, headers: &HeaderMap, limit: usize) -> Result<Vec<u8>> {
    read_within(SILENCE, body, headers, limit).await
}

async fn read_within(
    silence: Duration,
    mut body: Body,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Vec<u8>> {
    let declared = body.size_hint().lower();
    if declared > limit as u64 {
        // A client that asks first has sent nothing yet.
        if !headers.contains_key(header::EXPECT) {
            drain(&mut body).await;
        }
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(declared.min(FIRST)).unwrap_or_default());
    loop {
        let Ok(chunk) = tokio::time::timeout(silence, next(&mut body)).await else {
            return Err(silent(silence));
        };
        let Some(chunk) = chunk else {
            return Ok(bytes);
        };
        let chunk = chunk.map_err(|e| {
            Error::new(Code::InvalidRequest, "the body ends before it is complete")
                .remedy("send the request again")
                .caused_by(e)
        })?;
        if bytes.len() + chunk.len() > limit {
            drain(&mut body).await;
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
}

fn silent(silence: Duration) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("no more of the body came for {silence:?}"),
    )
    .remedy("send the request again, whole")
}

fn too_large(limit: usize) -> Error {
    Error::new(
        Code::TooLarge,
        format!("the body has more than {limit} bytes"),
    )
    .remedy("send it in parts, or raise the server's body limit")
}

async fn drain(body: &mut Body) {
    // The answer is the same whether or not the client got to the end.
    let _ = tokio::time::timeout(DRAIN_TIME, skip(body, DRAIN_BYTES)).await;
}

/// Reads on to the end, if so many bytes or fewer are left; whether it got there.
async fn skip(body: &mut Body, mut left: usize) -> bool {
    while let Some(chunk) = next(body).await {
        let rest = chunk.ok().and_then(|chunk| left.checked_sub(chunk.len()));
        let Some(rest) = rest else {
            return false;
        };
        left = rest;
    }
    true
}

/// Where a body lies that was let go of before its end.
#[derive(Clone, Default)]
pub(super) struct Unread(Arc<Mutex<Option<Body>>>);

impl Unread {
    /// The same body, which comes here if it is dropped before its end.
    pub(super) fn watch(&self, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Watched {
            body,
            unread: self.clone(),
        })
    }

    /// Reads the rest of what nobody wanted, if it is not too large: then the connection can go on.
    /// Whether it can. A client that asks before it sends (`Expect`) has sent nothing, and is not waited for.
    pub(super) async fn is_over(&self, asks_first: bool) -> bool {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = left else {
            return true;
        };
        let is_bounded = body.size_hint().lower() <= REST_BYTES as u64;
        let reading = async { is_bounded && !asks_first && skip(&mut body, REST_BYTES).await };
        tokio::time::timeout(REST_TIME, reading).await == Ok(true)
    }
}

struct Watched {
    body: Body,
    unread: Unread,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            // Nothing can come any more.
            self.body = Body::empty();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.unread.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

/// The next bytes; trailers are none.
async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    Some(frame.map(|f| f.into_data().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};

    use super::*;

    fn pieces(pieces: &[&'static str]) -> stream::Iter<std::vec::IntoIter<Result<Bytes>>> {
        let pieces = pieces
            .iter()
            .map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
        stream::iter(pieces.collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_body_that_stops_in_the_middle_is_given_up() {
        let slow = pieces(&["{\"a\": "]).chain(stream::pending());
        let body = Body::from_stream(slow);
        let silence = Duration::from_millis(1);
        let error = read_within(silence, body, &HeaderMap::new(), 100).await;
        let error = error.unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        assert!(error.remedy_text().is_some());
    }

    #[tokio::test]
    async fn what_nobody_read_is_read_to_its_end_if_it_is_small() {
        // Dropped before its end, so much of it read, and whether the client asked first.
        for (body, read, asks_first, is_over) in [
            (Body::from("small"), 0, false, true),
            (Body::from("small"), 0, true, false),
            (Body::from(vec![0; REST_BYTES + 1]), 0, false, false),
            (Body::from("small"), 1, false, true),
            (Body::from_stream(pieces(&["a", "b"])), 1, false, true),
            (Body::from_stream(pieces(&["a"; 3])), 4, true, true),
            (Body::empty(), 0, true, true),
        ] {
            let unread = Unread::default();
            let mut watched = unread.watch(body);
            for _ in 0..read {
                next(&mut watched).await;
            }
            drop(watched);
            assert_eq!(
                unread.is_over(asks_first).await,
                is_over,
                "{read} {asks_first}"
            );
        }
        let unread = Unread::default();
        drop(unread.watch(Body::from_stream(stream::pending::<Result<Bytes>>())));
        assert!(!unread.is_over(false).await);
    }
}
