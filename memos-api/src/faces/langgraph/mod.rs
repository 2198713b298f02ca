//! The store of a LangGraph server, as the client of `langgraph-sdk` calls it: JSON values under a
//! namespace and a key, with search, filters and times to live. See
//! [`MemOs::put_item`](crate::MemOs::put_item) and what is beside it.

mod dialect;
mod fields;
#[cfg(test)]
mod tests;

pub(crate) use dialect::{LangGraph, owns};

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::kit::{Form, JsonBody, Nulls, Stop, answer, finished};
use crate::http::{AppState, Caller};

/// What the server says to who asks for an item without a key, in a field of its own.
const NO_KEY: &str = "Key is required";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(put_item, get_item, delete_item))
        .routes(routes!(search_items))
        .routes(routes!(list_namespaces))
}

/// Put an item
///
/// Writes a JSON object under a namespace and a key; one that is there is replaced and keeps its
/// versions. `index` says by which words it is found: all, none (`false`), or those at paths. `ttl`
/// is minutes after its last read or write.
#[utoipa::path(
    put,
    path = "/store/items",
    tag = "langgraph",
    request_body(content = Object, example = json!({
        "namespace": ["memories", "ada"], "key": "food", "value": {"text": "Ada likes dim sum"}
    })),
    responses(
        (status = 204, description = "It is stored."),
        (status = 422, description = "A value that is not taken, with `detail`.", body = Object),
    ),
)]
async fn put_item(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let put = Form::read(&body, Nulls::Absent, fields::put)?;
    done(caller, move |c| c.memos.put_item(&c.who, &put).map(drop)).await
}

/// Get an item
///
/// `null` if there is none. Reading an item with a time to live gives it that time again, unless
/// `refresh_ttl` is false.
#[utoipa::path(
    get,
    path = "/store/items",
    tag = "langgraph",
    params(
        ("namespace" = String, Query, description = "Its labels, with dots between them."),
        ("key" = String, Query, description = "Its name there."),
        ("refresh_ttl" = Option<bool>, Query, description = "Whether the read is a use."),
    ),
    responses(
        (status = 200, description = "The item, or `null`.", body = Object),
        (status = 400, description = "No key is named.", body = Object),
        (status = 422, description = "A value that is not taken, with `detail`.", body = Object),
    ),
)]
async fn get_item(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let query = Form::query(query.as_deref())?;
    if query["key"].as_str().unwrap_or_default().is_empty() {
        let told = json!({"error": NO_KEY, "detail": NO_KEY});
        return Ok(finished(StatusCode::BAD_REQUEST, &told));
    }
    let get = Form::read_at("query", &query, Nulls::Absent, fields::get)?;
    answer(caller, move |c| {
        c.memos.get_item(&c.who, &get.address, get.refresh)
    })
    .await
}

/// Delete an item
///
/// Forgets it with its versions. One that is not there is no error.
#[utoipa::path(
    delete,
    path = "/store/items",
    tag = "langgraph",
    request_body(content = Object, example = json!({
        "namespace": ["memories", "ada"], "key": "food"
    })),
    responses(
        (status = 204, description = "It is not there any more."),
        (status = 422, description = "A value that is not taken, with `detail`.", body = Object),
    ),
)]
async fn delete_item(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let address = Form::read(&body, Nulls::Absent, fields::address)?;
    done(caller, move |c| {
        c.memos.delete_item(&c.who, &address).map(drop)
    })
    .await
}

/// Search items
///
/// Those in namespaces that begin with `namespace_prefix` and meet `filter`: the best for `query`
/// first, or without one those written last.
#[utoipa::path(
    post,
    path = "/store/items/search",
    tag = "langgraph",
    request_body(content = Object, example = json!({
        "namespace_prefix": ["memories", "ada"], "query": "What does Ada like to eat?", "limit": 3
    })),
    responses(
        (status = 200, description = "The items with their scores.", body = Object),
        (status = 422, description = "A value that is not taken, with `detail`.", body = Object),
    ),
)]
async fn search_items(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let search = Form::read(&body, Nulls::Absent, fields::search)?;
    answer(caller, move |c| {
        let items = c.memos.search_items(&c.who, &search)?;
        Ok(json!({ "items": items }))
    })
    .await
}

/// List namespaces
///
/// Those that hold items, in the order of their labels. `*` in `prefix` and `suffix` is any label;
/// what is deeper than `max_depth` is cut and told once.
#[utoipa::path(
    post,
    path = "/store/namespaces",
    tag = "langgraph",
    request_body(content = Object, example = json!({"prefix": ["memories"], "max_depth": 2})),
    responses(
        (status = 200, description = "The namespaces, each a list of labels.", body = Object),
        (status = 422, description = "A value that is not taken, with `detail`.", body = Object),
    ),
)]
async fn list_namespaces(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let request = Form::read(&body, Nulls::Absent, fields::namespaces)?;
    answer(caller, move |c| {
        let namespaces = c.memos.list_namespaces(&c.who, &request)?;
        Ok(json!({ "namespaces": namespaces }))
    })
    .await
}

/// Does work of which there is nothing to tell.
async fn done(
    caller: Caller,
    work: impl FnOnce(&Caller) -> memos_core::Result<()> + Send + 'static,
) -> Result<Response, Stop> {
    caller.call(work).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
