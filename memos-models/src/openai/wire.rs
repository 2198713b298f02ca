//! The bodies of requests and answers.

use memos_core::{Prompt, Role, TokenUsage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::dialect::{Dialect, Format};

/// One message of a request.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Message {
    pub(super) role: &'static str,
    pub(super) content: String,
}

impl Message {
    pub(super) fn new(role: Role, content: impl Into<String>) -> Self {
        let role = match role {
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::System => "system",
            // A tool's answer must name a call, and a prompt holds none.
            Role::Tool => "user",
        };
        Self {
            role,
            content: content.into(),
        }
    }
}

/// A request to `/chat/completions`.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Value>,
}

impl<'a> Request<'a> {
    pub(super) fn new(
        model: &'a str,
        prompt: &Prompt,
        messages: &[Message],
        max_tokens: Option<u64>,
        dialect: Dialect,
        stream: bool,
    ) -> Self {
        let mut messages = messages.to_vec();
        let mut response_format = None;
        if let Some(schema) = &prompt.schema {
            if dialect.format != Format::Schema {
                in_the_prompt(&mut messages, &schema.schema);
            }
            response_format = match dialect.format {
                Format::Schema => Some(json!({
                    "type": "json_schema",
                    "json_schema":
                        {"name": schema.name, "schema": schema.schema, "strict": true},
                })),
                Format::Object => Some(json!({"type": "json_object"})),
                Format::Prompt => None,
            };
        }
        Self {
            model,
            messages,
            temperature: prompt.temperature.filter(|_| dialect.temperature),
            max_tokens: max_tokens.filter(|_| !dialect.completion_tokens),
            max_completion_tokens: max_tokens.filter(|_| dialect.completion_tokens),
            response_format,
            stream,
            stream_options: (stream && dialect.stream_options)
                .then(|| json!({"include_usage": true})),
        }
    }
}

/// Says in the prompt what the endpoint does not hold the model to.
fn in_the_prompt(messages: &mut Vec<Message>, schema: &Value) {
    let wish = format!(
        "Answer with one JSON value and nothing else: no explanation, no code fence. \
         It must fit this JSON Schema:\n{schema}"
    );
    match messages.first_mut() {
        Some(first) if first.role == "system" => {
            first.content.push_str("\n\n");
            first.content.push_str(&wish);
        }
        _ => messages.insert(0, Message::new(Role::System, wish)),
    }
}

/// An answer, or a piece of one.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Completion {
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub(super) message: Option<Said>,
    pub(super) delta: Option<Said>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    /// A text, or a list of parts.
    content: Option<Value>,
    pub(super) refusal: Option<String>,
    /// What a model thinks before it answers; gateways have two names for it.
    reasoning_content: Option<Value>,
    reasoning: Option<Value>,
}

impl Said {
    /// What the model thinks.
    pub(super) fn thoughts(&self) -> String {
        let told = [&self.reasoning_content, &self.reasoning];
        let mut told = told.into_iter().flatten().filter_map(Value::as_str);
        told.next().unwrap_or_default().to_owned()
    }

    /// The words.
    pub(super) fn text(&self) -> String {
        match &self.content {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => parts
                .iter()
                .filter_map(|part| part["text"].as_str())
                .collect(),
            _ => String::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

/// What an answer cost: as the endpoint counts it, else by its bytes.
pub(super) fn usage(told: Option<Usage>, prompt_tokens: u64, answer: &str) -> TokenUsage {
    TokenUsage {
        prompt: told.and_then(|u| u.prompt_tokens).unwrap_or(prompt_tokens),
        completion: told
            .and_then(|u| u.completion_tokens)
            .unwrap_or_else(|| tokens_of(answer.len())),
    }
}

/// Tokens of a text, roughly: four bytes each, as English and Chinese have with common vocabularies.
pub(super) fn tokens_of(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

/// The endpoint's word for an error, if it is a plain word: a sentence may repeat the request.
pub(super) fn reason(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error").unwrap_or(&body);
    ["code", "type"]
        .into_iter()
        .filter_map(|name| error.get(name)?.as_str())
        .find(|word| {
            (1..=48).contains(&word.len())
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_of_an_error_are_repeated() {
        let of = |body: &str| reason(body.as_bytes());
        let word = r#"{"error": {"message": "key sk-1", "code": "invalid_api_key"}}"#;
        assert_eq!(of(word).as_deref(), Some("invalid_api_key"));
        let number = r#"{"error": {"code": 404, "type": "not_found"}}"#;
        assert_eq!(of(number).as_deref(), Some("not_found"));
        assert_eq!(of(r#"{"code": "the key sk-1 is wrong"}"#), None);
        assert_eq!(of("<html>"), None);
    }

    #[test]
    fn words_come_as_text_or_in_parts() {
        let said = |content: Value| {
            let said: Said = serde_json::from_value(json!({"content": content})).unwrap();
            said.text()
        };
        assert_eq!(said(json!("a")), "a");
        assert_eq!(
            said(json!([{"type": "text", "text": "a"}, {"text": "b"}])),
            "ab"
        );
        assert_eq!(said(Value::Null), "");
    }

    #[test]
    fn thoughts_come_under_either_name() {
        for (said, thoughts) in [
            (json!({"reasoning_content": "hm"}), "hm"),
            (json!({"reasoning": "hm", "content": "a"}), "hm"),
            (
                json!({"reasoning_content": null, "reasoning": {"x": 1}}),
                "",
            ),
        ] {
            let said: Said = serde_json::from_value(said).unwrap();
            assert_eq!(said.thoughts(), thoughts);
        }
    }
}
