//! Errors as the LangGraph server tells of them: a `detail` in words.

use axum::http::StatusCode;
use memos_core::{Code, Error};
use serde_json::{Value, json};

use crate::faces::kit::{Asked, Dialect, Fault, Told};
use crate::http::kind_of_problem;

/// Whether a path is one of the store's.
pub(crate) fn owns(path: &str) -> bool {
    path == "/store" || path.starts_with("/store/")
}

/// How a LangGraph server tells of errors.
pub(crate) struct LangGraph;

impl Dialect for LangGraph {
    fn refuse(&self, error: &Error, _: &Asked<'_>) -> Told {
        let status = match error.code() {
            Code::InvalidRequest | Code::InvalidFilter | Code::InvalidJson => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            code => kind_of_problem(code).status,
        };
        let mut detail = match error.field() {
            Some(field) => format!("{field}: {}", error.message()),
            None => error.message().to_owned(),
        };
        if error.code() == Code::RouteNotFound {
            detail = "Not Found".to_owned();
        } else if status.is_server_error() && error.code() == Code::Internal {
            // What broke is for the log.
            detail = "Internal Server Error".to_owned();
        } else if let Some(remedy) = error.remedy_text() {
            detail = format!("{detail}; {remedy}");
        }
        Told {
            status,
            body: json!({ "detail": detail }),
        }
    }

    /// Each fault with its place.
    fn invalid(&self, faults: &[Fault], _: &Asked<'_>) -> Told {
        let words = |fault: &Fault| {
            let why = fault.context.get("error").and_then(Value::as_str);
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            format!("{}: {}{why}", fault.way("."), fault.message)
        };
        let words: Vec<String> = faults.iter().map(words).collect();
        Told {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            body: json!({ "detail": words.join("; ") }),
        }
    }
}
