//! What fusion does to a cube.

use std::sync::Arc;

use memos_core::{
    Access, Audience, Cause, Commit, EventKind, EventLog, EventSeq, Granularity, Interval, Link,
    LinkKind, Memory, MemoryId, Origin, Snapshot, Source, State, TimeMention, Timestamp, ValidTime,
    Vault, VolatileVault, Write,
};
use memos_models::StaticEmbedder;
use proptest::prelude::*;

use crate::fusion::{Fused, Fusion, Opinion, Verdict};
use crate::testing::{adding, cube_id, memory, vault};

pub(super) fn fusion() -> Fusion {
    Fusion::new(Arc::new(StaticEmbedder::bundled()))
}

fn derived(text: &str, day: i64) -> Memory {
    let mut memory = memory(text, day);
    memory.header.descriptive.origin = Origin::Inference;
    memory
}

pub(super) fn view(vault: &VolatileVault) -> Box<dyn Snapshot> {
    vault.snapshot().unwrap()
}

/// Plans for the memories and carries it out; what was planned and how much was written.
fn fuse(
    vault: &VolatileVault,
    fusion: &Fusion,
    ids: &[MemoryId],
    opinion: Option<&Opinion<'_>>,
) -> (Vec<Fused>, usize) {
    let planned = fusion
        .plan(&*view(vault), &cube_id(), ids, opinion)
        .unwrap();
    let mut written = 0;
    for fused in &planned {
        let next = |m: &Memory| m.header.behavioural.version + 1;
        let now = Timestamp::from_secs(1_800_000_000);
        if let Some(commit) = fusion.commit(&*view(vault), fused, now, &next).unwrap() {
            vault.commit(commit).unwrap();
            written += 1;
        }
    }
    (planned, written)
}

fn run(memories: &[Memory]) -> (Arc<VolatileVault>, Vec<MemoryId>, usize) {
    let (vault, _) = vault();
    vault.commit(adding(memories)).unwrap();
    let ids: Vec<MemoryId> = memories.iter().map(|m| m.id).collect();
    let (_, written) = fuse(&vault, &fusion(), &ids, None);
    (vault, ids, written)
}

pub(super) fn get(vault: &VolatileVault, id: MemoryId) -> Memory {
    vault.memory(&cube_id(), id).unwrap().unwrap()
}

fn has_link(memory: &Memory, kind: LinkKind, to: MemoryId) -> bool {
    memory.header.behavioural.links.contains(&Link { kind, to })
}

#[test]
fn a_replaced_statement_ends_and_points_at_the_newer() {
    let (vault, ids, _) = run(&[
        memory("I live in Leeds.", 1),
        memory("We moved to Bristol!", 40),
    ]);
    let (old, new) = (get(&vault, ids[0]), get(&vault, ids[1]));
    assert_eq!(old.header.behavioural.superseded_by, Some(ids[1]));
    assert_eq!(
        old.header.descriptive.valid.until,
        Some(Timestamp::from_secs(40 * 86_400))
    );
    assert_eq!(
        (old.header.behavioural.version, old.state),
        (2, State::Generated)
    );
    assert_eq!(old.payload, memory("I live in Leeds.", 1).payload);
    assert!(has_link(&new, LinkKind::Supersedes, ids[0]));
    assert_eq!(new.header.behavioural.superseded_by, None);

    let change = view(&vault)
        .history(&cube_id(), ids[0])
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(change.why.cause, Cause::Fusion);
    assert_eq!(
        change.why.detail.as_deref(),
        Some("fusion.residence.changed")
    );
    assert_eq!(change.why.evidence, [ids[1]]);
    let events = vault.events(EventSeq(2), 9).unwrap();
    assert!(events.iter().all(|e| e.kind == EventKind::Updated) && events.len() == 2);
}

