//! `/add/feedback`: a correction in plain words.

use axum::response::Response;
use memos_core::{Code, CubeId};
use serde_json::json;

use super::add::{Labels, receipt_data};
use super::envelope::reply;
use super::fields;
use super::places;
use super::subject::Subject;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::service::{Part, Receipt, Standing};
use crate::wire::{AddRequest, FeedbackRequest};

/// Give feedback
///
/// The words are kept as evidence, and the memory that they correct holds no more. Also for a user
/// who is not known yet: then there is nothing to correct.
#[utoipa::path(
    post,
    path = "/add/feedback",
    operation_id = "openmem_add_feedback",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "user_id": "ada", "conversation_id": "trip", "feedback_content": "That's wrong, I moved to Turin."
    })),
    responses((status = 200, description = "`{success, task_id, status}`", body = Object)),
)]
pub(super) async fn feedback(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (words, user, labels, time) = Form::read(&body, Nulls::Absent, |form| {
        (
            fields::words(form, "feedback_content"),
            fields::words(form, "user_id"),
            Labels::read(form),
            fields::maybe(form, "feedback_time"),
        )
    })?;
    reply(caller, move |caller| {
        let knowledge = places::knowledge(caller, "allow_knowledgebase_ids", &labels.knowledge)?;
        let subject = Subject::User(user);
        let shared = labels.public.then(places::public);
        let cubes = std::iter::once(subject.cube())
            .chain(shared)
            .chain(knowledge);
        let request = FeedbackRequest {
            feedback: words,
            memory_ids: None,
            speaker: None,
            chat_time: time,
            session_id: labels.conversation.as_deref().map(places::session_of),
            info: Some(labels.info_for(&subject)),
        };
        let mut receipt = Receipt {
            request: "feedback".to_owned(),
            parts: Vec::new(),
        };
        for cube in cubes {
            receipt.parts.push(correct(caller, cube, &request)?);
        }
        Ok(receipt_data(&receipt, Standing::Completed))
    })
    .await
}

fn correct(caller: &Caller, cube: CubeId, request: &FeedbackRequest) -> Result<Part, Stop> {
    let first = match caller.memos.feedback(&caller.who, &cube, request) {
        Ok(done) => done.added,
        // Nobody said anything yet: the words are the first.
        Err(error) if error.code() == Code::CubeNotFound => {
            let mut message = json!({"role": "user", "content": request.feedback});
            if let Some(time) = &request.chat_time {
                message["chat_time"] = json!(time);
            }
            let request = AddRequest {
                messages: Some(json!([message])),
                session_id: request.session_id.clone(),
                tags: Some(vec!["feedback".to_owned()]),
                info: request.info.clone(),
                ..AddRequest::default()
            };
            let requests = [(cube.clone(), request)];
            let added = caller.memos.add_everywhere(&caller.who, &requests)?;
            return Ok(added.parts.into_iter().next().unwrap_or(Part {
                cube,
                first: memos_core::MemoryId::generate(),
                count: 0,
            }));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Part {
        cube,
        first,
        count: 1,
    })
}
