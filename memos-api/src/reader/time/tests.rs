//! The labelled table of expressions, and properties of any text.

use memos_core::{Granularity, Moment};
use proptest::prelude::*;

use super::{mentions, pick, wall_clock, window};

const CASES: &str = include_str!("cases.tsv");

fn name(granularity: Granularity) -> String {
    serde_json::to_value(granularity)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// What the resolver finds, in the table's form.
fn row(text: &str, said_at: Moment) -> String {
    let found: Vec<String> = mentions(text, said_at)
        .iter()
        .map(|m| {
            let span = &text[m.start as usize..m.end as usize];
            let (first, last) = (m.valid.first_date(), m.valid.last_date());
            format!("{span}\t{first}\t{last}\t{}", name(m.valid.granularity))
        })
        .collect();
    if found.is_empty() {
        "-".to_owned()
    } else {
        found.join("\t")
    }
}

#[test]
fn the_labelled_expressions_are_found_and_resolved() {
    let mut said_at = Moment::from(memos_core::Timestamp::from_secs(0));
    let (mut expressions, mut negatives, mut wrong) = (0, 0, Vec::new());
    for line in CASES.lines().filter(|l| !l.starts_with('#')) {
        if let Some(at) = line.strip_prefix('@') {
            said_at = at.parse().unwrap();
            continue;
        }
        let (text, expected) = line.split_once('\t').unwrap();
        if expected == "-" {
            negatives += 1;
        } else {
            expressions += 1;
        }
        let found = row(text, said_at);
        if found != expected {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(
        expressions >= 150 && negatives >= 30,
        "{expressions} and {negatives}"
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_day_is_the_speakers() {
    let said_at: Moment = "2025-01-02T02:00:00+08:00".parse().unwrap();
    let found = mentions("昨天", said_at);
    assert_eq!(
        found[0].valid.interval.start.to_string(),
        "2024-12-31T16:00:00Z"
    );
    assert_eq!(found[0].valid.offset_minutes, 480);
}

#[test]
fn the_calendars_ends_are_survived() {
    for at in ["-009999-01-03T00:00:00Z", "9999-12-29T00:00:00Z"] {
        let said_at: Moment = at.parse().unwrap();
        for line in CASES.lines() {
            let _ = mentions(line, said_at);
        }
    }
    let far = "99999 years ago, in 99999 weeks, 30 February 2023, 2023-13-40";
    let said_at: Moment = "2023-06-14T10:00:00Z".parse().unwrap();
    assert_eq!(row(far, said_at), "-");
}

/// Texts that are near to what the grammar knows.
fn near_time() -> impl Strategy<Value = String> {
    let words: Vec<&'static str> = CASES
        .lines()
        .flat_map(|l| l.split(['\t', ' ']))
        .chain([
            "the", "week", "before", "of", "from", "-", "/", "年", "月", "日", "上", "周", "前",
            "to",
        ])
        .collect();
    let pieces = proptest::collection::vec(
        (
            proptest::sample::select(words),
            proptest::sample::select(vec![" ", "", "，", ". "]),
        ),
        0..12,
    );
    pieces.prop_map(|p| p.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

fn check(text: &str, secs: i64, offset: i16) {
    let said_at = Moment::new(memos_core::Timestamp::from_secs(secs), offset);
    let found = mentions(text, said_at);
    let mut last = 0;
    for m in &found {
        assert!(m.start >= last && m.start < m.end, "{text:?}");
        assert!(
            text.get(m.start as usize..m.end as usize).is_some(),
            "{text:?}"
        );
        assert!(
            m.valid.interval.start < m.valid.interval.end,
            "{text:?} {m:?}"
        );
        assert_eq!(m.valid.offset_minutes, said_at.offset_minutes());
        last = m.end;
    }
    assert!(window(text, said_at).is_none_or(|w| w.interval.start <= w.interval.end));
    assert_eq!(
        pick(text, &found, "when did they meet").is_some(),
        !found.is_empty()
    );
    let _ = wall_clock(text);
}

proptest! {
    #[test]
    fn any_text_gives_ordered_spans_and_intervals(text in "\\PC{0,60}", secs in 0i64..4_000_000_000, offset in -1500i16..1500) {
        check(&text, secs, offset);
    }

    #[test]
    fn texts_near_the_grammar_do_too(text in near_time(), secs in 0i64..4_000_000_000, offset in -1500i16..1500) {
        check(&text, secs, offset);
    }
}
