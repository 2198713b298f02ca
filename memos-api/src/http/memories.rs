//! Routes of memories.

use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::Caller;
use super::extract::{CubePath, Json, MemoryPath, Query};
use super::problem::{Refusal, problems};
use crate::wire::{AddRequest, AddResponse, ListRequest, MemoryItem, MemoryPage, PatchRequest};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add_memories, list_memories))
        .routes(routes!(get_memory, update_memory, forget_memory))
}

problems! {
    AddProblems = [
        InvalidRequest, InvalidJson, InvalidTime, InvalidDocument, UnsupportedMediaType, TooLarge,
        Forbidden, CubeNotFound, Conflict, DiskFull, Unavailable, Corrupt, Internal,
    ];
    ListProblems = [
        InvalidRequest, InvalidFilter, Forbidden, CubeNotFound, Unavailable, Corrupt, Internal,
    ];
    GetProblems = [
        InvalidRequest, Forbidden, CubeNotFound, MemoryNotFound, Unavailable, Corrupt, Internal,
    ];
    UpdateProblems = [
        InvalidRequest, InvalidJson, UnsupportedMediaType, TooLarge, Forbidden, CubeNotFound,
        MemoryNotFound, Conflict, IllegalMove, DiskFull, Unavailable, Corrupt, Internal,
    ];
    ForgetProblems = [
        InvalidRequest, Forbidden, CubeNotFound, MemoryNotFound, DiskFull, Unavailable, Corrupt,
        Internal,
    ];
}

/// Add messages or documents
///
/// When this answers, the memories are on the disk and the next search finds them. A cube that does
/// not exist is created for the caller. Nothing is stored if any part of the request is refused.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/memories",
    tag = "memories",
    params(CubePath),
    request_body(content = AddRequest, example = json!({
        "messages": [{
            "role": "user",
            "name": "Ada",
            "content": "My sister Mina moved to Lyon last spring.",
            "chat_time": "2025-06-02T09:00:00+02:00"
        }]
    })),
    responses(
        (
            status = 201,
            description = "They are stored. With `duplicate_of_request`, the same request was \
                           stored a short time ago: nothing was written, and the ids are those of \
                           then.",
            body = AddResponse
        ),
        AddProblems,
    ),
)]
async fn add_memories(
    caller: Caller,
    path: CubePath,
    Json(request): Json<AddRequest>,
) -> Result<Response, Refusal> {
    let add = move |c: &Caller| {
        let id = c.request_id.as_deref();
        let added = c.memos.add_for(&c.who, &path.cube_id, &request, id)?;
        if !added.duplicate_of_request {
            c.metrics().added(added.memories.len());
        }
        Ok((StatusCode::CREATED, added))
    };
    caller.answer(add).await
}

/// List a cube's memories
///
/// Oldest first: those that the caller may see and the filter admits.
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/memories",
    tag = "memories",
    params(CubePath, ListRequest),
    responses((status = 200, description = "A page of memories.", body = MemoryPage), ListProblems),
)]
async fn list_memories(
    caller: Caller,
    path: CubePath,
    Query(request): Query<ListRequest>,
) -> Result<Response, Refusal> {
    let list = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.list(&c.who, &path.cube_id, &request)?,
        ))
    };
    caller.answer(list).await
}

/// Read a memory
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/memories/{id}",
    tag = "memories",
    params(MemoryPath),
    responses((status = 200, description = "The memory.", body = MemoryItem), GetProblems),
)]
async fn get_memory(caller: Caller, path: MemoryPath) -> Result<Response, Refusal> {
    let get = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.memory(&c.who, &path.cube_id, path.id)?,
        ))
    };
    caller.answer(get).await
}

/// Change a memory
///
/// A field that is absent stays as it is. With `version` the change is refused if the memory has
/// changed in between.
#[utoipa::path(
    patch,
    path = "/cubes/{cube_id}/memories/{id}",
    tag = "memories",
    params(MemoryPath),
    request_body(content = PatchRequest, example = json!({
        "tags": ["family"], "info": {"checked": true}, "version": 1
    })),
    responses((status = 200, description = "As it is now.", body = MemoryItem), UpdateProblems),
)]
async fn update_memory(
    caller: Caller,
    path: MemoryPath,
    Json(patch): Json<PatchRequest>,
) -> Result<Response, Refusal> {
    let update = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.update(&c.who, &path.cube_id, path.id, &patch)?,
        ))
    };
    caller.answer(update).await
}

/// Forget a memory
///
/// From the records and the index; it does not come back.
#[utoipa::path(
    delete,
    path = "/cubes/{cube_id}/memories/{id}",
    tag = "memories",
    params(MemoryPath),
    responses((status = 204, description = "It is gone."), ForgetProblems),
)]
async fn forget_memory(caller: Caller, path: MemoryPath) -> Result<StatusCode, Refusal> {
    caller
        .call(move |c| c.memos.forget(&c.who, &path.cube_id, path.id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
