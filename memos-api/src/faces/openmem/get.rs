//! `/get/memory`, `/get/memory/{id}` and `/get/message`: what there is, without a question.

use axum::extract::Path;
use axum::response::Response;
use memos_core::{Code, CubeId, Error, Filter, MemoryId};
use serde_json::{Map, Value, json};

use super::envelope::reply;
use super::fields;
use super::filter::{Filters, Source};
use super::item::{Beside, by_id, millis, whole};
use super::places;
use super::reason::{Reason, stop};
use super::search::{evidence, is_allowed};
use super::subject::Subject;
use super::views::{self, View};
use crate::Order;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::wire::MemoryItem;

struct Get {
    subject: Option<Subject>,
    page: usize,
    size: usize,
    views: Vec<View>,
    filter: Option<Map<String, Value>>,
}

impl Get {
    fn read(form: &Form<'_>) -> Self {
        let number = |name: &str, default: i64, most: i64| {
            usize::try_from(form.whole(name, default, 1..=most)).unwrap_or(1)
        };
        Self {
            subject: Subject::one(form),
            page: number("page", 1, 1_000_000_000),
            size: number("size", 10, 50),
            views: views::paged(form),
            filter: form.object("filter").cloned(),
        }
    }
}

/// List memories
///
/// A page of each view that was asked for, the newest first, of what is in force: `size` items of each
/// view. `total` is the count of the view that has most.
#[utoipa::path(
    post,
    path = "/get/memory",
    operation_id = "openmem_get_memory",
    tag = "openmem",
    request_body(content = Object, example = json!({"user_id": "ada", "page": 1, "size": 10})),
    responses((status = 200, description = "The lists, and `total`, `size`, `current`, `pages`", body = Object)),
)]
pub(super) async fn get_memory(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let get = Form::read(&body, Nulls::Absent, Get::read)?;
    reply(caller, move |caller| {
        let Some(subject) = &get.subject else {
            return Err(Stop::Invalid(Vec::new()));
        };
        let mut cubes = vec![subject.cube()];
        if get.views.contains(&View::Profile) {
            let profiles = caller
                .memos
                .profile_cubes(&caller.who, places::of(subject))?;
            cubes.extend(profiles);
        }
        let source = match subject {
            Subject::User(_) => Source::User,
            Subject::Agent(_) => Source::Agent,
        };
        let own = Filters::read(get.filter.as_ref())?;
        let own = own.of(source).map(Filter::parse).transpose()?;
        let mut lists: Map<String, Value> = Map::new();
        let mut most = 0;
        for view in View::ALL {
            let mut list = Vec::new();
            if get.views.contains(&view) {
                let mut filter = view.filter_of_page()?;
                if let Some(own) = own.clone() {
                    filter = filter.and(own);
                }
                let page = caller.memos.page(
                    &caller.who,
                    &cubes,
                    Some(&filter),
                    Order::Newest,
                    (get.page - 1).saturating_mul(get.size),
                    Some(get.size),
                )?;
                most = most.max(page.total);
                for memory in &page.memories {
                    list.extend(listed(caller, subject, view, memory)?);
                }
            }
            // Clients take each for a list, also what they did not ask for.
            lists.insert(view.list().into(), list.into());
        }
        lists.insert("total".into(), most.into());
        lists.insert("size".into(), get.size.into());
        lists.insert("current".into(), get.page.into());
        lists.insert("pages".into(), most.div_ceil(get.size).into());
        Ok(lists.into())
    })
    .await
}

/// A memory as a page shows it; none if what it was made from is not for this view.
fn listed(
    caller: &Caller,
    subject: &Subject,
    view: View,
    memory: &MemoryItem,
) -> Result<Option<Value>, Stop> {
    let evidence = evidence(caller, memory)?;
    if !is_allowed(view, &evidence) {
        return Ok(None);
    }
    let beside = Beside {
        evidence: &evidence,
        ..Beside::default()
    };
    let mut shown = whole(memory, beside);
    if view == View::Profile {
        shown.insert("properties".into(), properties(caller, subject, memory)?);
    }
    Ok(Some(shown.into()))
}

/// The whole profile that a field is of.
fn properties(caller: &Caller, subject: &Subject, memory: &MemoryItem) -> Result<Value, Stop> {
    let template = memory
        .info
        .get("profile_template_id")
        .and_then(Value::as_str);
    let Some(template) = template else {
        return Ok(Value::Null);
    };
    let fields = caller
        .memos
        .profile(&caller.who, places::of(subject), template)?;
    Ok(fields.nested().into())
}

