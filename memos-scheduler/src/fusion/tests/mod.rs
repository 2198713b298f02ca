//! The rules against labelled pairs.

mod candidates;
mod effects;

use std::collections::BTreeMap;

use memos_core::{Embedder, Role};
use memos_models::StaticEmbedder;
use serde::Deserialize;

use super::{Statement, Verdict, judge};

#[derive(Deserialize)]
struct Pair {
    id: String,
    lang: String,
    split: String,
    older: Said,
    newer: Said,
    label: String,
}

#[derive(Deserialize)]
struct Said {
    speaker: String,
    text: String,
    role: Option<Role>,
}

impl Said {
    fn read(&self) -> Statement {
        Statement::read(&self.text, Some(&self.speaker), self.role, None)
    }
}

fn pairs() -> Vec<Pair> {
    let text = include_str!("../../../../tests/data/fusion-pairs.jsonl");
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

fn label(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Duplicate { .. } => "duplicate",
        Verdict::Supersedes { .. } => "supersedes",
        Verdict::Contradicts { .. } => "contradicts",
        Verdict::Unrelated => "unrelated",
    }
}

/// Hits, false alarms and misses of one label.
#[derive(Default, Clone, Copy)]
struct Tally {
    hits: u32,
    alarms: u32,
    misses: u32,
}

impl Tally {
    fn precision(self) -> f64 {
        f64::from(self.hits) / f64::from((self.hits + self.alarms).max(1))
    }

    fn recall(self) -> f64 {
        f64::from(self.hits) / f64::from((self.hits + self.misses).max(1))
    }
}

/// The pairs were written before the rules, but for the split `late`. The held third was not looked
/// at while the rules were tuned; yet one hand wrote both. `late` was written after the rules: at first
/// sight, supersession there had a precision of 0.91 and a recall of 0.60, and its misses were then
/// used. That is what to expect of new text. `MEMOS_FUSION_SHOW=dev` prints the errors of a split.
#[test]
fn the_rules_are_precise_on_labelled_pairs() {
    let embedder = StaticEmbedder::bundled();
    let mut tallies: BTreeMap<(String, &str), Tally> = BTreeMap::new();
    let show = std::env::var("MEMOS_FUSION_SHOW").unwrap_or_default();
    for pair in pairs() {
        let vectors = embedder
            .embed(&[&pair.older.text, &pair.newer.text])
            .unwrap();
        let cosine = vectors[0].iter().zip(&vectors[1]).map(|(a, b)| a * b).sum();
        let verdict = judge(&pair.older.read(), &pair.newer.read(), Some(cosine));
        let given = label(&verdict);
        if given != pair.label && show == pair.split {
            println!(
                "{} {} got {:?}: {} | {} ({cosine:.2})",
                pair.id,
                pair.label,
                verdict.rule(),
                pair.older.text,
                pair.newer.text
            );
        }
        for kind in ["duplicate", "supersedes", "contradicts"] {
            for group in [
                "all",
                &pair.split,
                &pair.lang,
                &format!("{} {}", pair.split, pair.lang),
            ] {
                let tally = tallies.entry((group.to_owned(), kind)).or_default();
                tally.hits += u32::from(given == kind && pair.label == kind);
                tally.alarms += u32::from(given == kind && pair.label != kind);
                tally.misses += u32::from(given != kind && pair.label == kind);
            }
        }
    }
    for ((group, kind), t) in &tallies {
        println!(
            "{group:8} {kind:12} precision {:.3} recall {:.3} ({} hits, {} alarms, {} misses)",
            t.precision(),
            t.recall(),
            t.hits,
            t.alarms,
            t.misses
        );
    }
    for group in ["all", "held"] {
        let of = |kind| tallies[&(group.to_owned(), kind)];
        assert!(of("duplicate").precision() >= 0.97, "{group}");
        assert!(of("duplicate").recall() >= 0.80, "{group}");
        assert!(of("supersedes").precision() >= 0.90, "{group}");
        assert!(of("supersedes").recall() >= 0.60, "{group}");
    }
}

/// Whether the last statement makes a claim or tells of a change.
fn tells(said: &[(Statement, &str)]) -> bool {
    said.last()
        .is_some_and(|(s, _)| !s.claims.is_empty() || !s.shifts.is_empty())
}

/// What the rules find in whole dialogues, for a look by eye: `MEMOS_FUSION_DIALOGUES` names files.
#[test]
fn ordinary_dialogue_has_few_links() {
    let mut files = vec![
        "../samples/travel.en.json".to_owned(),
        "../samples/kitchen.zh.json".to_owned(),
        "../tests/data/dialogues.zh.json".to_owned(),
    ];
    let more = std::env::var("MEMOS_FUSION_DIALOGUES").unwrap_or_default();
    files.extend(more.split(',').filter(|f| !f.is_empty()).map(str::to_owned));
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let samples: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let (mut turns, mut claims, mut counts) = (0, 0, BTreeMap::<String, u32>::new());
        for sample in &samples {
            let talk = &sample["conversation"];
            let mut said: Vec<(Statement, &str)> = Vec::new();
            for n in 1.. {
                let Some(session) = talk[format!("session_{n}")].as_array() else {
                    if n > 60 {
                        break;
                    }
                    continue;
                };
                for turn in session {
                    let Some(text) = turn["text"].as_str() else {
                        continue;
                    };
                    let role = turn["role"].as_str().map(|r| {
                        if r == "user" {
                            Role::User
                        } else {
                            Role::Assistant
                        }
                    });
                    let at = memos_core::Timestamp::from_secs(n * 86_400).into();
                    let new = Statement::read(text, turn["speaker"].as_str(), role, Some(at));
                    for (old, words) in &said {
                        let verdict = judge(old, &new, None);
                        if verdict != Verdict::Unrelated {
                            *counts.entry(verdict.rule()).or_default() += 1;
                            if !more.is_empty() {
                                println!(
                                    "  {}\n    {}\n    {}",
                                    verdict.rule(),
                                    words
                                        .replace('\n', " ")
                                        .chars()
                                        .take(220)
                                        .collect::<String>(),
                                    text.replace('\n', " ")
                                        .chars()
                                        .take(220)
                                        .collect::<String>()
                                );
                            }
                        }
                    }
                    said.push((new, text));
                    turns += 1;
                    claims += usize::from(tells(&said));
                }
            }
        }
        let links: u32 = counts.values().sum();
        println!(
            "{file}: {turns} turns, {claims} with a claim or change, {:.1} links per 1,000: {counts:?}",
            f64::from(links) * 1000.0 / f64::from(turns)
        );
    }
}
