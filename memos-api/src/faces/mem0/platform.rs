//! The platform's routes of memories.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::adding::Adding;
use super::changing::{self, Change, MOST_IN_BATCH, Opinion, find, shown};
use super::contract::Contract;
use super::finding::{Finding, of_platform};
use super::here::Here;
use super::listing::{Listing, Turn};
use super::{item, router, server};
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

/// Memories in an answer if the request does not say.
pub(super) const TOP_K: i64 = 10;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([
        routes!(add),
        routes!(list),
        routes!(search),
        routes!(get, update, forget),
        routes!(memory_history),
        routes!(update_batch, forget_batch),
        routes!(feedback),
    ])
}

/// Add memories
///
/// The messages are kept before this answers: the event has succeeded when it is first asked for.
#[utoipa::path(
    post,
    path = "/v3/memories/add/",
    tag = "mem0",
    operation_id = "mem0_platform_add",
    request_body(content = Object, example = json!({
        "messages": [{"role": "user", "content": "I love rye bread."}], "user_id": "ada"
    })),
    responses((status = 200, description = "`{event_id, status, message}`", body = Object)),
)]
async fn add(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let adding = Form::read(&body, Nulls::Absent, |form| {
        Adding::of_form(form, Contract::Platform)
    })?;
    answer(caller, move |c| {
        let added = adding.carry_out(c)?;
        Ok(json!({
            "message": "Memory processing has been queued for background execution",
            "status": "PENDING",
            "event_id": added.event_id(),
        }))
    })
    .await
}

/// List memories
///
/// Newest first. `filters` name at least one of `user_id`, `agent_id`, `app_id` and `run_id`.
#[utoipa::path(
    post,
    path = "/v3/memories/",
    tag = "mem0",
    operation_id = "mem0_platform_list",
    params(("page" = Option<u32>, Query), ("page_size" = Option<u32>, Query)),
    request_body(content = Object, example = json!({"filters": {"user_id": "ada"}})),
    responses((status = 200, description = "`{count, next, previous, results}`", body = Object)),
)]
async fn list(
    caller: Caller,
    here: Here,
    RawQuery(query): RawQuery,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let asked = Form::read_query(query.as_deref(), Nulls::Absent, Turn::of_form)?;
    let (listing, turn) = Form::read(&body, Nulls::Absent, |form| {
        (Listing::of_form(form), Turn::of_form(form))
    })?;
    let turn = turn.or(asked);
    answer(caller, move |c| {
        let (results, total) = listing.carry_out(c, false, turn.offset(), turn.limit())?;
        Ok(turn.frame(&here, total, &results))
    })
    .await
}

/// Search memories
///
/// `score` is the relevance, 0 to 1; `score_breakdown` shows signals that it is made of.
#[utoipa::path(
    post,
    path = "/v3/memories/search/",
    tag = "mem0",
    operation_id = "mem0_platform_search",
    request_body(content = Object, example = json!({
        "query": "What bread does Ada love?", "filters": {"user_id": "ada"}, "top_k": 5
    })),
    responses((status = 200, description = "`{results: [memory with score]}`", body = Object)),
)]
async fn search(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let finding = Form::read(&body, Nulls::Absent, |form| {
        Finding::of_form(form, Contract::Platform, TOP_K)
    })?;
    answer(caller, move |c| {
        let results = finding.carry_out(c, of_platform)?;
        Ok(json!({ "results": results }))
    })
    .await
}

/// Get a memory
#[utoipa::path(
    get,
    path = "/v1/memories/{memory_id}/",
    tag = "mem0",
    operation_id = "mem0_platform_get",
    params(("memory_id" = String, Path)),
    responses((status = 200, description = "The memory.", body = Object)),
)]
async fn get(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| shown(c, &id)).await
}

/// Update a memory
#[utoipa::path(
    put,
    path = "/v1/memories/{memory_id}/",
    tag = "mem0",
    operation_id = "mem0_platform_update",
    params(("memory_id" = String, Path)),
    request_body(content = Object, example = json!({"text": "I love oat bread."})),
    responses((status = 200, description = "The memory.", body = Object)),
)]
async fn update(
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let change = Form::read(&body, Nulls::Absent, |form| {
        Change::of_form(form, Contract::Platform)
    })?;
    answer(caller, move |c| {
        let memory = change.of(c, &id)?.carry_out(c)?;
        let mut shown = item::item(&memory);
        shown.insert("text".into(), memory.text.into());
        Ok(shown)
    })
    .await
}

