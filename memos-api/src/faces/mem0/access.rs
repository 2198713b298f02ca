//! Accounts and keys of the server. There is no authentication in this version: every key is
//! accepted, and there is nobody to log in.

use axum::extract::Path;
use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::router;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([
        routes!(setup_status),
        routes!(register),
        routes!(login),
        routes!(refresh),
        routes!(me, update_me),
        routes!(change_password),
        routes!(onboarding_complete),
        routes!(keys, create_key),
        routes!(revoke_key),
    ])
}

/// What whoever asks for an account is told.
fn no_accounts() -> Stop {
    Error::new(
        Code::Forbidden,
        "There is no authentication in this version",
    )
    .remedy("send requests as they are: any key is accepted, and every caller is the same user")
    .into()
}

fn refuse(body: &Value, fields: &[&str]) -> Result<Response, Stop> {
    Form::read(body, Nulls::Absent, |form| {
        for field in fields {
            form.need_text(field);
        }
    })?;
    Err(no_accounts())
}

/// Whether an administrator has to be registered
///
/// Never: there are no accounts.
#[utoipa::path(
    get,
    path = "/auth/setup-status",
    tag = "mem0",
    operation_id = "mem0_access_setup_status",
    responses((status = 200, description = "`{needsSetup}`", body = Object)),
)]
async fn setup_status(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |_| Ok(json!({"needsSetup": false}))).await
}

/// Register an administrator
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    post,
    path = "/auth/register",
    tag = "mem0",
    operation_id = "mem0_access_register",
    request_body(content = Object, example = json!({"name": "Ada", "email": "ada@example.com", "password": "…"})),
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn register(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    refuse(&body, &["name", "email", "password"])
}

/// Log in
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "mem0",
    operation_id = "mem0_access_login",
    request_body(content = Object, example = json!({"email": "ada@example.com", "password": "…"})),
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn login(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    refuse(&body, &["email", "password"])
}

/// Refresh a token
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "mem0",
    operation_id = "mem0_access_refresh",
    request_body(content = Object, example = json!({"refresh_token": "…"})),
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn refresh(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    refuse(&body, &["refresh_token"])
}

/// Who is logged in
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "mem0",
    operation_id = "mem0_access_me",
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn me(_: Caller) -> Result<Response, Stop> {
    Err(no_accounts())
}

/// Change who is logged in
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    patch,
    path = "/auth/me",
    tag = "mem0",
    operation_id = "mem0_access_update_me",
    request_body(content = Object, example = json!({"name": "Ada"})),
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn update_me(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    refuse(&body, &[])
}

/// Change a password
///
/// Refused: there is no authentication in this version.
#[utoipa::path(
    post,
    path = "/auth/change-password",
    tag = "mem0",
    operation_id = "mem0_access_change_password",
    request_body(content = Object, example = json!({"current_password": "…", "new_password": "…"})),
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn change_password(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    refuse(&body, &["current_password", "new_password"])
}

/// End the set-up
///
/// Refused: there is no authentication in this version, and nothing to set up.
#[utoipa::path(
    post,
    path = "/auth/onboarding-complete",
    tag = "mem0",
    operation_id = "mem0_access_onboarding_complete",
    request_body(content = Object, example = json!({"use_case": "notes"})),
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn onboarding_complete(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    refuse(&body, &["use_case"])
}

/// List keys
///
/// There are none: any is accepted.
#[utoipa::path(
    get,
    path = "/api-keys",
    tag = "mem0",
    operation_id = "mem0_access_keys",
    responses((status = 200, description = "An empty list.", body = Vec<Object>)),
)]
async fn keys(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |_| Ok(json!([]))).await
}

/// Create a key
///
/// Refused: a key would protect nothing.
#[utoipa::path(
    post,
    path = "/api-keys",
    tag = "mem0",
    operation_id = "mem0_access_create_key",
    request_body(content = Object, example = json!({"label": "laptop"})),
    responses((status = 403, description = "There is no authentication.", body = Object)),
)]
async fn create_key(_: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    refuse(&body, &["label"])
}

/// Revoke a key
#[utoipa::path(
    delete,
    path = "/api-keys/{key_id}",
    tag = "mem0",
    operation_id = "mem0_access_revoke_key",
    params(("key_id" = String, Path)),
    responses((status = 404, description = "There are no keys.", body = Object)),
)]
async fn revoke_key(_: Caller, Path(_): Path<String>) -> Result<Response, Stop> {
    // The one code of ours for a thing that is not there and is neither cube nor task.
    Err(Error::new(Code::MemoryNotFound, "API key not found.")
        .remedy("there are no keys in this version: any is accepted")
        .into())
}
