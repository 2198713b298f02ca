//! `GET /product/get_memory/{memory_id}` and `POST /product/get_memory_by_ids`.

use axum::http::Uri;
use axum::response::Response;
use memos_core::{Code, MemoryId, Result};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::envelope::ok;
use super::memory::object;
use crate::faces::kit::{Fault, Faults, JsonBody, Place, Stop, answer};
use crate::http::{AppState, Caller};
use crate::wire::MemoryItem;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get_memory_by_id))
        .routes(routes!(get_memory_by_ids))
}

/// Read a memory
#[utoipa::path(
    get,
    path = "/product/get_memory/{memory_id}",
    tag = "product",
    operation_id = "product_get_memory_by_id",
    params(("memory_id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "The memory; null if there is none.", body = Object)),
)]
async fn get_memory_by_id(caller: Caller, uri: Uri) -> Result<Response, Stop> {
    // Bytes that are no text are nobody's id.
    let id = uri.path().rsplit('/').next().unwrap_or_default();
    let id = percent_decode_str(id).decode_utf8_lossy().into_owned();
    answer(caller, move |c| {
        Ok(match find(c, &id)? {
            Some(memory) => ok("Memory retrieved successfully", object(&memory, None)),
            None => ok(&format!("Memory with ID {id} not found"), Value::Null),
        })
    })
    .await
}

/// Read memories
#[utoipa::path(
    post,
    path = "/product/get_memory_by_ids",
    tag = "product",
    operation_id = "product_get_memory_by_ids",
    request_body(content = Vec<String>, example = json!(["0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e"])),
    responses((status = 200, description = "Those that are there.", body = Object)),
)]
async fn get_memory_by_ids(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let ids = ids(body)?;
    answer(caller, move |c| {
        let mut memories = Vec::new();
        for id in &ids {
            memories.extend(find(c, id)?.map(|memory| object(&memory, None)));
        }
        let data = json!({"memories": memories});
        Ok(ok("Memories retrieved successfully", data))
    })
    .await
}

/// The memory of an id, wherever it is; what is no id of ours is nobody's.
pub(super) fn find(c: &Caller, id: &str) -> Result<Option<MemoryItem>> {
    let Ok(id) = id.parse::<MemoryId>() else {
        return Ok(None);
    };
    let cube = match c.memos.locate(&c.who, id) {
        Err(error) if error.code() == Code::MemoryNotFound => return Ok(None),
        cube => cube?,
    };
    match c.memos.memory(&c.who, &cube, id) {
        Err(error) if error.code() == Code::MemoryNotFound => Ok(None),
        memory => memory.map(Some),
    }
}

/// The body is a bare list of ids.
fn ids(body: Value) -> Result<Vec<String>, Stop> {
    let Value::Array(items) = body else {
        let place = vec![Place::from("body")];
        if body.is_null() {
            let fault = Fault::new("missing", place, "Field required", &body);
            return Err(Stop::Invalid(vec![fault]));
        }
        let fault = Fault::new("list_type", place, "Input should be a valid list", &body);
        return Err(Stop::Invalid(vec![fault]));
    };
    let (mut ids, mut faults) = (Vec::new(), Faults::default());
    for (i, item) in items.into_iter().enumerate() {
        match item {
            Value::String(id) => ids.push(id),
            other => faults.note(|| {
                let place = vec![Place::from("body"), Place::Index(i)];
                let words = "Input should be a valid string";
                Fault::new("string_type", place, words, &other)
            }),
        }
    }
    faults.unless(ids)
}
