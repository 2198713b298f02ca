//! Routes that answer questions.

use std::time::Instant;

use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::Caller;
use super::extract::Json;
use super::problem::{Refusal, problems};
use crate::wire::{ContextResponse, SearchRequest, SearchResponse};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(context))
}

problems! {
    SearchProblems = [
        InvalidRequest, InvalidJson, InvalidFilter, InvalidTime, UnsupportedMediaType, TooLarge,
        Forbidden, CubeNotFound, Unavailable, Corrupt, Internal,
    ];
}

/// Find the memories that answer a question
///
/// Best first. With `explain` each hit shows the signals that gave its score, and the answer shows
/// how the question was understood.
#[utoipa::path(
    post,
    path = "/search",
    tag = "search",
    request_body(content = SearchRequest, example = json!({
        "query": "Where does Mina live?", "cube_ids": ["notes"], "top_k": 5, "explain": true
    })),
    responses((status = 200, description = "What was found.", body = SearchResponse), SearchProblems),
)]
async fn search(caller: Caller, Json(request): Json<SearchRequest>) -> Result<Response, Refusal> {
    let search = move |c: &Caller| {
        let start = Instant::now();
        let found = c.memos.search(&c.who, &request)?;
        c.metrics().searched(start.elapsed(), &found.degraded);
        Ok((StatusCode::OK, found))
    };
    caller.answer(search).await
}

/// Find the evidence for a prompt
///
/// The same search, set as one block of dated lines in the order of time, within `max_tokens`.
#[utoipa::path(
    post,
    path = "/context",
    tag = "search",
    request_body(content = SearchRequest, example = json!({
        "query": "Where does Mina live?", "cube_ids": ["notes"], "max_tokens": 500
    })),
    responses((status = 200, description = "The block.", body = ContextResponse), SearchProblems),
)]
async fn context(caller: Caller, Json(request): Json<SearchRequest>) -> Result<Response, Refusal> {
    let context = move |c: &Caller| {
        let start = Instant::now();
        let block = c.memos.context(&c.who, &request)?;
        c.metrics().searched(start.elapsed(), &block.degraded);
        Ok((StatusCode::OK, block))
    };
    caller.answer(context).await
}
