//! A language model whose replies a test writes down.

use std::collections::VecDeque;
use std::sync::Mutex;

use memos_core::{Code, Error, LanguageModel, Prompt, Reply, Result, TokenUsage};
use serde_json::Value;

/// Gives its replies one after the other, is away when there are no more, and keeps what it was
/// asked.
pub(crate) struct Scripted {
    replies: Mutex<VecDeque<Result<Value>>>,
    pub(crate) asked: Mutex<Vec<Prompt>>,
}

impl Scripted {
    pub(crate) fn new(replies: impl IntoIterator<Item = Result<Value>>) -> Self {
        Self {
            replies: Mutex::new(replies.into_iter().collect()),
            asked: Mutex::default(),
        }
    }

    pub(crate) fn away() -> Error {
        Error::new(Code::Unavailable, "the model is away")
    }

    pub(crate) fn garbage() -> Error {
        Error::new(Code::BadReply, "the reply is no JSON")
    }

    /// The names of the prompts, in the order they came.
    pub(crate) fn purposes(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|p| p.purpose.clone()).collect()
    }

    fn next(&self, prompt: &Prompt) -> Result<Reply> {
        self.asked.lock().unwrap().push(prompt.clone());
        let next = self.replies.lock().unwrap().pop_front();
        let json = next.unwrap_or_else(|| Err(Self::away()))?;
        Ok(Reply {
            text: json.to_string(),
            json: Some(json),
            model: self.model_id().to_owned(),
            usage: TokenUsage::default(),
        })
    }
}

#[async_trait::async_trait]
impl LanguageModel for Scripted {
    fn model_id(&self) -> &str {
        "scripted"
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Reply> {
        self.next(prompt)
    }

    async fn stream(
        &self,
        prompt: &Prompt,
        piece: &mut (dyn for<'p> FnMut(&'p str) + Send),
    ) -> Result<Reply> {
        let reply = self.next(prompt)?;
        piece(&reply.text);
        Ok(reply)
    }
}

/// A prompt as the golden files hold it.
pub(crate) fn shown(prompt: &Prompt) -> String {
    let mut text = format!("{}\n", prompt.purpose);
    for message in &prompt.messages {
        text += &format!("\n=== {:?}\n\n{}\n", message.role, message.content);
    }
    text
}
