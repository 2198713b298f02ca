//! Routes of the Time Machine: rollback, snapshots, branches.

use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::Caller;
use super::extract::{CubePath, Json, SnapshotPath};
use super::problem::{Refusal, problems};
use crate::wire::{
    BranchRequest, Cube, MergeRequest, PlanResponse, RollbackRequest, SnapshotItem, SnapshotList,
    SnapshotRequest,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(roll_back))
        .routes(routes!(take_snapshot, list_snapshots))
        .routes(routes!(drop_snapshot))
        .routes(routes!(open_branch))
        .routes(routes!(diff_branch))
        .routes(routes!(merge_branch))
}

problems! {
    ReadProblems = [InvalidRequest, Forbidden, CubeNotFound, Unavailable, Corrupt, Internal];
    ChangeProblems = [
        InvalidRequest, InvalidJson, InvalidTime, UnsupportedMediaType, TooLarge, Forbidden,
        CubeNotFound, CubeExists, SnapshotNotFound, Conflict, DiskFull, Unavailable, Corrupt,
        Internal,
    ];
    DropProblems = [
        InvalidRequest, Forbidden, CubeNotFound, SnapshotNotFound, DiskFull, Unavailable, Corrupt,
        Internal,
    ];
}

/// Roll a cube back
///
/// To an instant, a change or a snapshot. Try `dry_run` first: it says what would change. The state
/// that it leaves stays in the history; `change:N` with the number in `before` leads back to it.
/// Frozen memories and those under legal hold stay as they are; forgotten ones do not come back.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/rollback",
    tag = "time machine",
    params(CubePath),
    request_body(content = RollbackRequest, example = json!({"to": "2026-03-01T12:00:00Z", "dry_run": true})),
    responses((status = 200, description = "What was changed, or would be.", body = PlanResponse), ChangeProblems),
)]
async fn roll_back(
    caller: Caller,
    path: CubePath,
    Json(request): Json<RollbackRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.roll_back(&c.who, &path.cube_id, &request)?,
        ))
    };
    caller.answer(work).await
}

/// Name the state of a cube
///
/// It costs next to nothing: the history holds the state already.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/snapshots",
    tag = "time machine",
    params(CubePath),
    request_body(content = SnapshotRequest, example = json!({"name": "before-import"})),
    responses((status = 201, description = "The snapshot.", body = SnapshotItem), ChangeProblems),
)]
async fn take_snapshot(
    caller: Caller,
    path: CubePath,
    Json(request): Json<SnapshotRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::CREATED,
            c.memos.take_snapshot(&c.who, &path.cube_id, request)?,
        ))
    };
    caller.answer(work).await
}

/// List a cube's snapshots
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/snapshots",
    tag = "time machine",
    params(CubePath),
    responses((status = 200, description = "By name.", body = SnapshotList), ReadProblems),
)]
async fn list_snapshots(caller: Caller, path: CubePath) -> Result<Response, Refusal> {
    let work = move |c: &Caller| Ok((StatusCode::OK, c.memos.snapshots(&c.who, &path.cube_id)?));
    caller.answer(work).await
}

/// Drop a snapshot
///
/// The name goes; the history stays.
#[utoipa::path(
    delete,
    path = "/cubes/{cube_id}/snapshots/{name}",
    tag = "time machine",
    params(SnapshotPath),
    responses((status = 204, description = "It is gone."), DropProblems),
)]
async fn drop_snapshot(caller: Caller, path: SnapshotPath) -> Result<StatusCode, Refusal> {
    caller
        .call(move |c| c.memos.drop_snapshot(&c.who, &path.cube_id, &path.name))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open a what-if branch
///
/// A cube of its own that reads through to this one as it was, and keeps its changes to itself.
/// Search it, change it, roll it back; then merge it, or delete it like any cube.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/branches",
    tag = "time machine",
    params(CubePath),
    request_body(content = BranchRequest, example = json!({"id": "notes-what-if"})),
    responses((status = 201, description = "The branch.", body = Cube), ChangeProblems),
)]
async fn open_branch(
    caller: Caller,
    path: CubePath,
    Json(request): Json<BranchRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::CREATED,
            c.memos.open_branch(&c.who, &path.cube_id, request)?,
        ))
    };
    caller.answer(work).await
}

/// What a branch changed against its base
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/branch",
    tag = "time machine",
    params(CubePath),
    responses((status = 200, description = "By memory.", body = PlanResponse), ReadProblems),
)]
async fn diff_branch(caller: Caller, path: CubePath) -> Result<Response, Refusal> {
    let work = move |c: &Caller| Ok((StatusCode::OK, c.memos.diff_branch(&c.who, &path.cube_id)?));
    caller.answer(work).await
}

/// Merge a branch into its base
///
/// Memories that changed on both sides are conflicts: nothing is merged then unless
/// `on_conflict` says whose to take.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/merge",
    tag = "time machine",
    params(CubePath),
    request_body(content = MergeRequest, example = json!({"dry_run": true})),
    responses((status = 200, description = "What was changed in the base, or would be.", body = PlanResponse), ChangeProblems),
)]
async fn merge_branch(
    caller: Caller,
    path: CubePath,
    Json(request): Json<MergeRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.merge_branch(&c.who, &path.cube_id, &request)?,
        ))
    };
    caller.answer(work).await
}
