//! What the operator makes of the index's candidates.

use std::sync::atomic::Ordering;

use memos_core::{Code, Layers, Link, LinkKind, Origin, Timestamp, UserId, VolatileVault};

use super::*;
use crate::testing::{Brute, Dice, Letters, OwnerOnly, ada, adding, call, memory, text, vault};

fn operator() -> (Arc<VolatileVault>, Arc<Letters>, MemOperator) {
    let (vault, _) = vault();
    let (index, letters) = (Arc::new(Brute::default()), Arc::new(Letters::default()));
    let residency = Arc::new(Residency::new(
        Arc::clone(&vault) as _,
        Arc::clone(&index) as _,
        Arc::clone(&letters) as _,
    ));
    let operator = MemOperator::new(
        Arc::clone(&vault) as _,
        index,
        Arc::clone(&letters) as _,
        Arc::new(OwnerOnly),
        residency,
    );
    (vault, letters, operator)
}

fn texts(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|h| text(&h.memory)).collect()
}

#[test]
fn repeats_of_one_speaker_fold_and_the_answer_still_fills() {
    let (vault, _, operator) = operator();
    let all = [
        memory("abc", 1),
        memory("abc", 2),
        memory("abd", 3),
        memory("xyz", 4),
    ];
    vault.commit(adding(&all)).unwrap();
    let found = operator.search(&call("abc", ada(), 2)).unwrap();
    assert_eq!(texts(&found), ["abc", "abd"]);
    assert_eq!(found.hits[0].memory.id, all[0].id);
    assert!(found.degraded.is_empty());
}

#[test]
fn many_repeats_leave_room_for_the_rest() {
    let (vault, _, operator) = operator();
    let mut all: Vec<Memory> = (0..60).map(|day| memory("abc", day)).collect();
    all.push(memory("abd", 70));
    all.push(memory("xyz", 71));
    vault.commit(adding(&all)).unwrap();
    let found = operator.search(&call("abc", ada(), 3)).unwrap();
    assert_eq!(texts(&found), ["abc", "abd", "xyz"]);
}

#[test]
fn another_is_told_that_there_is_no_such_cube() {
    let (vault, _, operator) = operator();
    vault.commit(adding(&[memory("abc", 1)])).unwrap();
    let eve: UserId = "eve".parse().unwrap();
    let refused = operator.search(&call("abc", eve, 2)).unwrap_err();
    assert_eq!(refused.code(), Code::CubeNotFound);
}

#[test]
fn a_missing_model_degrades_and_says_so() {
    let (vault, letters, operator) = operator();
    vault.commit(adding(&[memory("abc", 1)])).unwrap();
    operator.search(&call("abc", ada(), 2)).unwrap();
    letters.broken.store(true, Ordering::Relaxed);
    let found = operator.search(&call("abc", ada(), 2)).unwrap();
    assert_eq!(
        (found.hits.len(), found.degraded),
        (1, vec!["dense".to_owned()])
    );
}

#[test]
fn the_same_cube_twice_is_one_cube() {
    let (vault, _, operator) = operator();
    vault.commit(adding(&[memory("abc", 1)])).unwrap();
    let mut twice = call("abc", ada(), 5);
    twice.cubes.push(twice.cubes[0].clone());
    assert_eq!(operator.search(&twice).unwrap().hits.len(), 1);
}

fn link(from: &mut Memory, kind: LinkKind, to: &Memory) {
    let link = Link { kind, to: to.id };
    from.header.behavioural.links.insert(link);
}

fn derived(text: &str, day: i64) -> Memory {
    let mut memory = memory(text, day);
    memory.header.descriptive.origin = Origin::Inference;
    memory
}

fn folded(found: &Found) -> Vec<&[MemoryId]> {
    found.hits.iter().map(|h| &h.folded[..]).collect()
}

#[test]
fn what_is_folded_is_named() {
    let (vault, _, operator) = operator();
    let all = [memory("abc", 1), memory("abc", 2), memory("abd", 3)];
    vault.commit(adding(&all)).unwrap();
    let found = operator.search(&call("abc", ada(), 3)).unwrap();
    assert_eq!(folded(&found), [&[all[1].id][..], &[]]);
}

