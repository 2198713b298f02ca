//! The bytes of a request, within the limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use memos_core::{Code, Error, Result};

/// Bytes allocated before any has come: a client's word for its length is not taken.
const FIRST: u64 = 64 * 1024;

/// How much more of a body that is too large is read, and for how long: a client that is still
/// sending would otherwise see a reset connection instead of the answer.
const DRAIN_BYTES: usize = 256 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Reads a body whole.
///
/// # Errors
/// `TooLarge` over the limit, `InvalidRequest` if the client stops sending in the middle.
pub(crate) async fn read(mut body: Body, headers: &HeaderMap, limit: usize) -> Result<Vec<u8>> {
    let declared = body.size_hint().lower();
    if declared > limit as u64 {
        // A client that asks first has sent nothing yet.
        if !headers.contains_key(header::EXPECT) {
            drain(&mut body).await;
        }
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(declared.min(FIRST)).unwrap_or_default());
    while let Some(chunk) = next(&mut body).await {
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
    Ok(bytes)
}

fn too_large(limit: usize) -> Error {
    Error::new(
        Code::TooLarge,
        format!("the body has more than {limit} bytes"),
    )
    .remedy("send it in parts, or raise the server's body limit")
}

async fn drain(body: &mut Body) {
    let reading = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(chunk)) = next(body).await {
            let Some(rest) = left.checked_sub(chunk.len()) else {
                return;
            };
            left = rest;
        }
    };
    // The answer is the same whether or not the client got to the end.
    let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
}

/// The next bytes; trailers are none.
async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    Some(frame.map(|f| f.into_data().unwrap_or_default()))
}
