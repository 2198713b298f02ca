//! Errors in a contract's own words.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use memos_core::{Code, Error};
use serde_json::Value;

use super::{Fault, Stop};
use crate::http::Refusal;

/// How a face tells of errors.
pub(crate) trait Dialect: Sync {
    /// Of an error of the Memory API, or of the server around it.
    fn refuse(&self, error: &Error, asked: &Asked<'_>) -> Told;

    /// Of values that are not what the contract takes.
    fn invalid(&self, faults: &[Fault], asked: &Asked<'_>) -> Told {
        self.refuse(&as_error(faults), asked)
    }

    /// Puts on an error what else the contract's answers carry, also where no route made it.
    fn stamp(&self, response: Response, _: &Asked<'_>) -> Response {
        response
    }
}

/// The request that is refused.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) request_id: &'a str,
}

/// What the caller sees of an error.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// Faults of values on their way out, in a response's extensions.
#[derive(Clone)]
pub(crate) struct Stopped(pub(crate) Arc<Vec<Fault>>);

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => Refusal(error).into_response(),
            Self::Invalid(faults) => {
                let mut response = StatusCode::UNPROCESSABLE_ENTITY.into_response();
                response.extensions_mut().insert(Stopped(Arc::new(faults)));
                response
            }
        }
    }
}

/// Faults as one error, for contracts that have no list of them. Its field is that of the first;
/// the words of the others begin with theirs.
pub(crate) fn as_error(faults: &[Fault]) -> Error {
    let words = faults.iter().enumerate().map(|(i, fault)| match i {
        0 => fault.words(),
        _ => format!("{}: {}", fault.field(), fault.words()),
    });
    let error = Error::new(Code::InvalidRequest, words.collect::<Vec<_>>().join("; "));
    match faults.first() {
        Some(first) => error.at(first.field()),
        None => error,
    }
}

/// Makes a response carry what the face says. Its other headers stay.
pub(crate) fn render(mut response: Response, told: &Told) -> Response {
    // A value always has a JSON form.
    let body = serde_json::to_vec(&told.body).unwrap_or_default();
    *response.status_mut() = told.status;
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if told.status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::kit::Place;

    fn fault(kind: &'static str, place: Vec<Place>) -> Fault {
        Fault::new(kind, place, "It is wrong", Value::Null)
    }

    #[test]
    fn an_error_names_the_field_of_each_fault_once() {
        let faults = [
            fault("missing", vec!["body".into(), "user_id".into()]),
            fault(
                "missing",
                vec!["body".into(), "list".into(), Place::Index(1)],
            ),
        ];
        let error = as_error(&faults);
        assert_eq!(error.field(), Some("body.user_id"));
        assert_eq!(error.message(), "It is wrong; body.list.1: It is wrong");
    }

    #[test]
    fn what_is_no_json_has_a_reason_and_no_field_but_the_body() {
        let place = vec!["body".into(), Place::Index(39)];
        let error = as_error(&[fault("json_invalid", place).with("error", "EOF at line 1")]);
        assert_eq!(error.field(), Some("body"));
        assert_eq!(error.message(), "It is wrong (EOF at line 1)");
    }
}
