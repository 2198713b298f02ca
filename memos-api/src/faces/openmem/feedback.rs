//! `/add/feedback`: a correction in plain words.

use axum::response::Response;
use memos_core::{Code, CubeId, Error, LinkKind, Result as Done};
use memos_scheduler::feedback::NO_CORRECTION;
use serde_json::json;

use super::add::{Labels, fill_profiles, receipt_data};
use super::envelope::reply;
use super::fields;
use super::places;
use super::subject::Subject;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::service::{By, Part, REPLACEMENT, Receipt};
use crate::wire::{AddRequest, FeedbackRequest, LinkItem};

/// Give feedback
///
/// The words are kept as evidence; the memory that they correct is put away, with what follows from it
/// alone. "Replace 'User 1' with 'User 2'" replaces words in all memories. If nothing was corrected,
/// `message` says why. Also for a user who is not known yet: then there is nothing to correct.
#[utoipa::path(
    post,
    path = "/add/feedback",
    operation_id = "openmem_add_feedback",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "user_id": "ada", "conversation_id": "trip", "feedback_content": "That's wrong, I moved to Turin."
    })),
    responses((status = 200, description = "`{success, task_id, status, message?}`", body = Object)),
)]
pub(super) async fn feedback(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (words, user, labels, time) = Form::read(&body, Nulls::Absent, |form| {
        (
            fields::words(form, "feedback_content"),
            fields::words(form, "user_id"),
            Labels::read(form),
            form.any("feedback_time").and_then(fields::moment),
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
            request: name_of(&subject, &request)?,
            parts: Vec::new(),
        };
        let mut told = Vec::new();
        for cube in cubes {
            let (part, did) = correct(caller, &subject, cube, &request, &receipt.request)?;
            receipt.parts.push(part);
            told.push(did);
        }
        fill_profiles(
            caller,
            std::slice::from_ref(&subject),
            &labels,
            &receipt.parts,
        )?;
        let mut data = receipt_data(&receipt, caller.memos.standing(&caller.who, &receipt)?);
        // Where something was corrected, the rest says nothing more.
        if let Some(told) = told.iter().max().filter(|did| **did != Did::Corrected) {
            data["message"] = told.words().into();
        }
        Ok(data)
    })
    .await
}

/// What came of feedback, in one cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Did {
    /// It says nothing that a rule takes for a correction.
    Kept,
    /// It is one, but not clear of what.
    Unclear,
    /// It replaces words that no memory has, or has any more.
    Absent,
    Corrected,
}

impl Did {
    const fn words(self) -> &'static str {
        match self {
            Self::Kept => {
                "the words are kept as a memory; no memory was changed, since they say of none that \
                 it is wrong"
            }
            Self::Unclear => {
                "the words are kept as a memory; no memory was changed, since it is not clear which \
                 one is wrong: say what is right and what is wrong (\"I live in Turin, not Milan\"), \
                 or configure a language model"
            }
            Self::Absent => {
                "the words are kept as a memory; no other memory has the words that they replace"
            }
            Self::Corrected => "",
        }
    }
}

/// The same feedback has the same name: the work that follows is found by it.
fn name_of(subject: &Subject, request: &FeedbackRequest) -> Done<String> {
    let body = serde_json::to_vec(&(subject.kind(), subject.name(), request)).map_err(|e| {
        Error::new(Code::Internal, "the feedback can't be written as JSON").caused_by(e)
    })?;
    let hash = blake3::hash(&body).to_hex();
    Ok(format!("feedback-{}", &hash[..16]))
}

fn correct(
    caller: &Caller,
    subject: &Subject,
    cube: CubeId,
    request: &FeedbackRequest,
    name: &str,
) -> Result<(Part, Did), Stop> {
    let by = By {
        request: Some(name),
        ..By::default()
    };
    let (first, did) = match caller.memos.feedback_by(&caller.who, &cube, request, by) {
        Ok(done) => {
            // Sent again, it finds that done which it asks for.
            let words = caller.memos.memory(&caller.who, &cube, done.added)?;
            let corrects = |link: &LinkItem| link.kind == LinkKind::Corrects.as_str();
            let did = match done.rule.as_str() {
                _ if !done.corrected.is_empty() => Did::Corrected,
                _ if words.links.iter().any(corrects) => Did::Corrected,
                REPLACEMENT => Did::Absent,
                NO_CORRECTION => Did::Kept,
                _ => Did::Unclear,
            };
            caller.memos.put_away_corrected(&caller.who, &cube, &done)?;
            if done.rule == REPLACEMENT && cube == subject.cube() {
                let (memos, of) = (&caller.memos, places::of(subject));
                memos.refill_profiles(&caller.who, of, &cube, &done.corrected)?;
            }
            (done.added, did)
        }
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
            let added = caller
                .memos
                .add_for(&caller.who, &cube, &request, Some(name))?;
            let first = added.memories.first().map(|memory| memory.id);
            let missing = || Error::new(Code::Internal, "the feedback was not kept");
            (first.ok_or_else(missing)?, Did::Kept)
        }
        Err(error) => return Err(error.into()),
    };
    let part = Part {
        cube,
        first,
        count: 1,
    };
    Ok((part, did))
}
