use std::collections::BTreeSet;

use memos_core::{
    Access, Audience, Layer, Lifespan, MemoryId, Origin, SemanticType, State, Timestamp,
};
use proptest::prelude::*;

use super::super::draft::{KEY, text};
use super::super::samples::{turn, with_entities};
use super::super::words::word_count;
use super::*;

const WALK: &[(&str, &str)] = &[
    (
        "Ada",
        "I joined the allotment club by the canal last month.",
    ),
    ("Ben", "Nice! What do you grow there?"),
    (
        "Ada",
        "The allotment club gave me a small plot, so I grow beans and tomatoes.",
    ),
    ("Ben", "My balcony is too dark for tomatoes."),
    (
        "Ada",
        "The club lends tools and the canal gives us water for every plot.",
    ),
    (
        "Ben",
        "I might visit the allotment club on the canal with you on Sunday.",
    ),
    (
        "Ada",
        "Please do. The beans on my plot are nearly ready to pick now.",
    ),
    (
        "Ben",
        "I am allergic to bees, so I will bring my medicine to the club.",
    ),
];
const WALK_ZH: &[(&str, &str)] = &[
    ("林晓", "我上个月加入了运河边的菜园俱乐部。"),
    ("周岩", "真好，你在那里种什么？"),
    ("林晓", "菜园俱乐部给了我一小块地，我种了豆角和番茄。"),
    ("周岩", "我家阳台太暗，番茄总是长不好。"),
    ("林晓", "俱乐部可以借工具，浇地的水就从运河里打。"),
    ("周岩", "周日我想跟你一起去运河边的菜园看看。"),
    ("林晓", "来吧，地里的豆角差不多可以摘了。"),
    ("周岩", "我对蜜蜂过敏，去菜园要带上药。"),
];

fn session(id: &str, minute: i64, said: &[(&str, &str)]) -> Vec<Memory> {
    let turn = |(i, (who, text)): (usize, &(&str, &str))| turn(who, text, id, minute + i as i64);
    said.iter().enumerate().map(turn).collect()
}

fn of(drafts: &[Draft], kind: SemanticType) -> Vec<&Draft> {
    let is = |d: &&Draft| d.memory.header.descriptive.semantic_type == kind;
    drafts.iter().filter(is).collect()
}

fn written(drafts: &[Draft]) -> Vec<Memory> {
    drafts.iter().map(|d| d.memory.clone()).collect()
}

#[test]
fn a_session_gets_a_summary_in_its_own_words() {
    for (said, colon) in [(WALK, ": "), (WALK_ZH, "：")] {
        let turns = session("walk", 0, said);
        let drafts = Organiser.plan(&turns, &[]);
        let summaries = of(&drafts, SemanticType::Summary);
        let [summary] = summaries[..] else {
            panic!("one summary: {summaries:?}");
        };
        let memory = &summary.memory;
        println!("{:?} {}", memory.header.descriptive.key, text(memory));
        assert!(word_count(text(memory)) <= 90);
        assert!(text(memory).contains(colon));
        let plain = memory.payload.plaintext().unwrap();
        assert_eq!(plain.turn.session_id, "summary:walk");
        assert_eq!(memory.layer(), Layer::Derived);
        assert_eq!(memory.header.descriptive.origin, Origin::Inference);
        assert_eq!(
            memory.header.behavioural.derived_from,
            turns.iter().map(|t| t.id).collect::<Vec<MemoryId>>()
        );
        let last = &turns[turns.len() - 1].header.descriptive;
        assert_eq!(memory.header.descriptive.said_at, last.said_at);
        let info = &memory.header.descriptive.info.0;
        assert_eq!(
            (&info["rule"], &info["of"]),
            (&"lexrank.v1".into(), &"session".into())
        );
        assert_eq!(
            (&info["session_id"], &info[KEY]),
            (&"walk".into(), &summary.key.as_str().into())
        );
        assert!(memory.header.descriptive.key.is_some());
        // Each sentence is one that was said.
        let sentence = text(memory).split(['.', '。']).next().unwrap();
        let words = sentence.split(colon).last().unwrap();
        assert!(said.iter().any(|(_, t)| t.contains(words)), "{words}");
        // The statement among them is a profile fact.
        assert_eq!(of(&drafts, SemanticType::Profile).len(), 1);
    }
}