/// The linked one, the one that links, and two that are linked to the same third all say the same.
#[test]
fn duplicates_fold_whichever_comes_first() {
    for question in ["abc", "abe", "abf"] {
        let (vault, _, operator) = operator();
        let first = memory("abc", 1);
        let mut second = memory("abe", 2);
        let mut third = memory("abf", 3);
        link(&mut second, LinkKind::DuplicateOf, &first);
        link(&mut third, LinkKind::DuplicateOf, &first);
        let other = memory("abg", 4);
        let all = [first, second, third, other];
        vault.commit(adding(&all)).unwrap();
        let found = operator.search(&call(question, ada(), 4)).unwrap();
        let named: HashSet<MemoryId> = all[..3].iter().map(|m| m.id).collect();
        let mut said: HashSet<MemoryId> = found.hits[0].folded.iter().copied().collect();
        said.insert(found.hits[0].memory.id);
        assert_eq!((found.hits.len(), said), (2, named));
        assert_eq!(text(&found.hits[0].memory), question);
    }
}

#[test]
fn other_links_fold_nothing() {
    let (vault, _, operator) = operator();
    let first = memory("abc", 1);
    let mut second = memory("abd", 2);
    for kind in [
        LinkKind::Contradicts,
        LinkKind::Supersedes,
        LinkKind::Corrects,
        LinkKind::RelatesTo,
    ] {
        link(&mut second, kind, &first);
    }
    vault.commit(adding(&[first, second])).unwrap();
    let found = operator.search(&call("abc", ada(), 4)).unwrap();
    assert_eq!(texts(&found), ["abc", "abd"]);
}

#[test]
fn a_missing_fingerprint_is_no_sign_of_a_repeat() {
    let (vault, _, operator) = operator();
    let mut all = [memory("abc", 1), memory("abd", 2)];
    for m in &mut all {
        m.header.behavioural.fingerprint = 0;
    }
    vault.commit(adding(&all)).unwrap();
    let found = operator.search(&call("abc", ada(), 4)).unwrap();
    assert_eq!(found.hits.len(), 2);
}

/// What the current one stands in front of keeps its own place, unless a place of the chain is free.
#[test]
fn the_current_one_stands_before_those_it_took_the_place_of() {
    let (vault, _, operator) = operator();
    // Each letter in common is worth 0.9, being superseded costs 0.15.
    let mut oldest = memory("abcdef", 1);
    let mut older = memory("abcdez", 2);
    let current = memory("abyz", 4);
    oldest.header.behavioural.superseded_by = Some(older.id);
    older.header.behavioural.superseded_by = Some(current.id);
    let (other, last) = (memory("abcxyz", 3), memory("ax", 5));
    vault
        .commit(adding(&[oldest, older, other, current, last]))
        .unwrap();
    let mut asked = call("abcdef", ada(), 5);
    let found = operator.search(&asked).unwrap();
    assert_eq!(texts(&found), ["abyz", "abcdez", "abcxyz", "abcdef", "ax"]);
    asked.valid_at = Some(Timestamp::from_secs(10 * 86_400));
    let then = operator.search(&asked).unwrap();
    assert_eq!(texts(&then), ["abcdef", "abcdez", "abcxyz", "abyz", "ax"]);
}

#[test]
fn a_circle_of_supersession_drops_nothing() {
    let (vault, _, operator) = operator();
    let mut all: Vec<Memory> = ["abcd", "abc", "ab", "a"].map(|t| memory(t, 1)).into();
    for at in 0..4 {
        // The fourth leads into a circle of the first three.
        let next = all[(at + 1) % 3].id;
        all[at].header.behavioural.superseded_by = Some(next);
    }
    vault.commit(adding(&all)).unwrap();
    let found = operator.search(&call("abcd", ada(), 5)).unwrap();
    assert_eq!(texts(&found), ["abcd", "abc", "ab", "a"]);
}

