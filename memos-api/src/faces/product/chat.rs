//! `/product/chat/complete`, `/chat/stream` and `/chat/stream/business_user`.

use axum::http::StatusCode;
use axum::response::Response;
use memos_core::{Error, Piece, Result};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, each_once, single};
use super::envelope::exactly;
use super::messages::{self, Said};
use super::{add, fields, filter, search};
use crate::faces::kit::{Form, Frames, JsonBody, Stop, finished, frames};
use crate::http::{AppState, Caller, blocking};
use crate::service::{Chat, ChatRequest, Exchange, RELEVANCE_THRESHOLD};

/// The setting of the public server that lists its business keys, as JSON.
const BUSINESS_KEYS: &str = "BUSINESS_CHAT_KEYS";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(complete))
        .routes(routes!(chat_stream))
        .routes(routes!(business_user))
}

/// A request, read.
pub(super) struct Ask {
    pub(super) request: ChatRequest,
    pub(super) exchange: Exchange,
    pub(super) remembers: bool,
    pub(super) shows_preferences: bool,
    /// Whether the internet is to be searched, which only the playground speaks of.
    pub(super) internet: bool,
    readable: Vec<Named>,
    filter: Option<Map<String, Value>>,
    said: Said,
}

impl Ask {
    /// A stream takes the cube that was named before there were lists; a whole answer does not.
    pub(super) fn read(form: &Form<'_>, is_stream: bool) -> Self {
        let user_id = form.need_text("user_id");
        let single = single(form).filter(|_| is_stream);
        let cubes = |list: &str| {
            let listed = form.texts(list).filter(|list| !list.is_empty());
            let single = || vec![single.clone().unwrap_or_else(|| user_id.clone())];
            each_once(listed.unwrap_or_else(single))
        };
        let (readable, writable) = (cubes("readable_cube_ids"), cubes("writable_cube_ids"));
        search::mode(form);
        form.text("model_name_or_path");
        // Read for their types: the contract uses none of them, and sets them no bounds.
        for name in ["temperature", "top_p"] {
            form.maybe_float(name);
        }
        form.maybe_whole("max_tokens", i64::MIN..=i64::MAX);
        form.flag("moscube", false);
        let shows_preferences = form.flag("include_preference", true);
        let session_id = form.text("session_id");
        let mut info = add::info(form, Some(user_id.clone()), session_id.as_deref());
        if let [cube] = writable.as_slice() {
            cube.keep_name(&mut info);
        }
        Self {
            request: ChatRequest {
                query: form.need_text("query"),
                cubes: readable.iter().map(|cube| cube.id.clone()).collect(),
                history: Vec::new(),
                system_prompt: form.text("system_prompt"),
                top_k: Some(count(form, "top_k", 10).max(1)),
                preferences: match shows_preferences {
                    true => count(form, "pref_top_k", 6) as usize,
                    false => 0,
                },
                relevance: floor(form),
                ..ChatRequest::default()
            },
            exchange: Exchange {
                cubes: writable.into_iter().map(|cube| cube.id).collect(),
                session_id: session_id.filter(|session| !session.is_empty()),
                tags: Vec::new(),
                info,
            },
            remembers: form.flag("add_message_on_answer", true),
            shows_preferences,
            internet: form.flag("internet_search", false),
            readable,
            filter: form.object("filter").cloned(),
            said: messages::history(form, "history"),
        }
    }

    /// Looks up what the memories say.
    ///
    /// # Errors
    /// `Unavailable` without a model; those of the search.
    pub(super) fn prepare(&mut self, c: &Caller) -> Result<Chat> {
        self.request.history = self.said.prompt();
        self.request.filter = filter::together(self.filter.as_ref(), &self.readable)?;
        let chat = c.memos.prepare_chat(&c.who, &self.request);
        chat.map_err(search::named)
    }

    /// Keeps the exchange if it is to be kept.
    pub(super) fn remember(&self, c: &Caller, reply: &str) -> Result<()> {
        match self.remembers && !reply.trim().is_empty() {
            true => c
                .memos
                .remember_chat(&c.who, &self.exchange, &self.request.query, reply),
            false => Ok(()),
        }
    }
}

/// A number of memories, which has no bounds in a chat.
fn count(form: &Form<'_>, name: &str, default: i64) -> u32 {
    let asked = form.whole(name, default, i64::MIN..=i64::MAX);
    u32::try_from(asked.clamp(0, search::MOST)).unwrap_or(0)
}

/// Least relevance. The threshold takes part only if it is sent: its default is none of ours.
fn floor(form: &Form<'_>) -> f64 {
    let relativity = form.number("relativity", RELEVANCE_THRESHOLD, 0.0..=f64::INFINITY);
    relativity.max(form.float("threshold", 0.0))
}

/// The contract's answer to all chats of a server that has no model.
pub(super) fn unavailable(caller: &Caller) -> Option<Response> {
    const WORDS: &str = "Chat service is not available. Chat handler not initialized.";
    caller.memos.model_id().is_none().then(|| {
        tracing::debug!("a chat needs a language model: set MEMOS_LLM_BASE_URL");
        exactly(StatusCode::SERVICE_UNAVAILABLE, WORDS)
    })
}

