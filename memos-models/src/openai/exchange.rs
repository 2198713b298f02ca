//! One question sent and its answer read, whole or piece by piece.

use memos_core::{Timestamp, TokenUsage};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::sync::mpsc;

use super::fault::Fault;
use super::options::ApiKey;
use super::retry;
use super::sse::Events;
use super::wire::{self, Choice, Completion, Request};

/// Longest answer that is read, in bytes: many times what a model writes at once.
const LONGEST: usize = 4 << 20;

/// Longest refusal that is read, in bytes.
const LONGEST_REFUSAL: usize = 64 << 10;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) model: Option<String>,
    pub(super) usage: TokenUsage,
    /// It was cut off at its greatest length.
    pub(super) cut: bool,
}

/// What is new of an answer; empty is what is not.
#[derive(Debug, Default)]
pub(super) struct New {
    pub(super) thoughts: String,
    pub(super) words: String,
}

/// Where the pieces of a stream go.
pub(super) struct Pieces {
    pub(super) to: mpsc::Sender<New>,
    /// Whether any was given out: then nothing may be sent again.
    pub(super) given: bool,
}

impl Pieces {
    async fn give(&mut self, new: New) {
        if new.thoughts.is_empty() && new.words.is_empty() {
            return;
        }
        self.given = true;
        // Nobody listens any more: then this task is about to be aborted.
        let _ = self.to.send(new).await;
    }
}

/// Why there is no answer.
pub(super) enum Failed {
    Fault(Fault),
    /// The endpoint refused the request's form, with these words.
    Form(StatusCode, Vec<u8>),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The endpoint and the way to it.
#[derive(Debug)]
pub(super) struct Line {
    client: Client,
    url: Url,
    key: Option<reqwest::header::HeaderValue>,
}

impl Line {
    pub(super) fn new(
        client: Client,
        base: &Url,
        key: Option<&ApiKey>,
    ) -> memos_core::Result<Self> {
        let mut url = base.clone();
        url.set_path(&format!("{}/chat/completions", base.path()));
        Ok(Self {
            client,
            url,
            key: key.map(ApiKey::header).transpose()?,
        })
    }

    /// Sends a request and reads its answer. `prompt_tokens` stands for a usage that is not told.
    pub(super) async fn ask(
        &self,
        request: &Request<'_>,
        prompt_tokens: u64,
        now: Timestamp,
        pieces: Option<&mut Pieces>,
    ) -> Result<Answer, Failed> {
        let mut call = self.client.post(self.url.clone()).json(request);
        if let Some(key) = &self.key {
            call = call.header(AUTHORIZATION, key.clone());
        }
        let mut response = call.send().await.map_err(transport)?;
        let status = response.status();
        if !status.is_success() {
            let after = retry::retry_after(response.headers(), now);
            // A refusal that breaks off is a refusal all the same.
            let body = read(&mut response, LONGEST_REFUSAL)
                .await
                .unwrap_or_default();
            return Err(refused(status, after, body));
        }
        let kind = response.headers().get(CONTENT_TYPE);
        let streams = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let told = match (streams, pieces) {
            (true, pieces) => stream(response, pieces).await?,
            (false, pieces) => {
                let body = read(&mut response, LONGEST).await?;
                let (told, new) = whole(&body)?;
                if let Some(pieces) = pieces {
                    pieces.give(new).await;
                }
                told
            }
        };
        told.answer(prompt_tokens)
    }
}

/// What an endpoint has told so far.
#[derive(Default)]
struct Told {
    text: String,
    model: Option<String>,
    usage: Option<wire::Usage>,
    finish: Option<String>,
    refusal: bool,
    choices: bool,
}

impl Told {
    /// Takes a completion or a piece of one; returns what is new.
    fn take(&mut self, completion: Completion) -> Result<New, Failed> {
        if let Some(error) = completion.error.filter(|e| !e.is_null()) {
            return Err(reported(&error));
        }
        self.model = completion.model.or_else(|| self.model.take());
        self.usage = completion.usage.or(self.usage);
        let Some(Choice {
            message,
            delta,
            finish_reason,
        }) = completion.choices.into_iter().next()
        else {
            return Ok(New::default());
        };
        self.choices = true;
        self.finish = finish_reason.or_else(|| self.finish.take());
        let said = message.or(delta);
        self.refusal |= said.as_ref().is_some_and(|said| said.refusal.is_some());
        let new = said.as_ref().map(|said| New {
            thoughts: said.thoughts(),
            words: said.text(),
        });
        let new = new.unwrap_or_default();
        self.text.push_str(&new.words);
        Ok(new)
    }

