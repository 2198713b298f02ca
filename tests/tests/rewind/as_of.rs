//! Questions to the past: recorded time (`as_of`) and valid time (`valid_at`).

use std::collections::BTreeMap;

use memos_api::Working;
use memos_api::wire::{SearchHit, SearchRequest};
use memos_core::{Clock as _, Code, Timestamp};
use memos_tests::Dice;

use crate::past::{Known, World};

const STEPS: usize = 30;

#[test]
fn as_of_finds_what_was_there_then() {
    for round in 0..6 {
        history(round, Working::Later);
    }
}

#[test]
fn as_of_finds_what_was_there_then_with_work_in_the_background() {
    for round in 0..3 {
        history(round, Working::InBackground);
    }
}

fn history(round: u64, working: Working) {
    let seed = Dice::seed().wrapping_add(round);
    eprintln!("MEMOS_TEST_SEED={seed}");
    let mut world = World::new(seed, working);
    for _ in 0..STEPS {
        world.step();
        // Views of the past are kept: they are asked again and again while the cube goes on.
        for _ in 0..2 {
            let at = world.dice.below(world.copies.len());
            ask(&mut world, at);
        }
    }
    for at in 0..world.copies.len() {
        ask(&mut world, at);
        let copy = &world.copies[at];
        let by_change = world.dump(Some(world.change_of(copy)));
        let by_instant = world.dump(Some(copy.instant.to_string()));
        assert_eq!(texts(&by_change), texts(&copy.dump.text()));
        assert_eq!(by_change, by_instant);
    }
}

/// The lines of a dump without uses and tiers, which are no part of a version.
fn texts(dump: &str) -> Vec<serde_json::Value> {
    let lines = dump.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(behavioural) = line["memory"]["header"]["behavioural"].as_object_mut() {
            behavioural
                .retain(|name, _| !["use_count", "last_used", "tier"].contains(&name.as_str()));
        }
        if line["memory"]["state"] == "generated" {
            // The first use alone makes the one of the other.
            line["memory"]["state"] = "activated".into();
        }
        line
    });
    lines.collect()
}

/// Asks a copy's point, by each of its names, with and without a valid time.
fn ask(world: &mut World, at: usize) {
    let copy = &world.copies[at];
    let known = copy.known();
    let mut points = vec![copy.instant.to_string(), world.change_of(copy)];
    points.extend(copy.name.clone());
    let point = points.swap_remove(world.dice.below(points.len()));
    let days = world.dice.below(60) as i64 - 30;
    let then = world.clock.now().plus_secs(days * 86_400);
    for valid_at in [None, Some(then)] {
        let request = SearchRequest {
            query: "Which entry of the log names the ferry? 渡船几点出发？".into(),
            as_of: Some(point.clone()),
            valid_at: valid_at.map(|t| t.to_string()),
            ..SearchRequest::default()
        };
        let found = world.search(request).unwrap();
        assert_eq!(found.degraded, Vec::<String>::new());
        check(&found.hits, &known, valid_at, &point);
    }
}

/// What is found is what was hot then and holds at the instant, each with the text of then.
fn check(
    hits: &[SearchHit],
    known: &BTreeMap<String, Known>,
    valid_at: Option<Timestamp>,
    point: &str,
) {
    let expected: Vec<&String> = known
        .iter()
        .filter(|(_, k)| k.is_hot() && valid_at.is_none_or(|at| k.holds_at(at)))
        .map(|(id, _)| id)
        .collect();
    let folded = hits.iter().flat_map(|hit| &hit.folded);
    let mut found: Vec<String> = hits
        .iter()
        .map(|hit| hit.memory.id)
        .chain(folded.copied())
        .map(|id| id.to_string())
        .collect();
    found.sort_unstable();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "as of {point}");
    for hit in hits {
        let then = &known[&hit.memory.id.to_string()];
        assert_eq!(hit.memory.text, then.text, "as of {point}");
        // The first use alone makes an activated one of a generated one.
        let in_use = |state: &str| state == "generated" || state == "activated";
        assert!(
            hit.memory.state == then.state || in_use(&hit.memory.state) && in_use(&then.state),
            "as of {point}: {} {}",
            hit.memory.state,
            then.state
        );
        assert_eq!(hit.memory.valid_from, then.from, "as of {point}");
        assert_eq!(hit.memory.valid_until, then.until, "as of {point}");
    }
}

#[test]
fn a_question_to_the_past_is_no_use_of_now() {
    let mut world = World::new(1, Working::Later);
    for _ in 0..8 {
        world.step();
    }
    world.memos.flush().unwrap();
    let before = world.dump(None);
    for at in 0..world.copies.len() {
        ask(&mut world, at);
    }
    world.memos.flush().unwrap();
    assert_eq!(world.dump(None), before);
}

#[test]
fn a_point_that_is_none_is_told() {
    let mut world = World::new(2, Working::Later);
    world.step();
    for (as_of, code, says) in [
        ("change:99", Code::InvalidRequest, "the last is"),
        ("change:x", Code::InvalidRequest, "change: and its number"),
        ("yesterday", Code::SnapshotNotFound, "yesterday"),
        ("", Code::InvalidRequest, "1 to"),
    ] {
        let request = SearchRequest {
            query: "What is in the log?".into(),
            as_of: Some(as_of.into()),
            ..SearchRequest::default()
        };
        let error = world.search(request).unwrap_err();
        assert_eq!(
            (error.code(), error.field()),
            (code, Some("/as_of")),
            "{error}"
        );
        assert!(error.to_string().contains(says), "{error}");
    }
}
