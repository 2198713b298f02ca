//! The way of a request: recall, put in what was found, pass on, remember what was answered. Whatever
//! happens to memory, the model's server is asked and its answer is given.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;
use futures_util::FutureExt as _;
use memos_core::{Error, MemoryId};
use tokio::time::timeout;

use super::body::Fields;
use super::contract::{Contract, Question};
use super::listen::{is_encoded, passing, unheard};
use super::model_server::{ModelServer, end_to_end, not_configured, without};
use super::questions::Questions;
use super::remember::{Remembering, Thread};
use super::responses;
use super::wish::Wish;
use crate::faces::kit::{Stop, as_it_is};
use crate::http::{
    AppState, Caller, PARSED_IN_PLACE, Refusal, blocking, read_body, readable, require_json,
};
use crate::service::{RecallRequest, Recalled};

/// Longest that memory may keep a request waiting: a cube that was not asked for long is read in
/// first, and is there for the next request.
const RECALL_TIME: Duration = Duration::from_secs(1);

/// What was done with memory, for the client.
const MEMORY: HeaderName = HeaderName::from_static("x-memos-memory");
const RECALLED: HeaderName = HeaderName::from_static("x-memos-recalled");
const MEMORIES: HeaderName = HeaderName::from_static("x-memos-memories");

/// The id that the model's server gave the request; `x-request-id` is ours.
const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers a question with memory.
pub(super) async fn ask(
    contract: Contract,
    state: AppState,
    request: Request,
) -> Result<Response, Stop> {
    let (mut parts, body) = request.into_parts();
    require_json(&parts.headers)?;
    let Some(server) = state.model_server()? else {
        return Ok(not_configured());
    };
    let body = read_body(body, &parts.headers, state.options().body_limit).await?;
    let body = Bytes::from(body);
    let questions = Arc::clone(&server.questions);
    let asked = read(contract, &parts.headers, body.clone(), questions, &state).await?;
    // While the folder is being opened there is no memory, but there is a model.
    let caller = Caller::from_request_parts(&mut parts, &state).await.ok();
    let memory = recall(caller.as_ref(), &asked).await;
    let sent = match (&memory, &asked.question) {
        (Memory::Recalled(found), Some(question)) if !found.block.is_empty() => {
            question.slot.filled(&body, &found.block).into()
        }
        _ => body.clone(),
    };
    let (path, query) = (contract.path(), parts.uri.query());
    let sending = server.send(Method::POST, path, query, &parts.headers, sent);
    let response = match sending.await {
        Ok(response) => response,
        Err(mut failure) => {
            memory.tell(failure.headers_mut());
            return Ok(failure);
        }
    };
    let is_heard = asked.wish.mode.writes || asked.thread.is_some();
    let remembering = match caller {
        Some(caller) if is_heard && response.status().is_success() => Some(Remembering {
            caller,
            contract,
            wish: asked.wish,
            asked: body,
            headers: response.headers().clone(),
            thread: asked.thread,
        }),
        _ => None,
    };
    let mut answer = head_of(&response);
    *answer.body_mut() = match remembering {
        Some(remembering) => passing(response, remembering.then()),
        None => unheard(response),
    };
    memory.tell(answer.headers_mut());
    Ok(as_it_is(answer))
}

/// Passes a request on that has to do with no memory.
pub(super) async fn pass_on(state: AppState, request: Request) -> Result<Response, Stop> {
    let (parts, body) = request.into_parts();
    let Some(server) = state.model_server()? else {
        return Ok(not_configured());
    };
    let body = read_body(body, &parts.headers, state.options().body_limit).await?;
    // Files are uploaded as a form.
    if !body.is_empty() && !is_form(&parts.headers) {
        require_json(&parts.headers)?;
    }
    let path = parts.uri.path();
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let query = parts.uri.query();
    let sending = server.send(parts.method, path, query, &parts.headers, body.into());
    Ok(match sending.await {
        Ok(response) => given(response),
        Err(failure) => failure,
    })
}

