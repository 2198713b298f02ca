//! Errors on the wire: RFC 9457 problem documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use memos_core::{Code, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, response};

use super::request_id::RequestId;

/// The media type of a problem document.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, with which input, and what to do (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:memos:problem:cube_not_found",
    "title": "There is no such cube",
    "status": 404,
    "detail": "there is no cube \"notes\" that you can see",
    "code": "cube_not_found",
    "remedy": "list the cubes, or add a memory to it, which creates it",
    "request_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e"
}))]
pub struct Problem {
    /// `urn:memos:problem:` and the code.
    pub r#type: String,
    /// What the code means; the same for every problem of that code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong this time.
    pub detail: String,
    /// Stable reason for programs.
    #[schema(schema_with = code_schema)]
    pub code: String,
    /// The field at fault: a JSON pointer into the body (`/messages/0/role`), or the name of a path
    /// or query parameter (`limit`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do.
    pub remedy: String,
    /// Ties the answer to the lines of the server's log.
    pub request_id: String,
}

impl Problem {
    /// The document for an error. What a defect says of the inside stays in the log.
    pub(super) fn new(error: &Error, request_id: &str) -> Self {
        let code = error.code();
        let Kind {
            status,
            title,
            remedy,
        } = kind(code);
        let (detail, field, remedy) = match code {
            Code::Internal => ("the server failed; its log says more", None, remedy),
            Code::Corrupt => (
                "stored bytes can't be read; the log says which",
                None,
                remedy,
            ),
            _ => (
                error.message(),
                error.field(),
                error.remedy_text().unwrap_or(remedy),
            ),
        };
        Self {
            r#type: format!("urn:memos:problem:{}", code.as_str()),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.to_owned(),
            code: code.as_str().to_owned(),
            field: field.map(str::to_owned),
            remedy: remedy.to_owned(),
            request_id: request_id.to_owned(),
        }
    }
}

/// How a reason is shown.
pub(crate) struct Kind {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    /// What to do if the error itself doesn't say.
    pub(crate) remedy: &'static str,
}

/// The one table from reasons to statuses.
pub(crate) fn kind(code: Code) -> Kind {
    let (status, title, remedy) = match code {
        Code::InvalidRequest => (
            StatusCode::BAD_REQUEST,
            "The request has a value that is not allowed",
            "correct the value; /openapi.json shows the request",
        ),
        Code::InvalidJson => (
            StatusCode::BAD_REQUEST,
            "The body is not the JSON that this route takes",
            "send a JSON object; /openapi.json shows it",
        ),
        Code::InvalidFilter => (
            StatusCode::BAD_REQUEST,
            "The filter can't be read",
            "correct the filter at the place that is named",
        ),
        Code::InvalidTime => (
            StatusCode::BAD_REQUEST,
            "A time can't be read",
            "write times as RFC 3339, such as 2025-06-02T09:00:00+02:00",
        ),
        Code::InvalidDocument => (
            StatusCode::BAD_REQUEST,
            "The document is not what its format says",
            "correct the document, or leave the format out",
        ),
        Code::RouteNotFound => (
            StatusCode::NOT_FOUND,
            "There is no such route",
            "see /docs for the routes",
        ),
        Code::MethodNotAllowed => (
            StatusCode::METHOD_NOT_ALLOWED,
            "The route does not take this method",
            "use a method of the Allow header",
        ),
        Code::UnsupportedMediaType => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body is not declared as JSON",
            "send the header Content-Type: application/json",
        ),
        Code::CubeNotFound => (
            StatusCode::NOT_FOUND,
            "There is no such cube",
            "list the cubes",
        ),
        Code::CubeExists => (
            StatusCode::CONFLICT,
            "A cube of that id is there already",
            "use that cube, or choose another id",
        ),
        Code::MemoryNotFound => (
            StatusCode::NOT_FOUND,
            "There is no such memory",
            "list or search the cube for the id",
        ),
        Code::TaskNotFound => (
            StatusCode::NOT_FOUND,
            "There is no such task",
            "list the tasks",
        ),
        Code::SnapshotNotFound => (
            StatusCode::NOT_FOUND,
            "The cube has no such snapshot",
            "list the snapshots of the cube",
        ),
        Code::Forbidden => (
            StatusCode::FORBIDDEN,
            "This is not allowed",
            "ask the owner of the cube",
        ),
        Code::Conflict => (
            StatusCode::CONFLICT,
            "It has changed in between",
            "read it again and repeat the change on what it is now",
        ),
        Code::IllegalMove => (
            StatusCode::CONFLICT,
            "The state of the memory does not allow this",
            "read the memory for its state",
        ),
        Code::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request is too large",
            "send it in parts",
        ),
        Code::DiskFull => (
            StatusCode::INSUFFICIENT_STORAGE,
            "The disk is full",
            "make room on the disk; nothing of this request was written",
        ),
        Code::FolderLocked => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Another process holds the data folder",
            "stop the other process or use another folder",
        ),
        Code::FolderNewer => (
            StatusCode::SERVICE_UNAVAILABLE,
            "A newer version wrote the data folder",
            "run the newer version",
        ),
        Code::BadReply => (
            StatusCode::BAD_GATEWAY,
            "The language model's answer is of no use",
            "try again; if it persists, use a model that can answer in JSON",
        ),
        Code::BudgetSpent => (
            StatusCode::TOO_MANY_REQUESTS,
            "The budget for the language model is spent",
            "wait until the budget is renewed, or raise it",
        ),
        Code::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The server can't answer now",
            "try again in a second",
        ),
        Code::Corrupt => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Stored bytes can't be read",
            "look for the request id in the log; restore the folder from a backup if it persists",
        ),
        // Addresses are refused before there is a server that could answer: a defect here.
        Code::Internal | Code::AddressInUse | Code::AddressRefused | _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server failed",
            "report it with the request id and the lines of the log that carry it",
        ),
    };
    Kind {
        status,
        title,
        remedy,
    }
}

