//! `POST /product/feedback`, and the feedback that comes with an add.

use axum::response::Response;
use memos_core::{Code, Error, MemoryId, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, cubes};
use super::envelope::ok;
use super::fields;
use super::memory;
use super::messages;
use crate::faces::kit::{Form, JsonBody, Stop, answer};
use crate::http::{AppState, Caller};
use crate::reader;
use crate::service::ChatRequest;
use crate::wire::{CreateCubeRequest, FeedbackRequest};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(give_feedback))
}

/// Words that correct what is remembered.
#[derive(Default)]
pub(super) struct Correction {
    pub(super) words: String,
    /// The memories that were shown.
    pub(super) shown: Vec<MemoryId>,
    /// When they were said.
    pub(super) time: Option<String>,
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
        form.object("info");
        form.text("task_id");
        form.text("session_id");
        let content = form.text("feedback_content");
        let words = content.filter(|words| !words.trim().is_empty());
        let shown = form.texts("retrieved_memory_ids").unwrap_or_default();
        let time = form.text("feedback_time");
        // What names no time says nothing; what is no id of ours was not shown by us.
        let time = time.filter(|time| reader::chat_time(&time.as_str().into(), "").is_ok());
        let listed = form.texts("writable_cube_ids").unwrap_or_default();
        Self {
            cubes: match listed.is_empty() {
                true => vec![Named::new(user_id.as_str())],
                false => cubes(form, "writable_cube_ids", None),
            },
            correction: Correction {
                words: words
                    .or_else(|| history.last_user_words())
                    .unwrap_or_default(),
                shown: shown.iter().filter_map(|id| id.parse().ok()).collect(),
                time,
                answers: form.flag("corrected_answer", false),
            },
            is_async: form.one_of("async_mode", &["sync", "async"]) != Some("sync"),
        }
    }
}

/// Correct what is remembered
///
/// The words are kept, and end the validity of the memory that they correct.
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
        if feedback.correction.words.is_empty() {
            return Err(Error::new(Code::InvalidRequest, "the feedback is empty")
                .at("feedback_content")
                .remedy("say what is wrong, or send a history that ends with the user's words"));
        }
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
    if !c.memos.exists(&c.who, &cube.id)? {
        let request = CreateCubeRequest {
            id: Some(cube.id.to_string()),
            ..CreateCubeRequest::default()
        };
        match c.memos.create_cube(&c.who, request) {
            Err(error) if error.code() == Code::CubeExists => {}
            created => drop(created?),
        }
    }
    let mut shown = Vec::new();
    for id in &correction.shown {
        if c.memos.memory(&c.who, &cube.id, *id).is_ok() {
            shown.push(*id);
        }
    }
    let request = FeedbackRequest {
        feedback: correction.words.clone(),
        memory_ids: (!shown.is_empty()).then_some(shown),
        speaker: None,
        chat_time: correction.time.clone(),
        ..FeedbackRequest::default()
    };
    let done = c.memos.feedback(&c.who, &cube.id, &request)?;
    let added = c.memos.memory(&c.who, &cube.id, done.added)?;
    let mut updated = Vec::new();
    for id in done.corrected {
        let item = c.memos.memory(&c.who, &cube.id, id)?;
        updated.push(json!({
            "id": item.id,
            "text": memory::text(&item),
            "source_doc_id": null,
            "archived_id": item.id,
            "origin_memory": memory::text(&item),
        }));
    }
    Ok(json!({
        "answer": answered(c, cube, correction),
        "record": {
            "add": [{"id": added.id, "text": memory::text(&added), "source_doc_id": null}],
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
