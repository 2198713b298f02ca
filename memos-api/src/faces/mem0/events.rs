//! The platform's events: what became of each request to add. An event is the memories that one
//! request added, by the id of the first: nothing is kept of it beside them, and it is forgotten with
//! them; when the first is forgotten alone, the event goes by the id of the next. A making of profiles
//! is found by the id of its job.

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use memos_core::{Code, CubeId, Error, MemoryId, Moment, Result, Timestamp};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::adding::result;
use super::changing::find;
use super::here::Here;
use super::identity::Ids;
use super::item::metadata;
use super::listing::Turn;
use super::profiles::jobs;
use super::router;
use crate::faces::kit::{Form, Nulls, Stop, answer};
use crate::http::{AppState, Caller};
use crate::wire::{MemoryItem, TaskListRequest};

/// Events on a page.
const PAGE: i64 = 50;

/// Events on a page at most.
const MOST: i64 = 100;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([routes!(list), routes!(get)])
}

/// Get an event
///
/// Adding is done when it answers, so an event has succeeded; `metadata.background` says how the work
/// that follows in its cube stands.
#[utoipa::path(
    get,
    path = "/v1/event/{event_id}/",
    tag = "mem0",
    operation_id = "mem0_events_get",
    params(("event_id" = String, Path)),
    responses((status = 200, description = "`{id, event_type, status, payload, metadata, results, …}`", body = Object)),
)]
async fn get(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| {
        let unknown = |_| {
            Error::new(Code::MemoryNotFound, format!("there is no event {id:?}"))
                .remedy("an event is forgotten with the memories that it added")
        };
        let (cube, first) = match find(c, &id) {
            Ok(found) => found,
            Err(error) => return jobs::event(c, &id)?.ok_or_else(|| unknown(error)),
        };
        let memories =
            c.memos
                .added_together(&c.who, &cube, first)
                .map_err(|e| match e.code() {
                    Code::MemoryNotFound => unknown(e),
                    _ => e,
                })?;
        let mut event = event(&memories);
        event.insert(
            "metadata".into(),
            json!({"background": background(c, &cube)?}),
        );
        Ok(event.into())
    })
    .await
}

fn event(memories: &[MemoryItem]) -> Map<String, Value> {
    let first = memories.first();
    let at = first.map(|memory| memory.created_at.to_string());
    let payload = first.map(|memory| {
        let mut payload = Ids::of_memory(memory).as_filter();
        payload.insert("metadata".into(), metadata(memory).into());
        payload
    });
    let event = json!({
        "id": first.map(|memory| memory.id.to_string()),
        "event_type": "ADD",
        "status": "SUCCEEDED",
        "payload": payload,
        "metadata": {},
        "results": memories.iter().map(result).collect::<Vec<_>>(),
        "created_at": at,
        "updated_at": at,
        "started_at": at,
        "completed_at": at,
        // It was done before the request was answered; how long that took is not kept.
        "latency": null,
    });
    match event {
        Value::Object(event) => event,
        _ => Map::new(),
    }
}

/// The work that follows, by how it stands.
fn background(caller: &Caller, cube: &CubeId) -> Result<Value> {
    let page = caller.memos.tasks(
        &caller.who,
        &TaskListRequest {
            cube_id: Some(cube.to_string()),
            limit: Some(1),
            ..TaskListRequest::default()
        },
    )?;
    Ok(json!(page.counts))
}

/// List events
///
/// Newest first. It reads every memory, in one snapshot.
#[utoipa::path(
    get,
    path = "/v1/events/",
    tag = "mem0",
    operation_id = "mem0_events_list",
    params(
        ("page" = Option<u32>, Query), ("page_size" = Option<u32>, Query),
        ("event_type" = Option<String>, Query, description = "`ADD`; others are not kept."),
        ("start_date" = Option<String>, Query), ("end_date" = Option<String>, Query),
    ),
    responses((status = 200, description = "`{count, next, previous, results}`", body = Object)),
)]
async fn list(caller: Caller, here: Here, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let (turn, kind, start, end) = Form::read_query(query.as_deref(), Nulls::Absent, |form| {
        let date = |name: &str| form.any(name).cloned();
        (
            Turn::sized(form, PAGE, MOST),
            form.text("event_type"),
            date("start_date"),
            date("end_date"),
        )
    })?;
    answer(caller, move |c| {
        let start = start
            .as_ref()
            .map(|v| instant(v, "start_date"))
            .transpose()?;
        let end = end.as_ref().map(|v| instant(v, "end_date")).transpose()?;
        let is_within = |at: Timestamp| {
            start.is_none_or(|start| start <= at) && end.is_none_or(|end| at < next_day(end))
        };
        let mut all = match kind.as_deref() {
            None | Some("ADD") => births(c)?,
            Some(_) => Vec::new(),
        };
        all.retain(|(at, ..)| is_within(*at));
        let mut shown = Vec::new();
        for (_, id, cube) in all.iter().skip(turn.offset()).take(turn.limit()) {
            match c.memos.added_together(&c.who, cube, *id) {
                Ok(memories) => shown.push(event(&memories).into()),
                // It was forgotten since.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(turn.frame(&here, all.len(), &shown))
    })
    .await
}

fn is_gone(error: &Error) -> bool {
    matches!(error.code(), Code::MemoryNotFound | Code::CubeNotFound)
}

fn instant(value: &Value, field: &str) -> Result<Timestamp> {
    Ok(crate::reader::chat_time(value, field)?.at())
}

/// A day is meant to its end; other times lie within a day too.
fn next_day(at: Timestamp) -> Timestamp {
    let day = Moment::from(at).date();
    let next = day
        .tomorrow()
        .ok()
        .and_then(|next| next.to_string().parse().ok());
    next.unwrap_or(Timestamp::MAX)
}

/// The first memory of each request that added evidence, newest first.
fn births(caller: &Caller) -> Result<Vec<(Timestamp, MemoryId, CubeId)>> {
    let cubes = caller.memos.all_cubes(&caller.who)?;
    let evidence = memos_core::Filter::parse(&json!({"origin": {"ne": "inference"}}))?;
    let mut first: BTreeMap<(Timestamp, CubeId), MemoryId> = BTreeMap::new();
    caller
        .memos
        .visit(&caller.who, &cubes, Some(&evidence), |memory| {
            let born = memory.header.descriptive.created_at;
            // Memories come oldest first.
            first
                .entry((born, memory.cube_id.clone()))
                .or_insert(memory.id);
        })?;
    let newest = first.into_iter().rev();
    Ok(newest.map(|((at, cube), id)| (at, id, cube)).collect())
}
