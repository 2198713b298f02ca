//! `GET /product/scheduler/…`: how background work stands.

use std::collections::BTreeMap;

use axum::extract::RawQuery;
use axum::response::Response;
use memos_core::{Code, Error, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::Named;
use super::envelope::ok;
use crate::faces::kit::{Form, Nulls, Stop, answer};
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
/// Or that of one request: an add finds its work by the `task_id` that it was sent with.
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
    let query = Form::query(query.as_deref());
    let (user, task) = Form::read_at("query", &query, Nulls::Faulty, |form| {
        (form.need_text("user_id"), form.text("task_id"))
    })?;
    answer(caller, move |c| {
        let data = match task.filter(|task| !task.is_empty()) {
            Some(task) => vec![of_task(c, &task)?],
            None => {
                let cube = Named::new(user.as_str()).id;
                let tasks = c.memos.work_on(&c.who, Some(&cube), None)?;
                let each = tasks
                    .iter()
                    .map(|task| item(&task.id.to_string(), standing(task)));
                each.collect()
            }
        };
        Ok(ok("Memory get status successfully", data))
    })
    .await
}

/// The work of a request, or the task of that id.
fn of_task(c: &Caller, name: &str) -> Result<Value> {
    let tasks = c.memos.work_on(&c.who, None, Some(name))?;
    if !tasks.is_empty() {
        let of_all = tasks
            .iter()
            .map(standing)
            .min_by_key(|status| place(status));
        return Ok(item(name, of_all.unwrap_or("completed")));
    }
    if let Ok(id) = name.parse() {
        match c.memos.task(&c.who, id) {
            Err(error) if error.code() == Code::TaskNotFound => {}
            task => return Ok(item(name, standing(&task?))),
        }
    }
    Err(
        Error::new(Code::TaskNotFound, format!("Task {name} not found"))
            .remedy("name the task_id of an add; finished work is remembered for a day"),
    )
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

/// What counts for a whole request first: it is done when all of it is.
fn place(status: &str) -> usize {
    let order = ["in_progress", "waiting", "failed", "cancelled", "completed"];
    order
        .iter()
        .position(|s| *s == status)
        .unwrap_or(order.len())
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
    let query = Form::query(query.as_deref());
    let user = Form::read_at("query", &query, Nulls::Faulty, |form| {
        form.need_text("user_id")
    })?;
    answer(caller, move |c| {
        let cube = Named::new(user.as_str());
        let tasks = c.memos.work_on(&c.who, Some(&cube.id), None)?;
        if tasks.is_empty() {
            let words = format!("No scheduler task queue found for user {user}");
            return Err(Error::new(Code::TaskNotFound, words).remedy("add a memory first"));
        }
        let (mut pending, mut remaining) = (BTreeMap::new(), BTreeMap::new());
        let mut streams = BTreeMap::new();
        for task in &tasks {
            let key = format!("{}:{}", cube.name, task.kind);
            streams.insert(key.clone(), ());
            match task.status.as_str() {
                "running" => *pending.entry(key).or_insert(0_usize) += 1,
                "waiting" => *remaining.entry(key).or_insert(0_usize) += 1,
                _ => {}
            }
        }
        let sum = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let detail = |counts: &BTreeMap<String, usize>| -> Vec<String> {
            counts.iter().map(|(key, n)| format!("{key}:{n}")).collect()
        };
        let data = json!({
            "user_id": user,
            "user_name": user,
            "mem_cube_id": cube.name,
            "stream_keys": streams.keys().collect::<Vec<_>>(),
            "users_count": 1,
            "pending_tasks_count": sum(&pending),
            "remaining_tasks_count": sum(&remaining),
            "pending_tasks_detail": detail(&pending),
            "remaining_tasks_detail": detail(&remaining),
        });
        Ok(ok(
            "Scheduler task queue status retrieved successfully",
            data,
        ))
    })
    .await
}
