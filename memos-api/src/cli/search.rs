//! `memos search`, and what it shares with `memos context`.

use std::io::Write as _;

use memos_core::{Code, Error, Filter, Result};
use serde_json::Value;

use super::args::{QuestionArgs, SearchArgs};
use super::console::Console;
use super::table::{Align, Table};
use super::target::Target;
use super::{Outcome, text};
use crate::wire::{CallItem, SearchHit, SearchRequest, SearchResponse, TimeItem, TimeWindow};

/// Shares below this are not shown: they would read as 0.00.
const LEAST_SHARE: f32 = 0.005;

pub(super) async fn run(args: SearchArgs, target: &Target, console: &mut Console) -> Outcome {
    let mut request = request(args.question, target).await?;
    request.explain = args.explain;
    let several = request.cube_ids.len() > 1;
    let answer = target.search(request).await?;
    if args.json {
        return console.json(&answer);
    }
    print(&answer, several, console)
}

/// The request that the arguments mean; without `--cube` it goes to every cube.
pub(super) async fn request(args: QuestionArgs, target: &Target) -> Result<SearchRequest> {
    let filter = args.filter.as_deref().map(filter).transpose()?;
    let cubes = match args.cube.is_empty() {
        true => target.cube_ids().await?,
        false => args.cube,
    };
    let window = TimeWindow {
        start: args.since,
        end: args.until,
    };
    Ok(SearchRequest {
        query: args.question.join(" "),
        cube_ids: cubes.into_iter().map(String::from).collect(),
        top_k: args.top_k,
        max_tokens: args.max_tokens,
        filter,
        time_window: Some(window).filter(|w| *w != TimeWindow::default()),
        types: Some(args.types).filter(|t| !t.is_empty()),
        asked_at: args.asked_at,
        as_of: args.as_of,
        valid_at: args.valid_at,
        include: Some(args.include).filter(|i| !i.is_empty()),
        deep: args.deep,
        explain: false,
    })
}

/// A filter, checked here so that its errors are the same with and without a server.
pub(super) fn filter(text: &str) -> Result<Value> {
    Filter::from_json_text(text)?;
    serde_json::from_str(text).map_err(|e| {
        Error::new(Code::InvalidFilter, format!("the filter is not JSON: {e}"))
            .at("--filter")
            .remedy("write it as '{\"speaker\": \"Ines\"}'")
            .caused_by(e)
    })
}

fn print(answer: &SearchResponse, several_cubes: bool, console: &mut Console) -> Outcome {
    for part in &answer.degraded {
        writeln!(console, "degraded: {}", text::one_line(part))?;
    }
    if let Some(call) = &answer.call {
        writeln!(console, "understood as: {}", understood(call))?;
    }
    for (n, step) in (1..).zip(&answer.steps) {
        let query = text::one_line(&step.query);
        writeln!(
            console,
            "step {n}: {query}: {} found, {}",
            step.found, step.verdict
        )?;
    }
    let parts = [
        ("", &answer.hits),
        ("derived", &answer.derived),
        ("archived", &answer.archived),
    ];
    if parts.iter().all(|(_, hits)| hits.is_empty()) {
        return Ok(writeln!(console, "nothing found")?);
    }
    for (name, hits) in parts.into_iter().filter(|(_, hits)| !hits.is_empty()) {
        if !name.is_empty() {
            writeln!(console, "{name}:")?;
        }
        list(hits, several_cubes, console)?;
    }
    Ok(())
}

fn list(hits: &[SearchHit], several_cubes: bool, console: &mut Console) -> Outcome {
    let mut table = Table::new(&[
        ("#", Align::Right),
        ("SCORE", Align::Right),
        ("SAID", Align::Left),
        ("SPEAKER", Align::Left),
        ("MEMORY", Align::Left),
    ]);
    for (i, hit) in hits.iter().enumerate() {
        let memory = &hit.memory;
        table.row_with(
            [
                (i + 1).to_string(),
                format!("{:.3}", hit.score),
                memory.said_at.date().to_string(),
                speaker(memory),
                content(memory),
            ],
            notes(hit, &hits[..i], several_cubes),
        );
    }
    let (paint, width) = (console.paint(), console.width());
    Ok(table.write(console, paint, width)?)
}

/// The lines under a hit that stands behind others.
fn notes(hit: &SearchHit, before: &[SearchHit], several_cubes: bool) -> Vec<String> {
    let id = match several_cubes {
        true => format!("{}  in {}", hit.memory.id, hit.cube_id),
        false => hit.memory.id.to_string(),
    };
    let time = hit
        .valid_time
        .as_ref()
        .and_then(|time| Some(format!("\"{}\" is {}", time.text.as_ref()?, stretch(time))));
    let shares = hit.signals.as_ref().map(|signals| {
        let mut shares: Vec<_> = signals
            .iter()
            .map(|(name, signal)| (name, signal.share))
            .collect();
        shares.retain(|(_, share)| share.abs() >= LEAST_SHARE);
        shares.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let shares: Vec<_> = shares
            .iter()
            .map(|(name, share)| format!("{name} {share:.2}"))
            .collect();
        shares.join(", ")
    });
    // Its place does not follow from its score then.
    let place = hit.memory.superseded_by.filter(|_| hit.signals.is_some());
    let place = place.map(|by| match before.iter().any(|hit| hit.memory.id == by) {
        true => format!("superseded by {by}; stands behind it"),
        false => format!("superseded by {by}"),
    });
    [Some(id), time, shares, place]
        .into_iter()
        .flatten()
        .collect()
}

