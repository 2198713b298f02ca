//! Errors in OpenAI's words.

use axum::http::StatusCode;
use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::{Value, json};

use super::PASSED_ON;
use crate::faces::kit::{Asked, Dialect, Fault, Told, as_error, finished};
use crate::http::kind_of_problem;

/// `{"error": {"message", "type", "param", "code"}}`.
pub(crate) struct OpenAi;

impl OpenAi {
    /// Whether a path belongs to this face. Others have paths under `/v1` too.
    pub(crate) fn owns(path: &str) -> bool {
        let names = ["chat", "responses", "embeddings", "models"];
        let names = names.iter().chain(PASSED_ON);
        let first = path
            .strip_prefix("/v1/")
            .and_then(|rest| rest.split('/').next());
        first.is_some_and(|first| names.into_iter().any(|name| *name == first))
    }
}

impl Dialect for OpenAi {
    fn refuse(&self, error: &Error, _: &Asked<'_>) -> Told {
        let kind = kind_of_problem(error.code());
        let (message, remedy) = match error.code() {
            // What a defect says of the inside stays in the log.
            Code::Internal | Code::Corrupt => (kind.title, kind.remedy),
            _ => (error.message(), error.remedy_text().unwrap_or(kind.remedy)),
        };
        let param = error.field().map(|field| {
            let field = field.strip_prefix('/').unwrap_or(field);
            field.replace('/', ".")
        });
        Told {
            status: kind.status,
            body: body(
                kind.status,
                &format!("{message}: {remedy}"),
                param.as_deref(),
                error.code().as_str(),
            ),
        }
    }

    fn invalid(&self, faults: &[Fault], asked: &Asked<'_>) -> Told {
        let error = match faults.first() {
            Some(first) => not_json(first).unwrap_or_else(|| as_error(faults)),
            None => as_error(faults),
        };
        self.refuse(&error, asked)
    }
}

/// A body that is no JSON, as `/chat/completions` tells of it.
fn not_json(fault: &Fault) -> Option<Error> {
    let why = match (fault.kind, fault.place.as_slice()) {
        ("json_invalid", _) => fault.context.get("error")?.as_str()?,
        ("missing", [_]) => "it is empty",
        _ => return None,
    };
    let error = Error::new(Code::InvalidJson, format!("the body is not JSON: {why}"));
    Some(error.remedy("send one JSON object, encoded as UTF-8"))
}

/// What went wrong between this server and the model's, as an answer.
pub(super) fn failure(status: StatusCode, code: &str, message: &str) -> Response {
    finished(status, &body(status, message, None, code))
}

fn body(status: StatusCode, message: &str, param: Option<&str>, code: &str) -> Value {
    let kind = match status.as_u16() {
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_paths_are_its_own() {
        for path in [
            "/v1/models",
            "/v1/models/a/b",
            "/v1/chat/completions",
            "/v1/chat",
            "/v1/files",
            "/v1/batches/b/cancel",
            "/v1/conversations",
        ] {
            assert!(OpenAi::owns(path), "{path}");
        }
        for path in [
            "/v1/memories/",
            "/v1",
            "/v1/modelsx",
            "/chat/completions",
            "/v1/ping/",
            "/v1/batch/",
            "/v1/memory/tool",
        ] {
            assert!(!OpenAi::owns(path), "{path}");
        }
    }
}
