//! From ranked evidence to figures.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::Serialize;

use crate::reader::document::locomo::Question;

/// Ranks at which recall is measured.
pub(super) const RANKS: [usize; 5] = [1, 5, 10, 20, 30];

/// One system's figures.
#[derive(Clone, Debug, Serialize)]
pub struct System {
    /// Its name.
    pub name: String,
    /// Over all questions.
    #[serde(flatten)]
    pub scores: Scores,
    /// Mean tokens of evidence in the first k, by k.
    pub tokens: BTreeMap<String, f64>,
    /// By category of question.
    pub by_category: BTreeMap<String, Scores>,
    /// Of one search.
    pub latency_ms: Latency,
}

/// Means over questions; fractions from 0 to 1.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scores {
    /// How many.
    pub questions: usize,
    /// Share of a question's evidence in the first k, by k.
    pub recall: BTreeMap<String, f64>,
    /// Share of questions with any of their evidence in the first k, by k.
    pub any: BTreeMap<String, f64>,
    /// Share of questions with all of their evidence in the first k, by k.
    pub all: BTreeMap<String, f64>,
    /// Normalised discounted cumulative gain of the first ten.
    pub ndcg10: f64,
    /// Mean reciprocal rank of the first evidence.
    pub mrr: f64,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    /// Half of the searches took no longer.
    pub p50: f64,
    /// 95 % took no longer.
    pub p95: f64,
    /// 99 % took no longer.
    pub p99: f64,
}

impl Latency {
    /// Of searches that took so long.
    pub(super) fn of(took: impl IntoIterator<Item = Duration>) -> Self {
        let mut took: Vec<Duration> = took.into_iter().collect();
        took.sort_unstable();
        let at = |share: f64| {
            let rank =
                ((took.len() as f64 * share).ceil() as usize).clamp(1, took.len().max(1)) - 1;
            took.get(rank).map_or(0.0, |d| d.as_secs_f64() * 1_000.0)
        };
        Self {
            p50: at(0.50),
            p95: at(0.95),
            p99: at(0.99),
        }
    }
}

/// One question's outcome.
pub(super) struct Outcome {
    category: String,
    /// Whether each rank holds evidence.
    relevant: Vec<bool>,
    evidence: usize,
    /// Tokens of each rank's line.
    tokens: Vec<usize>,
    took: Duration,
}

impl Outcome {
    /// From the dialogue ids and line lengths in the order of rank.
    pub(super) fn new(question: &Question, ranked: &[(String, usize)], took: Duration) -> Self {
        let evidence: HashSet<&str> = question.evidence.iter().map(String::as_str).collect();
        Self {
            category: question.category.clone(),
            relevant: ranked
                .iter()
                .map(|(id, _)| evidence.contains(id.as_str()))
                .collect(),
            evidence: evidence.len(),
            tokens: ranked.iter().map(|(_, tokens)| *tokens).collect(),
            took,
        }
    }

    fn found(&self, k: usize) -> usize {
        self.relevant.iter().take(k).filter(|r| **r).count()
    }

    fn ndcg(&self, k: usize) -> f64 {
        let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let ideal: f64 = (0..self.evidence.min(k)).map(gain).sum();
        let got: f64 = (0..k)
            .filter(|r| self.relevant.get(*r).copied().unwrap_or_default())
            .map(gain)
            .sum();
        got / ideal
    }
}

pub(super) fn summarise(name: impl Into<String>, outcomes: &[Outcome]) -> System {
    let mut by_category: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        by_category
            .entry(outcome.category.clone())
            .or_default()
            .push(outcome);
    }
    let all: Vec<&Outcome> = outcomes.iter().collect();
    System {
        name: name.into(),
        scores: scores(&all),
        tokens: by_rank(|k| mean(&all, |o| o.tokens.iter().take(k).sum::<usize>() as f64)),
        by_category: by_category
            .into_iter()
            .map(|(c, o)| (c, scores(&o)))
            .collect(),
        latency_ms: Latency::of(outcomes.iter().map(|o| o.took)),
    }
}

fn scores(outcomes: &[&Outcome]) -> Scores {
    let share = |is: bool| if is { 1.0 } else { 0.0 };
    Scores {
        questions: outcomes.len(),
        recall: by_rank(|k| mean(outcomes, |o| o.found(k) as f64 / o.evidence as f64)),
        any: by_rank(|k| mean(outcomes, |o| share(o.found(k) > 0))),
        all: by_rank(|k| mean(outcomes, |o| share(o.found(k) == o.evidence))),
        ndcg10: mean(outcomes, |o| o.ndcg(10)),
        mrr: mean(outcomes, |o| {
            o.relevant
                .iter()
                .position(|r| *r)
                .map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0))
        }),
    }
}

fn by_rank(value: impl Fn(usize) -> f64) -> BTreeMap<String, f64> {
    RANKS.iter().map(|k| (k.to_string(), value(*k))).collect()
}

fn mean(outcomes: &[&Outcome], value: impl Fn(&Outcome) -> f64) -> f64 {
    if outcomes.is_empty() {
        return 0.0;
    }
    outcomes.iter().map(|o| value(o)).sum::<f64>() / outcomes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(evidence: &[&str], ranked: &[&str], ms: u64) -> Outcome {
        let question = Question {
            question: "q".into(),
            answer: None,
            evidence: evidence.iter().map(|e| (*e).to_owned()).collect(),
            category: "1".into(),
        };
        let ranked: Vec<_> = ranked.iter().map(|r| ((*r).to_owned(), 10)).collect();
        Outcome::new(&question, &ranked, Duration::from_millis(ms))
    }

    #[test]
    fn figures_by_hand() {
        let system = summarise(
            "x",
            &[
                outcome(&["a", "b"], &["a", "c", "d", "e", "f", "b"], 1),
                outcome(&["z"], &["a", "z"], 3),
            ],
        );
        let s = &system.scores;
        assert_eq!(
            (s.recall["1"], s.recall["5"], s.recall["10"]),
            (0.25, 0.75, 1.0)
        );
        assert_eq!((s.any["1"], s.all["5"], s.all["10"]), (0.5, 0.5, 1.0));
        assert_eq!(s.mrr, 0.75);
        let log = |x: f64| 1.0 / x.log2();
        let first = (log(2.0) + log(7.0)) / (log(2.0) + log(3.0));
        assert!((s.ndcg10 - (first + log(3.0)) / 2.0).abs() < 1e-12);
        assert_eq!((system.tokens["1"], system.tokens["10"]), (10.0, 40.0));
        assert_eq!((system.latency_ms.p50, system.latency_ms.p99), (1.0, 3.0));
    }
}
