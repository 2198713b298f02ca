//! The wait for an answer, and what every answer is read with.

use memos_core::{Code, Error, LanguageModel, Prompt, Result, TokenUsage};
use serde_json::Value;

/// Asks, and waits for the answer on this thread. The answer is an object, and has cost so much.
///
/// # Errors
/// As [`LanguageModel::complete`]; `BadReply` if there is no JSON object in the reply.
pub(crate) fn ask(model: &dyn LanguageModel, prompt: &Prompt) -> Result<(Value, TokenUsage)> {
    let reply = pollster::block_on(model.complete(prompt))?;
    let object = reply.json.filter(Value::is_object);
    let object = object.ok_or_else(|| unreadable(&prompt.purpose))?;
    Ok((object, reply.usage))
}

/// The reply is not what the prompt of this name asks for.
pub(crate) fn unreadable(prompt: &str) -> Error {
    Error::new(
        Code::BadReply,
        format!("the language model's reply to {prompt} can't be read"),
    )
    .remedy("try again; or use a model that follows JSON schemas better")
}

/// Words with single spaces between them, without characters that control a terminal.
pub(crate) fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}
