//! `/update/memory` and `/delete/memory`.

use std::collections::BTreeMap;

use axum::response::Response;
use memos_core::{CubeId, Filter, MemoryId, SemanticType};
use serde_json::{Map, Value, json};

use super::envelope::reply;
use super::fields;
use super::filter::{Filters, Source};
use super::get::{memory, place};
use super::item::skill_patch;
use super::places;
use super::reason::{Reason, stop};
use super::subject::Subject;
use super::views::View;
use crate::faces::kit::{Form, JsonBody, Nulls, Own, Stop};
use crate::http::Caller;
use crate::wire::{MemoryItem, MoveRequest, PatchRequest};

/// Statuses that a memory can be given.
const STATUSES: [&str; 3] = ["activated", "archived", "deleted"];

struct Update {
    id: String,
    content: Option<String>,
    title: Option<String>,
    status: Option<&'static str>,
}

impl Update {
    fn read(form: &Form<'_>) -> Self {
        let update = Self {
            id: fields::words(form, "memory_id"),
            content: fields::maybe(form, "content"),
            title: fields::maybe(form, "title"),
            status: form.choice("status", &STATUSES),
        };
        let says = ["content", "title", "status"]
            .iter()
            .any(|name| form.has(name));
        if !says || (update.content.is_none() && update.title.is_none() && !form.has("status")) {
            let words = "content, title or status is required";
            form.fault("content", Reason::Empty.as_str(), words);
        }
        update
    }
}

/// Change a memory
///
/// New words, a new title, or a new status: `activated`, `archived` or `deleted`. The version before
/// stays in the memory's history.
#[utoipa::path(
    post,
    path = "/update/memory",
    operation_id = "openmem_update_memory",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "memory_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e", "content": "I moved to Turin."
    })),
    responses((status = 200, description = "`{success}`", body = Object)),
)]
pub(super) async fn update(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let update = Form::read(&body, Nulls::Absent, Update::read)?;
    reply(caller, move |caller| {
        let mut known = memory(caller, "memory_id", &update.id)?;
        let cube = CubeId::new(known.cube_id.as_str())?;
        let is_field = is_field(&cube, &known);
        if update.status == Some("deleted") {
            delete_in(caller, &cube, &[known.id], None)?;
            return Ok(json!({"success": true}));
        }
        if let (true, Some(words)) = (is_field, update.content.as_deref()) {
            let path = profile_path(&known).to_owned();
            let memos = &caller.memos;
            memos.restate_field(&caller.who, &cube, &path, Some(words))?;
            known = memos.memory(&caller.who, &cube, known.id)?;
        }
        let step = update.status.and_then(|status| step(&known, status));
        // What is not in use takes no change: it comes back first, and goes last.
        let first = step.filter(|step| matches!(*step, "restore" | "thaw" | "activate"));
        if let Some(step) = first {
            turn(caller, &cube, known.id, step)?;
        }
        // What a field of a profile says follows from its value.
        let content = update.content.as_deref().filter(|_| !is_field);
        let title = update.title.as_deref();
        let patch = match known.semantic_type == SemanticType::Skill.as_str() {
            true => skill_patch(&known, content, title),
            false => PatchRequest {
                text: content.map(str::to_owned),
                key: title.map(str::to_owned),
                ..PatchRequest::default()
            },
        };
        if patch != PatchRequest::default() {
            caller.memos.update(&caller.who, &cube, known.id, &patch)?;
        }
        if let (Some(subject), Some(_)) = (places::subject_of_memory(&cube, &known), content) {
            let of = places::of(&subject);
            let memos = &caller.memos;
            memos.refill_profiles(&caller.who, of, &cube, &[known.id])?;
        }
        if let Some(step) = step.filter(|_| first.is_none()) {
            turn(caller, &cube, known.id, step)?;
        }
        Ok(json!({"success": true}))
    })
    .await
}

/// Whether a memory tells of a field of a profile.
fn is_field(cube: &CubeId, known: &MemoryItem) -> bool {
    cube.as_str().starts_with(Own::Profile.prefix()) && !profile_path(known).is_empty()
}

/// The path of the field that a memory of a profile tells of.
fn profile_path(known: &MemoryItem) -> &str {
    let path = known.info.get("profile_path").and_then(Value::as_str);
    path.unwrap_or_default()
}

