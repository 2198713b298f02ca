//! What the product is measured against, on the same turns.

use std::collections::HashMap;
use std::time::Instant;

use memos_core::{
    Embedder, Memory, MemoryId, Moment, Result, Timestamp, evidence_line, evidence_text,
};
use memos_models::StaticEmbedder;

use super::measure::{Outcome, System, summarise};
use super::{DEPTH, DataSet};
use crate::reader::document::locomo::LocomoSample;

/// A dialogue's turns: dialogue id, memory, and tokens of its line.
pub(super) struct Turns {
    pub(super) ids: Vec<String>,
    pub(super) memories: Vec<Memory>,
    pub(super) tokens: Vec<usize>,
}

impl Turns {
    pub(super) fn read(sample: &LocomoSample, embedder: &dyn Embedder) -> Result<Self> {
        let now = Timestamp::from_secs(0);
        let (cube, owner) = ("bench".parse()?, "bench".parse::<memos_core::UserId>()?);
        let mut turns = Self {
            ids: Vec::new(),
            memories: Vec::new(),
            tokens: Vec::new(),
        };
        for draft in &sample.turns {
            let id = draft
                .sources
                .first()
                .map(|s| s.reference.clone())
                .unwrap_or_default();
            let draft = draft.clone();
            let said_at = draft.said_at.unwrap_or(Moment::from(now));
            let memory = crate::reader::Draft {
                said_at: Some(said_at),
                ..draft
            }
            .into_memory(
                MemoryId::generate(),
                memos_core::CubeId::clone(&cube),
                owner.clone(),
                now,
            );
            let line = evidence_line(&memory).unwrap_or_default();
            turns.tokens.push(embedder.count_tokens(&line));
            turns.ids.push(id);
            turns.memories.push(memory);
        }
        Ok(turns)
    }

    /// Tokens of a turn's line.
    pub(super) fn tokens_of(&self, id: &str) -> usize {
        self.ids
            .iter()
            .position(|i| i == id)
            .map_or(0, |at| self.tokens[at])
    }

    fn ranked(&self, mut scores: Vec<(f32, usize)>) -> Vec<(String, usize)> {
        scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scores.truncate(DEPTH);
        scores
            .into_iter()
            .map(|(_, i)| (self.ids[i].clone(), self.tokens[i]))
            .collect()
    }
}

/// BM25 (k1 1.5, b 0.75) over words as they stand, one document per turn; Chinese characters and
/// their like count as words.
pub(super) fn bm25(data: &DataSet) -> Result<System> {
    const K1: f32 = 1.5;
    const B: f32 = 0.75;
    let embedder = StaticEmbedder::bundled();
    let mut outcomes = Vec::new();
    for sample in &data.samples {
        let turns = Turns::read(sample, &embedder)?;
        let mut postings: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
        let mut lengths = Vec::new();
        for (i, memory) in turns.memories.iter().enumerate() {
            let words = words(&evidence_text(memory).unwrap_or_default());
            lengths.push(words.len() as f32);
            let mut counts: HashMap<String, f32> = HashMap::new();
            words
                .into_iter()
                .for_each(|w| *counts.entry(w).or_default() += 1.0);
            for (word, count) in counts {
                postings.entry(word).or_default().push((i, count));
            }
        }
        let average = lengths.iter().sum::<f32>() / lengths.len().max(1) as f32;
        for question in DataSet::questions(sample) {
            let start = Instant::now();
            let mut scores: Vec<(f32, usize)> = (0..lengths.len()).map(|i| (0.0, i)).collect();
            for word in words(&question.question) {
                let Some(list) = postings.get(&word) else {
                    continue;
                };
                let (n, df) = (lengths.len() as f32, list.len() as f32);
                let idf = (1.0 + (n - df + 0.5) / (df + 0.5)).ln();
                for (i, tf) in list {
                    let norm = 1.0 - B + B * lengths[*i] / average;
                    scores[*i].0 += idf * tf * (K1 + 1.0) / (tf + K1 * norm);
                }
            }
            let ranked = turns.ranked(scores);
            outcomes.push(Outcome::new(question, &ranked, start.elapsed()));
        }
    }
    Ok(summarise("bm25", &outcomes))
}

/// Cosine of the embedder's vectors.
pub(super) fn dense(data: &DataSet) -> Result<System> {
    let embedder = StaticEmbedder::bundled();
    let mut outcomes = Vec::new();
    for sample in &data.samples {
        let turns = Turns::read(sample, &embedder)?;
        let texts: Vec<String> = turns
            .memories
            .iter()
            .map(|m| evidence_text(m).unwrap_or_default())
            .collect();
        let vectors = embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
        for question in DataSet::questions(sample) {
            let start = Instant::now();
            let asked = embedder
                .embed(&[&question.question])?
                .pop()
                .unwrap_or_default();
            let scores = vectors
                .iter()
                .enumerate()
                .map(|(i, v)| (v.iter().zip(&asked).map(|(a, b)| a * b).sum(), i))
                .collect();
            let ranked = turns.ranked(scores);
            outcomes.push(Outcome::new(question, &ranked, start.elapsed()));
        }
    }
    Ok(summarise("dense", &outcomes))
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars().flat_map(char::to_lowercase) {
        let single = matches!(c, '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}');
        if single {
            words.push(c.to_string());
            words.push(String::new());
        } else if !c.is_alphanumeric() {
            words.push(String::new());
        } else if let Some(last) = words.last_mut() {
            last.push(c);
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_they_stand() {
        assert_eq!(
            words("The cats, 我的 v2"),
            ["the", "cats", "我", "的", "v2"]
        );
    }
}
