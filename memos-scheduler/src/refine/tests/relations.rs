//! Judgements, as they are read from replies.

use serde_json::json;

use super::super::relations::judgement;
use super::super::{Judgement, Relation};

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
