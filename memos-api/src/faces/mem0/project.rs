//! The one organisation and project of this server, what is set in it, and who is in it.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use memos_core::{Code, CubeId, Error, Result};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::with_and_without_slash;
use crate::faces::kit::{Form, JsonBody, Nulls, Own, Stop, answer};
use crate::http::{AppState, Caller};

/// The organisation.
pub(super) const ORGANISATION: &str = "memos";

/// Its project.
pub(super) const PROJECT: &str = "memos";

/// The cube in whose header the settings of this face lie.
const SETTINGS: &str = "settings";

/// The note of what is set in the project.
const NOTE: &str = "project";

/// What can be set: kept, and shown again.
const FIELDS: &[&str] = &[
    "name",
    "description",
    "custom_instructions",
    "agent_custom_instructions",
    "custom_categories",
    "memory_depth",
    "usecase_setting",
    "multilingual",
    "decay",
];

pub(super) fn settings() -> CubeId {
    Own::Mem0.cube(SETTINGS)
}

pub(super) fn routes() -> OpenApiRouter<AppState> {
    [
        routes!(ping),
        routes!(stats),
        routes!(organisations, create_organisation),
        routes!(organisation, delete_organisation),
        routes!(projects, create),
        routes!(get, update, delete),
        routes!(members, add_member, change_member, remove_member),
    ]
    .into_iter()
    .fold(OpenApiRouter::new(), with_and_without_slash)
}

/// Whether the server is there, and whose the key is
///
/// Any key is accepted: there is no authentication in this version.
#[utoipa::path(
    get,
    path = "/v1/ping/",
    tag = "mem0",
    operation_id = "mem0_project_ping",
    responses((status = 200, description = "`{status, org_id, project_id, user_email}`", body = Object)),
)]
async fn ping(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |_| {
        Ok(json!({
            "status": "ok",
            "org_id": ORGANISATION,
            "project_id": PROJECT,
            "user_email": null,
        }))
    })
    .await
}

/// How much there is
///
/// It reads every memory, in one snapshot.
#[utoipa::path(
    get,
    path = "/v1/stats/",
    tag = "mem0",
    operation_id = "mem0_project_stats",
    responses((status = 200, description = "`{total_memories, total_users, …}`", body = Object)),
)]
async fn stats(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |c| {
        let mut memories = 0_u64;
        let cubes = c.memos.all_cubes(&c.who)?;
        let evidence = memos_core::Filter::parse(&json!({"origin": {"ne": "inference"}}))?;
        c.memos
            .visit(&c.who, &cubes, Some(&evidence), |_| memories += 1)?;
        let all = super::entities::directory(c)?;
        let mut stats = json!({ "total_memories": memories });
        for entity in super::identity::Entity::ALL {
            let count = all.iter().filter(|one| one.entity() == entity).count();
            stats[format!("total_{}s", entity.word())] = count.into();
        }
        Ok(stats)
    })
    .await
}

/// The organisation of a path, which has to be ours.
fn known(organisation: &str, project: Option<&str>) -> Result<()> {
    let what = match project {
        _ if organisation != ORGANISATION => format!("there is no organization {organisation:?}"),
        Some(project) if project != PROJECT => format!("there is no project {project:?}"),
        _ => return Ok(()),
    };
    Err(Error::new(Code::MemoryNotFound, what).remedy("GET /v1/ping/ names the one that there is"))
}

fn the_organisation() -> Value {
    json!({"id": 1, "org_id": ORGANISATION, "name": "MemOS", "description": null})
}

fn the_only_one(what: &str) -> Error {
    Error::new(
        Code::Forbidden,
        format!("This server has one {what}, which stays as it is"),
    )
    .remedy("start another server, with a data folder of its own, for what must be apart")
}

/// List organizations
#[utoipa::path(
    get,
    path = "/api/v1/orgs/organizations/",
    tag = "mem0",
    operation_id = "mem0_project_organisations",
    responses((status = 200, description = "The one that there is.", body = Vec<Object>)),
)]
async fn organisations(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |_| Ok(vec![the_organisation()])).await
}

