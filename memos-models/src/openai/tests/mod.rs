//! The client against a scripted endpoint, over real sockets. Futures are polled by an executor that
//! knows nothing of tokio.

mod faults;
mod limits;
mod schema;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use memos_core::{
    LanguageModel as _, Piece, Prompt, PromptMessage, Reply, ReplySchema, Result, Role,
};
use memos_tests::Endpoint;
use serde_json::{Value, json};

use super::{Failure, OpenAiModel, OpenAiOptions};

/// Words that no error may repeat.
const SECRET: &str = "the-secret-of-ana";

fn options(endpoint: &Endpoint) -> OpenAiOptions {
    OpenAiOptions {
        backoff: Duration::from_millis(2),
        ..OpenAiOptions::new(endpoint.base_url(), "scripted")
    }
}

fn model(endpoint: &Endpoint) -> Arc<OpenAiModel> {
    Arc::new(OpenAiModel::new(options(endpoint)).unwrap())
}

fn prompt() -> Prompt {
    Prompt {
        purpose: "facts.v1".into(),
        tenant: "ana".parse().unwrap(),
        messages: vec![
            PromptMessage {
                role: Role::System,
                content: "You are terse.".into(),
            },
            PromptMessage {
                role: Role::User,
                content: SECRET.into(),
            },
        ],
        schema: None,
        max_tokens: None,
        temperature: None,
        timeout: None,
    }
}

/// A prompt for `{"city": string}`.
fn prompt_for_json() -> Prompt {
    Prompt {
        schema: Some(ReplySchema {
            name: "place".into(),
            schema: json!({
                "type": "object",
                "properties": {"city": {"type": "string", "maxLength": 20}},
                "required": ["city"],
                "additionalProperties": false,
            }),
        }),
        ..prompt()
    }
}

fn ask(model: &OpenAiModel, prompt: &Prompt) -> Result<Reply> {
    pollster::block_on(model.complete(prompt))
}

/// What failed, and how often; nothing else.
fn failures(model: &OpenAiModel) -> Vec<(&'static str, u64)> {
    let failures = model.tally().failures;
    assert_eq!(failures.len(), Failure::ALL.len());
    failures
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn lyon() -> Value {
    json!({"city": "Lyon"})
}
