//! Errors as JSON-RPC says them.

use axum::http::StatusCode;
use memos_core::{Code, Error};
use rmcp::model::{CallToolResult, ContentBlock, ErrorCode, MetaObject};
use serde_json::{Map, Value, json};

use crate::faces::kit::{Asked, Dialect, Told};
use crate::http::kind_of_problem;

/// How this face tells of errors.
pub(crate) struct Mcp;

/// Whether a path is of this face.
pub(crate) fn owns(path: &str) -> bool {
    path.strip_prefix(super::PATH)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Dialect for Mcp {
    fn refuse(&self, error: &Error, _: &Asked<'_>) -> Told {
        Told {
            status: kind_of_problem(error.code()).status,
            body: json!({"jsonrpc": "2.0", "id": null, "error": rpc_error(error)}),
        }
    }
}

/// What is said of an error: its message, its field, what to do. A defect keeps its inside to the
/// log.
struct Plain<'a> {
    code: Code,
    message: &'a str,
    field: Option<String>,
    remedy: &'a str,
}

impl<'a> Plain<'a> {
    fn of(error: &'a Error) -> Self {
        let kind = kind_of_problem(error.code());
        let is_defect = matches!(error.code(), Code::Internal | Code::Corrupt);
        Self {
            code: error.code(),
            message: if is_defect {
                kind.title
            } else {
                error.message()
            },
            field: error.field().filter(|_| !is_defect).map(path),
            remedy: error
                .remedy_text()
                .filter(|_| !is_defect)
                .unwrap_or(kind.remedy),
        }
    }

    fn json(&self) -> Map<String, Value> {
        let mut told = Map::new();
        told.insert("code".to_owned(), self.code.as_str().into());
        if let Some(field) = &self.field {
            told.insert("field".to_owned(), field.as_str().into());
        }
        told.insert("remedy".to_owned(), self.remedy.into());
        told
    }
}

fn rpc_error(error: &Error) -> Value {
    let plain = Plain::of(error);
    json!({
        "code": rpc_code(error.code()).0,
        "message": plain.message,
        "data": plain.json(),
    })
}

/// An error of the protocol: the request can't be taken as it is.
pub(super) fn protocol_error(error: &Error) -> rmcp::ErrorData {
    let plain = Plain::of(error);
    let code = match rpc_code(error.code()) {
        // It was a request; what it said was wrong.
        ErrorCode::INVALID_REQUEST if error.code() != Code::Forbidden => ErrorCode::INVALID_PARAMS,
        code => code,
    };
    rmcp::ErrorData::new(
        code,
        plain.message.to_owned(),
        Some(Value::Object(plain.json())),
    )
}

/// An error of a tool, for the model to read: what, where, and what to do.
pub(super) fn tool_error(error: &Error) -> CallToolResult {
    let status = kind_of_problem(error.code()).status;
    if status.is_server_error() {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(code = error.code().as_str(), %error, cause, "a tool failed");
    } else {
        tracing::debug!(code = error.code().as_str(), %error, "a tool refused");
    }
    let mut plain = Plain::of(error);
    if error.remedy_text().is_none() && status == StatusCode::BAD_REQUEST {
        // A model sees the schema of the tool, and not the documents of the API.
        plain.remedy = "see the input schema of this tool";
    }
    let mut text = plain.message.to_owned();
    if let Some(field) = &plain.field {
        text += &format!("\nfield: {field}");
    }
    text += &format!("\nhelp: {}", plain.remedy);
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    let meta = Map::from_iter([("error".to_owned(), Value::Object(plain.json()))]);
    result.meta = Some(MetaObject::from(meta));
    result
}

/// A place in a request as a path: `/messages/0/content` is `messages[0].content`. Fields of the
/// Memory API that have another name here get that.
fn path(field: &str) -> String {
    let Some(pointer) = field.strip_prefix('/') else {
        return field.to_owned();
    };
    match pointer {
        "cube_ids/0" => return "cube".to_owned(),
        "top_k" => return "limit".to_owned(),
        "chat_time" | "documents/0/written_at" => return "time".to_owned(),
        "session_id" => return "session".to_owned(),
        "time_window/start" => return "since".to_owned(),
        "time_window" | "time_window/end" => return "until".to_owned(),
        "documents/0/text" => return "text".to_owned(),
        _ => {}
    }
    let mut path = String::new();
    for part in pointer.split('/') {
        if part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty() {
            path += &format!("[{part}]");
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path += &part.replace("~1", "/").replace("~0", "~");
        }
    }
    path
}

fn rpc_code(code: Code) -> ErrorCode {
    match code {
        Code::InvalidJson => ErrorCode::PARSE_ERROR,
        Code::MemoryNotFound | Code::CubeNotFound => ErrorCode::RESOURCE_NOT_FOUND,
        Code::InvalidFilter | Code::InvalidTime => ErrorCode::INVALID_PARAMS,
        code if kind_of_problem(code).status.is_server_error() => ErrorCode::INTERNAL_ERROR,
        _ => ErrorCode::INVALID_REQUEST,
    }
}

/// A JSON-RPC error of the way in.
pub(super) fn refusal(id: &Value, status: StatusCode, code: ErrorCode, message: &str) -> Told {
    Told {
        status,
        body: json!({
            "jsonrpc": "2.0",
            "id": id,
            "error": {"code": code.0, "message": message},
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_paths() {
        for (field, read) in [
            (
                "/entities/0/observations/12",
                "entities[0].observations[12]",
            ),
            ("/info/a~1b", "info.a/b"),
            ("/cube_ids/0", "cube"),
            ("/time_window/start", "since"),
            ("messages[0].role", "messages[0].role"),
        ] {
            assert_eq!(path(field), read);
        }
    }

    #[test]
    fn a_defect_keeps_its_inside_to_the_log() {
        let error = Error::new(Code::Internal, "secret")
            .at("secret")
            .remedy("secret");
        let told = serde_json::to_string(&tool_error(&error)).unwrap();
        assert!(!told.contains("secret"), "{told}");
        let told = serde_json::to_string(&protocol_error(&error)).unwrap();
        assert!(!told.contains("secret"), "{told}");
    }

    #[test]
    fn paths_of_this_face_are_known() {
        assert!(owns("/mcp") && owns("/mcp/"));
        assert!(!owns("/mcpx") && !owns("/api/v1/mcp"));
    }
}
