//! `POST /product/search`.

use axum::response::Response;
use memos_core::{Code, Error, Moment, Result};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, cubes};
use super::envelope::ok;
use super::fields;
use super::filter;
use super::found::{Found, Scored, Wanted, find};
use super::memory::{bucket, object};
use super::messages;
use crate::faces::kit::{self, Form, JsonBody, Stop, answer, note, pref_string};
use crate::http::{AppState, Caller};
use crate::service::RELEVANCE_THRESHOLD;

/// Cubes that one question may go to.
const MOST_CUBES: usize = 100;

/// Memories of one list at most.
pub(super) const MOST: i64 = 1_000;

/// Values of `search_memory_type`.
const KINDS: [&str; 11] = [
    "All",
    "WorkingMemory",
    "LongTermMemory",
    "UserMemory",
    "OuterMemory",
    "ToolSchemaMemory",
    "ToolTrajectoryMemory",
    "RawFileMemory",
    "AllSummaryMemory",
    "SkillMemory",
    "PreferenceMemory",
];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(search))
}

/// A request, read.
struct Search {
    cubes: Vec<Named>,
    wanted: Wanted,
    filter: Option<Map<String, Value>>,
    mode: &'static str,
    internet: bool,
}

impl Search {
    fn read(form: &Form<'_>) -> Self {
        let user_id = form.need_text("user_id");
        let mode = mode(form);
        // Read for their types; they say nothing to this server.
        for name in ["session_id", "source"] {
            form.text(name);
        }
        form.text_or("context_format", "memory");
        form.flag("rerank", true);
        form.flag("moscube", false);
        form.items("operation");
        messages::history(form, "chat_history");
        let dedup = form.choice("dedup", &["no", "sim", "mmr"]);
        Self {
            cubes: cubes(form, "readable_cube_ids", Some(&user_id)),
            wanted: Wanted {
                query: form.need_text("query"),
                asked_at: asked_at(form),
                top_k: top_k(form),
                floor: floor(form),
                preferences: list(form, "include_preference", "pref_top_k", 6),
                tools: list(form, "search_tool_memory", "tool_mem_top_k", 6),
                skills: list(form, "include_skill_memory", "skill_mem_top_k", 3),
                memory_type: memory_type(form),
                deep: false,
                repeats: dedup == Some("no"),
                neighbours: form.flag("neighbor_discovery", false),
            },
            filter: form.object("filter").cloned(),
            mode,
            internet: form.flag("internet_search", false),
        }
    }
}

/// Any word is taken; one that is no type finds nothing.
fn memory_type(form: &Form<'_>) -> &'static str {
    let asked = form.text_or("search_memory_type", "All");
    let known = KINDS.iter().find(|kind| **kind == asked);
    known.copied().unwrap_or("Unknown")
}

/// `fast` if it does not say.
pub(super) fn mode(form: &Form<'_>) -> &'static str {
    form.variant("mode", &["fast", "fine", "mixture"])
        .unwrap_or("fast")
}

/// How many text memories.
fn top_k(form: &Form<'_>) -> u32 {
    let asked = form.whole("top_k", 10, 1..=i64::MAX);
    u32::try_from(asked.min(MOST)).unwrap_or(1)
}

/// Least relevance: the higher of the two that the contract has.
fn floor(form: &Form<'_>) -> f64 {
    let relativity = form.number("relativity", RELEVANCE_THRESHOLD, 0.0..=f64::INFINITY);
    let given = form.maybe_float("threshold");
    relativity.max(given.unwrap_or(0.0))
}

/// How many of a list that can be left out.
fn list(form: &Form<'_>, include: &str, most: &str, default: i64) -> u32 {
    let most = form.whole(most, default, 0..=i64::MAX).min(MOST);
    match form.flag(include, true) {
        true => u32::try_from(most).unwrap_or(0),
        false => 0,
    }
}

/// When it is asked; what names no time says nothing.
fn asked_at(form: &Form<'_>) -> Option<String> {
    let value = Value::from(form.text("reference_time")?);
    let at: Moment = crate::reader::chat_time(&value, "reference_time").ok()?;
    Some(at.to_string())
}

/// Search memories
///
/// Text memories are what was said, word for word and best first; preferences, tools and skills have
/// lists of their own.
#[utoipa::path(
    post,
    path = "/product/search",
    tag = "product",
    operation_id = "product_search",
    request_body(content = Object, example = json!({"user_id": "ada", "query": "What do I like?"})),
    responses((status = 200, description = "What was found, by cube.", body = Object)),
)]
async fn search(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let mut search = fields::read(&body, &fields::SEARCH, Search::read)?;
    answer(caller, move |c| {
        let mut degraded = Vec::new();
        if search.mode != "fast" {
            search.wanted.deep = c.memos.model_id().is_some();
            if !search.wanted.deep {
                degraded.push(format!("{}: no language model is configured", search.mode));
            }
        }
        if search.internet {
            degraded.push("internet_search: this server does not search the internet".to_owned());
        }
        let found = in_cubes(c, &search.cubes, &search.wanted, search.filter.as_ref())?;
        let data = data(&search.wanted.query, found, degraded);
        Ok(ok("Search completed successfully", data))
    })
    .await
}

