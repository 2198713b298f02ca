//! A language model whose replies a test writes down.

use std::collections::VecDeque;
use std::sync::Mutex;

use memos_core::{Code, Error, LanguageModel, Piece, Prompt, Reply, Result, TokenUsage};
use serde_json::Value;

type Answer = Box<dyn FnMut(&Prompt) -> Result<Value> + Send>;

/// Answers as the test says, and keeps what it was asked. Each reply costs 10 tokens and 5.
pub(crate) struct Scripted {
    answer: Mutex<Answer>,
    pub(crate) asked: Mutex<Vec<Prompt>>,
}

impl Scripted {
    /// Gives its replies one after the other, and is away when there are no more.
    pub(crate) fn new(replies: impl IntoIterator<Item = Result<Value>>) -> Self {
        let mut replies: VecDeque<Result<Value>> = replies.into_iter().collect();
        Self::answering(move |_| replies.pop_front().unwrap_or_else(|| Err(Self::away())))
    }

    /// Answers each prompt as the closure says.
    pub(crate) fn answering(answer: impl FnMut(&Prompt) -> Result<Value> + Send + 'static) -> Self {
        Self {
            answer: Mutex::new(Box::new(answer)),
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
        let json = (self.answer.lock().unwrap())(prompt)?;
        Ok(Reply {
            text: json.to_string(),
            json: Some(json),
            model: self.model_id().to_owned(),
            usage: TokenUsage {
                prompt: 10,
                completion: 5,
            },
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
        piece: &mut (dyn for<'p> FnMut(Piece<'p>) + Send),
    ) -> Result<Reply> {
        let reply = self.next(prompt)?;
        piece(Piece::Text(&reply.text));
        Ok(reply)
    }
}
