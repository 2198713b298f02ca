//! The project, and what is set in it.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use memos_core::{Code, CubeId, Error, Result};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::router;
use super::{ORGANISATION, PROJECT, known, the_only_one};
use crate::faces::kit::{Form, JsonBody, Nulls, Own, Stop, answer};
use crate::http::{AppState, Caller};

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
    "retrieval_criteria",
    "enable_graph",
    "version",
    "memory_depth",
    "usecase_setting",
    "multilingual",
    "decay",
];

/// The cube of the settings of this face.
pub(in crate::faces::mem0) fn settings() -> CubeId {
    Own::Mem0.cube(SETTINGS)
}

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([routes!(projects, create), routes!(get, update, delete)])
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
            "version",
            "memory_depth",
        ] {
            form.text(name);
        }
        for name in ["custom_categories", "retrieval_criteria"] {
            form.list(name);
        }
        for name in ["enable_graph", "multilingual", "decay"] {
            form.maybe_flag(name);
        }
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
