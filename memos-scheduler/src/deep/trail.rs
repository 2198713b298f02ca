//! What a deep search has found so far, and by which steps.

use std::collections::HashSet;

use memos_core::{CubeId, MemoryId};

use super::search::{DeepStep, DeepVerdict, Evidence};

#[derive(Default)]
pub(super) struct Trail {
    /// One list for each step that found something, best first, as the search gave it.
    lists: Vec<Vec<Evidence>>,
    known: HashSet<(CubeId, MemoryId)>,
    asked: HashSet<String>,
    pub(super) steps: Vec<DeepStep>,
}

impl Trail {
    /// Notes what a search found.
    pub(super) fn add(&mut self, query: &str, list: Vec<Evidence>) {
        self.asked.insert(normal(query));
        let before = self.known.len();
        self.known.extend(list.iter().map(|e| e.id.clone()));
        let found = self.known.len() - before;
        self.lists.push(list);
        self.steps.push(DeepStep {
            query: query.to_owned(),
            found,
            verdict: match found {
                0 => DeepVerdict::NothingNew,
                _ => DeepVerdict::More,
            },
        });
    }

    /// How many memories there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The first `limit` of some questions that were not asked yet, whatever their case and
    /// punctuation.
    pub(super) fn fresh(&mut self, queries: Vec<String>, limit: usize) -> Vec<String> {
        let mut fresh = Vec::new();
        for query in queries {
            let key = normal(&query);
            if fresh.len() < limit && !key.is_empty() && self.asked.insert(key) {
                fresh.push(query);
            }
        }
        fresh
    }

    /// Says why the search ended with its last step.
    pub(super) fn conclude(&mut self, verdict: DeepVerdict) {
        if let Some(step) = self.steps.last_mut() {
            step.verdict = verdict;
        }
    }

    /// All that was found, without repeats: the best of each step in the order of the steps, then
    /// the second of each, and so on.
    pub(super) fn merged(&self) -> Vec<&Evidence> {
        let mut seen = HashSet::new();
        let longest = self.lists.iter().map(Vec::len).max().unwrap_or(0);
        (0..longest)
            .flat_map(|rank| self.lists.iter().filter_map(move |list| list.get(rank)))
            .filter(|evidence| seen.insert(&evidence.id))
            .collect()
    }
}

/// A question by its letters and digits.
fn normal(query: &str) -> String {
    query
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