fn is_form(headers: &HeaderMap) -> bool {
    const FORM: &[u8] = b"multipart/form-data";
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.and_then(|kind| kind.get(..FORM.len()));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(FORM))
}

/// An answer of the model's server as it is.
pub(super) fn given(response: reqwest::Response) -> Response {
    let mut answer = head_of(&response);
    *answer.body_mut() = unheard(response);
    as_it_is(answer)
}

/// Its status and its headers.
pub(super) fn head_of(response: &reqwest::Response) -> Response {
    let mut answer = Response::default();
    *answer.status_mut() = response.status();
    let mut headers = end_to_end(response.headers());
    if let Some(id) = headers.remove(REQUEST_ID) {
        headers.insert(UPSTREAM_REQUEST_ID, id);
    }
    // What it allows pages to do there, they may not do here; its cookies are not ours.
    without(&mut headers, |name| {
        name.starts_with("access-control-") || name == SET_COOKIE
    });
    *answer.headers_mut() = headers;
    answer
}

/// A request as it was read.
struct Asked {
    wish: Wish,
    /// What it asks, if memory is wanted for it and it can be read.
    question: Option<Question>,
    /// Whether what is to be remembered of it can be read.
    is_readable: bool,
    /// Where it goes on or begins, if the model's server keeps the conversation.
    thread: Option<Thread>,
}

async fn read(
    contract: Contract,
    headers: &HeaderMap,
    body: Bytes,
    questions: Arc<Questions>,
    state: &AppState,
) -> Result<Asked, Error> {
    let max_tokens = state.options().recall_tokens;
    if is_encoded(headers) {
        // Compressed: the model's server may know how to read it.
        let nothing = Fields::read(b"{}")?;
        return Ok(Asked {
            wish: Wish::read(headers, &nothing, max_tokens)?,
            question: None,
            is_readable: false,
            thread: None,
        });
    }
    let read = move |headers: &HeaderMap, body: &Bytes| {
        let body = readable(body);
        let fields = Fields::read(&body)?;
        let wish = Wish::read(headers, &fields, max_tokens)?;
        let question = wish.mode.reads.then(|| contract.question(&fields));
        let mut asked = Asked {
            is_readable: match (&question, wish.mode.writes) {
                (Some(question), _) => question.is_some(),
                (None, true) => contract.new_turns(&fields).is_some(),
                (None, false) => true,
            },
            question: question.flatten(),
            wish,
            thread: None,
        };
        if let (Contract::Responses, Some(question)) = (contract, &mut asked.question) {
            asked.thread = go_on(question, &fields, questions);
        }
        Ok(asked)
    };
    if body.len() <= PARSED_IN_PLACE {
        return read(headers, &body);
    }
    let headers = headers.clone();
    blocking(move || read(&headers, &body)).await
}

/// A request that brings but the results of tools asks what was asked where it goes on.
fn go_on(
    question: &mut Question,
    fields: &Fields<'_>,
    questions: Arc<Questions>,
) -> Option<Thread> {
    if question.words.is_empty() {
        question.words = questions.of(&responses::threads(fields))?;
    }
    Some(Thread {
        questions,
        words: question.words.clone(),
        conversation: responses::conversation(fields),
    })
}

/// What memory gave to a request.
enum Memory {
    Off,
    Recalled(Recalled),
    /// Nothing, for this reason.
    Degraded(String),
}