    fn answer(self, prompt_tokens: u64) -> Result<Answer, Failed> {
        let declined = self.refusal || self.finish.as_deref() == Some("content_filter");
        let cut = self.finish.as_deref() == Some("length");
        if !self.choices {
            return Err(Fault::Garbage("it holds no choices").into());
        }
        if declined {
            return Err(Fault::Declined.into());
        }
        if self.text.trim().is_empty() {
            // A model that thinks may use its whole length up before the first word.
            return Err(if cut { Fault::Truncated } else { Fault::Empty }.into());
        }
        Ok(Answer {
            usage: wire::usage(self.usage, prompt_tokens, &self.text),
            text: self.text,
            model: self.model,
            cut,
        })
    }
}

fn whole(body: &[u8]) -> Result<(Told, New), Failed> {
    if body.trim_ascii().is_empty() {
        return Err(Fault::Empty.into());
    }
    let completion = serde_json::from_slice(body)
        .map_err(|_| Fault::Garbage("its body is not what the protocol says"))?;
    let mut told = Told::default();
    let new = told.take(completion)?;
    Ok((told, new))
}

async fn stream(mut response: Response, mut pieces: Option<&mut Pieces>) -> Result<Told, Failed> {
    let mut events = Some(Events::default());
    let mut told = Told::default();
    let mut bytes = 0;
    while let Some(reader) = &mut events {
        let data = match response.chunk().await.map_err(transport)? {
            Some(chunk) => {
                bytes += chunk.len();
                if bytes > LONGEST {
                    return Err(Fault::Garbage("it is too long").into());
                }
                reader.push(&chunk)
            }
            None => events.take().and_then(Events::finish).into_iter().collect(),
        };
        for data in data {
            if data.trim() == "[DONE]" {
                return Ok(told);
            }
            let completion = serde_json::from_str(&data)
                .map_err(|_| Fault::Garbage("a piece of it is not what the protocol says"))?;
            let new = told.take(completion)?;
            if let Some(pieces) = pieces.as_deref_mut() {
                pieces.give(new).await;
            }
        }
    }
    // Some end without saying so; but then they have said why they stopped.
    match told.finish {
        Some(_) => Ok(told),
        None => Err(Fault::Dropped(None).into()),
    }
}

async fn read(response: &mut Response, longest: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > longest {
            return Err(Fault::Garbage("it is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn refused(status: StatusCode, after: Option<std::time::Duration>, body: Vec<u8>) -> Failed {
    match status.as_u16() {
        429 => Fault::RateLimited(after).into(),
        408 | 425 | 500.. => Fault::ServerError(status.as_u16()).into(),
        400 | 422 => Failed::Form(status, body),
        status => Fault::Refused {
            status,
            reason: wire::reason(&body),
        }
        .into(),
    }
}

/// An error inside an answer of status 200, as gateways send them.
fn reported(error: &serde_json::Value) -> Failed {
    let status = error["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok());
    match status.and_then(|status| StatusCode::from_u16(status).ok()) {
        Some(status) if !status.is_success() => {
            refused(status, None, error.to_string().into_bytes())
        }
        _ => Fault::ServerError(200).into(),
    }
}

fn transport(error: reqwest::Error) -> Fault {
    if error.is_connect() {
        Fault::Unreachable(error)
    } else {
        Fault::Dropped(Some(error))
    }
}
