//! The making of profiles on demand: the background goes over what users said.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use memos_core::{Code, Error, MemoryId, Result};
use memos_scheduler::work::ORGANISE;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::entities::{directory, find};
use super::super::identity::Entity;
use super::super::router;
use super::Settings;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer, cube_of};
use crate::http::{AppState, Caller};
use crate::wire::{TaskListRequest, TaskRequest};

/// Users that a sample is of, if the request does not say.
const SAMPLE: i64 = 3;

/// Users that one job is for.
const MOST_USERS: usize = 1_000;

/// Longest id that is looked for: what is longer is no job's.
const LONGEST_ID: usize = 64;

/// Longest key of a request.
const KEY_BYTES: usize = 200;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([routes!(start), routes!(job)])
}

/// Start the making of profiles
///
/// `operation` is `trigger` for one user, `sample` for a few, `rebuild` for all. It has the background
/// go over what they said; the same `Idempotency-Key` starts it once.
#[utoipa::path(
    post,
    path = "/v2/profiles/jobs/",
    tag = "mem0",
    operation_id = "mem0_profiles_start",
    request_body(content = Object, example = json!({
        "operation": "trigger", "entity_type": "user", "entity_id": "ada"
    })),
    responses((status = 200, description = "`{job_id, status, status_url, …}`", body = Object)),
)]
async fn start(
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (operation, user, limit) = Form::read(&body, Nulls::Absent, |form| {
        let operation = form.choice("operation", &["trigger", "sample", "rebuild"]);
        if !form.has("operation") {
            form.missing("operation");
        }
        form.choice("entity_type", &["user"]);
        let user = match operation {
            Some("trigger") => Some(form.need_text("entity_id")),
            _ => None,
        };
        (
            operation.unwrap_or_default(),
            user,
            form.whole("limit", SAMPLE, 1..=10),
        )
    })?;
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok());
    let key = key
        .filter(|key| !key.is_empty())
        .map(|key| key.chars().take(KEY_BYTES).collect::<String>());
    answer(caller, move |c| {
        let users = match &user {
            Some(name) => vec![find(c, Entity::User, name)?.name().to_owned()],
            None => {
                let most = match operation {
                    "sample" => usize::try_from(limit).unwrap_or_default(),
                    _ => MOST_USERS,
                };
                let all = directory(c)?;
                let users = all.iter().filter(|one| one.entity() == Entity::User);
                users.take(most).map(|one| one.name().to_owned()).collect()
            }
        };
        if !Settings::of(c)?.is_enabled {
            return Err(Error::new(Code::InvalidRequest, "profiles are not enabled")
                .remedy("enable them: POST /v2/profiles/settings/ with {\"enabled\": true}"));
        }
        let id = job_id(c, key.as_deref());
        let is_replayed = !tasks_of(c, &id)?.is_empty();
        if !is_replayed {
            for name in &users {
                let cube = cube_of(name);
                // Memories that name a user may all lie in cubes of others.
                if !c.memos.exists(&c.who, &cube)? {
                    continue;
                }
                c.memos.submit_task(
                    &c.who,
                    &TaskRequest {
                        kind: ORGANISE.to_owned(),
                        cube_id: cube.to_string(),
                        key: Some(format!("{id} {name}")),
                        labels: Some(vec![label(&id)]),
                        ..TaskRequest::default()
                    },
                )?;
            }
        }
        let job = state(&tasks_of(c, &id)?);
        Ok(json!({
            "job_id": id,
            "event_id": id,
            "status": job["status"],
            "status_url": format!("/v2/profiles/jobs/{id}/"),
            "operation": operation,
            "entity_type": "user",
            "entity_count_reserved": users.len(),
            "sampled": users.len(),
            "entity_ids": users,
            "replayed": is_replayed,
        }))
    })
    .await
}

/// The same for the same key of the same caller.
fn job_id(caller: &Caller, key: Option<&str>) -> String {
    let Some(key) = key else {
        return MemoryId::generate().to_string();
    };
    let hash = blake3::hash(format!("{} {key}", caller.who).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

fn label(id: &str) -> String {
    format!("mem0.profiles:{id}")
}

/// The states of a job's tasks.
fn tasks_of(caller: &Caller, id: &str) -> Result<Vec<String>> {
    let page = caller.memos.tasks(
        &caller.who,
        &TaskListRequest {
            label: Some(label(id)),
            limit: u32::try_from(MOST_USERS).ok(),
            ..TaskListRequest::default()
        },
    )?;
    Ok(page.tasks.into_iter().map(|task| task.status).collect())
}

fn state(tasks: &[String]) -> Value {
    let count = |status: &str| tasks.iter().filter(|task| *task == status).count();
    let (done, dead, cancelled) = (count("done"), count("dead"), count("cancelled"));
    let ended = done + dead + cancelled;
    let status = if ended == tasks.len() {
        match dead + cancelled {
            0 => "succeeded",
            _ => "failed",
        }
    } else if ended + count("running") > 0 {
        "running"
    } else {
        "pending"
    };
    json!({
        "status": status,
        "total": tasks.len(),
        "completed": ended,
        "succeeded": done,
        "failed": dead,
        "skipped": cancelled,
        "enumeration_complete": true,
    })
}

/// A making of profiles as an event of the platform's; none if there is no such job.
pub(in super::super) fn event(caller: &Caller, id: &str) -> Result<Option<Value>> {
    let tasks = known(caller, id)?;
    if tasks.is_empty() {
        return Ok(None);
    }
    let job = state(&tasks);
    let status = job["status"].as_str().unwrap_or_default();
    Ok(Some(json!({
        "id": id,
        "event_type": "PROFILE",
        "status": status.to_uppercase(),
        "payload": {},
        "metadata": job,
        "results": [],
    })))
}

/// The states of the tasks of what may be a job's id.
fn known(caller: &Caller, id: &str) -> Result<Vec<String>> {
    match id.len() <= LONGEST_ID {
        true => tasks_of(caller, id),
        false => Ok(Vec::new()),
    }
}

/// Get the state of a making of profiles
#[utoipa::path(
    get,
    path = "/v2/profiles/jobs/{job_id}/",
    tag = "mem0",
    operation_id = "mem0_profiles_job",
    params(("job_id" = String, Path)),
    responses((status = 200, description = "`{job: {status, total, completed, …}}`", body = Object)),
)]
async fn job(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| {
        let tasks = known(c, &id)?;
        if tasks.is_empty() {
            return Err(
                Error::new(Code::TaskNotFound, format!("there is no job {id:?}")).remedy(
                    "start one: POST /v2/profiles/jobs/; a finished one is kept for a while only",
                ),
            );
        }
        let mut job = state(&tasks);
        job["job_id"] = id.as_str().into();
        Ok(json!({ "job": job }))
    })
    .await
}
