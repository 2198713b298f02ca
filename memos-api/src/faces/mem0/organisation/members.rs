//! Who is in the organisation and in its project: whoever calls.

use axum::extract::Path;
use axum::response::Response;
use memos_core::{Code, Error, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::router;
use super::known;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([
        routes!(
            of_project,
            add_to_project,
            change_in_project,
            remove_from_project
        ),
        routes!(
            of_organisation,
            add_to_organisation,
            change_in_organisation,
            remove_from_organisation
        ),
    ])
}

/// The members of both: the one that there is.
async fn list(caller: Caller, org: String, project: Option<String>) -> Result<Response, Stop> {
    answer(caller, move |c| {
        known(&org, project.as_deref())?;
        Ok(json!({"members": [{"username": c.who.as_str(), "email": null, "role": "OWNER"}]}))
    })
    .await
}

/// What whoever wants to change them is told.
fn refuse(org: &str, project: Option<&str>) -> Result<Response, Stop> {
    known(org, project)?;
    Err(Error::new(
        Code::Forbidden,
        "There is no authentication in this version: every caller is the one member",
    )
    .remedy("keep the server where only those reach it who may read everything")
    .into())
}

fn refuse_body(body: &Value, org: &str, project: Option<&str>) -> Result<Response, Stop> {
    Form::read(body, Nulls::Absent, |form| form.need_text("email"))?;
    refuse(org, project)
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
async fn of_project(
    caller: Caller,
    Path((org, project)): Path<(String, String)>,
) -> Result<Response, Stop> {
    list(caller, org, Some(project)).await
}

/// Add a member to a project
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
async fn add_to_project(
    _: Caller,
    Path((org, project)): Path<(String, String)>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    refuse_body(&body, &org, Some(&project))
}

/// Change a member of a project
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
async fn change_in_project(
    _: Caller,
    Path((org, project)): Path<(String, String)>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    refuse_body(&body, &org, Some(&project))
}

/// Remove a member from a project
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    delete,
    path = "/api/v1/orgs/organizations/{org_id}/projects/{project_id}/members/",
    tag = "mem0",
    operation_id = "mem0_project_remove_member",
    params(("org_id" = String, Path), ("project_id" = String, Path), ("email" = Option<String>, Query)),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn remove_from_project(
    _: Caller,
    Path((org, project)): Path<(String, String)>,
) -> Result<Response, Stop> {
    refuse(&org, Some(&project))
}

/// List the members of an organization
#[utoipa::path(
    get,
    path = "/api/v1/orgs/organizations/{org_id}/members/",
    tag = "mem0",
    operation_id = "mem0_organisation_members",
    params(("org_id" = String, Path)),
    responses((status = 200, description = "`{members}`", body = Object)),
)]
async fn of_organisation(caller: Caller, Path(org): Path<String>) -> Result<Response, Stop> {
    list(caller, org, None).await
}

/// Add a member to an organization
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    post,
    path = "/api/v1/orgs/organizations/{org_id}/members/",
    tag = "mem0",
    operation_id = "mem0_organisation_add_member",
    params(("org_id" = String, Path)),
    request_body(content = Object, example = json!({"email": "ada@example.com", "role": "READER"})),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn add_to_organisation(
    _: Caller,
    Path(org): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    refuse_body(&body, &org, None)
}

/// Change a member of an organization
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    put,
    path = "/api/v1/orgs/organizations/{org_id}/members/",
    tag = "mem0",
    operation_id = "mem0_organisation_change_member",
    params(("org_id" = String, Path)),
    request_body(content = Object, example = json!({"email": "ada@example.com", "role": "OWNER"})),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn change_in_organisation(
    _: Caller,
    Path(org): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    refuse_body(&body, &org, None)
}

/// Remove a member from an organization
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    delete,
    path = "/api/v1/orgs/organizations/{org_id}/members/",
    tag = "mem0",
    operation_id = "mem0_organisation_remove_member",
    params(("org_id" = String, Path), ("email" = Option<String>, Query)),
    responses((status = 403, description = "Why not.", body = Object)),
)]
async fn remove_from_organisation(_: Caller, Path(org): Path<String>) -> Result<Response, Stop> {
    refuse(&org, None)
}
