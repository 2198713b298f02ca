//! Remembering a turn when its answer has gone by.
//!
//! The turns of the user and of tools are remembered once the model's server has begun to answer them;
//! the answer is, if it came to its end. Of an answer that broke off, or that the client did not wait
//! for, nothing is kept: the next request shows what of it counts.
//!
//! They are two requests to the Memory API, each with the name of this place in the conversation. So a
//! request that is sent again stores its turns once, also if the answer is another.

use axum::body::Bytes;
use axum::http::HeaderMap;
use memos_core::Error;
use tokio::runtime::Handle;
use tracing::Span;

use super::body::Fields;
use super::contract::Contract;
use super::listen::Heard;
use super::wish::Wish;
use crate::http::Caller;
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
        let Some(new) = Fields::read(&self.asked)
            .ok()
            .and_then(|fields| self.contract.new_turns(&fields))
        else {
            self.missed("unreadable", None);
            return;
        };
        if !new.messages.is_empty() {
            self.add(&self.wish.add(new.messages, &new.turn, None));
        }
        match heard.read(self.contract, &self.headers) {
            Some(answer) if answer.whole && !answer.messages.is_empty() => {
                self.add(&self.wish.add(answer.messages, &new.turn, answer.model));
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
