use memos_core::{MemoryId, Origin, SemanticType};
use serde_json::{Value, json};

use super::super::draft::{field, text};
use super::super::plan::Organiser;
use super::super::samples::turn;
use super::*;

/// What a user said, with what the caller noted on it.
fn said(words: &str, session: &str, minute: i64, info: Value, tag: &str) -> Memory {
    let mut said = turn("", words, session, minute);
    let described = &mut said.header.descriptive;
    let Value::Object(fields) = info else {
        panic!("{info}")
    };
    described.info = Info(fields);
    described.tags.insert(tag.to_owned());
    said
}

/// The preference that the turns lead to, learned session by session.
fn learned(turns: &[Memory]) -> Memory {
    let mut known: Vec<Memory> = Vec::new();
    for turn in turns {
        let mut drafts = Organiser.plan(std::slice::from_ref(turn), &known);
        assert_eq!(drafts.len(), 1);
        known = vec![drafts.remove(0).memory];
    }
    known.remove(0)
}

fn info<'a>(memory: &'a Memory, name: &str) -> Option<&'a Value> {
    memory.header.descriptive.info.0.get(name)
}

#[test]
fn a_preference_keeps_nothing_of_what_was_forgotten() {
    let words = "I hate mushrooms.";
    let mut first = said(
        words,
        "s1",
        0,
        json!({"agent_id": "a1", "user_id": "ada", "secret": "x", "files": ["f1", "f2"]}),
        "t1",
    );
    first.header.governance.sensitivity.insert("health".into());
    let second = said(
        words,
        "s2",
        9,
        json!({"agent_id": "a2", "user_id": "ada", "files": ["f2"]}),
        "t2",
    );
    let both = [first, second];
    let known = learned(&both);
    assert_eq!(info(&known, "agent_id"), Some(&json!(["a1", "a2"])));
    assert_eq!(info(&known, SESSIONS), Some(&json!(["s1", "s2"])));

    for (gone, left) in [(0, 1), (1, 0)] {
        let (gone, left) = (&both[gone..=gone], &both[left..=left]);
        let rest = rest(&known, gone, left).unwrap();
        assert_eq!(text(&rest), text(&known));
        // But for bookkeeping it is what the rest alone would have led to.
        let alone = learned(left);
        let described = &rest.header.descriptive;
        assert_eq!(described.info, alone.header.descriptive.info);
        assert_eq!(described.tags, alone.header.descriptive.tags);
        assert_eq!(described.sources, alone.header.descriptive.sources);
        assert_eq!(described.said_at, alone.header.descriptive.said_at);
        assert_eq!(rest.header.behavioural.derived_from, [left[0].id]);
        let sensitivity = &rest.header.governance.sensitivity;
        assert_eq!(*sensitivity, left[0].header.governance.sensitivity);
    }
}

#[test]
fn what_others_noted_on_it_stays() {
    let words = "I hate mushrooms.";
    let both = [
        said(words, "s1", 0, json!({"agent_id": "a1"}), "t1"),
        said(words, "s2", 9, json!({"agent_id": "a2"}), "t2"),
    ];
    let mut known = learned(&both);
    let described = &mut known.header.descriptive;
    described.tags.insert("mine".to_owned());
    described.info.0.insert("checked".to_owned(), json!(true));
    let rest = rest(&known, &both[..1], &both[1..]).unwrap();
    assert_eq!(info(&rest, "checked"), Some(&json!(true)));
    let tags: Vec<_> = rest.header.descriptive.tags.iter().collect();
    assert_eq!(tags, ["mine", "t2"]);
    assert_eq!(field(&rest, "agent_id"), Some("a2"));
}

#[test]
fn a_summary_is_made_anew_or_goes() {
    let told = [
        "The allotment club by the canal took me in last month.",
        "The allotment club gave me a small plot for beans.",
        "The club lends tools and the canal gives us water.",
        "My secret account number is written on the shed door.",
        "The beans on my plot are nearly ready to pick now.",
        "We visit the allotment club on the canal every Sunday.",
        "The plot beside mine grows tomatoes and some herbs.",
    ];
    let turns: Vec<Memory> = (0..)
        .zip(told)
        .map(|(minute, words)| turn("Ada", words, "walk", minute))
        .collect();
    let drafts = Organiser.plan(&turns, &[]);
    let is_summary = |m: &&Memory| m.header.descriptive.semantic_type == SemanticType::Summary;
    let mut known = drafts.iter().map(|draft| &draft.memory).find(is_summary);
    let mut known = known.take().unwrap().clone();
    // Whatever the summary picked, the forgotten may have been in it.
    known.header.descriptive.entities.insert("shed".to_owned());
    let (gone, left) = (&turns[3..4], [&turns[..3], &turns[4..]].concat());
    let rest = rest(&known, gone, &left).unwrap();
    let alone = Organiser.plan(&left, &[]);
    let alone = alone.iter().map(|draft| &draft.memory).find(is_summary);
    assert_eq!(text(&rest), text(alone.unwrap()));
    assert!(!text(&rest).contains("secret"));
    assert!(rest.header.descriptive.entities.is_empty());
    assert_eq!(
        rest.header.descriptive.key,
        alone.unwrap().header.descriptive.key
    );
    assert_eq!(rest.header.behavioural.derived_from.len(), 6);
    assert_eq!(rest.id, known.id);
    // So little is its own summary.
    assert_eq!(super::rest(&known, &turns[2..], &turns[..2]), None);
}

#[test]
fn what_a_model_found_keeps_its_words() {
    let both = [
        said("Mina moved.", "s1", 0, json!({"agent_id": "a1"}), "t"),
        said("To Lyon.", "s2", 9, json!({"agent_id": "a1"}), "t"),
    ];
    let mut found = turn("", "Mina moved to Lyon.", "s2", 9);
    found.id = MemoryId::generate();
    let described = &mut found.header.descriptive;
    described.origin = Origin::Inference;
    described.info = Info(
        json!({"rule": "llm:m/facts.v1", "agent_id": "a1"})
            .as_object()
            .unwrap()
            .clone(),
    );
    described.tags.insert("t".to_owned());
    found.header.behavioural.derived_from = both.iter().map(|m| m.id).collect();
    let rest = rest(&found, &both[1..], &both[..1]).unwrap();
    assert_eq!(text(&rest), "Mina moved to Lyon.");
    assert_eq!(session(&rest), "s1");
    assert_eq!(rest.header.descriptive.info, found.header.descriptive.info);
    assert_eq!(
        rest.header.descriptive.said_at,
        both[0].header.descriptive.said_at
    );
    assert_eq!(rest.header.behavioural.derived_from, [both[0].id]);
}
