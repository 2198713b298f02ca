//! The server that people run themselves: memories, search, entities and reset, at the root.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::adding::Adding;
use super::changing::{self, Change, find, shown};
use super::contract::{Contract, gone, said};
use super::filters::Reach;
use super::finding::{Finding, of_server};
use super::identity::{Entity, Ids, refuse_blank};
use super::listing::Listing;
use super::{entities, history, router};
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

/// Memories that a list or an answer holds if the request does not say.
const TOP_K: i64 = 20;

/// Memories that a list of everybody's holds.
const ALL: i64 = 1_000;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([
        routes!(add, list, forget_all),
        routes!(get, update, forget),
        routes!(memory_history),
        routes!(search),
        routes!(list_entities),
        routes!(forget_entity),
        routes!(reset),
    ])
}

/// Create memories
///
/// Keeps the messages verbatim, each as a memory; what can be concluded from them is concluded in the
/// background. At least one of `user_id`, `agent_id` and `run_id` says whose they are.
#[utoipa::path(
    post,
    path = "/memories",
    tag = "mem0",
    operation_id = "mem0_server_add",
    request_body(content = Object, example = json!({
        "messages": [{"role": "user", "content": "I love rye bread."}],
        "user_id": "ada", "metadata": {"topic": "food"}
    })),
    responses((status = 200, description = "`{results: [{id, memory, event}]}`", body = Object)),
)]
async fn add(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let adding = Form::read(&body, Nulls::Absent, |form| {
        Adding::of_form(form, Contract::Server)
    })?;
    answer(caller, move |c| {
        let added = adding.carry_out(c)?;
        Ok(json!({"results": added.results()}))
    })
    .await
}

/// Get memories
///
/// Newest first; everybody's if nobody is named.
#[utoipa::path(
    get,
    path = "/memories",
    tag = "mem0",
    operation_id = "mem0_server_list",
    params(
        ("user_id" = Option<String>, Query), ("agent_id" = Option<String>, Query),
        ("run_id" = Option<String>, Query), ("app_id" = Option<String>, Query),
        ("top_k" = Option<u32>, Query, minimum = 0),
        ("show_expired" = Option<bool>, Query),
    ),
    responses((status = 200, description = "`{results: [memory]}`", body = Object)),
)]
async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let (listing, top_k) = Form::read_query(query.as_deref(), Nulls::Absent, |form| {
        let usual = if Ids::of_form(form).is_empty() {
            ALL
        } else {
            TOP_K
        };
        (
            Listing::of_form(form),
            form.whole("top_k", usual, 0..=i64::MAX),
        )
    })?;
    answer(caller, move |c| {
        let limit = usize::try_from(top_k).unwrap_or_default();
        let (results, _) = listing.carry_out(c, true, 0, limit)?;
        Ok(json!({ "results": results }))
    })
    .await
}

/// Delete all memories of somebody
///
/// Names are taken for what they are: `*` is nobody's.
#[utoipa::path(
    delete,
    path = "/memories",
    tag = "mem0",
    operation_id = "mem0_server_forget_all",
    params(
        ("user_id" = Option<String>, Query), ("agent_id" = Option<String>, Query),
        ("run_id" = Option<String>, Query), ("app_id" = Option<String>, Query),
    ),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget_all(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let query = Form::query(query.as_deref())?;
    refuse_blank(&query)?;
    let ids = Form::read_at("query", &query, Nulls::Absent, Ids::of_form)?;
    if ids.is_empty() {
        return Err(said("At least one identifier is required.").into());
    }
    answer(caller, move |c| {
        let named = ids
            .named()
            .map(|(entity, name)| Reach::naming(entity, name));
        let reach = named.reduce(|all, one| Ok(all?.and(one?)));
        changing::forget_all(c, &reach.transpose()?.unwrap_or_default())?;
        Ok(json!({"message": "All relevant memories deleted"}))
    })
    .await
}

/// Get a memory
#[utoipa::path(
    get,
    path = "/memories/{memory_id}",
    tag = "mem0",
    operation_id = "mem0_server_get",
    params(("memory_id" = String, Path)),
    responses((status = 200, description = "The memory.", body = Object)),
)]
async fn get(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| shown(c, &id)).await
}

