//! Exports, forms that are filled in from memories, and summaries.

use std::collections::{BTreeSet, HashSet};

use axum::http::StatusCode;
use axum::response::Response;
use memos_core::{Code, CubeId, Error, Filter, MemoryId, Moment, Result};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filters::Reach;
use super::finding::{cubes_of, reach};
use super::identity::{Entity, nobody};
use super::organisation::settings;
use super::profiles::is_busy;
use super::router;
use crate::faces::kit::answer;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::{AppState, Caller};

/// The note of the exports that were asked for.
const NOTE: &str = "exports";

/// Bytes of one schema.
const SCHEMA_BYTES: usize = 32 * 1024;

/// Bytes of all exports that are kept; the oldest give way.
const KEPT_BYTES: usize = 128 * 1024;

/// Summaries that one answer holds.
const MOST_SUMMARIES: usize = 100;

/// Memories that stand for themselves where so little was said that nothing sums it up.
const MOST_WORDS: usize = 20;

/// Cubes whose background work is looked at.
const MOST_CUBES: usize = 100;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([routes!(create), routes!(get), routes!(summary)])
}

/// What older clients call a run in the filters of an export.
const SESSION: &str = "session_id";

/// The filters of an export: `filters`, and names beside them.
fn asked_filters(form: &Form<'_>) -> Value {
    let mut all = Vec::new();
    for field in Entity::ALL.map(Entity::field).into_iter().chain([SESSION]) {
        if let Some(name) = form.text(field) {
            all.push(Value::Object(Map::from_iter([(
                field.to_owned(),
                name.into(),
            )])));
        }
    }
    all.extend(form.any("filters").cloned());
    for filter in &mut all {
        sessions_are_runs(filter);
    }
    match all.len() {
        0 => Value::Null,
        1 => all.remove(0),
        _ => json!({ "AND": all }),
    }
}

fn sessions_are_runs(filter: &mut Value) {
    match filter {
        Value::Array(all) => all.iter_mut().for_each(sessions_are_runs),
        Value::Object(members) => {
            let run = Entity::Run.field();
            if !members.contains_key(run)
                && let Some(name) = members.remove(SESSION)
            {
                members.insert(run.to_owned(), name);
            }
            let others = members.iter_mut();
            let others = others.filter(|(name, _)| Entity::of_field(name).is_none());
            others
                .filter(|(name, _)| *name != "metadata")
                .for_each(|(_, value)| sessions_are_runs(value));
        }
        _ => {}
    }
}

/// Whom filters name, wherever in them, and how.
fn named(filters: &Value) -> BTreeSet<(Entity, String)> {
    match filters {
        Value::Array(all) => all.iter().flat_map(named).collect(),
        Value::Object(members) => {
            let each = members.iter();
            each.filter(|(name, _)| *name != "metadata")
                .flat_map(|(name, value)| match Entity::of_field(name) {
                    Some(entity) => BTreeSet::from([(entity, value.to_string())]),
                    None => named(value),
                })
                .collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The export that a request means: the last with the same filters, or else the last that names the
/// same. However they are written: clients wrap them.
fn meant<'a>(exports: &'a [Value], filters: &Value) -> Option<&'a Value> {
    let last = |fits: &dyn Fn(&Value) -> bool| exports.iter().rev().find(|e| fits(&e["filters"]));
    if filters.is_null() {
        return exports.last();
    }
    let whom = named(filters);
    last(&|of| of == filters).or_else(|| last(&|of| !whom.is_empty() && named(of) == whom))
}

/// Ask for an export
///
/// `schema` is the JSON Schema of a form. It is kept, and the form is filled in when it is fetched, from
/// what is known then.
#[utoipa::path(
    post,
    path = "/v1/exports/",
    tag = "mem0",
    operation_id = "mem0_exports_create",
    request_body(content = Object, example = json!({
        "schema": {"type": "object", "properties": {
            "favourite_bread": {"type": "string", "description": "The bread that they love"}
        }},
        "filters": {"user_id": "ada"}
    })),
    responses((status = 201, description = "`{message, id}`", body = Object)),
)]
async fn create(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (schema, filters) = Form::read(&body, Nulls::Absent, |form| {
        if !form.has("schema") {
            form.missing("schema");
        }
        (form.any("schema").cloned(), asked_filters(form))
    })?;
    let created = caller.answer(move |c| {
        let schema = read_schema(schema.unwrap_or_default())?;
        let reach = Reach::read(&filters)?;
        if !reach.names_somebody {
            return Err(nobody().at("filters"));
        }
        // A schema that can't be filled in is refused now.
        c.memos.fill_in(&c.who, &[], None, &schema)?;
        let id = MemoryId::generate().to_string();
        let export = json!({
            "id": id, "schema": schema, "filters": filters,
            "created_at": c.memos.now().to_string(),
        });
        c.memos.amend_note(&c.who, &settings(), NOTE, |note| {
            let mut all = note.as_array().cloned().unwrap_or_default();
            all.push(export);
            while all.len() > 1 && Value::from(all.clone()).to_string().len() > KEPT_BYTES {
                all.remove(0);
            }
            *note = all.into();
            Ok(())
        })?;
        Ok((
            StatusCode::CREATED,
            json!({
                "message": "Memory export request received. The export will be ready in a few seconds.",
                "id": id,
            }),
        ))
    });
    Ok(created.await?)
}