/// Chat with memory
#[utoipa::path(
    post,
    path = "/product/chat/complete",
    tag = "product",
    operation_id = "product_complete",
    request_body(content = Object, example = json!({"user_id": "ada", "query": "What do I like?"})),
    responses((status = 200, description = "The answer.", body = Object)),
)]
async fn complete(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let mut ask = fields::read(&body, &fields::CHAT, |form| Ask::read(form, false))?;
    if let Some(told) = unavailable(&caller) {
        return Ok(told);
    }
    let (caller, ask, chat) = blocking(move || {
        let chat = ask.prepare(&caller)?;
        Ok((caller, ask, chat))
    })
    .await?;
    let reply = chat.answer(&mut |_| {}).await?;
    let mut degraded = chat.degraded;
    let text = reply.text.clone();
    let kept = blocking(move || ask.remember(&caller, &text)).await;
    degraded.extend(kept.err().map(|error| format!("memory: {error}")));
    let mut data = json!({"response": reply.text, "reasoning": reply.reasoning});
    if !degraded.is_empty() {
        data["degraded"] = degraded.into();
    }
    let answer = json!({"message": "Chat completed successfully", "data": data});
    Ok(finished(StatusCode::OK, &answer))
}

/// Chat with memory, in pieces
#[utoipa::path(
    post,
    path = "/product/chat/stream",
    tag = "product",
    operation_id = "product_chat_stream",
    request_body(content = Object, example = json!({"user_id": "ada", "query": "What do I like?"})),
    responses((
        status = 200, description = "Events of text.",
        content_type = "text/event-stream", body = String
    )),
)]
async fn chat_stream(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let ask = fields::read(&body, &fields::CHAT, |form| Ask::read(form, true))?;
    streamed(caller, ask).await
}

/// Chat with memory, in pieces, for who has a business key
#[utoipa::path(
    post,
    path = "/product/chat/stream/business_user",
    tag = "product",
    operation_id = "product_business_user",
    request_body(content = Object,
        example = json!({"user_id": "ada", "query": "What do I like?", "business_key": "k"})),
    responses((
        status = 200, description = "Events of text.",
        content_type = "text/event-stream", body = String
    )),
)]
async fn business_user(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (key, mut ask) = fields::read(&body, &fields::CHAT, |form| {
        let searches = form.flag("need_search", false);
        let mut ask = Ask::read(form, true);
        if !searches {
            ask.request.cubes.clear();
        }
        (form.need_text("business_key"), ask)
    })?;
    if let Some(told) = unavailable(&caller) {
        return Ok(told);
    }
    if !business_keys().contains(&key) {
        const WORDS: &str = "Access denied: Invalid business_key. You do not have permission to use \
            this service.";
        return Ok(exactly(StatusCode::FORBIDDEN, WORDS));
    }
    ask.exchange.info.insert("business".to_owned(), true.into());
    streamed(caller, ask).await
}

fn business_keys() -> Vec<String> {
    let keys = std::env::var(BUSINESS_KEYS).unwrap_or_default();
    serde_json::from_str(&keys).unwrap_or_default()
}

async fn streamed(caller: Caller, mut ask: Ask) -> Result<Response, Stop> {
    if let Some(told) = unavailable(&caller) {
        return Ok(told);
    }
    let (caller, ask, chat) = blocking(move || {
        let chat = ask.prepare(&caller)?;
        Ok((caller, ask, chat))
    })
    .await?;
    let (frames, response) = frames();
    tokio::spawn(async move {
        if let Some(text) = pieces(&chat, &frames, Steps::Untold).await {
            let kept = blocking(move || ask.remember(&caller, &text)).await;
            if let Err(error) = kept {
                tracing::warn!(code = error.code().as_str(), "an exchange was not kept");
                frames.send(error_frame(&error)).await;
            }
        }
    });
    Ok(response)
}

/// Streams the answer; nothing if it broke off. Who goes away ends the model's work.
pub(super) async fn pieces(chat: &Chat, frames: &Frames, steps: Steps) -> Option<String> {
    let (sender, mut waiting) = tokio::sync::mpsc::unbounded_channel::<Value>();
    let mut stepper = Stepper::new(steps);
    let mut piece = |piece: Piece<'_>| {
        for frame in stepper.frames(piece) {
            drop(sender.send(frame));
        }
    };
    let mut answering = std::pin::pin!(chat.answer(&mut piece));
    let result = loop {
        tokio::select! {
            biased;
            Some(frame) = waiting.recv() => frames.send(frame).await,
            reply = &mut answering => break reply,
            () = frames.closed() => return None,
        }
    };
    while let Ok(frame) = waiting.try_recv() {
        frames.send(frame).await;
    }
    match result {
        Ok(reply) => Some(reply.text),
        Err(error) => {
            frames.send(error_frame(&error)).await;
            None
        }
    }
}

/// Whether a stream says where thinking begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Steps {
    Told,
    Untold,
}

struct Stepper {
    steps: Steps,
    thinks: bool,
}

impl Stepper {
    fn new(steps: Steps) -> Self {
        let thinks = false;
        Self { steps, thinks }
    }

    fn frames(&mut self, piece: Piece<'_>) -> Vec<Value> {
        let (kind, data, status) = match piece {
            Piece::Reasoning(thought) => ("reasoning", thought, "reasoning"),
            Piece::Text(text) => ("text", text, "2"),
        };
        let thinks = kind == "reasoning";
        let turns = std::mem::replace(&mut self.thinks, thinks) != thinks;
        let step =
            (turns && self.steps == Steps::Told).then(|| json!({"type": "status", "data": status}));
        let frame = json!({"type": kind, "data": data});
        step.into_iter().chain([frame]).collect()
    }
}

fn error_frame(error: &Error) -> Value {
    json!({"type": "error", "content": error.to_string()})
}
