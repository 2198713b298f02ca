//! Anthropic's memory tool over HTTP: what Claude writes as the `input` of a call of its `memory` tool
//! (`memory_20250818`) goes in, and what it is to be told comes out. See
//! [`MemOs::memory_tool`](crate::MemOs::memory_tool).

mod dialect;
#[cfg(test)]
mod tests;

pub(crate) use dialect::{Anthropic, owns};

use axum::http::HeaderMap;
use axum::response::Response;
use memos_core::{Code, CubeId, Error};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::kit::{JsonBody, Stop, answer, cube_of};
use crate::http::{AppState, Caller};

/// The cube of who does not say who he is.
const DEFAULT_CUBE: &str = "default";

/// Where a request says whose files it means, the first that does: header and field.
const OWNERS: [(&str, &str); 2] = [("x-memos-cube", "cube_id"), ("x-memos-user", "user_id")];

/// The type of the block that a model's call of a tool is.
const TOOL_USE: &str = "tool_use";

/// The name by which a model calls the memory tool.
const TOOL: &str = "memory";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(memory_tool))
}

/// Do what a call of the memory tool asks for
///
/// Takes the `input` of the call as Claude wrote it, or the whole `tool_use` block; then the answer
/// is a `tool_result` block. Whose files are meant says the header `x-memos-cube` or `x-memos-user`,
/// or a field `cube_id` or `user_id` beside the others. Commands: `view`, `create`, `str_replace`,
/// `insert`, `delete`, `rename`, below `/memories`. What the model got wrong is told in `content`,
/// with `is_error`.
#[utoipa::path(
    post,
    path = "/v1/memory/tool",
    tag = "anthropic",
    params(
        ("x-memos-cube" = Option<String>, Header, description = "The cube of the files."),
        ("x-memos-user" = Option<String>, Header, description = "The user whose files they are."),
    ),
    request_body(content = Object, example = json!({
        "command": "create", "path": "/memories/preferences.md", "file_text": "Likes tea.\n"
    })),
    responses(
        (status = 200, description = "What the model is to be told.", body = Object),
        (status = 400, description = "The request is no call of a tool.", body = Object),
    ),
)]
async fn memory_tool(caller: Caller, headers: HeaderMap, body: JsonBody) -> Result<Response, Stop> {
    let mut fields = body.object()?;
    let cube = cube_meant(&headers, &fields)?;
    let id = match fields.get("type").and_then(Value::as_str) {
        Some(TOOL_USE) => Some(call_of(&mut fields)?),
        _ => None,
    };
    let input = match &id {
        Some(_) => fields.remove("input").unwrap_or_default(),
        None => Value::Object(fields),
    };
    answer(caller, move |c| {
        let told = c.memos.memory_tool(&c.who, &cube, &input)?;
        Ok(match id {
            None => json!(told),
            Some(id) => json!({
                "type": "tool_result",
                "tool_use_id": id,
                "content": told.content,
                "is_error": told.is_error,
            }),
        })
    })
    .await
}

/// The id of a block that calls the memory tool.
fn call_of(block: &mut Map<String, Value>) -> Result<Value, Error> {
    let name = block.get("name").and_then(Value::as_str);
    if name.is_none_or(|name| name != TOOL) {
        let why = format!(
            "the block calls {}, not the memory tool",
            match name {
                Some(name) => format!("the tool {name:?}"),
                None => "no tool by `name`".to_owned(),
            }
        );
        return Err(Error::new(Code::InvalidRequest, why)
            .at("name")
            .remedy("pass on the blocks whose name is memory alone, or the `input` of one"));
    }
    match block.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id.into()),
        _ => Err(
            Error::new(Code::InvalidRequest, "the tool_use block has no `id`")
                .at("id")
                .remedy("pass the block as it was answered, or its `input` alone"),
        ),
    }
}

/// The cube of the files that a request means.
fn cube_meant(headers: &HeaderMap, fields: &Map<String, Value>) -> Result<CubeId, Error> {
    for (header, field) in OWNERS {
        let wrong = |at: &str| {
            Error::new(Code::InvalidRequest, format!("`{at}` is not a name"))
                .at(at)
                .remedy("give a text in UTF-8, or leave it out")
        };
        if let Some(value) = headers.get(header) {
            let name = std::str::from_utf8(value.as_bytes()).map_err(|_| wrong(header))?;
            if !name.trim().is_empty() {
                return Ok(cube_of(name.trim()));
            }
        }
        match fields.get(field) {
            None | Some(Value::Null) => {}
            Some(Value::String(name)) if name.trim().is_empty() => {}
            Some(Value::String(name)) => return Ok(cube_of(name.trim())),
            Some(_) => return Err(wrong(field)),
        }
    }
    Ok(cube_of(DEFAULT_CUBE))
}