#[test]
fn layers_are_searched_as_asked_and_never_mixed() {
    let (vault, _, operator) = operator();
    let evidence: Vec<Memory> = ["abc", "abx", "axy"].map(|t| memory(t, 1)).into();
    let summaries: Vec<Memory> = ["abcd", "xyz", "byz"].map(|t| derived(t, 2)).into();
    vault
        .commit(adding(&[evidence, summaries].concat()))
        .unwrap();
    let mut asked = call("abc", ada(), 2);
    fn of(hits: &[Hit]) -> Vec<&str> {
        hits.iter().map(|h| text(&h.memory)).collect()
    }
    for (layers, hits, derived) in [
        (Layers::Evidence, vec!["abc", "abx"], vec![]),
        (Layers::Derived, vec![], vec!["abcd", "byz"]),
        (Layers::Both, vec!["abc", "abx"], vec!["abcd", "byz"]),
    ] {
        asked.layers = layers;
        let found = operator.search(&asked).unwrap();
        assert_eq!((of(&found.hits), of(&found.derived)), (hits, derived));
    }
}

/// Whatever is linked to whatever: each memory is a hit or folded into one, once; and nothing stands
/// before what took its place, unless duplicates bend the chains.
#[test]
fn every_memory_is_reachable() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (vault, _, operator) = operator();
        let said = |n: usize| memory(&"abcdefghijkl"[..=n], 1);
        let mut all: Vec<Memory> = (0..12).map(said).collect();
        let duplicates = seed % 2 == 0;
        for _ in 0..dice.below(20) {
            let (from, to) = (dice.below(12), dice.below(12));
            let (earlier, later) = (from.min(to), from.max(to));
            if from == to {
                continue;
            }
            if duplicates && dice.below(2) == 0 {
                let target = all[to].clone();
                link(&mut all[from], LinkKind::DuplicateOf, &target);
            } else {
                all[earlier].header.behavioural.superseded_by = Some(all[later].id);
            }
        }
        vault.commit(adding(&all)).unwrap();
        let found = operator.search(&call("abcdefghijkl", ada(), 12)).unwrap();
        let mut reached: Vec<MemoryId> = found
            .hits
            .iter()
            .flat_map(|h| std::iter::once(h.memory.id).chain(h.folded.iter().copied()))
            .collect();
        reached.sort_unstable();
        let mut ids: Vec<MemoryId> = all.iter().map(|m| m.id).collect();
        ids.sort_unstable();
        assert_eq!(reached, ids, "seed {seed}");
        let place = |id| found.hits.iter().position(|h| h.memory.id == id);
        for (at, hit) in found.hits.iter().enumerate() {
            let by = hit.memory.header.behavioural.superseded_by.and_then(place);
            assert!(duplicates || by.is_none_or(|by| by < at), "seed {seed}");
        }
    }
}

#[test]
fn what_is_current_stands_before_what_it_replaced_though_no_word_finds_it() {
    let (vault, _, operator) = operator();
    let (mut athens, mut lisbon) = (memory("abc", 1), memory("xyz", 2));
    let porto = memory("qrs", 3);
    athens.header.behavioural.superseded_by = Some(lisbon.id);
    lisbon.header.behavioural.superseded_by = Some(porto.id);
    let all = [athens, lisbon, porto, memory("abd", 4)];
    vault.commit(adding(&all)).unwrap();
    let found = operator.search(&call("abc", ada(), 2)).unwrap();
    assert_eq!(texts(&found), ["qrs", "abc"]);
    let found = operator.search(&call("abc", ada(), 3)).unwrap();
    assert_eq!(texts(&found), ["qrs", "abc", "abd"]);
    let mut then = call("abc", ada(), 1);
    then.valid_at = Some(all[0].header.descriptive.said_at.at());
    assert_eq!(texts(&operator.search(&then).unwrap()), ["abc"]);
}

#[test]
fn nobody_is_shown_a_successor_that_he_may_not_see_or_did_not_ask_for() {
    let (vault, _, operator) = operator();
    let mut old = memory("abc", 1);
    let mut new = memory("xyz", 2);
    new.header.descriptive.semantic_type = memos_core::SemanticType::Preference;
    old.header.behavioural.superseded_by = Some(new.id);
    vault.commit(adding(&[old, new])).unwrap();
    assert_eq!(
        texts(&operator.search(&call("abc", ada(), 1)).unwrap()),
        ["xyz"]
    );
    let mut messages = call("abc", ada(), 1);
    messages.types = vec![memos_core::SemanticType::Message];
    assert_eq!(texts(&operator.search(&messages).unwrap()), ["abc"]);
}