/// Create an organization
///
/// Refused: there is one.
#[utoipa::path(
    post,
    path = "/api/v1/orgs/organizations/",
    tag = "mem0",
    operation_id = "mem0_project_create_organisation",
    request_body(content = Object, example = json!({"name": "home"})),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn create_organisation(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    Form::read(&body, Nulls::Absent, |form| form.need_text("name"))?;
    Err(the_only_one("organization").into())
}

/// Get an organization
#[utoipa::path(
    get,
    path = "/api/v1/orgs/organizations/{org_id}/",
    tag = "mem0",
    operation_id = "mem0_project_organisation",
    params(("org_id" = String, Path)),
    responses((status = 200, description = "The organization.", body = Object)),
)]
async fn organisation(caller: Caller, Path(org): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |_| {
        known(&org, None)?;
        Ok(the_organisation())
    })
    .await
}

/// Delete an organization
///
/// Refused: there is one.
#[utoipa::path(
    delete,
    path = "/api/v1/orgs/organizations/{org_id}/",
    tag = "mem0",
    operation_id = "mem0_project_delete_organisation",
    params(("org_id" = String, Path)),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn delete_organisation(_: Caller, Path(org): Path<String>) -> Result<Response, Stop> {
    known(&org, None)?;
    Err(the_only_one("organization").into())
}

/// What is set in the project.
fn set(caller: &Caller) -> Result<Map<String, Value>> {
    let note = caller.memos.note_of(&caller.who, &settings(), NOTE)?;
    Ok(note
        .and_then(|note| note.as_object().cloned())
        .unwrap_or_default())
}

fn shown(set: &Map<String, Value>) -> Map<String, Value> {
    let mut project: Map<String, Value> = FIELDS
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                set.get(*name).cloned().unwrap_or_default(),
            )
        })
        .collect();
    if project["name"].is_null() {
        project.insert("name".into(), "MemOS".into());
    }
    project.insert("id".into(), 1.into());
    project.insert("project_id".into(), PROJECT.into());
    project.insert("org_id".into(), ORGANISATION.into());
    project
}

/// List projects
#[utoipa::path(
    get,
    path = "/api/v1/orgs/organizations/{org_id}/projects/",
    tag = "mem0",
    operation_id = "mem0_project_projects",
    params(("org_id" = String, Path)),
    responses((status = 200, description = "The one that there is.", body = Vec<Object>)),
)]
async fn projects(caller: Caller, Path(org): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| {
        known(&org, None)?;
        Ok(vec![shown(&set(c)?)])
    })
    .await
}

/// Create a project
///
/// Refused: there is one.
#[utoipa::path(
    post,
    path = "/api/v1/orgs/organizations/{org_id}/projects/",
    tag = "mem0",
    operation_id = "mem0_project_create",
    params(("org_id" = String, Path)),
    request_body(content = Object, example = json!({"name": "notes"})),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn create(
    _: Caller,
    Path(org): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    known(&org, None)?;
    Form::read(&body, Nulls::Absent, |form| form.need_text("name"))?;
    Err(the_only_one("project").into())
}

