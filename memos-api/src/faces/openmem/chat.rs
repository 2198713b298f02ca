//! `/chat`: a language model answers with what the memories say, and the exchange is remembered.

use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use memos_core::{Code, CubeId, Error, Piece, PromptMessage, Result as Answered, Role};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::add::Labels;
use super::envelope::call;
use super::fields;
use super::filter::Filters;
use super::get::last_turns;
use super::messages::Said;
use super::places::{self, Bases};
use super::subject::Subject;
use super::views::View;
use crate::faces::kit::{self, Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::service::{Chat, ChatRequest, Kind, Question, RELEVANCE_THRESHOLD};

/// Turns of the conversation that the model is shown.
const HISTORY: usize = 10;

struct Ask {
    query: String,
    user: String,
    conversation: Option<String>,
    bases: Bases,
    filter: Option<Map<String, Value>>,
    labels: Labels,
    /// Uses of tools that the model is told of, at most.
    tools: usize,
    remembers: bool,
    streams: bool,
    request: ChatRequest,
}

impl Ask {
    fn read(form: &Form<'_>) -> Self {
        let conversation = fields::conversation(form);
        if conversation.is_none() {
            let words = "conversation_id is required";
            form.fault(
                "conversation_id",
                super::reason::Reason::Empty.as_str(),
                words,
            );
        }
        let limit = |name: &str| form.whole(name, 6, 0..=25);
        let memories = limit("memory_limit_number");
        let preferences = match form.flag("include_preference", true) {
            true => limit("preference_limit_number"),
            false => 0,
        };
        // There is no web search here; whoever asks for one gets the memories alone.
        for ignored in [
            "internet_search",
            "force_stop",
            "use_mem_os_cube",
            "async_mode",
        ] {
            form.maybe_flag(ignored);
        }
        let tools = match form.flag("include_tool_memory", false) {
            true => limit("tool_memory_limit_number"),
            false => 0,
        };
        form.maybe_number("top_p", 0.0..=1.0);
        form.text("model_name");
        Self {
            query: fields::words(form, "query"),
            user: fields::words(form, "user_id"),
            conversation,
            bases: Bases::read(form),
            filter: form.object("filter").cloned(),
            labels: Labels::read(form),
            tools: usize::try_from(tools).unwrap_or_default(),
            remembers: form.flag("add_message_on_answer", true),
            streams: form.flag("stream", false),
            request: ChatRequest {
                system_prompt: fields::maybe(form, "system_prompt"),
                top_k: u32::try_from(memories).ok(),
                preferences: usize::try_from(preferences).unwrap_or_default(),
                relevance: form.number("relativity", RELEVANCE_THRESHOLD, 0.0..=1.0),
                max_tokens: u32::try_from(form.whole("max_tokens", 8192, 1..=1_000_000)).ok(),
                temperature: Some(form.number("temperature", 0.7, 0.0..=2.0) as f32),
                ..ChatRequest::default()
            },
        }
    }
}

/// Chat
///
/// Needs a language model. With `stream`, server-sent events whose data is
/// `{"type": "reasoning" | "text" | "end", "data": …}`. The model is the configured one, whatever `model_name` says.
#[utoipa::path(
    post,
    path = "/chat",
    operation_id = "openmem_chat",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "user_id": "ada", "conversation_id": "trip", "query": "Where do I live?"
    })),
    responses((status = 200, description = "`{response}`, or a stream", body = Object)),
)]
pub(super) async fn chat(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let ask = Form::read(&body, Nulls::Absent, Ask::read)?;
    let (memos, who) = (caller.memos.clone(), caller.who.clone());
    let again = caller.clone();
    let (chat, ask) = call(caller, move |caller| {
        let mut request = ask.request.clone();
        let subject = Subject::User(ask.user.clone());
        let cubes = places::searched(caller, &subject, &ask.bases)?;
        request.filter = Filters::read(ask.filter.as_ref())?.over(&cubes);
        request.query.clone_from(&ask.query);
        request.cubes = cubes.into_iter().flat_map(|(_, cubes)| cubes).collect();
        request.history = history(caller, &subject.cube(), ask.conversation.as_deref())?;
        if let Some(told) = tools(caller, &request, ask.tools)? {
            request.history.insert(0, told);
        }
        // What can't be kept is told before the model is asked.
        places::knowledge(caller, "allow_knowledgebase_ids", &ask.labels.knowledge)?;
        Ok((memos.prepare_chat(&who, &request)?, ask))
    })
    .await?;
    if ask.streams {
        return streamed(again, chat, ask).await;
    }
    let reply = chat.answer(&mut |_| {}).await.map_err(told)?;
    let text = reply.text.clone();
    let mut data = json!({"response": reply.text});
    // The answer is there; that it will not be known later is told beside it.
    if let Err(stop) = remember(again, ask, text).await {
        data["degraded"] = json!([not_kept(&stop)]);
    }
    let body = json!({"code": 0, "message": "ok", "data": data});
    Ok(kit::finished(axum::http::StatusCode::OK, &body))
}

