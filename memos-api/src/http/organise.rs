//! Routes of what the background makes of a cube, and of feedback.

use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::Caller;
use super::extract::{CubePath, Json, MemoryPath, Query};
use super::problem::{Refusal, problems};
use crate::wire::{
    EntityList, FeedbackRequest, FeedbackResponse, RelatedList, TaskPage, TopRequest, TopicList,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(feedback))
        .routes(routes!(entities))
        .routes(routes!(topics))
        .routes(routes!(related))
        .routes(routes!(refine))
}

problems! {
    ReadProblems = [InvalidRequest, Forbidden, CubeNotFound, Unavailable, Corrupt, Internal];
    RelatedProblems = [
        InvalidRequest, Forbidden, CubeNotFound, MemoryNotFound, Unavailable, Corrupt, Internal,
    ];
    ChangeProblems = [
        InvalidRequest, InvalidJson, InvalidTime, UnsupportedMediaType, TooLarge, Forbidden,
        CubeNotFound, MemoryNotFound, Conflict, DiskFull, Unavailable, Corrupt, Internal,
    ];
}

/// Correct a memory in plain words
///
/// The words are kept as evidence. The memory that they correct gets an end to its valid time and a
/// link to them; its own words stay. The answer says which rule or model decided.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/feedback",
    tag = "memories",
    params(CubePath),
    request_body(content = FeedbackRequest, example = json!({"feedback": "That's wrong, I moved to Lyon."})),
    responses((status = 201, description = "What came of it.", body = FeedbackResponse), ChangeProblems),
)]
async fn feedback(
    caller: Caller,
    path: CubePath,
    Json(request): Json<FeedbackRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::CREATED,
            c.memos.feedback(&c.who, &path.cube_id, &request)?,
        ))
    };
    caller.answer(work).await
}

/// List what a cube speaks of
///
/// People, places, organisations and things, the most named first, with what they are named with.
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/entities",
    tag = "organisation",
    params(CubePath, TopRequest),
    responses((status = 200, description = "The entities.", body = EntityList), ReadProblems),
)]
async fn entities(
    caller: Caller,
    path: CubePath,
    Query(request): Query<TopRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.entities(&c.who, &path.cube_id, request.limit)?,
        ))
    };
    caller.answer(work).await
}

/// List the topics of a cube
///
/// Sessions on the same topic together, with the concepts that they speak of and the memories that
/// do: topic, concept, fact.
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/topics",
    tag = "organisation",
    params(CubePath, TopRequest),
    responses((status = 200, description = "The topics.", body = TopicList), ReadProblems),
)]
async fn topics(
    caller: Caller,
    path: CubePath,
    Query(request): Query<TopRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos.topics(&c.who, &path.cube_id, request.limit)?,
        ))
    };
    caller.answer(work).await
}

/// List the memories that a memory is tied to
#[utoipa::path(
    get,
    path = "/cubes/{cube_id}/memories/{id}/related",
    tag = "organisation",
    params(MemoryPath, TopRequest),
    responses((status = 200, description = "The strongest tie first.", body = RelatedList), RelatedProblems),
)]
async fn related(
    caller: Caller,
    path: MemoryPath,
    Query(request): Query<TopRequest>,
) -> Result<Response, Refusal> {
    let work = move |c: &Caller| {
        Ok((
            StatusCode::OK,
            c.memos
                .related(&c.who, &path.cube_id, path.id, request.limit)?,
        ))
    };
    caller.answer(work).await
}

/// Queue a cube for refinement
///
/// All of its evidence that a language model has not read yet. Needs a model; new evidence is queued
/// by itself.
#[utoipa::path(
    post,
    path = "/cubes/{cube_id}/refine",
    tag = "tasks",
    params(CubePath),
    responses((status = 201, description = "The tasks that were queued.", body = TaskPage), ChangeProblems),
)]
async fn refine(caller: Caller, path: CubePath) -> Result<Response, Refusal> {
    let work = move |c: &Caller| Ok((StatusCode::CREATED, c.memos.refine(&c.who, &path.cube_id)?));
    caller.answer(work).await
}
