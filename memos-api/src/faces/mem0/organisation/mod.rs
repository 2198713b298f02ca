//! The one organisation and project of this server, what is set in it, and who is in it.

mod members;
mod project;

use axum::extract::Path;
use axum::response::Response;
use memos_core::{Code, Error, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::router;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

pub(super) use project::settings;

/// The organisation.
pub(super) const ORGANISATION: &str = "memos";

/// Its project.
pub(super) const PROJECT: &str = "memos";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    let own = router([
        routes!(ping),
        routes!(stats),
        routes!(organisations, create_organisation),
        routes!(organisation, delete_organisation),
    ]);
    own.merge(project::routes()).merge(members::routes())
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
pub(super) fn known(organisation: &str, project: Option<&str>) -> Result<()> {
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
