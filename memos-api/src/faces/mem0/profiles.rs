//! Profiles of users: a form that is filled in from what they said, or what the background noted of
//! them if no form is set.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use memos_core::{Code, CubeId, Error, Filter, MemoryId, Moment, Result};
use memos_scheduler::work::ORGANISE;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::entities::{directory, find};
use super::exports::{evidence, read_schema};
use super::filters::Reach;
use super::finding::cubes_of;
use super::identity::Entity;
use super::project::settings;
use super::with_and_without_slash;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer, cube_of};
use crate::http::{AppState, Caller};
use crate::wire::{TaskListRequest, TaskRequest};

/// The note of the settings.
const NOTE: &str = "profiles";

/// Users that a sample is of, if the request does not say.
const SAMPLE: i64 = 3;

/// Users that one job is for.
const MOST_USERS: usize = 1_000;

/// Longest key of a request.
const KEY_BYTES: usize = 200;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    [
        routes!(profile),
        routes!(settings_of, change_settings),
        routes!(start),
        routes!(job),
    ]
    .into_iter()
    .fold(OpenApiRouter::new(), with_and_without_slash)
}

/// What is set.
struct Settings {
    is_enabled: bool,
    schema: Option<Value>,
    instructions: Option<Value>,
}

impl Settings {
    fn of(caller: &Caller) -> Result<Self> {
        let note = caller.memos.note_of(&caller.who, &settings(), NOTE)?;
        Ok(Self::of_note(&note.unwrap_or_default()))
    }

    fn of_note(note: &Value) -> Self {
        let of = |name: &str| note.get(name).filter(|value| !value.is_null()).cloned();
        Self {
            is_enabled: note.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            schema: of("schema"),
            instructions: of("custom_instructions"),
        }
    }

    fn shown(&self, caller: &Caller) -> Value {
        let by = match caller.memos.model_id() {
            Some(_) => "model",
            None => "rules",
        };
        json!({
            "enabled": self.is_enabled,
            "capabilities": {"entity_types": ["user"], "generation": by},
            "entities": {"user": {
                "schema": self.schema,
                "custom_instructions": self.instructions,
            }},
        })
    }
}

/// Get a profile
///
/// The form of the settings, filled in from what the user said; without one, the facts and preferences
/// that the background noted. `status` is `succeeded`, `pending`, `insufficient_data` or `not_enabled`.
#[utoipa::path(
    get,
    path = "/v2/entities/{entity_type}/{entity_id}/profile/",
    tag = "mem0",
    operation_id = "mem0_profiles_profile",
    params(("entity_type" = String, Path), ("entity_id" = String, Path)),
    responses((status = 200, description = "`{profile, status, entity_type, entity_id, updated_at, generation_count}`", body = Object)),
)]
async fn profile(
    caller: Caller,
    Path((word, name)): Path<(String, String)>,
) -> Result<Response, Stop> {
    answer(caller, move |c| {
        let entity = Entity::of_word(&word)?;
        let found = find(c, entity, &name)?;
        let settings = Settings::of(c)?;
        let made = match settings.is_enabled {
            true => make(c, entity, &name, settings.schema.as_ref())?,
            false => Made::default(),
        };
        let status = if !settings.is_enabled {
            "not_enabled"
        } else if made.count > 0 {
            "succeeded"
        } else if is_busy(c, &cube_of(&name))? {
            "pending"
        } else {
            "insufficient_data"
        };
        Ok(json!({
            "profile": made.profile,
            "status": status,
            "entity_type": found.entity().word(),
            "entity_id": found.name(),
            "updated_at": made.at.map(|at| at.to_string()),
            "generation_count": made.count,
        }))
    })
    .await
}

#[derive(Default)]
struct Made {
    profile: Map<String, Value>,
    /// How many things it holds.
    count: usize,
    at: Option<Moment>,
}

