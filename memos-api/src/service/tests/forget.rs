//! Forgetting, and what goes with the forgotten.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{Code, EventKind, EventSeq, Filter, MemoryId};
use proptest::prelude::*;

use super::{World, ada, bob, cube};
use crate::Forgotten;
use crate::wire::SearchRequest;

fn told(memories: usize, derived: usize) -> Forgotten {
    Forgotten { memories, derived }
}

impl World {
    fn forget_all(&self, of: &str, ids: &[MemoryId]) -> Forgotten {
        self.memos.forget_all(&ada(), &cube(of), ids).unwrap()
    }

    /// How often the events tell that each memory of a cube was forgotten.
    fn forgotten(&self, of: &str) -> BTreeMap<MemoryId, usize> {
        let events = self.memos.log.events(EventSeq(0), usize::MAX).unwrap();
        let mut told = BTreeMap::new();
        for event in events {
            if event.kind == EventKind::Forgotten && event.cube_id == cube(of) {
                *told.entry(event.memory_id.unwrap()).or_insert(0) += 1;
            }
        }
        told
    }

    fn found(&self, of: &str, query: &str) -> Vec<MemoryId> {
        let request = SearchRequest {
            query: query.to_owned(),
            cube_ids: vec![of.to_owned()],
            include: Some(vec!["derived".to_owned()]),
            ..SearchRequest::default()
        };
        let answer = self.memos.search(&ada(), &request).unwrap();
        let derived = answer.derived.into_iter();
        let hits = answer.hits.into_iter().chain(derived);
        hits.map(|hit| hit.memory.id).collect()
    }
}

#[test]
fn those_that_are_not_there_are_passed_over() {
    let world = World::new();
    let ids = world.say("notes", &["One.", "Two.", "Three."]);
    let elsewhere = world.say("other", &["Four."])[0];
    let asked = [ids[0], MemoryId::generate(), ids[2], ids[0], elsewhere];
    assert_eq!(world.forget_all("notes", &asked), told(2, 0));
    assert_eq!(world.left("notes", &ids), [ids[1]]);
    assert_eq!(world.left("other", &[elsewhere]), [elsewhere]);
    assert_eq!(world.forget_all("notes", &asked), told(0, 0));
    assert_eq!(world.forget_all("notes", &[]), told(0, 0));
    assert_eq!(world.forgotten("notes").len(), 2);

    let nowhere = world.memos.forget_all(&ada(), &cube("nowhere"), &asked);
    assert_eq!(nowhere.unwrap_err().code(), Code::CubeNotFound);
    let hidden = world.memos.forget_all(&bob(), &cube("notes"), &ids);
    assert_eq!(hidden.unwrap_err().code(), Code::CubeNotFound);
    assert_eq!(world.left("notes", &ids), [ids[1]]);
}

