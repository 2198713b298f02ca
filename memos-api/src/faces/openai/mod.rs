//! OpenAI's API in front of any server that speaks it: what was said before is put into the prompt, and
//! what is said now is remembered. A client changes its base URL to `http://127.0.0.1:7777/v1`.
//!
//! | path | what it does |
//! |---|---|
//! | `POST /v1/chat/completions`, `POST /v1/responses` | asked of the model server, with memory, streaming too |
//! | `POST /v1/embeddings` | served by our embedder |
//! | `GET /v1/models` | those of the model server, and our embedder |
//! | anything else below these, and below [`PASSED_ON`] | passed on as it is |
//!
//! A request is passed on byte for byte, but for one block of memories that is put into its system
//! message or instructions ([`body`]). Whose memory it is about stands in [`wish`]; what its turns are,
//! in [`chat`] and [`responses`]; when they are remembered, in [`remember`].
//!
//! Of the headers of the answer `x-memos-memory` is `ok`, `off` or `degraded: ` and why; then the
//! answer was given without memory, or with less of it. `x-memos-recalled` says how many memories were
//! put in, `x-memos-memories` which.

mod body;
mod chat;
mod contract;
mod embeddings;
mod listen;
mod model_server;
mod models;
mod proxy;
mod questions;
mod refusal;
mod remember;
mod responses;
#[cfg(test)]
mod tests;
mod wish;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::faces::kit::Stop;
use crate::http::AppState;
use contract::Contract;

pub(crate) use model_server::ModelServer;
pub(crate) use refusal::OpenAi;

/// What else OpenAI's API has below `/v1`. It has to do with no memory; other faces have paths there too.
const PASSED_ON: &[&str] = &[
    "agents",
    "assistants",
    "audio",
    "batches",
    "chatkit",
    "completions",
    "containers",
    "content_provenance_checks",
    "conversations",
    "decisions",
    "evals",
    "files",
    "fine_tuning",
    "images",
    "live",
    "moderations",
    "organization",
    "projects",
    "realtime",
    "safety",
    "skills",
    "threads",
    "uploads",
    "vaults",
    "vector_stores",
    "videos",
    "webhook_endpoints",
    "webhook_event_types",
];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(chat_completions))
        .routes(routes!(create_response))
        .routes(routes!(embeddings::embeddings))
        .routes(routes!(models::models))
        .route("/v1/models/{*model}", get(models::model).delete(pass_on))
        .route("/v1/chat/completions", get(pass_on))
        .route("/v1/chat/completions/{*rest}", any(pass_on))
        .route("/v1/responses/{*rest}", any(pass_on));
    PASSED_ON.iter().fold(routes, |routes, name| {
        routes
            .route(&format!("/v1/{name}"), any(pass_on))
            .route(&format!("/v1/{name}/{{*rest}}"), any(pass_on))
    })
}

/// Chat with memory
///
/// Passed on to the model server, with what helps to answer in the system message; what is new in it
/// and the answer are remembered. Headers: `x-memos-user`, `x-memos-cube`, `x-memos-session`,
/// `x-memos-memory` (`off`, `read`, `write` or `both`), `x-memos-max-tokens`. Every other header, field
/// and answer is as the model server has it.
#[utoipa::path(
    post,
    path = "/v1/chat/completions",
    tag = "openai",
    request_body(content = Object, example = json!({
        "model": "gpt-4.1-mini", "user": "ada",
        "messages": [{"role": "user", "content": "Where does my sister live?"}]
    })),
    responses((
        status = 200,
        description = "The model server's answer, or its events if `stream` is true.",
        content((Object = "application/json"), (String = "text/event-stream")),
        headers(
            ("x-memos-memory" = String, description = "`ok`, `off`, or `degraded: ` and why."),
            ("x-memos-recalled" = String, description = "How many memories were put in."),
            ("x-memos-memories" = String, description = "Their ids."),
            ("x-upstream-request-id" = String, description = "The model server's `x-request-id`."),
        ),
    )),
)]
async fn chat_completions(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Stop> {
    proxy::ask(Contract::Chat, state, request).await
}

/// Ask for a response, with memory
///
/// As `/v1/chat/completions`, for the Responses API: what helps to answer goes into `instructions`.
#[utoipa::path(
    post,
    path = "/v1/responses",
    tag = "openai",
    request_body(content = Object, example = json!({
        "model": "gpt-4.1-mini", "metadata": {"user_id": "ada"},
        "input": "Where does my sister live?"
    })),
    responses((
        status = 200,
        description = "The model server's answer, or its events if `stream` is true.",
        content((Object = "application/json"), (String = "text/event-stream")),
        headers(
            ("x-memos-memory" = String, description = "`ok`, `off`, or `degraded: ` and why."),
            ("x-memos-recalled" = String, description = "How many memories were put in."),
            ("x-memos-memories" = String, description = "Their ids."),
            ("x-upstream-request-id" = String, description = "The model server's `x-request-id`."),
        ),
    )),
)]
async fn create_response(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Stop> {
    proxy::ask(Contract::Responses, state, request).await
}

async fn pass_on(State(state): State<AppState>, request: Request) -> Result<Response, Stop> {
    proxy::pass_on(state, request).await
}
