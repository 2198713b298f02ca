//! `POST /product/feedback`, and the feedback that comes with an add.

use axum::response::Response;
use memos_core::{MemoryId, Result};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, cubes};
use super::envelope::ok;
use super::owner::Owner;
use super::{add, fields, memory, messages};
use crate::faces::kit::{Form, JsonBody, Stop, answer};
use crate::http::{AppState, Caller};
use crate::reader;
use crate::service::ChatRequest;
use crate::wire::FeedbackRequest;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(give_feedback))
}

/// Words that correct what is remembered.
#[derive(Default)]
pub(super) struct Correction {
    /// Blank words correct nothing.
    pub(super) words: String,
    /// The memories that were shown.
    pub(super) shown: Vec<MemoryId>,
    /// When they were said.
    pub(super) time: Option<String>,
    pub(super) session_id: Option<String>,
    /// The caller's own fields, and who and what the contract names.
    pub(super) info: Map<String, Value>,
    pub(super) owner: Owner,
    /// Whether an answer that takes the words into account is asked for.
    pub(super) answers: bool,
}

struct Feedback {
    cubes: Vec<Named>,
    correction: Correction,
    is_async: bool,
}

impl Feedback {
    fn read(form: &Form<'_>) -> Self {
        let user_id = form.need_text("user_id");
        for name in ["history", "feedback_content"] {
            if !form.fields().contains_key(name) {
                form.missing(name);
            }
        }
        let history = messages::history(form, "history");
        // Read for its type: the contract does not use it.
        form.text("mem_cube_id");
        // Only who sends no words means the last ones of the history.
        let words = match form.text("feedback_content") {
            Some(words) => words,
            None => history.last_user_words().unwrap_or_default(),
        };
        let shown = form.texts("retrieved_memory_ids").unwrap_or_default();
        let time = form.text("feedback_time");
        // What names no time says nothing; what is no id of ours was not shown by us.
        let time = time.filter(|time| reader::chat_time(&time.as_str().into(), "").is_ok());
        let listed = form.texts("writable_cube_ids").unwrap_or_default();
        let session_id = form.text("session_id").filter(|s| !s.is_empty());
        let owner = Owner::new(Some(&user_id), form.text("task_id"));
        Self {
            cubes: match listed.is_empty() {
                true => vec![Named::new(user_id.as_str())],
                false => cubes(form, "writable_cube_ids", None),
            },
            correction: Correction {
                words,
                shown: shown.iter().filter_map(|id| id.parse().ok()).collect(),
                time,
                info: add::own_info(form, Some(user_id), session_id.as_deref()),
                session_id,
                owner,
                answers: form.flag("corrected_answer", false),
            },
            is_async: form.one_of("async_mode", &["sync", "async"]) != Some("sync"),
        }
    }
}

/// Correct what is remembered
///
/// The words are kept, and end the validity of the memory that they correct. Without words, nothing
/// is done.
#[utoipa::path(
    post,
    path = "/product/feedback",
    tag = "product",
    operation_id = "product_give_feedback",
    request_body(content = Object, example = json!({
        "user_id": "ada", "history": [], "feedback_content": "That's wrong, I moved to Lyon.",
        "async_mode": "sync"
    })),
    responses((status = 200, description = "What came of it.", body = Object)),
)]
async fn give_feedback(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let feedback = fields::read(&body, &fields::FEEDBACK, Feedback::read)?;
    answer(caller, move |c| {
        let mut records = Vec::new();
        for cube in &feedback.cubes {
            let record = correct(c, cube, &feedback.correction)?;
            // It is done all the same: the contract says nothing of it to who does not wait.
            records.push(if feedback.is_async { json!([]) } else { record });
        }
        Ok(ok("Memory feedback successfully", records))
    })
    .await
}

/// Corrects one cube, which is there afterwards: the words are kept in any case.
pub(super) fn correct(c: &Caller, cube: &Named, correction: &Correction) -> Result<Value> {
    if correction.words.trim().is_empty() {
        return Ok(json!({"answer": "", "record": {"add": [], "update": []}}));
    }
    cube.make(c, None)?;
    let mut shown = Vec::new();
    for id in &correction.shown {
        if c.memos.memory(&c.who, &cube.id, *id).is_ok() {
            shown.push(*id);
        }
    }
    let mut info = correction.info.clone();
    cube.keep_name(&mut info);
    let request = FeedbackRequest {
        feedback: correction.words.clone(),
        memory_ids: (!shown.is_empty()).then_some(shown),
        speaker: None,
        chat_time: correction.time.clone(),
        session_id: correction.session_id.clone(),
        info: Some(info),
    };
    let by = correction.owner.by(c.request_id.as_deref());
    let done = c.memos.feedback_by(&c.who, &cube.id, &request, by)?;
    c.memos.put_away_corrected(&c.who, &cube.id, &done)?;
    let added = c.memos.memory(&c.who, &cube.id, done.added)?;
    let text = memory::text(&added);
    let mut updated = Vec::new();
    for id in done.corrected {
        let old = c.memos.memory(&c.who, &cube.id, id)?;
        updated.push(json!({
            "id": added.id,
            "text": text,
            "source_doc_id": null,
            "archived_id": old.id,
            "origin_memory": memory::text(&old),
        }));
    }
    Ok(json!({
        "answer": answered(c, cube, correction),
        "record": {
            "add": [{"id": added.id, "text": text, "source_doc_id": null}],
            "update": updated,
        },
    }))
}

/// A model's answer to the correction; nothing without one.
fn answered(c: &Caller, cube: &Named, correction: &Correction) -> String {
    if !correction.answers {
        return String::new();
    }
    let request = ChatRequest {
        query: correction.words.clone(),
        cubes: vec![cube.id.clone()],
        ..ChatRequest::default()
    };
    let reply = c.memos.prepare_chat(&c.who, &request);
    let reply = reply.and_then(|chat| pollster::block_on(chat.answer(&mut |_| {})));
    match reply {
        Ok(reply) => reply.text,
        Err(error) => {
            tracing::warn!(code = error.code().as_str(), "no corrected answer");
            String::new()
        }
    }
}
