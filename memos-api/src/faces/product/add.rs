//! `POST /product/add`.

use axum::response::Response;
use memos_core::{Code, Error, Result};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, cubes};
use super::envelope::ok;
use super::feedback::{self, Correction};
use super::fields;
use super::memory;
use super::memory_type;
use super::messages::{self, Said, as_path};
use super::owner::Owner;
use crate::faces::kit::{Form, JsonBody, Stop, answer};
use crate::http::{AppState, Caller};
use crate::wire::{AddRequest, DocumentRequest, DrainRequest};

/// Longest wait of a synchronous add for what follows from it: clients try again after five seconds.
const WAIT_MS: u32 = 3_000;

/// Names that a memory has itself, which a caller's own fields may not take. A `source` may be the
/// caller's: the field of that name is kept there.
const RESERVED: [&str; 37] = [
    "background",
    "confidence",
    "covered_history",
    "created_at",
    "delete_record_id",
    "delete_time",
    "dialog_id",
    "embedding",
    "evolve_to",
    "file_ids",
    "history",
    "id",
    "info",
    "internal_info",
    "is_fast",
    "key",
    "mem_cube_id",
    "memory",
    "memory_type",
    "metadata",
    "original_text",
    "preference",
    "preference_type",
    "ref_id",
    "relativity",
    "score",
    "session_id",
    "sources",
    "status",
    "tags",
    "type",
    "updated_at",
    "usage",
    "user_id",
    "version",
    "visibility",
    "working_binding",
];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(add))
}

/// A request, read.
struct Add {
    cubes: Vec<Named>,
    said: Said,
    /// What was said before, which is context: only feedback may be in it.
    history: Said,
    /// A document that is given by its path.
    path: Option<String>,
    session_id: Option<String>,
    owner: Owner,
    tags: Vec<String>,
    info: Map<String, Value>,
    is_sync: bool,
    /// Waits for what follows from it.
    waits: bool,
    is_feedback: bool,
    is_skill: bool,
    has_messages: bool,
}

impl Add {
    fn read(form: &Form<'_>) -> Self {
        // It may be left out, but not be null.
        let has_user = form.fields().contains_key("user_id");
        let user_id = has_user.then(|| form.need_text("user_id"));
        let said = messages::read(form, "messages");
        let has_messages = said.is_some();
        let mut said = said.unwrap_or_default();
        if let Some(text) = form.text("memory_content") {
            said.push_text(&text);
        }
        let history = messages::history(form, "chat_history");
        // Read for its type; it says nothing to this server.
        form.items("operation");
        let is_sync = form.one_of("async_mode", &["async", "sync"]) == Some("sync");
        let mode = form.choice("mode", &["fast", "fine"]);
        let session = |name: &str| form.text(name).filter(|session| !session.is_empty());
        let (session_id, conversation_id) = (session("session_id"), session("conversation_id"));
        let session_id = session_id.or(conversation_id);
        let tags = form.texts("custom_tags").unwrap_or_default();
        Self {
            cubes: cubes(form, "writable_cube_ids", user_id.as_deref()),
            said,
            history,
            path: form.text("doc_path"),
            owner: Owner::new(user_id.as_deref(), form.text("task_id")),
            tags: tags
                .into_iter()
                .filter(|tag| !tag.trim().is_empty())
                .collect(),
            info: {
                let mut info = info(form, user_id, session_id.as_deref());
                if let Some(source) = form.text("source") {
                    info.entry("source").or_insert(source.into());
                }
                info
            },
            session_id,
            is_sync,
            waits: is_sync && mode != Some("fast"),
            is_feedback: form.flag("is_feedback", false),
            is_skill: form.flag("is_upload_skill", false),
            has_messages,
        }
    }

    /// The last words of the user in the whole conversation. Without any there is no feedback in it:
    /// it is an add like others.
    fn last_user_words(&self) -> Option<String> {
        let now = self.said.last_user_words();
        now.or_else(|| self.history.last_user_words())
    }

    fn request(&self) -> Result<Option<AddRequest>> {
        if self.is_skill {
            return Err(Error::new(
                Code::InvalidRequest,
                "packages of skills are fetched from addresses, and this server fetches none",
            )
            .at("is_upload_skill")
            .remedy("send the skill's text as a message, or leave is_upload_skill out"));
        }
        let mut documents = self.said.documents()?;
        if let Some(path) = &self.path {
            let item = crate::faces::kit::text_of_file(&as_path(path));
            let text = item.map_err(|e| e.at("doc_path"))?;
            documents.push(DocumentRequest {
                text,
                ..DocumentRequest::default()
            });
        }
        let messages = &self.said.messages;
        if messages.is_empty() && documents.is_empty() {
            return match self.has_messages {
                true => Ok(None),
                false => Err(
                    Error::new(Code::InvalidRequest, "there is nothing to remember")
                        .at("messages")
                        .remedy("send messages: a list of messages, or a text"),
                ),
            };
        }
        Ok(Some(AddRequest {
            messages: (!messages.is_empty()).then(|| messages.clone().into()),
            documents: (!documents.is_empty()).then_some(documents),
            session_id: self.session_id.clone(),
            tags: (!self.tags.is_empty()).then(|| self.tags.clone()),
            info: (!self.info.is_empty()).then(|| self.info.clone()),
            ..AddRequest::default()
        }))
    }
}