async fn recall(caller: Option<&Caller>, asked: &Asked) -> Memory {
    let mode = asked.wish.mode;
    let degraded = |why: &str| Memory::Degraded(why.to_owned());
    match (mode.reads, mode.writes) {
        (false, false) => return Memory::Off,
        (false, true) if caller.is_some() && asked.is_readable => {
            return Memory::Recalled(Recalled::default());
        }
        _ => {}
    }
    let Some(caller) = caller else {
        return degraded("unavailable");
    };
    let Some(question) = &asked.question else {
        return degraded("unreadable");
    };
    if question.words.is_empty() {
        return degraded("no_question");
    }
    let request = RecallRequest {
        question: question.words.clone(),
        cube: asked.wish.cube.clone(),
        max_tokens: asked.wish.max_tokens,
        said: question.said.clone(),
    };
    let recalling = caller.clone().call(move |caller| {
        let start = Instant::now();
        let found = caller.memos.recall(&caller.who, &request)?;
        caller.metrics().searched(start.elapsed(), &found.degraded);
        Ok(found)
    });
    match settled(recalling, RECALL_TIME).await {
        Ok(found) => Memory::Recalled(found),
        Err(why) => degraded(why),
    }
}

/// What memory gives in time; else why it gives nothing. A request goes on, whatever happens here.
async fn settled(
    recalling: impl Future<Output = Result<Recalled, Refusal>>,
    within: Duration,
) -> Result<Recalled, &'static str> {
    // What a panic leaves behind is this request's alone, and is not looked at again.
    let recalling = AssertUnwindSafe(recalling).catch_unwind();
    let why = match timeout(within, recalling).await {
        Ok(Ok(Ok(found))) => return Ok(found),
        Ok(Ok(Err(Refusal(error)))) => {
            tracing::debug!(%error, "why nothing is recalled");
            error.code().as_str()
        }
        Ok(Err(_)) => "panic",
        Err(_) => "late",
    };
    tracing::warn!(why, "a request goes on without memory");
    Err(why)
}

impl Memory {
    /// Says in the answer's headers what was done. Names that the model's server may have for these are
    /// not its own.
    fn tell(&self, headers: &mut HeaderMap) {
        let (how, memories): (String, &[MemoryId]) = match self {
            Self::Off => ("off".to_owned(), &[]),
            Self::Degraded(why) => (format!("degraded: {why}"), &[]),
            Self::Recalled(found) if found.degraded.is_empty() => {
                ("ok".to_owned(), &found.memories)
            }
            Self::Recalled(found) => {
                // Its first word; the rest is a sentence for the log.
                let part = |why: &String| why.split(':').next().unwrap_or_default().to_owned();
                let parts: Vec<String> = found.degraded.iter().map(part).collect();
                (format!("degraded: {}", parts.join(", ")), &found.memories)
            }
        };
        let ids: Vec<String> = memories.iter().map(ToString::to_string).collect();
        for (name, value) in [
            (MEMORY, how),
            (RECALLED, ids.len().to_string()),
            (MEMORIES, ids.join(",")),
        ] {
            match HeaderValue::try_from(value) {
                Ok(value) if !value.is_empty() => headers.insert(name, value),
                _ => headers.remove(name),
            };
        }
    }
}

impl ModelServer {
    /// Asks for something that has no body.
    ///
    /// # Errors
    /// An answer that says why there is none.
    pub(super) async fn get(
        &self,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<reqwest::Response, Response> {
        self.send(Method::GET, path, query, headers, Bytes::new())
            .await
    }
}

#[cfg(test)]
mod tests {
    use memos_core::Code;

    use super::*;

    #[tokio::test]
    async fn whatever_happens_to_memory_is_named_in_a_word() {
        let refused = async { Err(Refusal(Error::new(Code::Corrupt, "secret"))) };
        assert_eq!(settled(refused, RECALL_TIME).await, Err("corrupt"));
        let panics = async { panic!("secret") };
        assert_eq!(settled(panics, RECALL_TIME).await, Err("panic"));
        let late = settled(std::future::pending(), Duration::ZERO).await;
        assert_eq!(late, Err("late"));
        let found = async { Ok(Recalled::default()) };
        assert_eq!(settled(found, RECALL_TIME).await, Ok(Recalled::default()));
    }
}
