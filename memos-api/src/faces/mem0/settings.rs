//! The server's routes about itself: its configuration, what it was asked, instructions.

use axum::extract::RawQuery;
use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::router;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

/// Requests shown at most.
const MOST: i64 = 200;

/// Requests shown if the query does not say.
const SHOWN: i64 = 50;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([
        routes!(configuration, configure),
        routes!(providers),
        routes!(generate_instructions),
        routes!(requests),
    ])
}

/// Get the configuration
///
/// What stands behind this server, in mem0's form, without secrets.
#[utoipa::path(
    get,
    path = "/configure",
    tag = "mem0",
    operation_id = "mem0_settings_configuration",
    responses((status = 200, description = "The configuration.", body = Object)),
)]
async fn configuration(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |c| {
        let llm = c
            .memos
            .model_id()
            .map(|model| json!({"provider": "openai", "config": {"model": model}}));
        Ok(json!({
            "version": "v1.1",
            "vector_store": {"provider": "memos", "config": {}},
            "llm": llm,
            "embedder": {"provider": "memos", "config": {"model": c.memos.embedder_id()}},
        }))
    })
    .await
}

/// Set the configuration
///
/// Refused: this server is configured where it is started.
#[utoipa::path(
    post,
    path = "/configure",
    tag = "mem0",
    operation_id = "mem0_settings_configure",
    request_body(content = Object, example = json!({"version": "v1.1"})),
    responses((status = 400, description = "Why not.", body = Object)),
)]
async fn configure(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    Form::read(&body, Nulls::Absent, |_| ())?;
    drop(caller);
    Err(Error::new(
        Code::InvalidRequest,
        "This server is not configured by requests",
    )
    .remedy("set MEMOS_LLM_BASE_URL and MEMOS_LLM_MODEL, or the settings file, and start it again; `memos config` shows them")
    .into())
}

/// List what can be configured
#[utoipa::path(
    get,
    path = "/configure/providers",
    tag = "mem0",
    operation_id = "mem0_settings_providers",
    responses((status = 200, description = "`{llm, embedder}`", body = Object)),
)]
async fn providers(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |_| {
        Ok(json!({"llm": ["openai"], "embedder": ["memos"]}))
    })
    .await
}

/// Write instructions for a use case
///
/// Needs a language model.
#[utoipa::path(
    post,
    path = "/generate-instructions",
    tag = "mem0",
    operation_id = "mem0_settings_generate_instructions",
    request_body(content = Object, example = json!({"use_case": "A tutor for music theory"})),
    responses((status = 200, description = "`{custom_instructions, test_message}`", body = Object)),
)]
async fn generate_instructions(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let use_case = Form::read(&body, Nulls::Absent, |form| form.need_text("use_case"))?;
    answer(caller, move |c| {
        let written = c.memos.write_instructions(&c.who, &use_case)?;
        Ok(json!({
            "custom_instructions": written.instructions,
            "test_message": written.test_message,
        }))
    })
    .await
}

/// List the last requests
///
/// Newest first, since the server started; paths without what follows the `?`.
#[utoipa::path(
    get,
    path = "/requests",
    tag = "mem0",
    operation_id = "mem0_settings_requests",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, description = "`[{id, method, path, status_code, latency_ms, auth_type, created_at}]`", body = Vec<Object>)),
)]
async fn requests(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let limit = Form::read_query(query.as_deref(), Nulls::Absent, |form| {
        form.whole("limit", SHOWN, 1..=MOST)
    })?;
    answer(caller, move |c| {
        let limit = usize::try_from(limit).unwrap_or_default();
        let shown = c.recent().newest(limit).into_iter().map(|asked| {
            json!({
                "id": asked.id,
                "method": asked.method,
                "path": asked.path,
                "status_code": asked.status,
                "latency_ms": asked.latency_ms,
                "auth_type": "disabled",
                "created_at": asked.at.to_string(),
            })
        });
        Ok(shown.collect::<Vec<_>>())
    })
    .await
}