fn understood(call: &CallItem) -> String {
    let mut parts = Vec::new();
    for (asks, what) in [
        (call.intent.asks_time, "asks for a time"),
        (call.intent.asks_assistant, "asks what the assistant said"),
        (call.intent.asks_help, "asks for help"),
    ] {
        if asks {
            parts.push(what.to_owned());
        }
    }
    if let Some(window) = &call.window {
        parts.push(format!("about {}", stretch(window)));
    }
    if parts.is_empty() {
        "a question about anything".to_owned()
    } else {
        parts.join("; ")
    }
}

/// A stretch of time: its first day, and its last if it is another.
pub(super) fn stretch(time: &TimeItem) -> String {
    use memos_core::{Moment, Timestamp};
    // The end is the first instant after it.
    let last = Timestamp::from_micros(time.end.at().micros().saturating_sub(1));
    let last = Moment::new(last.max(time.start.at()), time.end.offset_minutes()).date();
    let first = time.start.date();
    match first == last {
        true => format!("{first} ({})", time.granularity),
        false => format!("{first} to {last} ({})", time.granularity),
    }
}

/// Who said it: the name, else the role, else where it stands.
pub(super) fn speaker(memory: &crate::wire::MemoryItem) -> String {
    let of = memory.speaker.as_ref().or(memory.role.as_ref());
    of.cloned().unwrap_or_else(|| "-".to_owned())
}

/// The words, and what a picture beside them shows.
pub(super) fn content(memory: &crate::wire::MemoryItem) -> String {
    match &memory.caption {
        Some(caption) => format!("{} [image: {caption}]", memory.text),
        None => memory.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use memos_core::Intent;

    use super::*;

    fn time(start: &str, end: &str, granularity: &str) -> TimeItem {
        TimeItem {
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
            granularity: granularity.into(),
            text: None,
        }
    }

    #[test]
    fn stretches_show_their_last_day() {
        let day = time(
            "2024-05-08T00:00:00+02:00",
            "2024-05-09T00:00:00+02:00",
            "day",
        );
        assert_eq!(stretch(&day), "2024-05-08 (day)");
        let month = time("2024-02-01", "2024-03-01", "month");
        assert_eq!(stretch(&month), "2024-02-01 to 2024-02-29 (month)");
        let instant = time("2024-02-01", "2024-02-01", "second");
        assert_eq!(stretch(&instant), "2024-02-01 (second)");
    }

    #[test]
    fn why_a_superseded_hit_stands_behind_another_is_explained() {
        let hit = |n: u8, by: Option<u8>, explained: bool| -> SearchHit {
            let id = |n: u8| format!("0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a{n}");
            let at = "2025-01-01T00:00:00Z";
            let signals = explained.then(|| serde_json::json!({}));
            serde_json::from_value(serde_json::json!({
                "memory": {
                    "id": id(n), "cube_id": "c", "kind": "plaintext", "text": "I live in Athens.",
                    "said_at": at, "times": [], "state": "activated", "semantic_type": "message",
                    "origin": "user_input", "tags": [], "entities": [], "sources": [], "info": {},
                    "owner": "ada", "priority": "normal", "created_at": at, "updated_at": at,
                    "version": 1, "use_count": 0, "derived_from": [], "tier": "working",
                    "lifespan": "decay", "superseded_by": by.map(id),
                },
                "cube_id": "c", "score": 1.0, "signals": signals,
            }))
            .unwrap()
        };
        let told = |hit: &SearchHit, before: &[SearchHit]| notes(hit, before, false).join("; ");
        let (new, old) = (hit(2, None, true), hit(1, Some(2), true));
        assert!(!told(&new, &[]).contains("superseded"));
        let place = "superseded by 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a2";
        assert!(told(&old, &[]).ends_with(place));
        assert!(
            told(&old, std::slice::from_ref(&new)).ends_with(&format!("{place}; stands behind it"))
        );
        assert!(!told(&hit(1, Some(2), false), &[new]).contains("superseded"));
    }

    #[test]
    fn intents_read_as_words() {
        let mut call = CallItem {
            intent: Intent::default(),
            window: None,
        };
        assert_eq!(understood(&call), "a question about anything");
        call.intent.asks_time = true;
        call.window = Some(time("2024-02-01", "2024-03-01", "month"));
        assert_eq!(
            understood(&call),
            "asks for a time; about 2024-02-01 to 2024-02-29 (month)"
        );
    }

    #[test]
    fn a_filter_that_is_not_json_is_refused_here() {
        assert!(filter("{\"speaker\": \"Ines\"}").is_ok());
        for bad in ["{", "{\"speaker\": {\"sounds\": 1}}", "5"] {
            assert_eq!(
                filter(bad).unwrap_err().code(),
                Code::InvalidFilter,
                "{bad}"
            );
        }
    }
}