/// The move that gives a memory a status; none if it has it.
fn step(known: &MemoryItem, status: &str) -> Option<&'static str> {
    match (status, known.state.as_str()) {
        ("activated", "archived") => Some("restore"),
        ("activated", "frozen") => Some("thaw"),
        ("archived", "archived" | "merged") => None,
        ("archived", _) => Some("archive"),
        _ => None,
    }
}

fn turn(caller: &Caller, cube: &CubeId, id: MemoryId, step: &str) -> Result<(), Stop> {
    let request = MoveRequest {
        step: step.to_owned(),
        reason: None,
    };
    caller.memos.change_state(&caller.who, cube, id, &request)?;
    Ok(())
}

/// Which memories go.
enum Doomed {
    These(Vec<String>),
    Of(Subject),
    Where(Map<String, Value>),
}

struct Delete {
    doomed: Option<Doomed>,
    filter_of_type: Option<Value>,
}

impl Delete {
    fn read(form: &Form<'_>) -> Self {
        let ids = form.texts("memory_ids").filter(|ids| !ids.is_empty());
        let user = fields::label(form, "user_id");
        let agent = fields::label(form, "agent_id");
        let filter = form.object("filter");
        let mut doomed: Vec<Doomed> = Vec::new();
        doomed.extend(ids.map(Doomed::These));
        doomed.extend(user.map(|name| Doomed::Of(Subject::User(name))));
        doomed.extend(agent.map(|name| Doomed::Of(Subject::Agent(name))));
        doomed.extend(filter.cloned().map(Doomed::Where));
        if doomed.len() != 1 {
            let reason = match doomed.is_empty() {
                true => Reason::Empty,
                false => Reason::Invalid,
            };
            let words = "exactly one of memory_ids, user_id, agent_id and filter says what goes";
            form.fault("memory_ids", reason.as_str(), words);
        }
        if filter.is_some_and(Map::is_empty) {
            let words = "the filter is empty: to delete all of a user's memories, name the user";
            form.fault("filter", Reason::EmptyList.as_str(), words);
        }
        Self {
            doomed: doomed.pop(),
            filter_of_type: memory_type(form),
        }
    }
}

/// The field `memory_type`, as a native filter.
fn memory_type(form: &Form<'_>) -> Option<Value> {
    let name = fields::maybe(form, "memory_type")?;
    let types = |names: &[&str]| json!({"semantic_type": {"in": names}});
    let facts: Vec<&str> = View::Facts.types().iter().map(|t| t.as_str()).collect();
    let of_view = |view: View| {
        let names: Vec<&str> = view.types().iter().map(|t| t.as_str()).collect();
        types(&names)
    };
    Some(match name.as_str() {
        // Which working set a fact is in moves by itself: these are all facts here.
        "WorkingMemory" | "LongTermMemory" | "UserMemory" | "text_mem" | "detail_factual" => {
            types(&facts)
        }
        "PreferenceMemory" | "preference" => of_view(View::Preferences),
        "ToolSchemaMemory" => types(&["tool_schema"]),
        "ToolTrajectoryMemory" => types(&["tool_trajectory"]),
        "tool_memory" => of_view(View::Tools),
        "SkillMemory" | "skill" => of_view(View::Skills),
        "ProfileMemory" | "profile" => of_view(View::Profile),
        "EventMemory" | "event" => of_view(View::Events),
        _ => {
            let words = "it is no memory type: use WorkingMemory, LongTermMemory, UserMemory, \
                         PreferenceMemory, ToolSchemaMemory, ToolTrajectoryMemory, SkillMemory, \
                         ProfileMemory or EventMemory";
            form.fault("memory_type", Reason::Invalid.as_str(), words);
            return None;
        }
    })
}