#[test]
fn the_end_is_when_the_words_say_it_began() {
    let mut moved = memory("I moved to Bristol last month.", 70);
    let day = |n: i64| Timestamp::from_secs(n * 86_400);
    if let memos_core::Payload::Plaintext(plain) = &mut moved.payload {
        plain.times.push(TimeMention {
            start: 19,
            end: 29,
            valid: ValidTime {
                interval: Interval::new(day(31), day(59)).unwrap(),
                granularity: Granularity::Month,
                offset_minutes: 0,
            },
        });
    }
    let (vault, ids, _) = run(&[memory("I live in Leeds.", 1), moved.clone()]);
    assert_eq!(
        get(&vault, ids[0]).header.descriptive.valid.until,
        Some(day(31))
    );
    // It can't end before it was said.
    moved.id = MemoryId::generate();
    let (vault, ids, _) = run(&[memory("I live in Leeds.", 50), moved]);
    assert_eq!(
        get(&vault, ids[0]).header.descriptive.valid.until,
        Some(day(50))
    );
}

#[test]
fn a_chain_keeps_each_link() {
    let (vault, ids, written) = run(&[
        memory("My phone number is 555-0101.", 1),
        memory("My phone number is 555-0202.", 2),
        memory("My phone number is 555-0303.", 3),
    ]);
    let by = |i: usize| get(&vault, ids[i]).header.behavioural.superseded_by;
    assert_eq!(
        (by(0), by(1), by(2), written),
        (Some(ids[1]), Some(ids[2]), None, 2)
    );
}

#[test]
fn a_late_arrival_takes_its_place_in_time() {
    let (vault, _) = vault();
    let fusion = fusion();
    let newer = memory("I moved to Bristol!", 40);
    vault.commit(adding(std::slice::from_ref(&newer))).unwrap();
    assert_eq!(fuse(&vault, &fusion, &[newer.id], None).1, 0);
    // Imported later, said before.
    let older = memory("I live in Leeds.", 1);
    vault.commit(adding(std::slice::from_ref(&older))).unwrap();
    assert_eq!(fuse(&vault, &fusion, &[older.id], None).1, 1);
    assert_eq!(
        get(&vault, older.id).header.behavioural.superseded_by,
        Some(newer.id)
    );
}

#[test]
fn repeated_evidence_points_at_the_first_and_keeps_its_words() {
    let text = "I'm allergic to peanuts.";
    let (vault, ids, written) = run(&[
        memory(text, 1),
        memory("I am allergic to PEANUTS", 2),
        memory(text, 3),
    ]);
    assert_eq!(written, 2);
    for id in [ids[1], ids[2]] {
        let memory = get(&vault, id);
        assert!(has_link(&memory, LinkKind::DuplicateOf, ids[0]));
        assert_eq!(memory.header.behavioural.links.len(), 1);
        assert_eq!(
            (memory.state, memory.header.behavioural.superseded_by),
            (State::Generated, None)
        );
    }
    assert_eq!(get(&vault, ids[0]).header.behavioural.version, 1);
}

#[test]
fn derived_repeats_are_consolidated_with_all_their_sources() {
    let source = |n: &str| Source {
        kind: "message".into(),
        reference: n.into(),
        locator: None,
    };
    let mut facts = [
        derived("Ana is allergic to peanuts.", 1),
        derived("Ana is allergic to peanuts", 2),
    ];
    let origins = [MemoryId::generate(), MemoryId::generate()];
    for (i, fact) in facts.iter_mut().enumerate() {
        fact.header.descriptive.sources = vec![source("both"), source(&i.to_string())];
        fact.header.descriptive.tags.insert(format!("tag{i}"));
        fact.header.behavioural.derived_from = vec![origins[i]];
    }
    let (vault, ids, written) = run(&facts);
    let (survivor, other) = (get(&vault, ids[0]), get(&vault, ids[1]));
    assert_eq!(written, 1);
    assert_eq!(
        survivor.header.descriptive.sources,
        [source("both"), source("0"), source("1")]
    );
    assert_eq!(survivor.header.descriptive.tags.len(), 2);
    assert_eq!(survivor.header.behavioural.derived_from, origins);
    assert_eq!(survivor.header.behavioural.version, 2);
    assert_eq!(
        (other.state, other.header.behavioural.superseded_by),
        (State::Merged, Some(ids[0]))
    );
    let kinds: Vec<EventKind> = vault
        .events(EventSeq(2), 9)
        .unwrap()
        .iter()
        .map(|e| e.kind)
        .collect();
    assert_eq!(kinds, [EventKind::Updated, EventKind::Merged]);
}

