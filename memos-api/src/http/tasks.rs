//! Routes of background work.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::Caller;
use super::extract::{Json, Query, TaskPath};
use super::problem::{Refusal, problems};
use super::wait::until_done;
use crate::wire::{DrainRequest, DrainResponse, TaskItem, TaskListRequest, TaskPage, TaskRequest};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_tasks, submit_task))
        .routes(routes!(get_task))
        .routes(routes!(retry_task))
        .routes(routes!(cancel_task))
        .routes(routes!(drain))
}

problems! {
    ListProblems = [InvalidRequest, Forbidden, Unavailable, Corrupt, Internal];
    GetProblems = [InvalidRequest, Forbidden, TaskNotFound, Unavailable, Corrupt, Internal];
    SubmitProblems = [
        InvalidRequest, InvalidJson, InvalidTime, UnsupportedMediaType, TooLarge, Forbidden,
        CubeNotFound, DiskFull, Unavailable, Corrupt, Internal,
    ];
    TurnProblems = [
        InvalidRequest, Forbidden, TaskNotFound, Conflict, DiskFull, Unavailable, Corrupt, Internal,
    ];
    DrainProblems = [
        InvalidRequest, InvalidJson, UnsupportedMediaType, TooLarge, Forbidden, Unavailable,
        Corrupt, Internal,
    ];
}

/// List background tasks
///
/// With how many there are by status. Finished tasks are remembered for a day, dead and cancelled
/// ones for a month.
#[utoipa::path(
    get,
    path = "/tasks",
    tag = "tasks",
    params(TaskListRequest),
    responses((status = 200, description = "A page of tasks.", body = TaskPage), ListProblems),
)]
async fn list_tasks(
    caller: Caller,
    Query(request): Query<TaskListRequest>,
) -> Result<Response, Refusal> {
    let list = move |c: &Caller| Ok((StatusCode::OK, c.memos.tasks(&c.who, &request)?));
    caller.answer(list).await
}

/// Add a background task
///
/// Most tasks are born by themselves. When this answers, the task is on the disk; it is done once,
/// however often the server dies in between.
#[utoipa::path(
    post,
    path = "/tasks",
    tag = "tasks",
    request_body(content = TaskRequest, example = json!({"kind": "organise", "cube_id": "notes"})),
    responses((status = 201, description = "The task.", body = TaskItem), SubmitProblems),
)]
async fn submit_task(
    caller: Caller,
    Json(request): Json<TaskRequest>,
) -> Result<Response, Refusal> {
    let submit =
        move |c: &Caller| Ok((StatusCode::CREATED, c.memos.submit_task(&c.who, &request)?));
    caller.answer(submit).await
}

/// Read a task
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    tag = "tasks",
    params(TaskPath),
    responses((status = 200, description = "The task.", body = TaskItem), GetProblems),
)]
async fn get_task(caller: Caller, path: TaskPath) -> Result<Response, Refusal> {
    let get = move |c: &Caller| Ok((StatusCode::OK, c.memos.task(&c.who, path.id)?));
    caller.answer(get).await
}

/// Try a dead or cancelled task again
#[utoipa::path(
    post,
    path = "/tasks/{id}/retry",
    tag = "tasks",
    params(TaskPath),
    responses((status = 200, description = "As it is now.", body = TaskItem), TurnProblems),
)]
async fn retry_task(caller: Caller, path: TaskPath) -> Result<Response, Refusal> {
    let retry = move |c: &Caller| Ok((StatusCode::OK, c.memos.retry_task(&c.who, path.id)?));
    caller.answer(retry).await
}

/// Call a task off
///
/// One that is under way may still end, but has no effect.
#[utoipa::path(
    post,
    path = "/tasks/{id}/cancel",
    tag = "tasks",
    params(TaskPath),
    responses((status = 200, description = "As it is now.", body = TaskItem), TurnProblems),
)]
async fn cancel_task(caller: Caller, path: TaskPath) -> Result<Response, Refusal> {
    let cancel = move |c: &Caller| Ok((StatusCode::OK, c.memos.cancel_task(&c.who, path.id)?));
    caller.answer(cancel).await
}

/// Wait until no task is due
///
/// Answers when none that is due waits or runs, or when time is up. Tasks that wait for a later time,
/// or out a failure, are not waited for but counted. Without a body all that the caller may see is meant.
#[utoipa::path(
    post,
    path = "/tasks/drain",
    tag = "tasks",
    request_body(content = DrainRequest, example = json!({"cube_id": "notes"})),
    responses((status = 200, description = "What came of it.", body = DrainResponse), DrainProblems),
)]
async fn drain(caller: Caller, body: Option<Json<DrainRequest>>) -> Result<Response, Refusal> {
    let Json(request) = body.unwrap_or_else(|| Json(DrainRequest::default()));
    let wait = request.wait().map_err(Refusal)?;
    let look = move |caller: &Caller, part: Duration| {
        let part = u32::try_from(part.as_millis()).unwrap_or(u32::MAX);
        let request = DrainRequest {
            timeout_ms: Some(part),
            ..request.clone()
        };
        caller.memos.drain(&caller.who, &request)
    };
    let answer = until_done(&caller, wait, look).await?;
    caller.answer(move |_| Ok((StatusCode::OK, answer))).await
}