/// Delete memories
///
/// By ids, of a user, of an agent, or by a filter, which goes through the memories of everybody. What
/// was made from them alone goes too.
#[utoipa::path(
    post,
    path = "/delete/memory",
    operation_id = "openmem_delete_memory",
    tag = "openmem",
    request_body(content = Object, example = json!({"user_id": "ada"})),
    responses((status = 200, description = "`{success}`", body = Object)),
)]
pub(super) async fn delete(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let delete = Form::read(&body, Nulls::Absent, Delete::read)?;
    reply(caller, move |caller| {
        let of_type = delete.filter_of_type.as_ref();
        match &delete.doomed {
            None => return Err(Stop::Invalid(Vec::new())),
            Some(Doomed::These(ids)) => delete_these(caller, ids, of_type)?,
            Some(Doomed::Of(subject)) => {
                let profiles = caller
                    .memos
                    .profile_cubes(&caller.who, places::of(subject))?;
                if profiles.is_empty() && !caller.memos.exists(&caller.who, &subject.cube())? {
                    let (kind, name) = (subject.kind(), subject.name());
                    return Err(stop(
                        Reason::NoUser,
                        &format!("{kind}_id"),
                        format!("there is no {kind} {name:?}, so that nothing is to be deleted: check the id"),
                    ));
                }
                delete_where(caller, &subject.cube(), of_type)?;
                // What the deleted words had filled in is gone from them now.
                let of = places::of(subject);
                for cube in caller.memos.profile_cubes(&caller.who, of)? {
                    if of_type.is_none() {
                        caller.memos.delete_cube(&caller.who, &cube)?;
                    } else {
                        delete_where(caller, &cube, of_type)?;
                    }
                }
            }
            Some(Doomed::Where(fields)) => {
                let filters = Filters::read(Some(fields))?;
                delete_everywhere(caller, &filters, of_type)?;
            }
        }
        Ok(json!({"success": true}))
    })
    .await
}

/// All are looked for before one goes.
fn delete_these(caller: &Caller, ids: &[String], of_type: Option<&Value>) -> Result<(), Stop> {
    let mut by_cube: BTreeMap<CubeId, Vec<MemoryId>> = BTreeMap::new();
    for (i, id) in ids.iter().enumerate() {
        let (cube, id) = place(caller, &format!("memory_ids.{i}"), id)?;
        by_cube.entry(cube).or_default().push(id);
    }
    for (cube, ids) in by_cube {
        delete_in(caller, &cube, &ids, of_type)?;
    }
    Ok(())
}

/// Deletes memories of a cube by their ids, and of these, those of a type.
fn delete_in(
    caller: &Caller,
    cube: &CubeId,
    ids: &[MemoryId],
    of_type: Option<&Value>,
) -> Result<(), Stop> {
    if of_type.is_some() || cube.as_str().starts_with(Own::Profile.prefix()) {
        let these = json!({"id": {"in": ids}});
        let filter = match of_type {
            Some(of_type) => json!({"and": [these, of_type]}),
            None => these,
        };
        return delete_where(caller, cube, Some(&filter));
    }
    caller.memos.forget_all(&caller.who, cube, ids)?;
    settle(caller, cube)
}

fn delete_where(caller: &Caller, cube: &CubeId, filter: Option<&Value>) -> Result<(), Stop> {
    if !caller.memos.exists(&caller.who, cube)? {
        return Ok(());
    }
    let all = json!({"version": {"gte": 0}});
    let filter = Filter::parse(filter.unwrap_or(&all))?;
    if !caller.memos.forget_fields(&caller.who, cube, &filter)? {
        caller.memos.forget_where(&caller.who, cube, &filter)?;
    }
    settle(caller, cube)
}

/// What hangs on memories of a cube that are gone goes too: values of profiles, files.
fn settle(caller: &Caller, cube: &CubeId) -> Result<(), Stop> {
    caller.memos.drop_empty_files(&caller.who, cube)?;
    places::keep_profiles_up(caller, cube)
}

/// By a filter, in every cube of its source.
fn delete_everywhere(
    caller: &Caller,
    filters: &Filters,
    of_type: Option<&Value>,
) -> Result<(), Stop> {
    let bases = caller.memos.knowledge_bases(&caller.who)?;
    let mut cursor: Option<String> = None;
    loop {
        let page = caller
            .memos
            .cubes(&caller.who, cursor.as_deref(), Some(256))?;
        for cube in page.cubes {
            let id = CubeId::new(cube.id)?;
            let sources: &[Source] = match () {
                () if id == places::public() => &[Source::Public],
                () if bases.contains(&id) => &[Source::KnowledgeBase],
                () if id.as_str().starts_with(Own::Profile.prefix()) => {
                    match cube.info.contains_key("agent_id") {
                        true => &[Source::Agent],
                        false => &[Source::User],
                    }
                }
                // What holds templates and files is no memory of a conversation.
                () if cube.info.contains_key("kind") => &[],
                () if id.as_str().starts_with(Own::Agent.prefix()) => &[Source::Agent],
                () => &[Source::User],
            };
            for filter in sources.iter().filter_map(|source| filters.of(*source)) {
                let filter = match of_type {
                    Some(of_type) => json!({"and": [filter, of_type]}),
                    None => filter.clone(),
                };
                delete_where(caller, &id, Some(&filter))?;
            }
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}