#[test]
fn a_contradiction_links_and_ends_nothing() {
    let (vault, ids, _) = run(&[
        memory("I was born in 1990.", 1),
        memory("I was born in 1988.", 2),
    ]);
    let old = get(&vault, ids[0]);
    assert_eq!(
        (
            old.header.behavioural.version,
            old.header.descriptive.valid.until
        ),
        (1, None)
    );
    assert!(has_link(
        &get(&vault, ids[1]),
        LinkKind::Contradicts,
        ids[0]
    ));
}

#[test]
fn others_layers_and_guarded_memories_are_left_alone() {
    let pair = || {
        [
            memory("I live in Leeds.", 1),
            memory("I moved to Bristol!", 2),
        ]
    };
    let change: [fn(&mut [Memory; 2]); 4] = [
        |m| m[1].header.governance.owner = "bob".parse().unwrap(),
        |m| {
            m[1].header.governance.access = Access {
                readers: Audience::Everyone,
                writers: Audience::Owner,
            }
        },
        |m| m[1].header.descriptive.origin = Origin::Inference,
        |m| m[1].state = State::Frozen,
    ];
    for (i, change) in change.into_iter().enumerate() {
        let mut memories = pair();
        change(&mut memories);
        assert_eq!(run(&memories).2, 0, "case {i}");
    }
    // The older one is held: only the newer changes.
    for hold in [true, false] {
        let mut memories = pair();
        if hold {
            memories[0].header.governance.legal_hold = true;
        } else {
            memories[0].state = State::Frozen;
        }
        let (vault, ids, _) = run(&memories);
        assert_eq!(get(&vault, ids[0]), memories[0]);
        assert!(has_link(&get(&vault, ids[1]), LinkKind::Supersedes, ids[0]));
    }
}

#[test]
fn a_part_of_a_long_text_does_not_end_the_rest() {
    let long =
        "I live in Leeds. Yesterday we saw a fox. The roof needs repair. Ana sings in a choir.";
    let (vault, ids, _) = run(&[memory(long, 1), memory("I moved to Bristol!", 2)]);
    assert_eq!(get(&vault, ids[0]).header.behavioural.superseded_by, None);
    assert!(has_link(&get(&vault, ids[1]), LinkKind::Supersedes, ids[0]));
}

#[test]
fn the_state_follows_changes_and_removals() {
    let (vault, _) = vault();
    let fusion = fusion();
    let first = memory("I live in Leeds.", 1);
    vault.commit(adding(std::slice::from_ref(&first))).unwrap();
    fuse(&vault, &fusion, &[first.id], None);
    let remove = Write::DeleteMemory {
        cube_id: cube_id(),
        id: first.id,
    };
    vault
        .commit(Commit {
            writes: vec![remove],
            ..Commit::default()
        })
        .unwrap();
    let mut second = memory("I like tea.", 2);
    vault.commit(adding(std::slice::from_ref(&second))).unwrap();
    // Its words change, so it is found by the new ones.
    if let memos_core::Payload::Plaintext(plain) = &mut second.payload {
        plain.text = "I live in York.".into();
    }
    second.header.behavioural.version = 2;
    let update = Write::UpdateMemory {
        memory: second.clone(),
        expected_version: 1,
    };
    vault
        .commit(Commit {
            writes: vec![update],
            ..Commit::default()
        })
        .unwrap();
    let third = memory("I moved to Bristol!", 3);
    vault.commit(adding(std::slice::from_ref(&third))).unwrap();
    let (planned, _) = fuse(&vault, &fusion, &[third.id], None);
    let pairs: Vec<_> = planned.iter().map(|f| (f.older, f.newer)).collect();
    assert_eq!(pairs, [(second.id, third.id)]);
}