fn make(caller: &Caller, entity: Entity, name: &str, schema: Option<&Value>) -> Result<Made> {
    let named: Map<String, Value> = Map::from_iter([(entity.field().to_owned(), name.into())]);
    let reach = Reach::read(&named.into())?;
    let cubes = cubes_of(caller, &reach)?;
    if let Some(schema) = schema {
        let reach = evidence(reach);
        let filter = reach.json();
        let filled = caller
            .memos
            .fill_in(&caller.who, &cubes, filter.as_ref(), schema)?;
        let profile = filled.value.as_object().cloned().unwrap_or_default();
        return Ok(Made {
            profile,
            count: filled.fields,
            at: (filled.fields > 0).then(|| caller.memos.now().into()),
        });
    }
    let derived = reach
        .with(json!({"origin": "inference"}))
        .with(json!({"semantic_type": {"in": ["fact", "preference", "profile", "event"]}}));
    let filter: Option<Filter> = derived.filter()?;
    let mut made = Made::default();
    caller
        .memos
        .visit(&caller.who, &cubes, filter.as_ref(), |memory| {
            let described = &memory.header.descriptive;
            let is_current = memory.header.behavioural.superseded_by.is_none();
            if let Some(plain) = memory.payload.plaintext().filter(|_| is_current) {
                let kind = match described.semantic_type.as_str() {
                    "preference" => "preferences",
                    "event" => "events",
                    _ => "facts",
                };
                let list = made.profile.entry(kind).or_insert_with(|| json!([]));
                if let Value::Array(list) = list {
                    list.push(plain.text.as_str().into());
                }
                made.count += 1;
                made.at = made.at.max(Some(described.updated_at.into()));
            }
        })?;
    Ok(made)
}

/// Whether the background still has to go over what is in a cube.
pub(super) fn is_busy(caller: &Caller, cube: &CubeId) -> Result<bool> {
    let page = caller.memos.tasks(
        &caller.who,
        &TaskListRequest {
            cube_id: Some(cube.to_string()),
            kind: Some(ORGANISE.to_owned()),
            limit: Some(1),
            ..TaskListRequest::default()
        },
    )?;
    Ok(page.counts.waiting + page.counts.running > 0)
}

/// Get the settings of profiles
#[utoipa::path(
    get,
    path = "/v2/profiles/settings/",
    tag = "mem0",
    operation_id = "mem0_profiles_settings_of",
    responses((status = 200, description = "`{enabled, capabilities, entities}`", body = Object)),
)]
async fn settings_of(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |c| Ok(Settings::of(c)?.shown(c))).await
}

/// Change the settings of profiles
///
/// What is absent stays, a null clears. `custom_instructions` are kept and not followed yet.
#[utoipa::path(
    post,
    path = "/v2/profiles/settings/",
    tag = "mem0",
    operation_id = "mem0_profiles_change_settings",
    request_body(content = Object, example = json!({
        "enabled": true,
        "entities": {"user": {"schema": {"type": "object", "properties": {
            "favourite_bread": {"type": "string", "description": "The bread that they love"}
        }}}}
    })),
    responses((status = 200, description = "`{enabled, capabilities, entities}`", body = Object)),
)]
async fn change_settings(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (enabled, user) = Form::read(&body, Nulls::Absent, |form| {
        for name in form.fields().keys() {
            if !matches!(name.as_str(), "enabled" | "entities") {
                form.fault(name, "extra_forbidden", "Unsupported settings");
            }
        }
        let entities = form.within("entities");
        let user = entities.and_then(|all| all.within("user"));
        let user = user.map(|user| {
            user.text("custom_instructions");
            user.fields().clone()
        });
        (form.maybe_flag("enabled"), user.unwrap_or_default())
    })?;
    answer(caller, move |c| {
        let schema = match user.get("schema") {
            None => None,
            Some(Value::Null) => Some(Value::Null),
            Some(schema) => {
                let schema = read_schema(schema.clone())?;
                c.memos.fill_in(&c.who, &[], None, &schema)?;
                Some(schema)
            }
        };
        let instructions = user.get("custom_instructions").cloned();
        c.memos.amend_note(&c.who, &settings(), NOTE, |note| {
            let mut fields = note.as_object().cloned().unwrap_or_default();
            let changes = [
                ("enabled", enabled.map(Value::from)),
                ("schema", schema),
                ("custom_instructions", instructions),
            ];
            for (name, value) in changes {
                fields.extend(value.map(|value| (name.to_owned(), value)));
            }
            let now = Settings::of_note(&Value::from(fields.clone()));
            *note = fields.into();
            Ok(now.shown(c))
        })
    })
    .await
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
        let tasks = match id.len() <= 64 {
            true => tasks_of(c, &id)?,
            false => Vec::new(),
        };
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
