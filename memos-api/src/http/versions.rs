//! Routes of versions: list, compare, go back, and the states of a memory.

use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::Caller;
use super::extract::{Json, MemoryPath, Query};
use super::problem::{Refusal, problems};
use crate::wire::{
    DiffRequest, DiffResponse, MemoryItem, MemoryRollbackRequest, MoveRequest, PlanResponse,
    VersionList,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_versions))
        .routes(routes!(diff_versions))
        .routes(routes!(roll_back_memory))
        .routes(routes!(move_memory))
}

problems! {
    ReadProblems = [
        InvalidRequest, Forbidden, CubeNotFound, MemoryNotFound, Unavailable, Corrupt, Internal,
    ];
    ChangeProblems = [
        InvalidRequest, InvalidJson, UnsupportedMediaType, TooLarge, Forbidden, CubeNotFound,
        MemoryNotFound, Conflict, IllegalMove, DiskFull, Unavailable, Corrupt, Internal,
    ];
}

/// List the versions of a memory
///
/// Oldest first: what it was, since when and until when, who changed it and why.
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/memories/{id}/versions",
    tag = "time machine",
    params(MemoryPath),
    responses((status = 200, description = "The versions.", body = VersionList), ReadProblems),
)]
async fn list_versions(caller: Caller, path: MemoryPath) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.versions(&c.who, &path.cube_id, path.id)?,
        ))
    };
    caller.answer(work).await
}

/// Compare two versions of a memory
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/memories/{id}/diff",
    tag = "time machine",
    params(MemoryPath, DiffRequest),
    responses((status = 200, description = "What differs, by field.", body = DiffResponse), ReadProblems),
)]
async fn diff_versions(
    caller: Caller,
    path: MemoryPath,
    Query(request): Query<DiffRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.diff(&c.who, &path.cube_id, path.id, &request)?,
        ))
    };
    caller.answer(work).await
}

/// Roll a memory back to an earlier version
///
/// The version that it leaves stays in its history, so it can go forward again.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/memories/{id}/rollback",
    tag = "time machine",
    params(MemoryPath),
    request_body(content = MemoryRollbackRequest, example = json!({"version": 1})),
    responses((status = 200, description = "What was changed, or would be.", body = PlanResponse), ChangeProblems),
)]
async fn roll_back_memory(
    caller: Caller,
    path: MemoryPath,
    Json(request): Json<MemoryRollbackRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos
                .roll_back_memory(&c.who, &path.cube_id, path.id, &request)?,
        ))
    };
    caller.answer(work).await
}

/// Move a memory to another state
///
/// `archive` takes it out of the hot index, `activate` and `restore` bring it back; `freeze` makes it
/// refuse change until `thaw`; `expire` leaves nothing but the record that it was there.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/memories/{id}/state",
    tag = "lifecycle",
    params(MemoryPath),
    request_body(content = MoveRequest, example = json!({"move": "freeze", "reason": "signed contract"})),
    responses((status = 200, description = "As it is now; as it was, if it expired.", body = MemoryItem), ChangeProblems),
)]
async fn move_memory(
    caller: Caller,
    path: MemoryPath,
    Json(request): Json<MoveRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos
                .change_state(&c.who, &path.cube_id, path.id, &request)?,
        ))
    };
    caller.answer(work).await
}