#[test]
fn what_is_forgotten_leaves_no_trace() {
    let (vault, _) = vault();
    let fusion = fusion();
    let memories = [memory("I live in Leeds.", 1), memory("我不再吃素了。", 2)];
    vault.commit(adding(&memories)).unwrap();
    let ids = memories.map(|m| m.id);
    fuse(&vault, &fusion, &ids, None);
    assert!(!fusion.knows_nothing_of(&cube_id()));
    fusion.forget_memories(&cube_id(), &ids);
    assert!(fusion.knows_nothing_of(&cube_id()));
    // A cube that was let go is read in anew.
    fusion.forget_cube(&cube_id());
    fuse(&vault, &fusion, &ids, None);
    assert!(!fusion.knows_nothing_of(&cube_id()));
}

#[test]
fn an_opinion_overrules_the_rules_but_not_the_guards() {
    let memories = [
        memory("We live in a small flat north of Leeds.", 1),
        memory("We live in a big flat north of York, 2 rooms.", 2),
    ];
    let (vault, _) = vault();
    vault.commit(adding(&memories)).unwrap();
    let ids = memories.map(|m| m.id);
    let says = |verdict: Verdict| {
        let opinion = move |_: &Memory, _: &Memory, _: &Verdict| Ok(Some(verdict.clone()));
        fusion()
            .plan(&*view(&vault), &cube_id(), &ids, Some(&opinion))
            .unwrap()
    };
    let replaces = |confidence| Verdict::Supersedes {
        attribute: "residence".into(),
        rule: "model".into(),
        confidence,
    };
    // The pair is asked about although the rules see nothing in it.
    assert_eq!(says(replaces(0.9)).len(), 1);
    assert_eq!(says(replaces(f32::NAN)).len(), 0);
    assert_eq!(says(replaces(7.0)).len(), 0);
    assert_eq!(
        says(Verdict::Duplicate {
            exact: false,
            confidence: 0.9
        })
        .len(),
        0
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever was said in whatever order, the second run finds nothing to do, words and owners
    /// stay, and who has no successor is current.
    #[test]
    fn it_is_idempotent(said in prop::collection::vec((0_usize..10, 1_i64..9, any::<bool>()), 1..9)) {
        let texts = [
            "I live in Leeds.", "I live in Leeds!", "I moved to Bristol.", "We relocated to York.",
            "I'm vegetarian.", "I'm not vegetarian any more.", "I am not vegetarian.",
            "我住在杭州。", "我搬到苏州了。", "My phone number is 555-0101.",
        ];
        let memories: Vec<Memory> = said
            .into_iter()
            .map(|(i, day, own)| if own { memory(texts[i], day) } else { derived(texts[i], day) })
            .collect();
        let (vault, ids, _) = run(&memories);
        let before = view(&vault).memories(&cube_id(), None, 99).unwrap();
        let (planned, written) = fuse(&vault, &fusion(), &ids, None);
        prop_assert_eq!(written, 0, "{:?}", planned);
        prop_assert!(planned.is_empty(), "{:?}", planned);
        prop_assert_eq!(&before, &view(&vault).memories(&cube_id(), None, 99).unwrap());
        for memory in &before {
            let original = memories.iter().find(|m| m.id == memory.id).unwrap();
            prop_assert_eq!(&memory.payload, &original.payload);
            // A successor was said no earlier, or is the survivor of a merge.
            if let Some(next) = memory.header.behavioural.superseded_by {
                let next = before.iter().find(|m| m.id == next).unwrap();
                let merged = memory.state == State::Merged;
                let said = |m: &Memory| m.header.descriptive.said_at.at();
                prop_assert!(merged || said(next) >= said(memory));
            }
        }
    }
}
