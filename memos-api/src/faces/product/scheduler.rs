//! `GET /product/scheduler/…`: how background work stands.

use std::collections::BTreeMap;

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use memos_core::{Code, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::Named;
use super::envelope::{exactly, ok};
use super::owner;
use crate::faces::kit::{Form, Nulls, Stop, answer, finished};
use crate::http::{AppState, Caller};
use crate::wire::{TaskItem, TaskListRequest};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(allstatus))
        .routes(routes!(status))
        .routes(routes!(task_queue_status))
}

/// How all work stands
#[utoipa::path(
    get,
    path = "/product/scheduler/allstatus",
    tag = "product",
    operation_id = "product_allstatus",
    responses((status = 200, description = "How many tasks there are, by status.", body = Object)),
)]
async fn allstatus(caller: Caller) -> Result<Response, Stop> {
    answer(caller, move |c| {
        let counts = c.memos.tasks(&c.who, &TaskListRequest::default())?.counts;
        let all = counts.waiting + counts.running + counts.done + counts.dead + counts.cancelled;
        let summary = json!({
            "waiting": counts.waiting,
            "in_progress": counts.running,
            "pending": 0,
            "completed": counts.done,
            "failed": counts.dead,
            "cancelled": counts.cancelled,
            "total": all,
        });
        let data = json!({"scheduler_summary": summary, "all_tasks_summary": summary});
        Ok(ok("Scheduler status summary retrieved successfully", data))
    })
    .await
}

/// How the work of a user stands
///
/// Or that of one request: an add or feedback finds its work by the `task_id` that it was sent with.
#[utoipa::path(
    get,
    path = "/product/scheduler/status",
    tag = "product",
    operation_id = "product_status",
    params(
        ("user_id" = String, Query, description = "Whose work."),
        ("task_id" = Option<String>, Query, description = "Which request, or which task."),
    ),
    responses((status = 200, description = "The tasks.", body = Object)),
)]
async fn status(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let query = Form::query(query.as_deref())?;
    let (user, task) = Form::read_at("query", &query, Nulls::Faulty, |form| {
        (form.need_text("user_id"), form.text("task_id"))
    })?;
    let task = task.filter(|task| !task.is_empty());
    let unknown = task.as_ref();
    let unknown = unknown.map(|task| format!("Task {task} not found for user {user}"));
    let found = caller.call(move |c| match &task {
        Some(task) => Ok(of_task(c, &user, task)?.map(|item| vec![item])),
        None => {
            let tasks = work_of(c, &user)?;
            let each = tasks
                .iter()
                .map(|task| item(&task.id.to_string(), standing(task)));
            Ok(Some(each.collect::<Vec<_>>()))
        }
    });
    Ok(match found.await? {
        Some(data) => {
            let body = ok("Memory get status successfully", data);
            finished(StatusCode::OK, &body)
        }
        None => exactly(StatusCode::NOT_FOUND, &unknown.unwrap_or_default()),
    })
}

/// All work of a user: what was asked for under the name, and what there is for the user's own cube.
fn work_of(c: &Caller, user: &str) -> Result<Vec<TaskItem>> {
    let cube = Named::new(user).id;
    c.memos.work_of(&c.who, &cube, &owner::of_user(user))
}

/// The work of a request of a user, or the user's task of that id, if there is one: finished work is
/// remembered for a day.
fn of_task(c: &Caller, user: &str, name: &str) -> Result<Option<Value>> {
    let tasks = c.memos.work_under(&c.who, &owner::of_request(user, name))?;
    if !tasks.is_empty() {
        return Ok(Some(item(name, of_all(&tasks))));
    }
    let Ok(id) = name.parse() else {
        return Ok(None);
    };
    let task = match c.memos.task(&c.who, id) {
        Err(error) if error.code() == Code::TaskNotFound => return Ok(None),
        task => task?,
    };
    let is_own =
        task.labels.contains(&owner::of_user(user)) || task.cube_id == Named::new(user).id.as_str();
    Ok(is_own.then(|| item(name, standing(&task))))
}

fn item(task: &str, status: &str) -> Value {
    json!({"task_id": task, "status": status})
}

fn standing(task: &TaskItem) -> &'static str {
    match task.status.as_str() {
        "waiting" => "waiting",
        "running" => "in_progress",
        "done" => "completed",
        "cancelled" => "cancelled",
        _ => "failed",
    }
}

/// How a whole request stands: it has failed if any of it has, and is done when all of it is.
fn of_all(tasks: &[TaskItem]) -> &'static str {
    let any = |status: &str| tasks.iter().any(|task| standing(task) == status);
    match () {
        () if any("failed") => "failed",
        () if any("waiting") || any("in_progress") => "in_progress",
        () if any("cancelled") => "cancelled",
        () => "completed",
    }
}

/// How the queue of a user stands
#[utoipa::path(
    get,
    path = "/product/scheduler/task_queue_status",
    tag = "product",
    operation_id = "product_task_queue_status",
    params(("user_id" = String, Query, description = "Whose work.")),
    responses((status = 200, description = "What waits and what runs.", body = Object)),
)]
async fn task_queue_status(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let query = Form::query(query.as_deref())?;
    let user = Form::read_at("query", &query, Nulls::Faulty, |form| {
        form.need_text("user_id")
    })?;
    let none = format!("No scheduler streams found for user {user}");
    let own = Named::new(user.as_str());
    let asked = user.clone();
    let tasks = caller.call(move |c| work_of(c, &asked)).await?;
    if tasks.is_empty() {
        return Ok(exactly(StatusCode::NOT_FOUND, &none));
    }
    // What runs and what waits, of each kind of work.
    let mut streams: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for task in &tasks {
        let cube = match task.cube_id == own.id.as_str() {
            true => &own.name,
            false => &task.cube_id,
        };
        let key = format!("{user}:{cube}:{}", task.kind);
        let (running, waiting) = streams.entry(key).or_default();
        match task.status.as_str() {
            "running" => *running += 1,
            "waiting" => *waiting += 1,
            _ => {}
        }
    }
    let pending: usize = streams.values().map(|(running, _)| running).sum();
    let remaining: usize = streams.values().map(|(_, waiting)| waiting).sum();
    let each = |count: fn(&(usize, usize)) -> usize| -> Vec<String> {
        let counts = streams.iter();
        counts
            .map(|(key, n)| format!("{key}:{}", count(n)))
            .collect()
    };
    let data = json!({
        "user_id": user,
        "user_name": null,
        "mem_cube_id": null,
        "stream_keys": streams.keys().collect::<Vec<_>>(),
        "users_count": 1,
        "pending_tasks_count": pending,
        "remaining_tasks_count": remaining,
        "pending_tasks_detail": each(|(running, _)| *running),
        "remaining_tasks_detail": each(|(_, waiting)| *waiting),
    });
    let body = ok("Scheduler task queue status retrieved successfully", data);
    Ok(finished(StatusCode::OK, &body))
}
