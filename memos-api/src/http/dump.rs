//! The route that writes a cube out, line by line.

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use memos_core::{Code, Error};
use tokio::sync::mpsc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::{Caller, blocking};
use super::extract::{CubePath, Query};
use super::problem::{Refusal, problems};
use crate::wire::DumpRequest;

/// Chunks that may wait for a slow reader.
const WAITING: usize = 8;

/// Bytes of a chunk, about.
const CHUNK: usize = 64 * 1024;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(dump))
}

problems! {
    DumpProblems = [
        InvalidRequest, InvalidTime, Forbidden, CubeNotFound, SnapshotNotFound, Unavailable,
        Corrupt, Internal,
    ];
}

/// Write a cube out
///
/// JSON Lines in a stable order: the cube first, then its memories by id. The same state gives the
/// same bytes.
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/dump",
    tag = "time machine",
    params(CubePath, DumpRequest),
    responses(
        (
            status = 200,
            description = "A line for the cube, then one a memory.",
            content_type = "application/jsonl",
            body = String
        ),
        DumpProblems,
    ),
)]
async fn dump(
    caller: Caller,
    path: CubePath,
    Query(request): Query<DumpRequest>,
) -> Result<Response, Refusal> {
    let (chunks, mut waiting) = mpsc::channel::<Result<Bytes, Error>>(WAITING);
    let work = blocking(move || {
        let mut chunk = Vec::with_capacity(CHUNK);
        let send = |chunk: &mut Vec<u8>| {
            let bytes = Bytes::from(std::mem::take(chunk));
            // Whoever reads has gone: there is nobody left to write for.
            chunks
                .blocking_send(Ok(bytes))
                .map_err(|_| Error::new(Code::Unavailable, "the reader of the dump went away"))
        };
        let written = caller
            .memos
            .dump(&caller.who, &path.cube_id, &request, &mut |line| {
                chunk.extend_from_slice(line.as_bytes());
                chunk.push(b'\n');
                if chunk.len() >= CHUNK {
                    send(&mut chunk)?;
                }
                Ok(())
            });
        match written {
            Ok(()) => send(&mut chunk),
            Err(error) => {
                // Cuts the body off, so that half a dump is not taken for a whole one.
                let copy = Error::new(error.code(), error.message().to_owned());
                let _ = chunks.blocking_send(Err(copy));
                Err(error)
            }
        }
    });
    let work = tokio::spawn(work);
    // An error before the first chunk can still be a problem document.
    let Some(first) = waiting.recv().await else {
        return Err(panicked().into());
    };
    let first = match first {
        Ok(bytes) => bytes,
        Err(error) => {
            return Err(work
                .await
                .ok()
                .and_then(Result::err)
                .unwrap_or(error)
                .into());
        }
    };
    let rest = stream::unfold((Some(first), waiting), |(first, mut waiting)| async move {
        match first {
            Some(first) => Some((Ok(first), (None, waiting))),
            None => waiting.recv().await.map(|chunk| (chunk, (None, waiting))),
        }
    });
    let kind = [(CONTENT_TYPE, "application/jsonl")];
    Ok((kind, Body::from_stream(rest)).into_response())
}

fn panicked() -> Error {
    Error::new(Code::Internal, "the dump broke off")
}