/// Get a project
#[utoipa::path(
    get,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
    tag = "mem0",
    operation_id = "mem0_project_get",
    params(
        ("org_id" = String, Path), ("project_id" = String, Path),
        ("fields" = Option<String>, Query, description = "Only this field; may be repeated."),
    ),
    responses((status = 200, description = "The project.", body = Object)),
)]
async fn get(
    caller: Caller,
    Path((org, project)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Stop> {
    let pairs = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let fields: Vec<String> = pairs
        .filter(|(name, _)| name == "fields")
        .flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>())
        .filter(|name| !name.is_empty())
        .collect();
    answer(caller, move |c| {
        known(&org, Some(&project))?;
        let mut shown = shown(&set(c)?);
        if !fields.is_empty() {
            shown.retain(|name, _| fields.contains(name));
        }
        Ok(shown)
    })
    .await
}

/// Change a project
///
/// What is set is kept and shown again. Instructions and categories are not followed yet.
#[utoipa::path(
    patch,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
    tag = "mem0",
    operation_id = "mem0_project_update",
    params(("org_id" = String, Path), ("project_id" = String, Path)),
    request_body(content = Object, example = json!({"custom_instructions": "Keep what is about bread."})),
    responses((status = 200, description = "`{message}` and the project.", body = Object)),
)]
async fn update(
    caller: Caller,
    Path((org, project)): Path<(String, String)>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let changes = Form::read(&body, Nulls::Absent, |form| {
        for name in [
            "name",
            "description",
            "custom_instructions",
            "agent_custom_instructions",
            "memory_depth",
        ] {
            form.text(name);
        }
        form.list("custom_categories");
        form.maybe_flag("multilingual");
        form.maybe_flag("decay");
        let known = form.fields().iter();
        let known = known.filter(|(name, _)| FIELDS.contains(&name.as_str()));
        known
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Map<_, _>>()
    })?;
    answer(caller, move |c| {
        known(&org, Some(&project))?;
        if changes.is_empty() {
            return Err(
                Error::new(Code::InvalidRequest, "the request changes nothing")
                    .remedy(format!("set one of {}", FIELDS.join(", "))),
            );
        }
        c.memos.amend_note(&c.who, &settings(), NOTE, |note| {
            let mut fields = note.as_object().cloned().unwrap_or_default();
            fields.extend(changes);
            let mut now = shown(&fields);
            *note = fields.into();
            now.insert("message".into(), "Project updated successfully".into());
            Ok(now)
        })
    })
    .await
}

/// Delete a project
///
/// Refused: there is one.
#[utoipa::path(
    delete,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/",
    tag = "mem0",
    operation_id = "mem0_project_delete",
    params(("org_id" = String, Path), ("project_id" = String, Path)),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn delete(_: Caller, Path((org, project)): Path<(String, String)>) -> Result<Response, Stop> {
    known(&org, Some(&project))?;
    Err(the_only_one("project").into())
}

/// List the members of a project
#[utoipa::path(
    get,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    tag = "mem0",
    operation_id = "mem0_project_members",
    params(("org_id" = String, Path), ("project_id" = String, Path)),
    responses((status = 200, description = "`{members}`", body = Object)),
)]
async fn members(
    caller: Caller,
    Path((org, project)): Path<(String, String)>,
) -> Result<Response, Stop> {
    answer(caller, move |c| {
        known(&org, Some(&project))?;
        Ok(json!({"members": [{"username": c.who.as_str(), "email": null, "role": "OWNER"}]}))
    })
    .await
}

fn no_members(org: &str, project: &str) -> Stop {
    match known(org, Some(project)) {
        Err(error) => error.into(),
        Ok(()) => Error::new(
            Code::Forbidden,
            "There is no authentication in this version: every caller is the one member",
        )
        .remedy("keep the server where only those reach it who may read everything")
        .into(),
    }
}

/// Add a member
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    post,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    tag = "mem0",
    operation_id = "mem0_project_add_member",
    params(("org_id" = String, Path), ("project_id" = String, Path)),
    request_body(content = Object, example = json!({"email": "ada@example.com", "role": "READER"})),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn add_member(
    _: Caller,
    Path((org, project)): Path<(String, String)>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    Form::read(&body, Nulls::Absent, |form| form.need_text("email"))?;
    Err(no_members(&org, &project))
}

/// Change a member
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    put,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    tag = "mem0",
    operation_id = "mem0_project_change_member",
    params(("org_id" = String, Path), ("project_id" = String, Path)),
    request_body(content = Object, example = json!({"email": "ada@example.com", "role": "OWNER"})),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn change_member(
    _: Caller,
    Path((org, project)): Path<(String, String)>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    Form::read(&body, Nulls::Absent, |form| form.need_text("email"))?;
    Err(no_members(&org, &project))
}

/// Remove a member
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    delete,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    tag = "mem0",
    operation_id = "mem0_project_remove_member",
    params(
        ("org_id" = String, Path), ("project_id" = String, Path),
        ("email" = Option<String>, Query),
    ),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn remove_member(
    _: Caller,
    Path((org, project)): Path<(String, String)>,
) -> Result<Response, Stop> {
    Err(no_members(&org, &project))
}
