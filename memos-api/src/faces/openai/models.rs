//! `/v1/models`: those of the model's server, and our embedder.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::Fields;
use super::model_server::not_configured;
use super::proxy::{given, head_of};
use crate::faces::kit::{Stop, as_it_is, finished};
use crate::http::{AppState, Caller};

/// Longest list that is read, in bytes.
const LONGEST: usize = 8 << 20;

fn embedder(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 0, "owned_by": "memos"})
}

/// List the models
///
/// Those of the model server, with this server's embedder at the end; the embedder alone if no model
/// server is configured.
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "openai",
    responses((status = 200, description = "The models.", body = Object)),
)]
pub(super) async fn models(
    caller: Caller,
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Stop> {
    let own = embedder(caller.memos.embedder_id());
    let Some(server) = state.model_server()? else {
        let list = json!({"object": "list", "data": [own]});
        return Ok(finished(StatusCode::OK, &list));
    };
    let query = request.uri().query();
    let mut response = match server.get("/models", query, request.headers()).await {
        Ok(response) if response.status().is_success() => response,
        Ok(refusal) => return Ok(given(refusal)),
        Err(failure) => return Ok(failure),
    };
    let mut answer = head_of(&response);
    let mut list = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if list.len() + piece.len() <= LONGEST => {
                list.extend_from_slice(&piece);
            }
            Ok(None) => break,
            Ok(Some(_)) | Err(_) => {
                return Ok(super::refusal::failure(
                    StatusCode::BAD_GATEWAY,
                    "upstream_broke_off",
                    "The model server broke its list of models off, or it has no end: ask again.",
                ));
            }
        }
    }
    let list = joined(&list, &own).map_or_else(|| Bytes::from(list), Bytes::from);
    answer.headers_mut().remove(header::CONTENT_LENGTH);
    *answer.body_mut() = Body::from(list);
    Ok(as_it_is(answer))
}

/// A list with one model more; none if it is no list.
fn joined(list: &[u8], own: &Value) -> Option<Vec<u8>> {
    let fields = Fields::read(list).ok()?;
    let data = fields.raw("data")?;
    let models: Vec<&RawValue> = serde_json::from_str(data.get()).ok()?;
    let comma = if models.is_empty() { "" } else { "," };
    let end = fields.place(data).end - 1;
    let added = format!("{comma}{own}");
    Some([&list[..end], added.as_bytes(), &list[end..]].concat())
}

/// One model. Its name may hold slashes, so that this route is not in the description.
pub(super) async fn model(
    caller: Caller,
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Stop> {
    let own = caller.memos.embedder_id();
    if name == own {
        return Ok(finished(StatusCode::OK, &embedder(own)));
    }
    let Some(server) = state.model_server()? else {
        return Ok(not_configured());
    };
    // As it was written: a slash within a name may be encoded.
    let path = request.uri().path();
    let path = path.strip_prefix("/v1").unwrap_or(path);
    Ok(
        match server.get(path, request.uri().query(), &headers).await {
            Ok(response) => given(response),
            Err(failure) => failure,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedder_joins_any_list() {
        let own = json!({"id": "e"});
        let join =
            |list: &str| joined(list.as_bytes(), &own).map(|l| String::from_utf8(l).unwrap());
        assert_eq!(
            join(r#"{"data": [ {"id": "a", "n": 1.0} ], "object": "list"}"#).as_deref(),
            Some(r#"{"data": [ {"id": "a", "n": 1.0} ,{"id":"e"}], "object": "list"}"#)
        );
        assert_eq!(
            join(r#"{"data":[]}"#).as_deref(),
            Some(r#"{"data":[{"id":"e"}]}"#)
        );
        for odd in ["[]", "{}", r#"{"data": 5}"#, "<html>"] {
            assert_eq!(join(odd), None, "{odd}");
        }
    }
}