fn history(
    caller: &Caller,
    cube: &CubeId,
    conversation: Option<&str>,
) -> Result<Vec<PromptMessage>, Stop> {
    let Some(conversation) = conversation else {
        return Ok(Vec::new());
    };
    let turns = last_turns(caller, cube, conversation, HISTORY)?;
    let message = |turn: crate::wire::MemoryItem| {
        let role = match turn.role.as_deref() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => return None,
        };
        Some(PromptMessage {
            role,
            content: turn.text,
        })
    };
    Ok(turns.into_iter().filter_map(message).collect())
}

/// What is known of tools, for the model; nothing if nothing is.
fn tools(
    caller: &Caller,
    request: &ChatRequest,
    limit: usize,
) -> Result<Option<PromptMessage>, Stop> {
    if limit == 0 {
        return Ok(None);
    }
    let question = Question {
        query: request.query.clone(),
        cubes: request.cubes.clone(),
        filter: request.filter.clone(),
        session: None,
        relevance: request.relevance,
    };
    let kind = Kind {
        types: View::Tools.types().to_vec(),
        layers: View::Tools.layers(),
        limit,
        filter: Some(View::filter(&[View::Tools])?),
    };
    let found = caller
        .memos
        .recall_by_kind(&caller.who, &question, &[kind])?;
    let lines: Vec<String> = found
        .into_iter()
        .flatten()
        .map(|hit| {
            let words: Vec<&str> = hit.memory.text.split_whitespace().collect();
            // No memory closes the fence.
            format!("- {}", words.join(" ").replace("</", "< /"))
        })
        .collect();
    Ok((!lines.is_empty()).then(|| PromptMessage {
        role: Role::System,
        content: format!(
            "What is known of tools and their use:\n<tool_memories>\n{}\n</tool_memories>",
            lines.join("\n")
        ),
    }))
}

/// Keeps the exchange, as an addition of the same labels would.
async fn remember(caller: Caller, ask: Ask, answer: String) -> Result<(), Stop> {
    if !ask.remembers || answer.trim().is_empty() {
        return Ok(());
    }
    call(caller, move |caller| {
        let knowledge =
            places::knowledge(caller, "allow_knowledgebase_ids", &ask.labels.knowledge)?;
        let said = Said {
            messages: vec![
                json!({"role": "user", "content": ask.query}),
                json!({"role": "assistant", "content": answer}),
            ],
            documents: Vec::new(),
        };
        let subjects = [Subject::User(ask.user)];
        super::add::write(caller, &subjects, &ask.labels, &said, &knowledge)?;
        Ok(())
    })
    .await
}

fn not_kept(stop: &Stop) -> String {
    let why = match stop {
        Stop::Error(error) => error.message().to_owned(),
        Stop::Invalid(faults) => faults.iter().map(|f| f.message.as_str()).collect(),
    };
    format!("the exchange was not remembered: {why}")
}

/// The answer as it comes. What fails before the first piece is told by a status, what fails later
/// by an event; the last event is `end` in any case, since clients wait for it.
async fn streamed(caller: Caller, chat: Chat, ask: Ask) -> Result<Response, Stop> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Answered<Value>>();
    tokio::spawn(async move {
        let pieces = sender.clone();
        let answered = chat
            .answer(&mut |piece: Piece<'_>| {
                let (kind, data) = match piece {
                    Piece::Text(text) => ("text", text),
                    Piece::Reasoning(thought) => ("reasoning", thought),
                };
                // If nobody reads any more, the answer is remembered all the same.
                let _ = pieces.send(Ok(json!({"type": kind, "data": data})));
            })
            .await;
        let end = match answered {
            Ok(reply) => match remember(caller, ask, reply.text).await {
                Ok(()) => None,
                Err(stop) => Some(Ok(json!({"type": "error", "data": not_kept(&stop)}))),
            },
            Err(error) => Some(Err(told(error))),
        };
        let end = end
            .into_iter()
            .chain([Ok(json!({"type": "end", "data": ""}))]);
        for event in end {
            let _ = sender.send(event);
        }
    });
    let first = receiver.recv().await.transpose()?;
    let events = stream::unfold((first, receiver), |(first, mut receiver)| async move {
        let broken = |error: Error| json!({"type": "error", "data": error.message()});
        let data = match first {
            Some(first) => first,
            None => receiver.recv().await?.unwrap_or_else(broken),
        };
        // Plain data always has a JSON form.
        let event = Event::default().event("message").json_data(&data);
        let event = event.unwrap_or_default();
        Some((Ok::<_, Infallible>(event), (None, receiver)))
    });
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::new())
        .into_response())
}

/// What a failure of the model says of its endpoint is for the log alone.
fn told(error: Error) -> Error {
    let words = match error.code() {
        Code::Unavailable => "the language model can't answer now",
        Code::BadReply => "the language model gave no answer that can be used",
        _ => return error,
    };
    tracing::warn!(%error, "the language model failed in a chat");
    let told = Error::new(error.code(), words).remedy("try again in a moment");
    match error.retry_at() {
        Some(at) => told.not_before(at),
        None => told,
    }
}