/// Update a memory
///
/// `text` replaces its words, `metadata` is set field by field (null takes a field away), a null
/// `expiration_date` lets it live for ever.
#[utoipa::path(
    put,
    path = "/memories/{memory_id}",
    tag = "mem0",
    operation_id = "mem0_server_update",
    params(("memory_id" = String, Path)),
    request_body(content = Object, example = json!({"text": "I love oat bread."})),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn update(
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let change = Form::read(&body, Nulls::Absent, |form| {
        Change::of_form(form, Contract::Server)
    })?;
    answer(caller, move |c| {
        let changed = change.of(c, &id).and_then(|change| change.carry_out(c));
        changed.map_err(|e| {
            let sentence =
                format!("Memory with id {id} not found. Please provide a valid 'memory_id'");
            gone(e, sentence)
        })?;
        Ok(json!({"message": "Memory updated successfully!"}))
    })
    .await
}

/// Delete a memory
///
/// It is forgotten with its history.
#[utoipa::path(
    delete,
    path = "/memories/{memory_id}",
    tag = "mem0",
    operation_id = "mem0_server_forget",
    params(("memory_id" = String, Path)),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| {
        changing::forget(c, &id, false)
            .map_err(|e| gone(e, format!("Memory with id {id} not found")))?;
        Ok(json!({"message": "Memory deleted successfully"}))
    })
    .await
}

/// Get the history of a memory
#[utoipa::path(
    get,
    path = "/memories/{memory_id}/history",
    tag = "mem0",
    operation_id = "mem0_server_memory_history",
    params(("memory_id" = String, Path)),
    responses((status = 200, description = "What was added and updated, oldest first.", body = Vec<Object>)),
)]
async fn memory_history(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| history_of(c, &id)).await
}

pub(super) fn history_of(c: &Caller, id: &str) -> memos_core::Result<Vec<Value>> {
    let (cube, id) = find(c, id)?;
    Ok(history::rows(&c.memos.versions(&c.who, &cube, id)?))
}

/// Search memories
///
/// `filters` name at least one of `user_id`, `agent_id`, `run_id` and `app_id`. `score` is the
/// relevance, 0 to 1; what is under `threshold` (0.1) is left out. The best 1000 at most are found.
#[utoipa::path(
    post,
    path = "/search",
    tag = "mem0",
    operation_id = "mem0_server_search",
    request_body(content = Object, example = json!({
        "query": "What bread does Ada love?", "filters": {"user_id": "ada"}, "top_k": 5
    })),
    responses((status = 200, description = "`{results: [memory with score]}`", body = Object)),
)]
async fn search(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let finding = Form::read(&body, Nulls::Absent, |form| {
        Finding::of_form(form, Contract::Server, TOP_K)
    })?;
    answer(caller, move |c| {
        let results = finding.carry_out(c, of_server)?;
        Ok(json!({ "results": results }))
    })
    .await
}

/// List users, agents, apps and runs
///
/// With how many memories they have. It reads every memory, in one snapshot.
#[utoipa::path(
    get,
    path = "/entities",
    tag = "mem0",
    operation_id = "mem0_server_list_entities",
    responses((status = 200, description = "`[{id, type, total_memories, created_at, updated_at}]`", body = Vec<Object>)),
)]
async fn list_entities(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |c| {
        let mut all = entities::directory(c)?;
        // By their words here; on the platform users come first.
        all.sort_by_key(|one| one.entity().word());
        let shown = all.iter().map(entities::Entry::of_server);
        Ok(shown.collect::<Vec<_>>())
    })
    .await
}

/// Delete a user, agent, app or run
///
/// All memories that name it are forgotten.
#[utoipa::path(
    delete,
    path = "/entities/{entity_type}/{entity_id}",
    tag = "mem0",
    operation_id = "mem0_server_forget_entity",
    params(("entity_type" = String, Path), ("entity_id" = String, Path)),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget_entity(
    caller: Caller,
    Path((word, name)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let entity = Entity::of_path(&word)?;
    answer(caller, move |c| {
        entities::forget(c, entity, &name)?;
        Ok(json!({"message": "Entity deleted"}))
    })
    .await
}

/// Delete everything
///
/// All memories of all cubes that the caller owns are forgotten, also those that came through another
/// interface of this server.
#[utoipa::path(
    post,
    path = "/reset",
    tag = "mem0",
    operation_id = "mem0_server_reset",
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn reset(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |c| {
        changing::reset(c)?;
        Ok(json!({"message": "All memories reset"}))
    })
    .await
}