/// Delete a memory
///
/// It is forgotten with its history; with `delete_linked` the older memories whose place it took go
/// with it.
#[utoipa::path(
    delete,
    path = "/v1/memories/{memory_id}/",
    tag = "mem0",
    operation_id = "mem0_platform_forget",
    params(("memory_id" = String, Path), ("delete_linked" = Option<bool>, Query)),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Stop> {
    let with_linked = Form::read_query(query.as_deref(), Nulls::Absent, |form| {
        form.flag("delete_linked", false)
    })?;
    answer(caller, move |c| {
        changing::forget(c, &id, with_linked)?;
        Ok(json!({"message": "Memory deleted successfully!"}))
    })
    .await
}

/// Get the history of a memory
#[utoipa::path(
    get,
    path = "/v1/memories/{memory_id}/history/",
    tag = "mem0",
    operation_id = "mem0_platform_memory_history",
    params(("memory_id" = String, Path)),
    responses((status = 200, description = "What was added and updated, oldest first.", body = Vec<Object>)),
)]
async fn memory_history(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| server::history_of(c, &id)).await
}

/// Update many memories
///
/// All are looked at before the first is changed.
#[utoipa::path(
    put,
    path = "/v1/batch/",
    tag = "mem0",
    operation_id = "mem0_platform_update_batch",
    request_body(content = Object, example = json!({
        "memories": [{"memory_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e", "text": "I love oat bread."}]
    })),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn update_batch(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let changes = Form::read(&body, Nulls::Absent, |form| {
        let items = batch(form);
        let read = items.iter();
        read.map(|one| {
            let id = one.need_text("memory_id");
            (id, Change::of_form(one, Contract::Platform))
        })
        .collect::<Vec<_>>()
    })?;
    answer(caller, move |c| {
        let checked = changes.into_iter().enumerate();
        let checked = checked.map(|(i, (id, change))| change.of(c, &id).map_err(|e| within(&e, i)));
        let changes = checked.collect::<memos_core::Result<Vec<_>>>()?;
        for (i, change) in changes.iter().enumerate() {
            change.carry_out(c).map_err(|e| within(&e, i))?;
        }
        Ok(json!({"message": format!("Successfully updated {} memories", changes.len())}))
    })
    .await
}

/// Delete many memories
///
/// All are looked for before the first is forgotten.
#[utoipa::path(
    delete,
    path = "/v1/batch/",
    tag = "mem0",
    operation_id = "mem0_platform_forget_batch",
    request_body(content = Object, example = json!({
        "memories": [{"memory_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e"}]
    })),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget_batch(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let ids = Form::read(&body, Nulls::Absent, |form| {
        let items = batch(form);
        let read = items.iter();
        read.map(|one| one.need_text("memory_id"))
            .collect::<Vec<_>>()
    })?;
    answer(caller, move |c| {
        let mut by_cube = std::collections::BTreeMap::<_, Vec<_>>::new();
        for (i, id) in ids.iter().enumerate() {
            let (cube, id) = find(c, id).map_err(|e| within(&e, i))?;
            by_cube.entry(cube).or_default().push(id);
        }
        for (cube, ids) in &by_cube {
            c.memos.forget_all(&c.who, cube, ids)?;
        }
        Ok(json!({"message": format!("Successfully deleted {} memories", ids.len())}))
    })
    .await
}

fn batch<'a>(form: &Form<'a>) -> Vec<Form<'a>> {
    let items = form.items("memories");
    if !form.has("memories") {
        form.missing("memories");
    }
    let items = items.unwrap_or_default();
    if items.len() > MOST_IN_BATCH {
        form.fault(
            "memories",
            "too_long",
            format!("List should have at most {MOST_IN_BATCH} items"),
        );
    }
    items
}

/// An error of one item of a batch.
fn within(error: &Error, place: usize) -> Error {
    let code = error.code();
    let field = match error.field() {
        Some(field) => format!("memories.{place}.{}", field.trim_start_matches('/')),
        None => format!("memories.{place}"),
    };
    let told = Error::new(code, error.message().to_owned()).at(field);
    match error.remedy_text() {
        Some(remedy) if code != Code::Internal => told.remedy(remedy.to_owned()),
        _ => told,
    }
}

/// Say what you think of a memory
///
/// Kept beside it and in its history. What is disliked is let go of first when room is short, what is
/// liked last; without `feedback` the opinion is taken back.
#[utoipa::path(
    post,
    path = "/v1/feedback/",
    tag = "mem0",
    operation_id = "mem0_platform_feedback",
    request_body(content = Object, example = json!({
        "memory_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e", "feedback": "POSITIVE",
        "feedback_reason": "It was what I meant."
    })),
    responses((status = 200, description = "`{id, feedback, feedback_reason}`", body = Object)),
)]
async fn feedback(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let opinion = Form::read(&body, Nulls::Absent, Opinion::of_form)?;
    answer(caller, move |c| {
        opinion.carry_out(c)?;
        Ok(json!({
            "id": opinion.memory_id,
            "feedback": opinion.feedback,
            "feedback_reason": opinion.reason,
        }))
    })
    .await
}
