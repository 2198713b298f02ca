//! The port of language models: chat and JSON-schema completion, whole or as a stream.

use std::time::Duration;

use async_trait::async_trait;

use crate::{Result, Role, UserId};

/// A language model behind an endpoint or in this process.
///
/// The futures do not depend on the executor that polls them.
#[async_trait]
pub trait LanguageModel: Send + Sync + 'static {
    /// Name of the model, as the endpoint knows it.
    fn model_id(&self) -> &str;

    /// Answers a prompt. With a schema, the reply's text is JSON that fits it: mended or asked for
    /// again if it did not at first.
    ///
    /// # Errors
    /// `Unavailable` if it can't be reached, is too busy or answers too late, also after its own
    /// retries; `BadReply` if what it answers is empty, cut off, no JSON or not of the schema;
    /// `BudgetSpent` if the tenant may spend no more.
    async fn complete(&self, prompt: &Prompt) -> Result<Reply>;

    /// Answers a prompt piece by piece: `piece` gets each new part as it comes.
    ///
    /// # Errors
    /// As [`complete`](LanguageModel::complete); parts may have been given out before.
    async fn stream(
        &self,
        prompt: &Prompt,
        // The lifetime is spelt out, or `async_trait` would tie all pieces to one.
        piece: &mut (dyn for<'p> FnMut(Piece<'p>) + Send),
    ) -> Result<Reply>;
}

/// A part of an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Of the text.
    Text(&'a str),
    /// Of what the model thinks before it answers, where the endpoint tells it apart. It is no part
    /// of the [`Reply`].
    Reasoning(&'a str),
}

/// What a model is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// Which prompt it is, with its version, such as `facts.v1`: for metrics, logs and budgets.
    pub purpose: String,
    /// On whose behalf: spending is counted per tenant.
    pub tenant: UserId,
    /// The conversation.
    pub messages: Vec<PromptMessage>,
    /// The form of the answer, if it is to be JSON.
    pub schema: Option<ReplySchema>,
    /// Most tokens of the answer; the model's own limit if absent.
    pub max_tokens: Option<u32>,
    /// Randomness, `0..=2`; the endpoint's own if absent.
    pub temperature: Option<f32>,
    /// Longest that the whole answer may take; the client's own limit if absent.
    pub timeout: Option<Duration>,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// JSON Schema that an answer must fit.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplySchema {
    /// Its name, letters, digits, `_` and `-`.
    pub name: String,
    /// The schema.
    pub schema: serde_json::Value,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The text; JSON if the prompt had a schema.
    pub text: String,
    /// The text as JSON, checked against the schema; present if the prompt had one.
    pub json: Option<serde_json::Value>,
    /// The model that answered, as the endpoint names it.
    pub model: String,
    /// What it cost.
    pub usage: TokenUsage,
}

/// Tokens of a prompt and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Tokens of the answer.
    pub completion: u64,
}