/// An error on its way out. The document itself is written where the request's id is known, by
/// [`observe`](super::observe).
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = kind(self.0.code()).status.into_response();
        response.extensions_mut().insert(Refused(Arc::new(self.0)));
        response
    }
}

/// Marks a response that is to carry a problem document.
#[derive(Clone)]
pub(super) struct Refused(pub(super) Arc<Error>);

/// Makes a response carry the problem document of an error. Its other headers stay.
pub(super) fn render(mut response: Response, error: &Error, request_id: &RequestId) -> Response {
    let problem = Problem::new(error, request_id.as_str());
    // A document of strings and a number always has a JSON form.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if error.code() == Code::Unavailable {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The problems of an operation, as the OpenAPI document lists them: one response a status.
pub(super) fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<response::Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status
            .entry(kind(*code).status.as_u16())
            .or_default()
            .push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| {
            let lines: Vec<_> = codes
                .iter()
                .map(|c| format!("`{}`: {}", c.as_str(), kind(*c).title))
                .collect();
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            let response = ResponseBuilder::new()
                .description(lines.join(". "))
                .content(MEDIA_TYPE, content)
                .build();
            (status.to_string(), RefOr::T(response))
        })
        .collect()
}

/// Declares a set of problems that operations can name in their `responses(…)`.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = [$($code:ident),+ $(,)?];)+) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::response::Response>,
            > {
                $crate::http::problem::responses(&[$(memos_core::Code::$code),+])
            }
        }
    )+};
}
pub(super) use problems;

fn code_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Stable reason for programs."))
        .enum_values(Some(Code::ALL.iter().map(|c| c.as_str())))
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_status_of_its_kind_and_a_remedy() {
        for code in Code::ALL {
            let Kind {
                status,
                title,
                remedy,
            } = kind(*code);
            assert!(
                status.is_client_error() || status.is_server_error(),
                "{code:?}"
            );
            assert!(!title.is_empty() && !remedy.is_empty(), "{code:?}");
        }
        let shared = [Code::Internal, Code::AddressInUse, Code::AddressRefused];
        let titles: BTreeSet<_> = Code::ALL
            .iter()
            .filter(|c| !shared.contains(c))
            .map(|c| kind(*c).title)
            .collect();
        assert_eq!(
            titles.len(),
            Code::ALL.len() - shared.len(),
            "a code has fallen through"
        );
    }

    #[test]
    fn a_defect_keeps_its_inside_to_the_log() {
        for code in [Code::Internal, Code::Corrupt] {
            let error = Error::new(code, "secret")
                .at("secret")
                .remedy("secret")
                .caused_by("secret");
            let text = serde_json::to_string(&Problem::new(&error, "r")).unwrap();
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
