//! Routes of cubes.

use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::Caller;
use super::extract::{CubePath, Json, PageQuery, Query};
use super::problem::{Refusal, problems};
use crate::wire::{CreateCubeRequest, Cube, CubePage};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_cube, list_cubes))
        .routes(routes!(get_cube, delete_cube))
}

problems! {
    CreateProblems = [
        InvalidRequest, InvalidJson, UnsupportedMediaType, TooLarge, Forbidden, CubeExists,
        DiskFull, Unavailable, Corrupt, Internal,
    ];
    ListProblems = [InvalidRequest, Forbidden, Unavailable, Corrupt, Internal];
    GetProblems = [InvalidRequest, Forbidden, CubeNotFound, Unavailable, Corrupt, Internal];
    DeleteProblems = [
        InvalidRequest, Forbidden, CubeNotFound, Conflict, DiskFull, Unavailable, Corrupt, Internal,
    ];
}

/// Create a cube
///
/// It belongs to the caller. There is no need to: adding to a cube that does not exist creates it.
#[utoipa::path(
    post,
    path = "/cubes",
    tag = "cubes",
    request_body(content = CreateCubeRequest, example = json!({"id": "notes", "name": "My notes"})),
    responses((status = 201, description = "The cube.", body = Cube), CreateProblems),
)]
async fn create_cube(
    caller: Caller,
    Json(request): Json<CreateCubeRequest>,
) -> Result<Response, Refusal> {
    let create = |c: &Caller| Ok((StatusCode::CREATED, c.memos.create_cube(&c.who, request)?));
    caller.answer(create).await
}

/// List the cubes
///
/// Those that the caller can see, by id.
#[utoipa::path(
    get,
    path = "/cubes",
    tag = "cubes",
    params(PageQuery),
    responses((status = 200, description = "A page of cubes.", body = CubePage), ListProblems),
)]
async fn list_cubes(caller: Caller, Query(page): Query<PageQuery>) -> Result<Response, Refusal> {
    let list = move |c: &Caller| {
        let cubes = c.memos.cubes(&c.who, page.cursor.as_deref(), page.limit)?;
        Ok((StatusCode::OK, cubes))
    };
    caller.answer(list).await
}

/// Read a cube
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}",
    tag = "cubes",
    params(CubePath),
    responses((status = 200, description = "The cube.", body = Cube), GetProblems),
)]
async fn get_cube(caller: Caller, path: CubePath) -> Result<Response, Refusal> {
    let get = move |c: &Caller| Ok((StatusCode::OK, c.memos.cube(&c.who, &path.cube_id)?));
    caller.answer(get).await
}

/// Delete a cube
///
/// Forgets the cube and all that it holds.
#[utoipa::path(
    delete,
    path = "/cubes/{cube_id}",
    tag = "cubes",
    params(CubePath),
    responses((status = 204, description = "It is gone."), DeleteProblems),
)]
async fn delete_cube(caller: Caller, path: CubePath) -> Result<StatusCode, Refusal> {
    caller
        .call(move |c| c.memos.delete_cube(&c.who, &path.cube_id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
