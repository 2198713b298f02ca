//! Errors in mem0's words: FastAPI's `detail` from the server, `error` and `detail` from the platform.

use axum::http::StatusCode;
use memos_core::{Code, Error};
use serde_json::{Map, Value, json};

use crate::faces::kit::{Asked, Dialect, Fault, Told};
use crate::http::kind_of_problem;

/// The server's routes.
const SERVER: &[&str] = &[
    "/memories",
    "/search",
    "/reset",
    "/configure",
    "/generate-instructions",
    "/entities",
    "/api-keys",
    "/requests",
    "/auth",
];

/// The platform's. Other faces have paths under `/v1` too.
const PLATFORM: &[&str] = &[
    "/v1/memories",
    "/v1/entities",
    "/v1/event",
    "/v1/events",
    "/v1/batch",
    "/v1/exports",
    "/v1/feedback",
    "/v1/summary",
    "/v1/ping",
    "/v1/stats",
    "/v2",
    "/v3",
    "/api/v1/webhooks",
    "/api/v1/orgs",
];

/// Whether a path is one of mem0's.
pub(crate) fn owns(path: &str) -> bool {
    is_below(SERVER, path) || is_below(PLATFORM, path)
}

fn is_below(roots: &[&str], path: &str) -> bool {
    roots.iter().any(|root| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// How mem0 tells of errors.
pub(crate) struct Mem0;

impl Dialect for Mem0 {
    fn refuse(&self, error: &Error, asked: &Asked<'_>) -> Told {
        let words = words(error);
        let code = error.code();
        let status = match code {
            // FastAPI's word for a body that is no JSON.
            Code::InvalidJson if is_below(SERVER, asked.path) => StatusCode::UNPROCESSABLE_ENTITY,
            code => kind_of_problem(code).status,
        };
        let body = match is_below(SERVER, asked.path) {
            true => json!({"detail": words, "request_id": asked.request_id}),
            false => json!({
                "error": words,
                "detail": words,
                "code": code.as_str(),
                "request_id": asked.request_id,
            }),
        };
        Told { status, body }
    }

    fn invalid(&self, faults: &[Fault], asked: &Asked<'_>) -> Told {
        if is_below(SERVER, asked.path) {
            let detail: Vec<Value> = faults.iter().map(Fault::detail).collect();
            return Told {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                body: json!({ "detail": detail }),
            };
        }
        let mut told = self.refuse(&as_one(faults), asked);
        let mut fields = Map::new();
        for fault in faults {
            let way = fault.field();
            // What is wrong with the whole body is wrong with no field of it.
            let Some((_, name)) = way.split_once('.') else {
                continue;
            };
            let words = fields
                .entry(name.to_owned())
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(words) = words {
                words.push(fault.words().into());
            }
        }
        told.status = StatusCode::BAD_REQUEST;
        told.body["errors"] = fields.into();
        told
    }
}

/// Faults as one error, at the field of the first.
pub(super) fn as_one(faults: &[Fault]) -> Error {
    let told = faults.iter().enumerate().map(|(i, fault)| match i {
        0 => fault.words(),
        _ => format!("{}: {}", inside(&fault.field()), fault.words()),
    });
    let error = Error::new(Code::InvalidRequest, told.collect::<Vec<_>>().join("; "));
    match faults.first() {
        Some(first) => error.at(inside(&first.field()).to_owned()),
        None => error,
    }
}

/// A field without the part of the request where it stands.
fn inside(field: &str) -> &str {
    let parts = ["body.", "query.", "path."];
    let part = parts.iter().find_map(|part| field.strip_prefix(part));
    part.unwrap_or(field).trim_start_matches('/')
}

/// What was wrong, where, and what to do; of what the contract has a sentence for, that alone. What a
/// defect says of the inside stays in the log.
fn words(error: &Error) -> String {
    let kind = kind_of_problem(error.code());
    match error.code() {
        Code::Internal | Code::Corrupt => format!("{}; {}", kind.title, kind.remedy),
        _ => {
            let place = error.field().map(inside).filter(|p| !p.is_empty());
            let place = place.map(|p| format!("{p}: ")).unwrap_or_default();
            let remedy = match error.remedy_text().unwrap_or(kind.remedy) {
                "" => String::new(),
                remedy => format!("; {remedy}"),
            };
            format!("{place}{}{remedy}", error.message())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_paths_are_its_own_and_no_others() {
        for path in [
            "/memories",
            "/memories/x/history",
            "/v1/ping/",
            "/v3/memories/add/",
            "/v3/nothing",
            "/auth/me",
        ] {
            assert!(owns(path), "{path}");
        }
        for path in [
            "/v1/chat/completions",
            "/v1/embeddings",
            "/api/v1/search",
            "/searching",
            "/",
        ] {
            assert!(!owns(path), "{path}");
        }
    }
}
