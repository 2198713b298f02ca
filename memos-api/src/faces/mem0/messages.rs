//! The messages of an add: in which forms they come, and which of them somebody said.

use memos_core::{Code, Error, Result};
use serde_json::{Value, json};

use super::contract::Contract;
use super::documents;
use crate::faces::kit::Form;
use crate::reader::role;

/// What stands in `messages`, as a list: the server takes one, the platform also a message, or a text.
pub(super) fn of_form(form: &Form<'_>, contract: Contract) -> Value {
    match (contract, form.any("messages")) {
        (_, None) => {
            form.missing("messages");
            Value::Null
        }
        (Contract::Platform, Some(Value::String(text))) => {
            json!([{"role": "user", "content": text}])
        }
        (Contract::Platform, Some(one @ Value::Object(_))) => json!([one]),
        (_, Some(_)) => {
            for message in form.items("messages").unwrap_or_default() {
                message.need_text("role");
                if !message.has("content") && !message.has("tool_calls") {
                    message.missing("content");
                }
            }
            form.any("messages").cloned().unwrap_or_default()
        }
    }
}

/// Those that somebody said: mem0 remembers neither what a system prompt says nor what is empty.
///
/// # Errors
/// `InvalidRequest` if nothing is left, or for a document that can't be read.
pub(super) fn said_by_somebody(messages: &Value) -> Result<Value> {
    let mut said = messages.as_array().cloned().unwrap_or_default();
    documents::unfold(&mut said)?;
    let is_empty = said.is_empty();
    said.retain(|m| m.get("role").and_then(Value::as_str) != Some("system") && !is_blank(m));
    if said.is_empty() && !is_empty {
        return Err(Error::new(
            Code::InvalidRequest,
            "all messages are of the system, or empty",
        )
        .at("messages")
        .remedy("send what the user or the assistant said"));
    }
    said.iter_mut().for_each(in_our_roles);
    Ok(said.into())
}

fn is_blank(message: &Value) -> bool {
    let blank = |text: Option<&str>| text.is_some_and(|text| text.trim().is_empty());
    let calls = message.get("tool_calls").and_then(Value::as_array);
    calls.is_none_or(Vec::is_empty)
        && match message.get("content") {
            Some(Value::Array(parts)) => parts
                .iter()
                .all(|part| blank(part.get("text").and_then(Value::as_str))),
            Some(content) => blank(content.as_str()),
            None => false,
        }
}

/// mem0 takes any word for a role. One that says neither a person nor an assistant is kept as the
/// name of who spoke, unless that is given.
fn in_our_roles(message: &mut Value) {
    let Some(message) = message.as_object_mut() else {
        return;
    };
    let Some(word) = message.get("role").and_then(Value::as_str) else {
        return;
    };
    if role::named(word).is_some() {
        return;
    }
    let word = word.trim().to_owned();
    let role = role::of_speaker(&word);
    let known = role.is_some() || word.is_empty();
    message.insert(
        "role".into(),
        role.map_or("user", memos_core::Role::as_str).into(),
    );
    if !known && message.get("name").is_none_or(Value::is_null) {
        message.insert("name".into(), word.into());
    }
}
