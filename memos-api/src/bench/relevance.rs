//! What the threshold of relevance keeps and drops, among the first hits of each question.

use std::fmt::Write as _;

use memos_core::{CubeId, Result, is_mostly_han};
use serde::Serialize;

use super::report::percent;
use super::{DataSet, product};
use crate::client::Client;
use crate::service::relevance::THRESHOLD;
use crate::wire::{SearchHit, SearchRequest};

/// Hits of a question that are looked at.
const FIRST: u32 = 10;

/// Questions that have nothing to do with any dialogue, one to a line, in two languages.
const OFF_TOPIC: &str = include_str!("off_topic.txt");

/// What the threshold does.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Relevance {
    /// The threshold.
    pub threshold: f64,
    /// Evidence of the question.
    pub evidence: Kept,
    /// What the question finds in another dialogue.
    pub other_dialogue: Kept,
    /// What questions find that no dialogue has to do with.
    pub off_topic: Kept,
}

/// Hits, and how many of them the threshold keeps.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Kept {
    /// How many there are.
    pub hits: usize,
    /// How many are kept.
    pub kept: usize,
}

impl Kept {
    fn note(&mut self, hit: &SearchHit) {
        self.hits += 1;
        self.kept += usize::from(hit.relevance >= THRESHOLD);
    }

    fn share(&self) -> f64 {
        self.kept as f64 / self.hits.max(1) as f64
    }
}

impl Relevance {
    pub(super) fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\nrelevance of {} or more have, among the first {FIRST} hits: {} % of {} that are \
             evidence, {} % of {} of another dialogue, {} % of {} to questions off every topic",
            self.threshold,
            percent(self.evidence.share()),
            self.evidence.hits,
            percent(self.other_dialogue.share()),
            self.other_dialogue.hits,
            percent(self.off_topic.share()),
            self.off_topic.hits,
        )
    }
}

/// Asks each question of its own dialogue and of the next one, and questions off topic of all.
pub(super) async fn measure(
    data: &DataSet,
    client: &Client,
    cubes: &[CubeId],
) -> Result<Relevance> {
    let mut relevance = Relevance {
        threshold: THRESHOLD,
        ..Relevance::default()
    };
    for (number, (sample, cube)) in data.samples.iter().zip(cubes).enumerate() {
        for question in DataSet::questions(sample) {
            for hit in ask(client, &question.question, cube).await? {
                if evidence(&hit, &question.evidence) {
                    relevance.evidence.note(&hit);
                }
            }
            let next = &cubes[(number + 1) % cubes.len()];
            if next != cube {
                let found = ask(client, &question.question, next).await?;
                found
                    .iter()
                    .for_each(|hit| relevance.other_dialogue.note(hit));
            }
        }
        let is_chinese = sample.turns.iter().any(|turn| is_mostly_han(&turn.text));
        let questions = OFF_TOPIC.lines().filter(|q| is_mostly_han(q) == is_chinese);
        for question in questions {
            let found = ask(client, question, cube).await?;
            found.iter().for_each(|hit| relevance.off_topic.note(hit));
        }
    }
    Ok(relevance)
}

async fn ask(client: &Client, question: &str, cube: &CubeId) -> Result<Vec<SearchHit>> {
    let request = SearchRequest {
        top_k: Some(FIRST),
        ..product::asking(question, cube)
    };
    Ok(client.search(&request).await?.hits)
}

fn evidence(hit: &SearchHit, ids: &[String]) -> bool {
    let mut messages = hit.memory.sources.iter().filter(|s| s.kind == "message");
    messages.any(|source| ids.contains(&source.reference))
}
