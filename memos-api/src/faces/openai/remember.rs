//! Remembering a turn when its answer has gone by.
//!
//! The turns of the user and of tools are remembered once the model's server has begun to answer them;
//! the answer is, if it came to its end. Of an answer that broke off, or that the client did not wait
//! for, nothing is kept: the next request shows what of it counts.
//!
//! Each is a request to the Memory API of its own, with the name of its place in the conversation. So a
//! request that is sent again stores its turns once, also if the answer is another, and so does one that
//! brings an unanswered turn again with another after it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;
use memos_core::Error;
use tokio::runtime::Handle;
use tracing::Span;

use super::body::Fields;
use super::contract::Contract;
use super::listen::Heard;
use super::questions::Questions;
use super::wish::Wish;
use crate::http::{Caller, readable};
use crate::wire::AddRequest;

/// What is needed to remember a turn.
pub(super) struct Remembering {
    pub(super) caller: Caller,
    pub(super) contract: Contract,
    pub(super) wish: Wish,
    /// The request, as the client sent it.
    pub(super) asked: Bytes,
    /// Those of the answer.
    pub(super) headers: HeaderMap,
    /// What it answers, for requests that go on from it.
    pub(super) thread: Option<Thread>,
}

/// A conversation that the model's server keeps.
pub(super) struct Thread {
    pub(super) questions: Arc<Questions>,
    /// What is asked.
    pub(super) words: String,
    /// Its name, if it has one: else each response is called by its own.
    pub(super) conversation: Option<String>,
}

impl Remembering {
    /// What to do with the answer when it is over: write on a thread that may wait.
    pub(super) fn then(self) -> impl FnOnce(Heard) + Send + 'static {
        let (runtime, span) = (Handle::current(), Span::current());
        move |heard| {
            runtime.spawn_blocking(move || span.in_scope(|| self.remember(heard)));
        }
    }

    fn remember(self, heard: Heard) {
        let answer = heard.read(self.contract, &self.headers);
        if let Some(thread) = &self.thread {
            thread.goes_on(answer.as_ref().and_then(|answer| answer.id.clone()));
        }
        if !self.wish.mode.writes {
            return;
        }
        let asked = readable(&self.asked);
        let Some(new) = Fields::read(&asked)
            .ok()
            .and_then(|fields| self.contract.new_turns(&fields))
        else {
            self.missed("unreadable", None);
            return;
        };
        for turn in new.turns {
            self.add(&self.wish.add(vec![turn.message], &turn.place, None));
        }
        match answer {
            Some(answer) if answer.whole && !answer.messages.is_empty() => {
                self.add(&self.wish.add(answer.messages, &new.place, answer.model));
            }
            Some(answer) if !answer.whole => {
                tracing::debug!("an answer that broke off is not remembered");
            }
            Some(_) => {}
            None => self.missed("unreadable", None),
        }
    }

    fn add(&self, request: &AddRequest) {
        let (caller, cube) = (&self.caller, &self.wish.cube);
        let request_id = caller.request_id.as_deref();
        match caller.memos.add_for(&caller.who, cube, request, request_id) {
            Ok(added) if added.duplicate_of_request => {}
            Ok(added) => caller.metrics().added(added.memories.len()),
            Err(error) => self.missed(error.code().as_str(), Some(&error)),
        }
    }

    /// The answer has gone: only the log and the metrics can tell.
    fn missed(&self, code: &'static str, error: Option<&Error>) {
        self.caller.metrics().not_remembered(code);
        tracing::warn!(code, "an answer was passed on but not remembered");
        if let Some(error) = error {
            tracing::debug!(%error, "why it was not remembered");
        }
    }
}

impl Thread {
    fn goes_on(&self, response: Option<String>) {
        for name in [response, self.conversation.clone()].into_iter().flatten() {
            self.questions.note(name, &self.words);
        }
    }
}
