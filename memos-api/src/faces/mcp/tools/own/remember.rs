use memos_core::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::super::home::named;
use super::super::super::tool::{Call, Said};
use crate::wire::{AddRequest, DocumentRequest};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Remember {
    /// What to store, in whole sentences. This or `messages`.
    text: Option<String>,
    /// The messages of a dialogue, in order. This or `text`.
    messages: Option<Vec<Message>>,
    /// Who said the text, such as the user's name.
    speaker: Option<String>,
    /// Give a title to a long text, and it is stored as a document, in passages.
    title: Option<String>,
    /// When it was said or happened, such as 2024-05-08 or 2024-05-08T13:56:00+02:00; now if absent.
    time: Option<String>,
    /// The conversation that it belongs to; the day if absent.
    session: Option<String>,
    /// Labels to find it by.
    tags: Option<Vec<String>>,
    /// Fields of your own to keep with it, such as {"project": "atlas"}.
    info: Option<Map<String, Value>>,
    /// Where to store it; your usual place if absent.
    cube: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Message {
    /// `user`, `assistant`, `system` or `tool`.
    role: String,
    /// What was said.
    content: String,
    /// Who said it.
    name: Option<String>,
    /// When it was said.
    time: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Remembered {
    /// The ids of the new memories, in order.
    ids: Vec<String>,
    /// The cube that holds them.
    cube: String,
    /// Whether the same was stored before; the ids are those of then.
    known_already: bool,
}

pub(super) fn remember(call: &Call<'_>, asked: Remember) -> Result<Said<Remembered>> {
    let cube = call.cube(asked.cube.as_deref());
    let (speaker, title) = (named(asked.speaker), named(asked.title));
    let messages = asked.messages.filter(|messages| !messages.is_empty());
    // Beside messages a blank text is none; alone it is one that says nothing.
    let text = match &messages {
        Some(_) => named(asked.text),
        None => asked.text,
    };
    let mut info = asked.info.unwrap_or_default();
    if let Some(user) = &call.home.user {
        info.entry("user_id")
            .or_insert_with(|| user.as_str().into());
    }
    let mut request = AddRequest {
        session_id: named(asked.session),
        chat_time: named(asked.time),
        tags: asked.tags,
        info: Some(info).filter(|info| !info.is_empty()),
        ..AddRequest::default()
    };
    let is_text = text.is_some();
    for (field, given, beside, remedy) in [
        (
            "speaker",
            speaker.is_some(),
            !is_text || title.is_some(),
            "name each speaker as `name` of the message; a document has none",
        ),
        (
            "title",
            title.is_some(),
            !is_text,
            "leave it out: messages have no title; session names their conversation",
        ),
    ] {
        if given && beside {
            let what = match is_text {
                true => "a text with a title",
                false => "messages",
            };
            let why = format!("{field} does not go with {what}");
            return Err(Error::new(Code::InvalidRequest, why)
                .at(field)
                .remedy(remedy));
        }
    }
    match (text, messages) {
        (Some(text), None) if text.trim().is_empty() => {
            return Err(Error::new(Code::InvalidRequest, "the text is empty")
                .at("text")
                .remedy("say what to remember, in a whole sentence"));
        }
        (Some(text), None) => match title {
            Some(title) => {
                request.documents = Some(vec![DocumentRequest {
                    text,
                    name: Some(title),
                    format: Some("markdown".to_owned()),
                    ..DocumentRequest::default()
                }]);
            }
            None => request.messages = Some(json!([spoken(&text, speaker.as_deref())])),
        },
        (None, Some(messages)) => {
            request.messages = Some(messages.iter().map(Message::to_json).collect());
        }
        _ => {
            return Err(
                Error::new(Code::InvalidRequest, "there is nothing to remember")
                    .at("text")
                    .remedy("pass either text, or messages with at least one message"),
            );
        }
    }
    call.progress.tell(0, 1, "storing");
    let added = call.add(&cube, &request);
    let added = added.map_err(|error| in_own_fields(error, is_text))?;
    call.progress.tell(1, 1, "stored");
    let ids: Vec<String> = added.memories.iter().map(|m| m.id.to_string()).collect();
    let what = match (ids.as_slice(), added.duplicate_of_request) {
        ([id], false) => format!("Remembered (id {id})."),
        ([id], true) => format!("That is remembered already (id {id})."),
        (ids, false) => format!("Remembered {} memories.", ids.len()),
        (ids, true) => format!("These {} memories are remembered already.", ids.len()),
    };
    Ok(Said::new(
        what,
        Remembered {
            ids,
            cube: cube.to_string(),
            known_already: added.duplicate_of_request,
        },
    ))
}

/// An error in the names of this tool: a text is sent on as a message or a document.
fn in_own_fields(error: Error, is_text: bool) -> Error {
    let Some(field) = error.field().map(str::to_owned) else {
        return error;
    };
    if let Some(message) = field.strip_suffix("/chat_time") {
        return error.at(match is_text {
            true => "time".to_owned(),
            false => format!("{message}/time"),
        });
    }
    let is_long = error.code() == Code::TooLarge;
    match (is_text, field.as_str()) {
        (true, "/messages/0/content" | "/documents/0/text") if is_long => error
            .at("text")
            .remedy("split it, or give it a title: then it is stored in passages"),
        (true, "/messages/0/content" | "/documents/0/text") => error.at("text"),
        (true, "/messages/0/name") => error.at("speaker"),
        (true, "/documents/0/name") => error.at("title"),
        (false, _) if is_long => error.remedy("split it into several messages"),
        _ => error,
    }
}

/// A text as a message: of the user, unless somebody is named.
fn spoken(text: &str, speaker: Option<&str>) -> Value {
    match speaker {
        Some(name) => json!({"name": name, "content": text}),
        None => json!({"role": "user", "content": text}),
    }
}

impl Message {
    fn to_json(&self) -> Value {
        let mut message = json!({"role": self.role, "content": self.content});
        for (name, value) in [("name", &self.name), ("chat_time", &self.time)] {
            if let Some(value) = named(value.as_deref()) {
                message[name] = value.into();
            }
        }
        message
    }
}