#[test]
fn doing_it_again_changes_nothing_and_more_turns_replace() {
    let mut turns = session("walk", 0, WALK);
    let first = Organiser.plan(&turns, &[]);
    assert!(first.len() >= 2 && first.iter().all(|d| d.replaces.is_none()));
    let mut known = written(&first);
    // What others note on it since is kept and is no change.
    known[0].header.behavioural.use_count = 7;
    known[0]
        .header
        .descriptive
        .info
        .0
        .insert("reviewed".into(), true.into());
    assert_eq!(Organiser.plan(&turns, &known), []);

    turns.push(turn(
        "Ada",
        "The allotment club elects a new chair on the canal terrace.",
        "walk",
        30,
    ));
    let again = Organiser.plan(&turns, &known);
    let [draft] = &again[..] else {
        panic!("the summary alone: {again:?}");
    };
    assert_eq!(
        (draft.replaces, draft.memory.id),
        (Some(known[0].id), known[0].id)
    );
    assert_eq!(
        draft.memory.header.behavioural.derived_from.len(),
        turns.len()
    );
    assert_eq!(draft.memory.header.behavioural.use_count, 7);
    assert_eq!(draft.memory.header.descriptive.info.0["reviewed"], true);

    known[0] = draft.memory.clone();
    assert_eq!(Organiser.plan(&turns, &known), []);
}

#[test]
fn a_statement_made_again_adds_its_evidence() {
    let first = session("a", 0, &[("Ada", "I live in Lyon.")]);
    let second = session("b", 90, &[("Ada", "I live in Lyon, you know.")]);
    let known = written(&Organiser.plan(&first, &[]));
    let again = Organiser.plan(&second, &known);
    assert_eq!(again[0].replaces, Some(known[0].id));
    assert_eq!(
        again[0].memory.header.behavioural.derived_from,
        [first[0].id, second[0].id]
    );
    let known = written(&again);
    assert_eq!(Organiser.plan(&first, &known), []);
    assert_eq!(Organiser.plan(&second, &known), []);
}

#[test]
fn what_others_settled_stays() {
    let turns = session("a", 0, &[("Ada", "I live in Lyon.")]);
    let known = written(&Organiser.plan(&turns, &[]));
    let more = session("b", 60, &[("Ada", "I live in Lyon.")]);
    let mut merged = known.clone();
    merged[0].state = State::Merged;
    let mut superseded = known.clone();
    superseded[0].header.behavioural.superseded_by = Some(MemoryId::generate());
    let mut held = known.clone();
    held[0].header.governance.legal_hold = true;
    for known in [merged, superseded, held] {
        assert_eq!(Organiser.plan(&more, &known), []);
    }
    assert_eq!(Organiser.plan(&more, &known).len(), 1);
}

#[test]
fn owners_audiences_and_speakers_are_never_mixed() {
    let mut turns = session("walk", 0, WALK);
    turns.extend(session("walk", 20, WALK));
    for (i, memory) in turns.iter_mut().enumerate() {
        let governance = &mut memory.header.governance;
        if i % 2 == 1 {
            governance.owner = "ben".parse().unwrap();
        }
        if i % 4 >= 2 {
            governance.access = Access {
                readers: Audience::Everyone,
                writers: Audience::Owner,
            };
        }
    }
    let drafts = Organiser.plan(&turns, &[]);
    assert!(!drafts.is_empty());
    let keys: BTreeSet<&str> = drafts.iter().map(|d| d.key.as_str()).collect();
    assert_eq!(keys.len(), drafts.len());
    for draft in &drafts {
        let made = &draft.memory.header;
        for id in &made.behavioural.derived_from {
            let source = turns.iter().find(|t| t.id == *id).unwrap();
            assert_eq!(source.header.governance.owner, made.governance.owner);
            assert_eq!(source.header.governance.access, made.governance.access);
        }
    }
}