/// The caller's own fields, and who and what the contract names.
pub(super) fn info(
    form: &Form<'_>,
    user_id: Option<String>,
    session_id: Option<&str>,
) -> Map<String, Value> {
    let mut info = own_info(form, user_id, session_id);
    for name in ["manager_user_id", "project_id"] {
        if let Some(value) = form.text(name) {
            info.insert(name.to_owned(), value.into());
        }
    }
    info
}

/// The caller's own fields, the user and the session.
pub(super) fn own_info(
    form: &Form<'_>,
    user_id: Option<String>,
    session_id: Option<&str>,
) -> Map<String, Value> {
    let mut info = form.object("info").cloned().unwrap_or_default();
    info.retain(|name, _| !RESERVED.contains(&name.as_str()));
    if let Some(user) = user_id {
        info.insert("user_id".to_owned(), user.into());
    }
    let session = session_id.filter(|session| !session.is_empty());
    let session = session.unwrap_or("default_session");
    info.insert("session_id".to_owned(), session.into());
    info
}

/// Add memories
///
/// Messages become memories word for word, at once; what is derived from them follows.
#[utoipa::path(
    post,
    path = "/product/add",
    tag = "product",
    operation_id = "product_add",
    request_body(content = Object, example = json!({
        "user_id": "ada",
        "messages": [{"role": "user", "content": "I like strawberries.",
                      "chat_time": "2025-06-02T09:00:00"}]
    })),
    responses((status = 200, description = "The memories.", body = Object)),
)]
async fn add(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let add = fields::read(&body, &fields::ADD, Add::read)?;
    answer(caller, move |c| {
        if add.cubes.is_empty() {
            return Err(Error::new(
                Code::InvalidRequest,
                "the request names neither a user nor a cube",
            )
            .at("user_id")
            .remedy("send user_id, or writable_cube_ids"));
        }
        if add.is_feedback
            && let Some(words) = add.last_user_words()
        {
            return corrected(c, &add, words);
        }
        let Some(request) = add.request()? else {
            return Ok(ok("Memory added successfully", json!([])));
        };
        let mut added = Vec::new();
        for cube in &add.cubes {
            added.extend(to_cube(c, cube, &request, &add)?);
        }
        Ok(ok("Memory added successfully", added))
    })
    .await
}

fn to_cube(c: &Caller, cube: &Named, request: &AddRequest, add: &Add) -> Result<Vec<Value>> {
    let mut request = request.clone();
    cube.keep_name(request.info.get_or_insert_default());
    let by = add.owner.by(c.request_id.as_deref());
    let done = c.memos.add_by(&c.who, &cube.id, &request, by);
    let done = done.map_err(|e| add.said.placed(e))?;
    if !done.duplicate_of_request {
        c.metrics().added(done.memories.len());
    }
    if add.waits {
        let drain = DrainRequest {
            cube_id: Some(cube.id.to_string()),
            timeout_ms: Some(WAIT_MS),
            kind: None,
        };
        // What is not done by then, or not here, is done later: the memories themselves are there.
        if let Err(error) = c.memos.drain(&c.who, &drain) {
            tracing::debug!(code = error.code().as_str(), "not waited for what follows");
        }
    }
    let mut shown = Vec::with_capacity(done.memories.len());
    for reference in done.memories {
        let item = match c.memos.memory(&c.who, &cube.id, reference.id) {
            Ok(item) => item,
            // Stored by the same request before, and forgotten since.
            Err(error) if error.code() == Code::MemoryNotFound => continue,
            Err(error) => return Err(error),
        };
        shown.push(json!({
            "memory": memory::text(&item),
            "memory_id": item.id,
            "memory_type": memory_type::of(&item),
            "cube_id": cube.name,
        }));
    }
    Ok(shown)
}

/// The last words of the user, as feedback.
fn corrected(c: &Caller, add: &Add, words: String) -> Result<Value> {
    let correction = Correction {
        words,
        session_id: add.session_id.clone(),
        info: add.info.clone(),
        owner: add.owner.clone(),
        ..Correction::default()
    };
    let mut records = Vec::new();
    for cube in &add.cubes {
        let record = feedback::correct(c, cube, &correction)?;
        records.push(if add.is_sync { record } else { json!([]) });
    }
    Ok(ok("Memory feedback successfully", records))
}
