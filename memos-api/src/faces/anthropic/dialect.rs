//! Errors as Anthropic's API tells of them.

use axum::http::StatusCode;
use memos_core::{Code, Error};
use serde_json::json;

use crate::faces::kit::{Asked, Dialect, Told};
use crate::http::kind_of_problem;

/// Whether a path is one of the memory tool's.
pub(crate) fn owns(path: &str) -> bool {
    path == "/v1/memory" || path.starts_with("/v1/memory/")
}

/// How Anthropic's API tells of errors.
pub(crate) struct Anthropic;

impl Dialect for Anthropic {
    fn refuse(&self, error: &Error, asked: &Asked<'_>) -> Told {
        let status = match error.code() {
            Code::InvalidJson => StatusCode::BAD_REQUEST,
            code => kind_of_problem(code).status,
        };
        let kind = match status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        };
        let message = match (error.code(), error.remedy_text()) {
            // What broke is for the log.
            (Code::Internal, _) => "Internal server error".to_owned(),
            (_, Some(remedy)) => format!("{}; {remedy}", error.message()),
            (_, None) => error.message().to_owned(),
        };
        Told {
            status,
            body: json!({
                "type": "error",
                "error": {"type": kind, "message": message},
                "request_id": asked.request_id,
            }),
        }
    }
}