#[test]
fn what_is_derived_is_as_sensitive_and_as_short_lived_as_its_sources() {
    let mut turns = session("walk", 0, WALK);
    let end = Timestamp::from_secs(1_800_000_000);
    turns[2].header.governance.lifespan = Lifespan::Until(end);
    turns[7]
        .header
        .governance
        .sensitivity
        .insert("health".into());
    let turns: Vec<Memory> = turns
        .into_iter()
        .map(|t| with_entities(t, &["Ada"]))
        .collect();
    let drafts = Organiser.plan(&turns, &[]);
    let summary = &of(&drafts, SemanticType::Summary)[0].memory.header;
    assert_eq!(summary.governance.lifespan, Lifespan::Until(end));
    assert!(summary.governance.sensitivity.contains("health"));
    assert_eq!(summary.descriptive.sources.len(), turns.len());
    let fact = &of(&drafts, SemanticType::Profile)[0].memory.header;
    assert_eq!(fact.governance.lifespan, Lifespan::KeepForever);
    assert!(fact.governance.sensitivity.contains("health"));
}

#[test]
fn a_day_of_several_sessions_gets_its_own_summary() {
    let mut turns = session("morning", 0, WALK);
    assert_eq!(
        Organiser.day(&turns, &[]),
        [],
        "that of the session says it"
    );
    turns.extend(session("noon", 60, WALK));
    assert_eq!(
        of(&Organiser.plan(&turns, &[]), SemanticType::Summary).len(),
        2
    );
    let drafts = Organiser.day(&turns, &[]);
    let summaries = of(&drafts, SemanticType::Summary);
    assert_eq!((summaries.len(), drafts.len()), (1, 1));
    let info = &summaries[0].memory.header.descriptive.info.0;
    assert_eq!(
        (&info["of"], &info["date"]),
        (&"day".into(), &"2023-11-14".into())
    );
    assert_eq!(Organiser.day(&turns, &written(&drafts)), []);
    // Another's turns of that day make no second session.
    for memory in &mut turns[WALK.len()..] {
        memory.header.governance.owner = "ben".parse().unwrap();
    }
    assert_eq!(Organiser.day(&turns, &[]), []);
}

#[test]
fn little_needs_no_summary_and_derived_memories_are_no_turns() {
    let turns = session("s", 0, &WALK[..3]);
    assert!(of(&Organiser.plan(&turns, &[]), SemanticType::Summary).is_empty());
    let mut derived = session("s", 0, WALK);
    for memory in &mut derived {
        memory.header.descriptive.origin = Origin::Inference;
    }
    assert_eq!(Organiser.plan(&derived, &[]), []);
}

proptest! {
    #[test]
    fn any_turns_are_planned_once(
        said in proptest::collection::vec(
            (0_usize..3, 0_usize..2, "\\PC{0,60}|I love [a-z]{3,8}\\.|[a-z ]{20,60}\\.|我喜欢[一-龥]{2,5}。"),
            0..14,
        ),
    ) {
        let turns: Vec<Memory> = said
            .iter()
            .enumerate()
            .map(|(i, (who, session, text))| {
                turn(["Ada", "小林", ""][*who], text, ["a", "b"][*session], i as i64)
            })
            .collect();
        let drafts = Organiser.plan(&turns, &[]);
        for draft in &drafts {
            prop_assert!(!draft.memory.header.behavioural.derived_from.is_empty());
            prop_assert!(!text(&draft.memory).is_empty());
        }
        prop_assert_eq!(Organiser.plan(&turns, &written(&drafts)), []);
    }
}
