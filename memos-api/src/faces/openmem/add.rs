//! `/add/message`: what was said is stored at once; what follows from it is made in the background.

use std::time::Duration;

use axum::response::Response;
use memos_core::CubeId;
use serde_json::{Map, Value, json};

use super::envelope::reply;
use super::fields;
use super::messages::{self, Said};
use super::places;
use super::reason::{Reason, told_as};
use super::search::{evidence, is_allowed};
use super::subject::Subject;
use super::views::{self, View};
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::service::{Part, Receipt, Standing};
use crate::wire::{AddRequest, MemoryItem};

/// Longest wait of an addition that is to be complete when it is answered. Clients give up after 30 s.
const LONGEST: Duration = Duration::from_secs(20);

/// What an addition says of all its messages, beside whose they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    pub(super) conversation: Option<String>,
    pub(super) agents: Vec<String>,
    pub(super) app: Option<String>,
    pub(super) source: Option<String>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) info: Map<String, Value>,
    pub(super) views: Option<Vec<&'static str>>,
    pub(super) public: bool,
    pub(super) knowledge: Vec<String>,
}

impl Labels {
    pub(super) fn read(form: &Form<'_>) -> Self {
        Self {
            conversation: fields::conversation(form),
            agents: fields::ids(form, "agent_id"),
            app: fields::label(form, "app_id"),
            source: fields::maybe(form, "source"),
            tags: form
                .texts("tags")
                .map(|tags| tags.into_iter().filter(|t| !t.trim().is_empty()).collect()),
            info: form.object("info").cloned().unwrap_or_default(),
            views: views::named(form, "allow_memory_view")
                .map(|views| views.into_iter().map(View::name).collect()),
            public: form.flag("allow_public", false),
            knowledge: fields::ids(form, "allow_knowledgebase_ids"),
        }
    }

    /// The fields of every memory: the caller's own, and the contract's under their plain names.
    pub(super) fn info_for(&self, subject: &Subject) -> Map<String, Value> {
        let mut info = self.info.clone();
        // It hides memories, and has a field of the request's own.
        info.remove(views::ALLOWED);
        if let Subject::User(name) = subject {
            info.insert("user_id".into(), name.as_str().into());
        }
        let agent = match (subject, self.agents.as_slice()) {
            (Subject::Agent(name), _) => Some(json!(name)),
            (_, []) => None,
            (_, [one]) => Some(json!(one)),
            (_, several) => Some(json!(several)),
        };
        let named = [
            ("agent_id", agent),
            ("app_id", self.app.as_ref().map(|app| json!(app))),
            ("source", self.source.as_ref().map(|source| json!(source))),
            (views::ALLOWED, self.views.as_ref().map(|v| json!(v))),
            (
                "conversation_id",
                self.conversation
                    .as_ref()
                    .filter(|name| places::session_of(name) != **name)
                    .map(|name| json!(name)),
            ),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                info.insert(name.into(), value);
            }
        }
        info
    }

    /// The request for one subject's cube.
    pub(super) fn request(&self, subject: &Subject, said: &Said) -> AddRequest {
        let documents = said.documents.clone();
        AddRequest {
            messages: (!said.messages.is_empty()).then(|| said.json()),
            documents: (!documents.is_empty()).then_some(documents),
            session_id: self.conversation.as_deref().map(places::session_of),
            tags: self.tags.clone(),
            info: Some(self.info_for(subject)),
            ..AddRequest::default()
        }
    }
}

struct Add {
    said: Said,
    subjects: Vec<Subject>,
    labels: Labels,
    waits: bool,
}

impl Add {
    fn read(form: &Form<'_>) -> Self {
        let users = fields::ids(form, "user_id");
        let labels = Labels::read(form);
        let subjects: Vec<Subject> = match users.is_empty() {
            false => users.into_iter().map(Subject::User).collect(),
            // An agent that has memories of its own.
            true => labels.agents.iter().cloned().map(Subject::Agent).collect(),
        };
        if subjects.is_empty() {
            let words = "user_id or agent_id is required";
            form.fault("user_id", Reason::Empty.as_str(), words);
        }
        Self {
            said: messages::read(form),
            subjects,
            labels,
            waits: !form.flag("async_mode", true),
        }
    }
}