/// What each cube answers.
///
/// # Errors
/// `InvalidRequest` for too many cubes, `InvalidFilter`; those of the search.
pub(super) fn in_cubes<'a>(
    c: &Caller,
    cubes: &'a [Named],
    wanted: &Wanted,
    filter: Option<&Map<String, Value>>,
) -> Result<Vec<(&'a Named, Found)>> {
    if cubes.len() > MOST_CUBES {
        let message = format!("{} cubes are named", cubes.len());
        return Err(Error::new(Code::InvalidRequest, message)
            .at("readable_cube_ids")
            .remedy(format!("name at most {MOST_CUBES}")));
    }
    let filters = filter::of_cubes(filter, cubes)?;
    if wanted.query.trim().is_empty() {
        // Nothing is asked, and nothing has to do with it.
        return Ok(cubes.iter().map(|cube| (cube, Found::default())).collect());
    }
    let each = cubes.iter().zip(filters).map(|(cube, filter)| {
        let found = find(c, &cube.id, wanted, filter.as_ref());
        Ok((cube, found.map_err(named)?))
    });
    each.collect()
}

/// Names the fields as this contract does.
pub(super) fn named(error: Error) -> Error {
    match error.field().and_then(|f| f.strip_prefix('/')) {
        // A part of a filter is told where it was read; here it is the whole that can't be asked for.
        Some(field) if field.starts_with("filter") => error.at("filter"),
        Some(field) => {
            let field = field.replace('/', ".");
            error.at(field)
        }
        None => error,
    }
}

/// The lists of an answer. A script that reads the first cube's memories finds a list there, also if
/// nothing was found.
fn data(query: &str, found: Vec<(&Named, Found)>, mut degraded: Vec<String>) -> Value {
    let is_single = found.len() == 1;
    let mut text: Vec<Value> = Vec::new();
    let (mut preferences, mut tools, mut skills) = (Vec::new(), Vec::new(), Vec::new());
    let mut notes: Vec<&str> = Vec::new();
    let mut pref_block = None;
    let first = found.first().map(|(cube, _)| cube.name.clone());
    for (cube, found) in found {
        let of = |list: &[Scored]| {
            let shown = list
                .iter()
                .map(|one| object(&one.memory, Some(one.relevance)));
            bucket(&cube.name, shown.collect(), list.len())
        };
        if !found.text.is_empty() {
            text.push(of(&found.text));
        }
        if !found.preferences.is_empty() {
            notes.push(note(query));
            if is_single {
                let all = found.preferences.iter().map(|one| &one.memory);
                let all: Vec<_> = all.collect();
                pref_block = Some(pref_string(&all, query));
            }
        }
        preferences.push(of(&found.preferences));
        tools.push(of(&found.tools));
        skills.push(of(&found.skills));
        for why in found.degraded {
            if !degraded.contains(&why) {
                degraded.push(why);
            }
        }
    }
    if text.is_empty() {
        text.extend(first.map(|cube| bucket(&cube, Vec::new(), 0)));
    }
    let mut data = kit::fields([
        ("text_mem", text.into()),
        ("act_mem", Value::Array(Vec::new())),
        ("para_mem", Value::Array(Vec::new())),
        ("pref_mem", preferences.into()),
        ("tool_mem", tools.into()),
        ("skill_mem", skills.into()),
        ("pref_note", notes.join(" | ").into()),
    ]);
    if let Some(block) = pref_block {
        data.insert("pref_string".into(), block.into());
    }
    if !degraded.is_empty() {
        data.insert("degraded".into(), degraded.into());
    }
    data.into()
}