/// A schema, or its JSON as a text.
pub(super) fn read_schema(schema: Value) -> Result<Value> {
    let schema = match schema {
        Value::String(text) => serde_json::from_str(&text).map_err(|e| {
            Error::new(Code::InvalidRequest, format!("the schema is not JSON: {e}"))
                .at("schema")
                .remedy("send JSON Schema, as an object or as its JSON")
        })?,
        schema => schema,
    };
    let bytes = schema.to_string().len();
    if bytes > SCHEMA_BYTES {
        return Err(Error::new(
            Code::TooLarge,
            format!("the schema has {bytes} bytes, more than {SCHEMA_BYTES}"),
        )
        .at("schema")
        .remedy("ask for fewer fields"));
    }
    Ok(schema)
}

/// Fetch an export
///
/// By `memory_export_id`, or the last one whose filters name the same; the last of all if nothing is
/// named.
#[utoipa::path(
    post,
    path = "/v1/exports/get/",
    tag = "mem0",
    operation_id = "mem0_exports_get",
    request_body(content = Object, example = json!({"filters": {"user_id": "ada"}})),
    responses((status = 200, description = "The form, filled in.", body = Object)),
)]
async fn get(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (id, filters) = Form::read(&body, Nulls::Absent, |form| {
        let id = form.text("memory_export_id").or_else(|| form.text("id"));
        (id, asked_filters(form))
    })?;
    answer(caller, move |c| {
        let all = c.memos.note_of(&c.who, &settings(), NOTE)?;
        let all = all
            .and_then(|all| all.as_array().cloned())
            .unwrap_or_default();
        let export = match &id {
            Some(id) => all.iter().find(|export| export["id"] == id.as_str()),
            None => meant(&all, &filters),
        };
        let export = export.ok_or_else(|| {
            Error::new(Code::MemoryNotFound, "No memory export request found")
                .remedy("ask for one first: POST /v1/exports/ with the same filters")
        })?;
        let reach = evidence(Reach::read(&export["filters"])?);
        let cubes = cubes_of(c, &reach)?;
        let filled = c
            .memos
            .fill_in(&c.who, &cubes, reach.json().as_ref(), &export["schema"])?;
        Ok(filled.value)
    })
    .await
}

/// Without what was derived, and what has expired is a matter of the background.
pub(super) fn evidence(reach: Reach) -> Reach {
    reach.with(json!({"origin": {"ne": "inference"}}))
}

/// Get a summary
///
/// Of the sessions in which somebody spoke, as the background has summed them up: `status` is `PENDING`
/// while it has not yet. Where too little was said for that, the words themselves.
#[utoipa::path(
    post,
    path = "/v1/summary/",
    tag = "mem0",
    operation_id = "mem0_exports_summary",
    request_body(content = Object, example = json!({"filters": {"user_id": "ada"}})),
    responses((status = 200, description = "`{status, summary, summaries}`", body = Object)),
)]
async fn summary(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let reach = Form::read(&body, Nulls::Absent, reach)?;
    answer(caller, move |c| {
        // Without filters it is of all that there is.
        let reach = evidence(reach?);
        let cubes = cubes_of(c, &reach)?;
        let mut found = Found::look(c, &cubes, reach.filter()?.as_ref())?;
        let mut status = "SUCCEEDED";
        if found.told.is_empty() && !found.said.is_empty() {
            if is_any_busy(c, &cubes)? {
                status = "PENDING";
            } else {
                // So little was said that nothing sums it up better than its own words.
                found.told = std::mem::take(&mut found.first);
            }
        }
        let texts: Vec<&str> = found.told.iter().map(|(_, text)| text.as_str()).collect();
        let each = found.told.iter();
        let each = each.map(|(at, text)| json!({"summary": text, "created_at": at.to_string()}));
        Ok(json!({
            "status": status,
            "summary": texts.join("\n"),
            "summaries": each.collect::<Vec<_>>(),
        }))
    })
    .await
}

fn is_any_busy(caller: &Caller, cubes: &[CubeId]) -> Result<bool> {
    for cube in cubes.iter().take(MOST_CUBES) {
        if caller.memos.exists(&caller.who, cube)? && is_busy(caller, cube)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was said that a filter admits, and what sums it up.
#[derive(Default)]
struct Found {
    said: HashSet<MemoryId>,
    /// The first words, in case nothing sums them up.
    first: Vec<(Moment, String)>,
    /// The summaries, oldest first.
    told: Vec<(Moment, String)>,
}

impl Found {
    fn look(caller: &Caller, cubes: &[CubeId], filter: Option<&Filter>) -> Result<Self> {
        let mut found = Self::default();
        let (memos, who) = (&caller.memos, &caller.who);
        memos.visit(who, cubes, filter, |memory| {
            found.said.insert(memory.id);
            if found.first.len() < MOST_WORDS
                && let Some(plain) = memory.payload.plaintext()
            {
                let said_at = memory.header.descriptive.said_at;
                found.first.push((said_at, plain.text.clone()));
            }
        })?;
        let of_summaries = Filter::parse(&json!({"semantic_type": "summary"}))?;
        let (said, mut told) = (&found.said, Vec::new());
        memos.visit(who, cubes, Some(&of_summaries), |memory| {
            let evidence = &memory.header.behavioural.derived_from;
            if let Some(plain) = memory.payload.plaintext()
                && evidence.iter().any(|id| said.contains(id))
            {
                told.push((memory.header.descriptive.said_at, plain.text.clone()));
            }
        })?;
        told.sort_by_key(|(at, _)| *at);
        let over = told.len().saturating_sub(MOST_SUMMARIES);
        found.told = told.split_off(over);
        Ok(found)
    }
}
