//! Around every request: its id, its log line, its numbers, and its problem document.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use memos_core::{Code, Error};
use tracing::Instrument;

use super::AppState;
use super::problem::{self, Refused};
use super::request_id::{self, RequestId};

/// The route of a request that no route takes.
const UNMATCHED: &str = "unmatched";

pub(super) async fn observe(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request_id = id.as_str());

    let response = next.run(request).instrument(span.clone()).await;

    let _entered = span.enter();
    let mut response = match refusal(&response, &method, route) {
        Some(error) => {
            log_failure(&error, state.is_opening());
            problem::render(response, &error, &id)
        }
        None => response,
    };
    let (status, took) = (response.status().as_u16(), start.elapsed());
    state.metrics().request(&method, route, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status, micros, "answered");
    response
        .headers_mut()
        .insert(request_id::HEADER, id.into_header());
    response
}

/// The error that a response stands for. The framework's own refusals come as a bare status.
fn refusal(response: &Response, method: &Method, route: &str) -> Option<Arc<Error>> {
    if let Some(Refused(error)) = response.extensions().get() {
        return Some(Arc::clone(error));
    }
    let status = response.status();
    let (code, message) = match status {
        StatusCode::NOT_FOUND => (Code::RouteNotFound, "no route has this path".to_owned()),
        StatusCode::METHOD_NOT_ALLOWED => (
            Code::MethodNotAllowed,
            format!("{route} does not take {method}"),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (Code::TooLarge, "the request is too large".to_owned()),
        _ if status.is_client_error() => (Code::InvalidRequest, status.to_string()),
        _ if status.is_server_error() => (Code::Internal, status.to_string()),
        _ => return None,
    };
    Some(Arc::new(Error::new(code, message)))
}

/// What failed on our side goes to the log with its causes; what the caller got wrong is in its
/// answer, and may hold what the caller wrote, so it stays out of the log above debug. That the
/// folder is still being opened is what a probe asks for, again and again.
fn log_failure(error: &Error, is_opening: bool) {
    let code = error.code().as_str();
    match problem::kind(error.code()).status {
        StatusCode::SERVICE_UNAVAILABLE if is_opening => tracing::debug!(code, %error, "not open"),
        StatusCode::INTERNAL_SERVER_ERROR => tracing::error!(code, error = causes(error), "failed"),
        status if status.is_server_error() => {
            tracing::warn!(code, error = causes(error), "could not answer");
        }
        _ => tracing::debug!(code, %error, "refused"),
    }
}

fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        // Writing to a string can't fail.
        let _ = write!(text, ": {one}");
        cause = one.source();
    }
    text
}
