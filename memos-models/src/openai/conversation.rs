//! A question with its limits, retries and repair.

use std::sync::Arc;
use std::time::Duration;

use memos_core::{Clock, Prompt, Reply, ReplySchema, Result, Role, TokenUsage};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use super::dialect::Spoken;
use super::exchange::{Answer, Failed, Line, Pieces};
use super::fault::{Failure, Fault};
use super::gate::Gate;
use super::json::json_in;
use super::options::OpenAiOptions;
use super::retry;
use super::schema::Schema;
use super::spend::Ledger;
use super::tally::Counters;
use super::wire::{self, Message, Request};

/// What all requests of a client share.
pub(super) struct Inner {
    pub(super) options: OpenAiOptions,
    pub(super) place: String,
    pub(super) line: Line,
    pub(super) gate: Gate,
    pub(super) ledger: Ledger,
    pub(super) spoken: Spoken,
    pub(super) counters: Counters,
    pub(super) clock: Arc<dyn Clock>,
}

impl Inner {
    /// Answers a prompt within its time.
    pub(super) async fn answer(&self, prompt: &Prompt, pieces: Option<Pieces>) -> Result<Reply> {
        let schema = prompt.schema.as_ref().map(|s| Schema::new(&s.schema));
        let schema = schema.transpose()?;
        let limit = prompt.timeout.unwrap_or(self.options.timeout);
        let deadline = Instant::now()
            .checked_add(limit)
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
        let conversation = self.converse(prompt, schema.as_ref(), deadline, pieces);
        let outcome = timeout_at(deadline, conversation)
            .await
            .unwrap_or_else(|_| {
                self.counters.failure(Failure::Late);
                Err(Fault::Late(limit))
            });
        outcome.map_err(|fault| {
            // Callers are not told the address: it is the operator's.
            debug!(
                purpose = prompt.purpose,
                place = self.place,
                failure = fault.kind().as_str(),
                "a question to the language model failed"
            );
            fault.into_error(self.place.starts_with("https:"))
        })
    }

    /// Asks, and once more if the reply does not fit the schema.
    async fn converse(
        &self,
        prompt: &Prompt,
        schema: Option<&Schema>,
        deadline: Instant,
        mut pieces: Option<Pieces>,
    ) -> Result<Reply, Fault> {
        let mut messages: Vec<Message> = (prompt.messages.iter())
            .map(|m| Message::new(m.role, &*m.content))
            .collect();
        let first = self
            .persist(prompt, &messages, deadline, pieces.as_mut())
            .await?;
        let (Some(schema), Some(asked)) = (schema, &prompt.schema) else {
            return Ok(self.reply(first, None, TokenUsage::default()));
        };
        let faults = match self.fit(&first, schema) {
            Ok(json) => return Ok(self.reply(first, Some(json), TokenUsage::default())),
            // A longer answer would be cut off just so.
            Err(Unfit {
                fault: fault @ Fault::Truncated,
                ..
            }) => return Err(fault),
            Err(unfit) if pieces.is_some() => return Err(unfit.fault),
            Err(unfit) => unfit.faults,
        };
        self.counters.repair();
        let wish = repair_wish(&faults, asked);
        messages.push(Message::new(Role::Assistant, first.text));
        messages.push(Message::new(Role::User, wish));
        let second = self.persist(prompt, &messages, deadline, None).await?;
        match self.fit(&second, schema) {
            Ok(json) => Ok(self.reply(second, Some(json), first.usage)),
            Err(unfit) => Err(unfit.fault),
        }
    }

    fn reply(&self, answer: Answer, json: Option<Value>, before: TokenUsage) -> Reply {
        Reply {
            text: match &json {
                Some(json) => json.to_string(),
                None => answer.text,
            },
            json,
            model: answer.model.unwrap_or_else(|| self.options.model.clone()),
            usage: TokenUsage {
                prompt: before.prompt + answer.usage.prompt,
                completion: before.completion + answer.usage.completion,
            },
        }
    }

    /// The one value in an answer that fits.
    fn fit(&self, answer: &Answer, schema: &Schema) -> Result<Value, Unfit> {
        let unfit = |fault: Fault, faults: Vec<String>| {
            self.counters.failure(fault.kind());
            Unfit { fault, faults }
        };
        if answer.cut {
            return Err(unfit(Fault::Truncated, Vec::new()));
        }
        let mut values = json_in(&answer.text);
        values.dedup();
        let Some(first) = values.first() else {
            let what = "it holds no JSON";
            return Err(unfit(Fault::Garbage(what), vec![what.to_owned()]));
        };
        let violations = schema.check(first);
        let mut fitting = values.iter().filter(|value| schema.fits(value));
        match (fitting.next(), fitting.next()) {
            (Some(value), None) => Ok(value.clone()),
            (Some(_), Some(_)) => {
                let what = "it holds several different answers";
                Err(unfit(Fault::Garbage(what), vec![what.to_owned()]))
            }
            (None, _) => {
                let faults: Vec<String> = violations.iter().map(ToString::to_string).collect();
                let first = violations.first().map(|v| v.at.clone()).unwrap_or_default();
                let first = if first.is_empty() {
                    "/".to_owned()
                } else {
                    first
                };
                Err(unfit(Fault::Schema(first, faults.len()), faults))
            }
        }
    }

