//! Tests of the language as a whole.

mod errors;
mod naive;
mod properties;
mod sample;

use serde_json::{Value, json};

use super::*;
use crate::{Memory, TimeMention, ValidTime};

fn admits(filter: &Value, memory: &Memory) -> bool {
    Filter::parse(filter)
        .unwrap_or_else(|e| panic!("{filter}: {e}"))
        .matches(&Subject::from(memory))
}

fn mention(start: &str, end: &str) -> TimeMention {
    let interval = crate::Interval::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
    TimeMention {
        start: 0,
        end: 0,
        valid: ValidTime {
            interval,
            granularity: crate::Granularity::Span,
            offset_minutes: 0,
        },
    }
}

#[test]
fn a_window_wants_one_stretch_that_fits_both_ends() {
    let window = json!({"valid_time": {"gte": "2025-01-01", "lt": "2025-02-01"}});
    let around = sample::memory(vec![
        mention("2020-01-01", "2021-01-01"),
        mention("2030-01-01", "2031-01-01"),
    ]);
    assert!(!admits(&window, &around));
    for (start, end, inside) in [
        ("2024-12-01", "2025-01-01", false),
        ("2024-12-01", "2025-01-01T00:00:01", true),
        ("2025-01-31T23:59:59", "2026-01-01", true),
        ("2025-02-01", "2026-01-01", false),
        ("2025-01-01", "2025-01-01", true),
        ("2025-02-01", "2025-02-01", false),
        ("2020-01-01", "2030-01-01", true),
    ] {
        let memory = sample::memory(vec![mention(start, end)]);
        assert_eq!(admits(&window, &memory), inside, "{start} {end}");
    }
}

#[test]
fn without_named_times_the_speakers_day_counts() {
    // Said on 2 January on the speaker's clock, while it was 1 January in UTC.
    let mut memory = sample::memory(vec![]);
    memory.header.descriptive.said_at = "2025-01-02T02:00:00+08:00".parse().unwrap();
    for (ops, expected) in [
        (json!({"lt": "2025-01-01T16:00:00Z"}), false),
        (json!({"lte": "2025-01-01T16:00:00Z"}), true),
        (json!({"gte": "2025-01-02T16:00:00Z"}), false),
        (json!({"gte": "2025-01-02T15:59:59Z"}), true),
        (json!({"gt": "2025-01-02T15:59:59.999999Z"}), false),
    ] {
        let filter = json!({"valid_time": ops});
        assert_eq!(admits(&filter, &memory), expected, "{filter}");
    }
}

#[test]
fn a_memory_without_text_has_no_turn() {
    let mut memory = sample::memory(vec![]);
    memory.payload = crate::Payload::Parametric(crate::Parametric {
        base_model: "m".into(),
        blob: [0; 32],
        rank: 8,
        modules: vec![],
    });
    for (filter, expected) in [
        (json!({"text": {"exists": true}}), false),
        (json!({"text": {"like": "%"}}), false),
        (json!({"session_id": "s"}), false),
        (json!({"session_id": {"ne": "s"}}), true),
        (json!({"role": {"in": ["user"]}}), false),
        (json!({"speaker": {"exists": false}}), true),
    ] {
        assert_eq!(admits(&filter, &memory), expected, "{filter}");
    }
}

#[test]
fn and_joins_conditions_flatly() {
    let parse = |json| Filter::parse(&json).unwrap();
    let a = parse(json!({"state": "activated", "priority": "high"}));
    let b = parse(json!({"key": "k"}));
    assert_eq!(
        a.and(b).to_json(),
        json!({"and": [{"priority": "high"}, {"state": "activated"}, {"key": "k"}]})
    );
}

#[test]
fn text_on_the_command_line_parses_too() {
    let filter: Filter = r#"{"tags": {"contains": "work"}}"#.parse().unwrap();
    assert_eq!(filter.to_string(), r#"{"tags":{"contains":"work"}}"#);
}