/// Add messages
///
/// Stored as evidence when this answers, so that the next search finds them. `task_id` names the work
/// that follows: `/get/status`. The same request again, as clients retry it, adds nothing.
#[utoipa::path(
    post,
    path = "/add/message",
    operation_id = "openmem_add_message",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "user_id": "ada", "conversation_id": "trip",
        "messages": [{"role": "user", "content": "I moved to Lyon in May."}]
    })),
    responses((status = 200, description = "`{success, task_id, status}`", body = Object)),
)]
pub(super) async fn add(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let add = Form::read(&body, Nulls::Absent, Add::read)?;
    reply(caller, move |caller| {
        let knowledge =
            places::knowledge(caller, "allow_knowledgebase_ids", &add.labels.knowledge)?;
        let receipt = write(caller, &add.subjects, &add.labels, &add.said, &knowledge)?;
        let standing = match add.waits {
            true => caller.memos.settle(&caller.who, &receipt, LONGEST)?,
            false => Standing::Running,
        };
        Ok(receipt_data(&receipt, standing))
    })
    .await
}

/// Writes messages to the cubes of subjects, and to those that share them.
pub(super) fn write(
    caller: &Caller,
    subjects: &[Subject],
    labels: &Labels,
    said: &Said,
    knowledge: &[CubeId],
) -> Result<Receipt, Stop> {
    let mut requests: Vec<(CubeId, AddRequest)> = subjects
        .iter()
        .map(|subject| (subject.cube(), labels.request(subject, said)))
        .collect();
    if let Some(subject) = subjects.first() {
        let shared = labels.public.then(places::public).into_iter();
        for cube in shared.chain(knowledge.iter().cloned()) {
            requests.push((cube, labels.request(subject, said)));
        }
    }
    let receipt = caller.memos.add_everywhere(&caller.who, &requests)?;
    fill_profiles(caller, subjects, labels, &receipt.parts)?;
    Ok(receipt)
}

/// Fills in profiles by what was said, unless it is for other views alone.
pub(super) fn fill_profiles(
    caller: &Caller,
    subjects: &[Subject],
    labels: &Labels,
    parts: &[Part],
) -> Result<(), Stop> {
    let views = labels.views.as_ref();
    if views.is_some_and(|views| !views.contains(&View::Profile.name())) {
        return Ok(());
    }
    for (subject, part) in subjects.iter().zip(parts) {
        let of = places::of(subject);
        caller.memos.fill_profiles(&caller.who, of, part)?;
    }
    Ok(())
}

/// `{success, task_id, status}`.
pub(super) fn receipt_data(receipt: &Receipt, standing: Standing) -> Value {
    json!({
        "success": true,
        "task_id": receipt.to_string(),
        "status": status(standing),
    })
}

pub(super) fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Running => "running",
        Standing::Completed => "completed",
        Standing::Failed => "failed",
    }
}

/// Status of a task
///
/// `running` while something that follows from an addition is still to be done, then `completed`, or
/// `failed` if some of it was given up. Of what is completed, `memory_views` says what was added,
/// updated, and deleted or put away.
#[utoipa::path(
    post,
    path = "/get/status",
    operation_id = "openmem_get_status",
    tag = "openmem",
    request_body(content = Object, example = json!({"task_id": "the task_id of an answer"})),
    responses((status = 200, description = "`{task_id, status, memory_views}`", body = Object)),
)]
pub(super) async fn get_status(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let id = Form::read(&body, Nulls::Absent, |form| fields::words(form, "task_id"))?;
    reply(caller, move |caller| {
        let unknown = |e: memos_core::Error| told_as(Reason::NoTask, "task_id", &e);
        let receipt: Receipt = id.parse().map_err(unknown)?;
        let standing = caller.memos.standing(&caller.who, &receipt)?;
        let outcome = caller.memos.outcome(&caller.who, &receipt)?;
        if standing != Standing::Completed {
            return Ok(json!({"task_id": id, "status": status(standing)}));
        }
        let added = listed(caller, outcome.added)?;
        let updated = listed(caller, outcome.updated)?;
        let is_away = |memory: &&MemoryItem| memory.state == "archived";
        let deleted = updated.iter().filter(is_away).count();
        let mut told = Map::new();
        told.insert("added".into(), added.len().into());
        told.insert("updated".into(), (updated.len() - deleted).into());
        told.insert("deleted".into(), deleted.into());
        for memory in added.iter().chain(&updated) {
            let view = View::of(&memory.semantic_type).name();
            let entry = told
                .entry(view)
                .or_insert_with(|| json!({"memory_ids": []}));
            if let Some(Value::Array(ids)) = entry.get_mut("memory_ids") {
                ids.push(json!(memory.id));
            }
        }
        Ok(json!({"task_id": id, "status": status(standing), "memory_views": told}))
    })
    .await
}

/// Those that a list of their view shows, if they are in force.
fn listed(caller: &Caller, memories: Vec<MemoryItem>) -> Result<Vec<MemoryItem>, Stop> {
    let mut listed = Vec::with_capacity(memories.len());
    for memory in memories {
        let view = View::of(&memory.semantic_type);
        if view.admits(&memory) && is_allowed(view, &evidence(caller, &memory)?) {
            listed.push(memory);
        }
    }
    Ok(listed)
}
