//! `{code, message, data}`, for answers and for errors.

use axum::http::StatusCode;
use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::{Value, json};

use crate::faces::kit::{Asked, Dialect, Fault, Place, Told, fields, finished};
use crate::http::kind_of_problem;

/// An answer that succeeded.
pub(super) fn ok(message: &str, data: impl Into<Value>) -> Value {
    let answer = [
        ("code", 200.into()),
        ("message", message.into()),
        ("data", data.into()),
    ];
    fields(answer).into()
}

/// An error in the contract's own words, to which nothing is added.
pub(super) fn exactly(status: StatusCode, message: &str) -> Response {
    finished(status, &told(status, message).body)
}

/// The contract's words for errors.
pub(crate) struct Envelope;

impl Dialect for Envelope {
    fn refuse(&self, error: &Error, asked: &Asked<'_>) -> Told {
        let kind = kind_of_problem(error.code());
        match error.code() {
            Code::RouteNotFound => return of_framework(kind.status, "Not Found"),
            Code::MethodNotAllowed => return of_framework(kind.status, "Method Not Allowed"),
            Code::UnsupportedMediaType => return self.invalid(&[undeclared(error)], asked),
            _ => {}
        }
        let message = match error.code() {
            // What a defect says of the inside stays in the log.
            Code::Internal | Code::Corrupt => format!(
                "{}; the log says more under the request id {}",
                kind.title, asked.request_id
            ),
            _ if error.remedy_text().is_some() => error.to_string(),
            _ => format!("{error}; {}", kind.remedy),
        };
        told(kind.status, &message)
    }

    fn invalid(&self, faults: &[Fault], asked: &Asked<'_>) -> Told {
        let each = |fault: &Fault| {
            let (way, words, kind) = (fault.way(" -> "), &fault.message, fault.kind);
            format!("[{way}] {words} (type: {kind})")
        };
        let words: Vec<String> = faults.iter().map(each).collect();
        let (method, path) = (asked.method, asked.path);
        let words = words.join("; ");
        let message = format!("Parameter validation error on {method} {path}: {words}");
        let mut told = told(StatusCode::UNPROCESSABLE_ENTITY, &message);
        told.body["detail"] = faults.iter().map(Fault::detail).collect();
        told
    }
}

/// What the framework of the public server says itself: in its own field, and in the envelope.
fn of_framework(status: StatusCode, words: &str) -> Told {
    let mut told = told(status, words);
    told.body["detail"] = words.into();
    told
}

/// A body that is not declared as JSON is not read, and so is no object.
fn undeclared(error: &Error) -> Fault {
    let words = "Input should be a valid dictionary or object to extract fields from";
    let place = vec![Place::from("body")];
    let why = format!("{}; send Content-Type: application/json", error.message());
    Fault::new("model_attributes_type", place, words, Value::Null).with("error", why)
}

fn told(status: StatusCode, message: &str) -> Told {
    Told {
        status,
        body: json!({"code": status.as_u16(), "message": message, "data": null}),
    }
}
