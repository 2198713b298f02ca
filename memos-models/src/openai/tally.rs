//! What the client counts, for metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use memos_core::TokenUsage;

use super::fault::Failure;

/// What a client has done since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests sent, retries and repairs among them.
    pub requests: u64,
    /// Requests that were sent again after a passing fault.
    pub retries: u64,
    /// Requests that asked again for JSON that fits the schema.
    pub repairs: u64,
    /// Failures by their name, all names of [`Failure`], also those that a retry made good.
    pub failures: BTreeMap<&'static str, u64>,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
    /// Requests under way now.
    pub in_flight: u64,
}

/// The counters behind a [`Tally`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    repairs: AtomicU64,
    failures: [AtomicU64; Failure::ALL.len()],
    prompt: AtomicU64,
    completion: AtomicU64,
    in_flight: AtomicU64,
}

/// A request under way; it ends when this is dropped.
pub(super) struct InFlight<'a>(&'a AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Counters {
    pub(super) fn request(&self) -> InFlight<'_> {
        self.requests.fetch_add(1, Relaxed);
        self.in_flight.fetch_add(1, Relaxed);
        InFlight(&self.in_flight)
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(super) fn repair(&self) {
        self.repairs.fetch_add(1, Relaxed);
    }

    pub(super) fn failure(&self, failure: Failure) {
        self.failures[failure as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn tokens(&self, usage: TokenUsage) {
        self.prompt.fetch_add(usage.prompt, Relaxed);
        self.completion.fetch_add(usage.completion, Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        Tally {
            requests: self.requests.load(Relaxed),
            retries: self.retries.load(Relaxed),
            repairs: self.repairs.load(Relaxed),
            failures: Failure::ALL
                .iter()
                .map(|&f| (f.as_str(), self.failures[f as usize].load(Relaxed)))
                .collect(),
            prompt_tokens: self.prompt.load(Relaxed),
            completion_tokens: self.completion.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
        }
    }
}
