//! What the two contracts have in common: a request that asks something, an answer that says something.

use std::collections::HashSet;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::{Fields, Slot};
use super::{chat, responses};
use crate::reader::{MessageDefaults, read_messages};

/// A way to ask a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contract {
    /// `/chat/completions`: the whole conversation each time.
    Chat,
    /// `/responses`: what is new, or the whole conversation.
    Responses,
}

/// What a request asks, as far as memory is concerned.
#[derive(Debug)]
pub(super) struct Question {
    /// The words that are to be answered.
    pub(super) words: String,
    /// All texts of the conversation, calls of tools and their results included.
    pub(super) said: HashSet<String>,
    /// Where a block of memories goes.
    pub(super) slot: Slot,
}

/// What is new in a request: the turns since the model last spoke.
#[derive(Debug, PartialEq)]
pub(super) struct NewTurns {
    /// Each by itself: of a request that got no answer the turns come again, with others after them.
    pub(super) turns: Vec<Turn>,
    /// The name of the place where the answer comes: the same request has the same.
    pub(super) place: String,
}

/// A turn of the user, or what a tool told.
#[derive(Debug, PartialEq)]
pub(super) struct Turn {
    /// As a message of the Memory API.
    pub(super) message: Value,
    /// The name of its place in the conversation: the same turn after the same turns has the same.
    pub(super) place: String,
}

/// What a model answered.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// As messages of the Memory API.
    pub(super) messages: Vec<Value>,
    /// The model that says so.
    pub(super) model: Option<String>,
    /// The name by which a later request may go on from it.
    pub(super) id: Option<String>,
    /// Whether it came to its end.
    pub(super) whole: bool,
}

impl Contract {
    /// The path at the model's server, after the version.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Responses => "/responses",
        }
    }

    /// Reads a request; none if there is nothing in it that can be read as this contract says. Then
    /// the model's server is the one to say so.
    pub(super) fn question(self, body: &Fields<'_>) -> Option<Question> {
        match self {
            Self::Chat => chat::question(body),
            Self::Responses => responses::question(body),
        }
    }

    /// The turns of a request that were not in one before.
    pub(super) fn new_turns(self, body: &Fields<'_>) -> Option<NewTurns> {
        match self {
            Self::Chat => chat::new_turns(body),
            Self::Responses => responses::new_turns(body),
        }
    }

    /// Reads an answer in one piece.
    pub(super) fn answer(self, body: &Value) -> Answer {
        match self {
            Self::Chat => chat::answer(body),
            Self::Responses => responses::answer(body),
        }
    }

    /// Reads an answer from the data of its events.
    pub(super) fn streamed(self, events: &[String]) -> Answer {
        match self {
            Self::Chat => chat::streamed(events),
            Self::Responses => responses::streamed(events),
        }
    }
}

/// A tool call as a message.
pub(super) fn tool_call(id: Option<&str>, name: &str, arguments: &str) -> Value {
    let function = json!({"name": name, "arguments": arguments});
    json!({"role": "assistant", "tool_calls": [
        {"id": id, "type": "function", "function": function}
    ]})
}

/// Whether a `content` holds anything.
pub(super) fn says_something(content: &Value) -> bool {
    match content {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(parts) => parts.iter().any(|part| match part {
            Value::String(text) => !text.trim().is_empty(),
            Value::Object(fields) => match fields.get("text") {
                Some(Value::String(text)) => !text.trim().is_empty(),
                // A picture, a file, a sound.
                _ => fields.contains_key("type"),
            },
            _ => false,
        }),
        _ => false,
    }
}

/// Texts below each other, without those that are empty.
pub(super) fn on_lines(texts: &[String]) -> String {
    let texts = texts.iter().map(String::as_str);
    let full: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
    full.join("\n")
}

/// The texts of a message, and all of them as the one text that is remembered of it.
pub(super) fn with_whole(mut texts: Vec<String>) -> Vec<String> {
    if texts.len() > 1 {
        texts.push(texts.join("\n"));
    }
    texts
}

/// What the Memory API keeps of a message as its text; none if it does not take the message.
pub(super) fn as_remembered(message: Value) -> Option<String> {
    let defaults = MessageDefaults::at("1970-01-01".parse().ok()?);
    let one = Value::Array(vec![message]);
    let draft = read_messages(&one, &defaults).ok()?.pop()?;
    (!draft.text.trim().is_empty()).then_some(draft.text)
}

/// A place in a conversation, by the texts that lead to it.
#[derive(Default)]
pub(super) struct Place(blake3::Hasher);

impl Place {
    /// Goes on by a message: the same one, however its JSON is written.
    pub(super) fn pass_message(&mut self, raw: &RawValue) {
        match serde_json::from_str::<Value>(raw.get()) {
            Ok(message) => self.pass(&message.to_string()),
            // One that nests too deep.
            Err(_) => self.pass(raw.get()),
        }
    }

    /// Goes on by one text.
    pub(super) fn pass(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    pub(super) fn name(&self) -> String {
        self.0.finalize().to_hex()[..16].to_owned()
    }
}
