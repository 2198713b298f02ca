//! Judgements, corrections and questions, as they are read from replies.

use serde_json::json;

use super::super::relations::{corrections, judgement};
use super::super::{Judgement, Relation, Remedy, Weighed, questions};
use super::*;

#[test]
fn judgements_are_read_whole_or_not_at_all() {
    let read = |relation: &str, attribute: serde_json::Value, confidence: f32| {
        let reply = json!({"relation": relation, "attribute": attribute, "confidence": confidence});
        judgement(&reply)
    };
    let judged = |relation, attribute: Option<&str>| {
        Some(Judgement {
            relation,
            attribute: attribute.map(str::to_owned),
            confidence: 0.5,
        })
    };
    let home = judged(Relation::Supersedes, Some("home"));
    assert_eq!(read("supersedes", json!(" home\n"), 0.5), home);
    // An attribute says something of a change or a difference only, and in few words.
    assert_eq!(
        read("unrelated", json!("home"), 0.5),
        judged(Relation::Unrelated, None)
    );
    let wordy = json!("x".repeat(41));
    assert_eq!(
        read("contradicts", wordy, 0.5),
        judged(Relation::Contradicts, None)
    );
    assert_eq!(
        read("duplicate", json!(null), 0.5),
        judged(Relation::Duplicate, None)
    );
    assert_eq!(read("replaces", json!(null), 0.5), None);
    assert_eq!(read("duplicate", json!(null), 1.5), None);
}

#[test]
fn corrections_are_of_what_was_shown_and_one_each() {
    let turns = english();
    let correction = |memory: i64, action: &str, text: Option<&str>| json!({"memory": memory, "action": action, "text": text, "confidence": 0.75});
    let reply = json!({"corrections": [
        correction(1, "replace", Some("Ana  moved to\nLille.")),
        correction(1, "withdraw", None),
        correction(2, "replace", None),
        correction(0, "withdraw", None),
        correction(9, "withdraw", None),
        correction(3, "withdraw", Some("ignored")),
        correction(2, "replace", Some(" ")),
        correction(2, "delete", None),
    ]});
    let read = corrections(&reply, &turns);
    let short: Vec<_> = read.iter().map(|c| (c.memory, &c.remedy)).collect();
    let lille = Remedy::Replace("Ana moved to Lille.".into());
    assert_eq!(
        short,
        [(turns[0].id, &lille), (turns[2].id, &Remedy::Withdraw)]
    );
}

#[test]
fn questions_are_few_short_and_different() {
    let reply = json!({"questions": [
        "Where is Ana?", " Where is\nAna?", "", 7, "x".repeat(301), "b?", "c?", "d?", "e?",
    ]});
    let simpler = questions::decomposed(&reply, "whole?");
    assert_eq!(simpler, ["Where is Ana?", "b?", "c?", "d?"]);
    assert_eq!(questions::decomposed(&json!({}), "whole?"), ["whole?"]);

    let turns = english();
    let weigh = |enough: bool| {
        let reply = json!({
            "enough": enough, "used": [3, 1, 3, 0, 9, -1], "missing": ["whole?", "a?", "a?", "b?"],
        });
        questions::weighed(&reply, "whole?", &turns)
    };
    let weighed = |enough, missing: &[&str]| {
        Some(Weighed {
            enough,
            used: vec![turns[2].id, turns[0].id],
            missing: missing.iter().map(|&m| m.to_owned()).collect(),
        })
    };
    assert_eq!(weigh(false), weighed(false, &["a?", "b?"]));
    assert_eq!(weigh(true), weighed(true, &[]));
    assert_eq!(
        questions::weighed(&json!({"enough": "yes"}), "q", &turns),
        None
    );
}