#[test]
fn one_that_must_stay_keeps_all() {
    let world = World::new();
    let many: Vec<String> = (0..1_100).map(|n| format!("Entry {n}.")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let ids = world.say("notes", &many);
    let all = Filter::from_json_text(r#"{"text": {"contains": "Entry"}}"#).unwrap();
    let by_filter = || world.memos.forget_where(&ada(), &cube("notes"), &all);
    let by_ids = || world.memos.forget_all(&ada(), &cube("notes"), &ids);

    let last = ids[1_099];
    world.freeze("notes", last).unwrap();
    for refused in [by_filter(), by_ids()] {
        assert_eq!(refused.unwrap_err().code(), Code::IllegalMove);
    }
    world.change("notes", last, |m| {
        m.state = memos_core::State::Generated;
        m.header.governance.legal_hold = true;
    });
    for refused in [by_filter(), by_ids()] {
        assert_eq!(refused.unwrap_err().code(), Code::Forbidden);
    }
    assert_eq!(world.left("notes", &ids), ids);
    // What would go along counts as well.
    let held = world.derive("notes", "A summary.", &ids[..2]);
    world.change("notes", held, |m| m.header.governance.legal_hold = true);
    let refused = world
        .memos
        .forget_all(&ada(), &cube("notes"), &ids[..1_000]);
    assert_eq!(refused.unwrap_err().code(), Code::Forbidden);
    assert_eq!(world.left("notes", &ids), ids);

    for id in [last, held] {
        world.change("notes", id, |m| m.header.governance.legal_hold = false);
    }
    assert_eq!(by_filter().unwrap(), told(1_100, 1));
    assert!(world.left("notes", &ids).is_empty());
    let events = world.forgotten("notes");
    assert_eq!(events.len(), 1_101);
    assert!(events.values().all(|n| *n == 1));
    assert_eq!(world.memos.count(&ada(), &cube("notes")).unwrap(), 0);
}

#[test]
fn what_is_made_of_the_forgotten_alone_goes_along() {
    let world = World::new();
    let said = world.say("notes", &["Kumquats are fruit.", "Tulips are not."]);
    let (fruit, flower) = (said[0], said[1]);
    let of_both = world.derive("notes", "Of kumquats and tulips.", &said);
    let of_fruit = world.derive("notes", "Of kumquats.", &[fruit]);
    let of_that = world.derive("notes", "Of what is said of kumquats.", &[of_fruit]);
    assert!(world.found("notes", "kumquats").contains(&of_that));

    world.memos.forget(&ada(), &cube("notes"), fruit).unwrap();
    let all = [fruit, flower, of_both, of_fruit, of_that];
    assert_eq!(world.left("notes", &all), [flower, of_both]);
    assert_eq!(world.found("notes", "kumquats").len(), 2);
    let gone = BTreeSet::from([fruit, of_fruit, of_that]);
    assert_eq!(
        world
            .forgotten("notes")
            .into_keys()
            .collect::<BTreeSet<_>>(),
        gone
    );
    // With the last of its evidence, what was made from both goes too.
    assert_eq!(world.forget_all("notes", &[flower]), told(1, 1));
    assert!(world.left("notes", &all).is_empty());
    assert!(world.found("notes", "kumquats tulips").is_empty());
}

#[test]
fn what_is_made_of_others_too_keeps_nothing_of_the_forgotten() {
    let world = World::new();
    let said = world.say("notes", &["Kumquats are fruit.", "Tulips are not."]);
    let label = |id, label: &str| {
        world.change("notes", id, |memory| {
            memory.header.descriptive.tags.insert(label.to_owned());
        });
    };
    label(said[0], "secret");
    let of_both = world.derive("notes", "Of both.", &said);
    label(of_both, "mine");
    let before = world.memory("notes", of_both).unwrap();
    assert!(before.header.descriptive.tags.contains("secret"));

    let notes = cube("notes");
    world.memos.forget(&ada(), &notes, said[0]).unwrap();
    let after = world.memory("notes", of_both).unwrap();
    let tags: Vec<_> = after.header.descriptive.tags.iter().collect();
    assert_eq!(tags, ["mine"]);
    assert_eq!(after.header.behavioural.derived_from, [said[1]]);
    // Neither does its past, which is gone as that of the forgotten is.
    let versions = world.memos.versions(&ada(), &notes, of_both).unwrap();
    let numbers: Vec<_> = versions.versions.iter().map(|v| v.version).collect();
    assert_eq!(numbers, [before.header.behavioural.version + 1]);
    let events = world.memos.log.events(EventSeq(0), usize::MAX).unwrap();
    let last = events.last().unwrap();
    assert_eq!(
        (last.kind, last.memory_id),
        (EventKind::Updated, Some(of_both))
    );
    assert!(world.found("notes", "both").contains(&of_both));

    // What must not change keeps what it was made from.
    world.freeze("notes", of_both).unwrap();
    let held = world.derive("notes", "Of one.", &said[1..]);
    let refused = world.memos.forget(&ada(), &notes, said[1]);
    assert_eq!(refused.unwrap_err().code(), Code::IllegalMove);
    let all = [said[1], of_both, held];
    assert_eq!(world.left("notes", &all), all);
}

#[test]
fn what_a_rollback_took_out_goes_with_any_of_its_evidence() {
    let world = World::new();
    let first = world.say("notes", &["One."])[0];
    let second = world.say("notes", &["Two."])[0];
    let of_both = world.derive("notes", "Of both.", &[first, second]);
    let of_second = world.derive("notes", "Of the second.", &[second]);
    // The rollback takes the second and what was made from it, and all of it can come back.
    world.roll_back("notes", "change:1");
    let all = [first, second, of_both, of_second];
    assert_eq!(world.left("notes", &all), [first]);
    // What was made from both could come back only as it was.
    assert_eq!(world.forget_all("notes", &[first]), told(1, 1));
    world.roll_back("notes", "change:4");
    assert_eq!(world.left("notes", &all), [second, of_second]);
    // What a rollback took out can be forgotten, and takes along what else it could bring back.
    world.roll_back("notes", "change:1");
    assert_eq!(world.forget_all("notes", &[second]), told(1, 1));
    world.roll_back("notes", "change:4");
    assert!(world.left("notes", &all).is_empty());
}

#[test]
fn a_branch_forgets_for_itself() {
    let world = World::new();
    let said = world.say("notes", &["One.", "Two."]);
    let of_both = world.derive("notes", "Of both.", &said);
    let all = [said[0], said[1], of_both];
    world.branch("notes", "what-if");
    assert_eq!(world.forget_all("what-if", &said[..1]), told(1, 0));
    assert_eq!(world.left("what-if", &all), all[1..]);
    assert_eq!(world.forget_all("what-if", &said[1..]), told(1, 1));
    assert!(world.left("what-if", &all).is_empty());
    assert_eq!(world.left("notes", &all), all);
    assert_eq!(world.found("notes", "both").len(), 3);
    assert_eq!(world.forget_all("notes", &said), told(2, 1));
    assert!(world.left("notes", &all).is_empty());
}

#[test]
fn a_filter_says_which() {
    let world = World::new();
    let said = world.say("notes", &["Red.", "Blue.", "Red again."]);
    let red = Filter::from_json_text(r#"{"text": {"contains": "Red"}}"#).unwrap();
    let forget = |name: &str| world.memos.forget_where(&ada(), &cube(name), &red);
    assert_eq!(forget("notes").unwrap(), told(2, 0));
    assert_eq!(world.left("notes", &said), [said[1]]);
    assert_eq!(forget("notes").unwrap(), told(0, 0));
    assert_eq!(forget("nowhere").unwrap_err().code(), Code::CubeNotFound);
    let hidden = world.memos.forget_where(&bob(), &cube("notes"), &red);
    assert_eq!(hidden.unwrap_err().code(), Code::CubeNotFound);
}

#[test]
fn a_filter_finds_what_is_made_of_others_too_by_what_stays_of_it() {
    let world = World::new();
    let said = world.say("notes", &["One.", "Two."]);
    for (id, label) in [(said[0], "first"), (said[1], "second")] {
        world.change("notes", id, |memory| {
            memory.header.descriptive.tags.insert(label.to_owned());
        });
    }
    let of_both = world.derive("notes", "Of both.", &said);
    world.change("notes", of_both, |memory| {
        memory.header.descriptive.tags.insert("second".to_owned());
    });
    let forget = |filter: &str| {
        let filter = Filter::from_json_text(filter).unwrap();
        world.memos.forget_where(&ada(), &cube("notes"), &filter)
    };
    // It is of the second too.
    assert_eq!(
        forget(r#"{"tags": {"contains": "first"}}"#).unwrap(),
        told(1, 0)
    );
    let all = [said[0], said[1], of_both];
    assert_eq!(world.left("notes", &all), all[1..]);
    // It is a summary whatever it is made of.
    assert_eq!(
        forget(r#"{"semantic_type": "summary"}"#).unwrap(),
        told(1, 0)
    );
    assert_eq!(world.left("notes", &all), [said[1]]);
    // All that it was made of goes: it is one of those that were asked for.
    let again = world.derive("notes", "Of the second.", &said[1..]);
    assert_eq!(
        forget(r#"{"tags": {"contains": "second"}}"#).unwrap(),
        told(2, 0)
    );
    assert!(world.left("notes", &[said[1], again]).is_empty());
}

/// What is left, by the plain rule: as long as something can go, it goes.
fn model(from: &[Vec<usize>], forgotten: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut gone = forgotten.clone();
    loop {
        let goes = |n: &usize| {
            let evidence = &from[*n];
            !gone.contains(n) && !evidence.is_empty() && evidence.iter().all(|e| gone.contains(e))
        };
        match (0..from.len()).find(goes) {
            Some(n) => gone.insert(n),
            None => return (0..from.len()).filter(|n| !gone.contains(n)).collect(),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_web_of_evidence_agrees_with_the_plain_rule(
        webs in proptest::collection::vec(proptest::collection::vec(any::<u16>(), 10), 3),
        rounds in proptest::collection::vec(any::<u16>(), 3),
    ) {
        let world = World::new();
        for (number, web) in webs.into_iter().enumerate() {
            let name = format!("web{number}");
            let mut ids = world.say(&name, &["a", "b", "c"]);
            let mut from: Vec<Vec<usize>> = vec![vec![]; 3];
            for bits in web {
                let some = (0..ids.len()).filter(|n| bits & (1 << n) != 0);
                let mut evidence: Vec<usize> = some.collect();
                evidence.truncate(1 + usize::from(bits >> 13) % 3);
                if evidence.is_empty() {
                    evidence.push(0);
                }
                let named: Vec<_> = evidence.iter().map(|n| ids[*n]).collect();
                ids.push(world.derive(&name, "x", &named));
                from.push(evidence);
            }
            let mut forgotten = BTreeSet::new();
            for round in &rounds {
                let asked: Vec<usize> = (0..ids.len()).filter(|n| round & (1 << n) != 0).collect();
                let before = world.left(&name, &ids).len();
                let named: Vec<_> = asked.iter().map(|n| ids[*n]).collect();
                let done = world.forget_all(&name, &named);
                forgotten.extend(asked);
                let expected: Vec<_> = model(&from, &forgotten).into_iter().map(|n| ids[n]).collect();
                let left = world.left(&name, &ids);
                prop_assert_eq!(&left, &expected);
                prop_assert_eq!(done.memories + done.derived, before - left.len());
            }
        }
    }
}
