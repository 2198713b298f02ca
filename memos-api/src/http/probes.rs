//! Routes for those who run the server.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::problem::{Refusal, problems};

/// What the text format of Prometheus is called.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(ready))
        .routes(routes!(metrics))
}

problems! {
    ProbeProblems = [Forbidden, Internal];
    ReadyProblems = [Forbidden, Unavailable, Internal];
}

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(super) struct Status {
    /// `healthy` or `ready`.
    status: &'static str,
    /// `memos`.
    service: &'static str,
    /// The version of the server.
    version: &'static str,
}

impl Status {
    const fn is(status: &'static str) -> Json<Self> {
        Json(Self {
            status,
            service: "memos",
            version: env!("CARGO_PKG_VERSION"),
        })
    }
}

/// Is the process alive?
///
/// Answers from the first moment, also while the data folder is being opened.
#[utoipa::path(
    get,
    path = "/health",
    tag = "operation",
    responses((status = 200, description = "It is.", body = Status), ProbeProblems),
)]
async fn health() -> Json<Status> {
    Status::is("healthy")
}

/// Is the data folder open?
#[utoipa::path(
    get,
    path = "/ready",
    tag = "operation",
    responses((status = 200, description = "It is.", body = Status), ReadyProblems),
)]
async fn ready(State(state): State<AppState>) -> Result<Json<Status>, Refusal> {
    state.memos()?;
    Ok(Status::is("ready"))
}

/// Numbers for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses(
        (
            status = 200,
            description = "Counters and histograms.",
            body = String,
            content_type = "text/plain; version=0.0.4"
        ),
        ProbeProblems,
    ),
)]
async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let memos = state.memos().ok();
    let text = state.metrics().render(memos.as_deref());
    ([(CONTENT_TYPE, PROMETHEUS)], text)
}
