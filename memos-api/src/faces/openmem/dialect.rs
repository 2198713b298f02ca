//! Errors as the contract tells them: `{code, message, data}`, under a status that is no success.

use axum::http::StatusCode;
use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::{Value, json};

use super::envelope;
use super::reason::Reason;
use crate::faces::kit::{Asked, Dialect, Fault, Told};
use crate::http::kind_of_problem;

/// The contract's way to tell of errors.
pub(in crate::faces) struct OpenMem;

impl Dialect for OpenMem {
    fn refuse(&self, error: &Error, asked: &Asked<'_>) -> Told {
        let reason = match Reason::of(error) {
            Reason::TooLarge if asked.path.ends_with("/add/knowledgebase-file") => {
                Reason::FilesTooLarge
            }
            reason => reason,
        };
        let kind = kind_of_problem(error.code());
        let status = match error.code() {
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            _ => reason.status(),
        };
        // What a defect says of the inside stays in the log.
        let message = match reason {
            Reason::Internal => format!(
                "{}; look for {} in the log",
                kind.title.to_lowercase(),
                asked.request_id
            ),
            _ => {
                let field = error.field().map(|f| format!("{f}: ")).unwrap_or_default();
                let remedy = error.remedy_text().unwrap_or(kind.remedy);
                format!("{field}{}; {remedy}", error.message())
            }
        };
        told(status, reason, &message)
    }

    fn invalid(&self, faults: &[Fault], _: &Asked<'_>) -> Told {
        let reason = faults.first().map_or(Reason::Invalid, reason_of);
        let words: Vec<String> = faults.iter().map(words_of).collect();
        told(reason.status(), reason, &words.join("; "))
    }

    fn stamp(&self, mut response: Response, asked: &Asked<'_>) -> Response {
        // A route has done so already, and knows how long it took.
        envelope::mark(&mut response, asked.request_id, 0);
        response
    }
}

fn told(status: StatusCode, reason: Reason, message: &str) -> Told {
    Told {
        status,
        body: json!({"code": reason.code(), "message": message, "data": Value::Null}),
    }
}

fn reason_of(fault: &Fault) -> Reason {
    match fault.kind {
        "missing" => Reason::Empty,
        kind => Reason::marked(kind).unwrap_or(Reason::Invalid),
    }
}

/// `messages.0.role: Input should be a valid string`.
fn words_of(fault: &Fault) -> String {
    let way = fault.way(".");
    let field = way.strip_prefix("body.").unwrap_or(&way);
    let why = fault.context.get("error").and_then(Value::as_str);
    match why {
        Some(why) => format!("{field}: {} ({why})", fault.message),
        None => format!("{field}: {}", fault.message),
    }
}
