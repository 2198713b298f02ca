//! Answers: `{"code": 0, "message": "ok", "data": …}`, with the headers of the hosted service.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use crate::faces::kit::{self, Stop};
use crate::http::{Caller, RequestId};

/// Does work that may wait for the disk, and answers with what comes of it as `data`.
pub(super) async fn reply(
    caller: Caller,
    work: impl FnOnce(&Caller) -> Result<Value, Stop> + Send + 'static,
) -> Result<Response, Stop> {
    let data = call(caller, work).await?;
    let body = json!({"code": 0, "message": "ok", "data": data});
    Ok(kit::finished(StatusCode::OK, &body))
}

/// Does work that may wait for the disk, and may end in this contract's own errors.
pub(super) async fn call<T: Send + 'static>(
    caller: Caller,
    work: impl FnOnce(&Caller) -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    caller.call(move |caller| Ok(work(caller))).await?
}

/// Where this server runs, for clients that log it.
const ENVIRONMENT: HeaderValue = HeaderValue::from_static("local");

/// The headers `traceid` (the request's id), `req-cost-time` (milliseconds) and `xenv`.
pub(super) async fn stamp(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(id) = id {
        mark(&mut response, id.as_str(), millis);
    }
    response
}

/// The same on a response that may have them.
pub(super) fn mark(response: &mut Response, id: &str, millis: u64) {
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: HeaderValue| {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(value);
    };
    if let Ok(trace) = HeaderValue::from_str(id) {
        put("traceid", trace);
    }
    put("req-cost-time", millis.into());
    put("xenv", ENVIRONMENT);
}