/// Read a memory
///
/// One memory by its id, as the list of its view shows it, with its view and what it was made from.
#[utoipa::path(
    get,
    path = "/get/memory/{memory_id}",
    operation_id = "openmem_get_memory_by_id",
    tag = "openmem",
    params(("memory_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The memory", body = Object)),
)]
pub(super) async fn get_memory_by_id(
    caller: Caller,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Stop> {
    let Ok(Path(id)) = path else {
        return Err(stop(
            Reason::NoMemory,
            "memory_id",
            "it is no id: list the memories for it",
        ));
    };
    reply(caller, move |caller| {
        let memory = memory(caller, "memory_id", &id)?;
        let evidence = evidence(caller, &memory)?;
        let beside = Beside {
            evidence: &evidence,
            ..Beside::default()
        };
        Ok(by_id(&memory, beside).into())
    })
    .await
}

/// A memory by its id alone.
pub(super) fn memory(caller: &Caller, field: &str, id: &str) -> Result<MemoryItem, Stop> {
    let (cube, id) = place(caller, field, id)?;
    Ok(caller.memos.memory(&caller.who, &cube, id)?)
}

/// The cube and id of a memory that is known by its id alone.
pub(super) fn place(caller: &Caller, field: &str, id: &str) -> Result<(CubeId, MemoryId), Stop> {
    let missing = || {
        let words = format!("there is no memory {id:?}: list or search the memories for its id");
        stop(Reason::NoMemory, field, words)
    };
    let id: MemoryId = id.parse().map_err(|_: Error| missing())?;
    match caller.memos.locate(&caller.who, id) {
        Ok(cube) => Ok((cube, id)),
        Err(error) if error.code() == Code::MemoryNotFound => Err(missing()),
        Err(error) => Err(error.into()),
    }
}

/// Read a conversation
///
/// The last messages of a conversation, in the order in which they were said.
#[utoipa::path(
    post,
    path = "/get/message",
    operation_id = "openmem_get_message",
    tag = "openmem",
    request_body(content = Object, example = json!({"user_id": "ada", "conversation_id": "trip"})),
    responses((status = 200, description = "`message_detail_list`", body = Object)),
)]
pub(super) async fn get_message(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (subject, conversation, limit) = Form::read(&body, Nulls::Absent, |form| {
        // One conversation is named, so that the number of conversations has nothing to say.
        form.maybe_whole("conversation_limit_number", 1..=50);
        let conversation = fields::conversation(form);
        if conversation.is_none() {
            form.fault(
                "conversation_id",
                Reason::Empty.as_str(),
                "conversation_id is required",
            );
        }
        let limit = form.whole("message_limit_number", 6, 1..=50);
        (
            Subject::one(form),
            conversation,
            usize::try_from(limit).unwrap_or(1),
        )
    })?;
    reply(caller, move |caller| {
        let (Some(subject), Some(conversation)) = (&subject, &conversation) else {
            return Err(Stop::Invalid(Vec::new()));
        };
        let turns = last_turns(caller, &subject.cube(), conversation, limit)?;
        let list: Vec<Value> = turns.iter().map(message).collect();
        Ok(json!({ "message_detail_list": list }))
    })
    .await
}

/// The last turns of a conversation, oldest first.
pub(super) fn last_turns(
    caller: &Caller,
    cube: &CubeId,
    conversation: &str,
    limit: usize,
) -> Result<Vec<MemoryItem>, Stop> {
    let filter = Filter::parse(&json!({"and": [
        {"session_id": places::session_of(conversation)},
        {"role": {"exists": true}},
        {"origin": {"ne": "inference"}},
        // A correction is no turn of the conversation.
        {"not": {"tags": {"contains": "feedback"}}},
    ]}))?;
    let cubes = [cube.clone()];
    let page = caller.memos.page(
        &caller.who,
        &cubes,
        Some(&filter),
        Order::Newest,
        0,
        Some(limit),
    )?;
    let mut turns = page.memories;
    turns.reverse();
    Ok(turns)
}

fn message(turn: &MemoryItem) -> Value {
    json!({
        "message_id": turn.id,
        "role": turn.role,
        "content": turn.text,
        "create_time": millis(turn.said_at.at()),
        "update_time": millis(turn.updated_at),
    })
}