    /// Sends one question until it is answered, refused, or there are no attempts left.
    async fn persist(
        &self,
        prompt: &Prompt,
        messages: &[Message],
        deadline: Instant,
        mut pieces: Option<&mut Pieces>,
    ) -> Result<Answer, Fault> {
        let mut attempt = 1;
        loop {
            let fault = match self
                .once(prompt, messages, deadline, pieces.as_deref_mut())
                .await
            {
                Ok(Some(answer)) => return Ok(answer),
                // The endpoint speaks another dialect; there are few of them.
                Ok(None) => continue,
                Err(fault) => fault,
            };
            self.counters.failure(fault.kind());
            let given = pieces.as_ref().is_some_and(|pieces| pieces.given);
            if !fault.passes() || given || attempt >= self.options.attempts.get() {
                return Err(fault);
            }
            let mut pause = retry::pause(self.options.backoff, attempt, retry::random());
            if let Some(after) = fault.retry_after() {
                // All of this client's requests go to the same place.
                self.gate.rest(after);
                pause = pause.max(after);
            }
            // Waiting beyond the deadline helps nobody.
            if Instant::now() + pause >= deadline {
                return Err(fault);
            }
            debug!(
                purpose = prompt.purpose,
                failure = fault.kind().as_str(),
                attempt,
                "the language model is asked again"
            );
            sleep(pause).await;
            self.counters.retry();
            attempt += 1;
        }
    }

    /// Sends one request. No answer means: the form was refused, and there is another one to try.
    async fn once(
        &self,
        prompt: &Prompt,
        messages: &[Message],
        deadline: Instant,
        pieces: Option<&mut Pieces>,
    ) -> Result<Option<Answer>, Fault> {
        let dialect = self.spoken.now();
        let schema = prompt
            .schema
            .as_ref()
            .map_or(0, |s| s.schema.to_string().len());
        let bytes: usize = messages.iter().map(|m| m.content.len()).sum();
        let prompt_tokens = wire::tokens_of(bytes + schema);
        let max_tokens = self.max_tokens(prompt, prompt_tokens)?;

        let _turn = self.gate.turn(deadline).await?;
        let now = self.clock.now();
        let needed = prompt_tokens + max_tokens.unwrap_or(0);
        let mut reservation = self.ledger.reserve(&prompt.tenant, needed, now)?;
        let _in_flight = self.counters.request();
        let model = &self.options.model;
        let stream = pieces.is_some();
        let request = Request::new(model, prompt, messages, max_tokens, dialect, stream);
        // Should this be dropped while it waits, the reservation costs the prompt.
        reservation.sent(prompt_tokens);
        match self.line.ask(&request, prompt_tokens, now, pieces).await {
            Ok(answer) => {
                reservation.settle(answer.usage);
                self.counters.tokens(answer.usage);
                Ok(Some(answer))
            }
            Err(Failed::Form(status, words)) => {
                reservation.release();
                if self.spoken.learn(dialect, &words) {
                    return Ok(None);
                }
                Err(Fault::Refused {
                    status: status.as_u16(),
                    reason: wire::reason(&words),
                })
            }
            Err(Failed::Fault(fault)) => {
                if !fault.costs() {
                    reservation.release();
                }
                Err(fault)
            }
        }
    }

    /// Longest that the answer may be, in tokens.
    fn max_tokens(&self, prompt: &Prompt, prompt_tokens: u64) -> Result<Option<u64>, Fault> {
        let wished = prompt.max_tokens.map(u64::from);
        let Some(limit) = self.options.request_tokens.map(|n| u64::from(n.get())) else {
            return Ok(wished);
        };
        match limit.checked_sub(prompt_tokens).filter(|left| *left > 0) {
            Some(left) => Ok(Some(wished.map_or(left, |wished| wished.min(left)))),
            None => Err(Fault::TooLong {
                tokens: prompt_tokens,
                limit,
            }),
        }
    }
}

/// Why an answer does not fit: what the caller is told, and what the model is told.
struct Unfit {
    fault: Fault,
    faults: Vec<String>,
}

fn repair_wish(faults: &[String], asked: &ReplySchema) -> String {
    let faults: String = faults.iter().map(|fault| format!("- {fault}\n")).collect();
    format!(
        "That answer can't be used:\n{faults}Give the whole answer again as one JSON value and \
         nothing else. It must fit this JSON Schema:\n{}",
        asked.schema
    )
}
