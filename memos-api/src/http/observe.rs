//! Around every request: its id, its log line, its numbers, and its problem document.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use memos_core::{Code, Error};
use tracing::Instrument;

use super::AppState;
use super::body::Unread;
use super::problem::{self, Refused};
use super::request_id::{self, RequestId};
use crate::faces::{self, kit};

/// The route of a request that no route takes.
const UNMATCHED: &str = "unmatched";

pub(super) async fn observe(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id = RequestId::of(request.headers());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request_id = id.as_str());

    let asks_first = request.headers().contains_key(header::EXPECT);
    let unread = Unread::default();
    let request = request.map(|body| unread.watch(body));

    let mut response = next.run(request).instrument(span.clone()).await;
    if !unread.is_over(asks_first).await {
        // The connection ends here: who would send the next request on it has to know.
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }

    let _entered = span.enter();
    let mut response = match fault(&response, &method, route) {
        Some(fault) => {
            if let Fault::Error(error) = &fault {
                log_failure(error, state.is_opening());
            }
            told(response, &fault, &method, uri.path(), &id)
        }
        None => response,
    };
    let (status, took) = (response.status().as_u16(), start.elapsed());
    state.metrics().request(&method, route, status, took);
    if faces::shows_requests(uri.path()) {
        state.recent().note(&method, uri.path(), status, took);
    }
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status, micros, "answered");
    response
        .headers_mut()
        .insert(request_id::HEADER, id.into_header());
    response
}

/// What a response stands for that is no answer yet.
enum Fault {
    Error(Arc<Error>),
    /// Values that a face's contract does not take.
    Values(Arc<Vec<kit::Fault>>),
}

/// Says a fault in the words of the face that the path belongs to; else as a problem document.
fn told(
    response: Response,
    fault: &Fault,
    method: &Method,
    path: &str,
    id: &RequestId,
) -> Response {
    let asked = kit::Asked {
        method,
        path,
        request_id: id.as_str(),
    };
    match (faces::dialect(path), fault) {
        (Some(dialect), Fault::Error(error)) => dialect.stamp(
            kit::render(response, &dialect.refuse(error, &asked)),
            &asked,
        ),
        (Some(dialect), Fault::Values(faults)) => dialect.stamp(
            kit::render(response, &dialect.invalid(faults, &asked)),
            &asked,
        ),
        (None, Fault::Error(error)) => problem::render(response, error, id),
        (None, Fault::Values(faults)) => problem::render(response, &kit::as_error(faults), id),
    }
}

/// The fault that a response stands for. The framework's own refusals come as a bare status.
fn fault(response: &Response, method: &Method, route: &str) -> Option<Fault> {
    if kit::is_finished(response) {
        return None;
    }
    if let Some(kit::Stopped(faults)) = response.extensions().get() {
        return Some(Fault::Values(Arc::clone(faults)));
    }
    if let Some(Refused(error)) = response.extensions().get() {
        return Some(Fault::Error(Arc::clone(error)));
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
    Some(Fault::Error(Arc::new(Error::new(code, message))))
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
