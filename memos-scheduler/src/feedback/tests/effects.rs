//! What a decision does to the vault.

use memos_core::{
    Cause, Code, Commit, Link, LinkKind, Memory, MemoryId, State, Timestamp, Vault, Write,
};

use super::{feedback, memories};
use crate::feedback::{CorrectionKind, Decision, effect};
use crate::testing::{adding, cube_id, vault};

const NOW: Timestamp = Timestamp::MAX;

fn decision(corrects: &[&Memory], kind: CorrectionKind, named: bool) -> Decision {
    Decision {
        corrects: corrects.iter().map(|m| m.id).collect(),
        rule: "not_x_but_y".into(),
        kind,
        named,
        degraded: None,
    }
}

fn next(memory: &Memory) -> memos_core::Result<u32> {
    Ok(memory.header.behavioural.version + 1)
}

fn said_at(memory: &Memory) -> Timestamp {
    memory.header.descriptive.said_at.at()
}

/// Commits a correction of memories in a vault, and reads feedback and memories again.
fn committed(kind: CorrectionKind, known: &[Memory], said: &Memory) -> (Memory, Vec<Memory>) {
    let (vault, _) = vault();
    let mut all = known.to_vec();
    all.push(said.clone());
    vault.commit(adding(&all)).unwrap();
    let corrected: Vec<&Memory> = known.iter().collect();
    let decision = decision(&corrected, kind, true);
    let commit = effect(said, known, &decision, &next, NOW).unwrap();
    vault.commit(commit).unwrap();
    let read = |id| vault.memory(&cube_id(), id).unwrap().unwrap();
    let again = (
        read(said.id),
        known.iter().map(|m| read(m.id)).collect::<Vec<_>>(),
    );
    let history = vault
        .snapshot()
        .unwrap()
        .history(&cube_id(), known[0].id)
        .unwrap();
    let why = &history.last().unwrap().why;
    assert_eq!(
        (why.cause, why.detail.as_deref()),
        (Cause::Feedback, Some("not_x_but_y"))
    );
    assert_eq!(why.evidence, [said.id]);
    again
}

#[test]
fn what_has_changed_ends_when_the_feedback_begins() {
    let (known, said) = (
        memories(&["I live in Paris."]),
        feedback("I moved to Lyon."),
    );
    let (told, known_now) = committed(CorrectionKind::Changed, &known, &said);
    let old = &known_now[0];
    assert_eq!(old.header.descriptive.valid.until, Some(said_at(&said)));
    assert_eq!(old.header.behavioural.superseded_by, Some(said.id));
    assert_eq!(old.header.behavioural.version, 2);
    assert_eq!(old.header.descriptive.updated_at, NOW);
    assert_eq!(old.payload, known[0].payload, "no words change");
    assert_eq!(told.payload, said.payload);
    let to = known[0].id;
    let links = [LinkKind::Supersedes, LinkKind::Corrects].map(|kind| Link { kind, to });
    assert_eq!(told.header.behavioural.links, links.into());
    assert_eq!(told.header.behavioural.version, 2);
    let valid = old.header.descriptive.valid;
    let before = said_at(&said).plus_secs(-1);
    assert!(valid.holds_at(said_at(old), before));
    assert!(!valid.holds_at(said_at(old), said_at(&said)));

    let mut dated = said.clone();
    let since = said_at(&said).plus_secs(-30 * 86_400);
    dated.header.descriptive.valid.from = Some(since);
    let (_, known_now) = committed(CorrectionKind::Changed, &known, &dated);
    assert_eq!(known_now[0].header.descriptive.valid.until, Some(since));
}

#[test]
fn what_was_wrong_held_at_no_time() {
    let mut known = memories(&["I live in Paris.", "Paris is my home."]);
    let from = said_at(&known[1]).plus_secs(-86_400);
    known[1].header.descriptive.valid.from = Some(from);
    let said = feedback("That's wrong.");
    let (told, known_now) = committed(CorrectionKind::Wrong, &known, &said);
    for old in &known_now {
        let valid = old.header.descriptive.valid;
        let instants = (-40..800).map(|days| Timestamp::from_secs(days * 43_200));
        assert_eq!(
            instants
                .filter(|at| valid.holds_at(said_at(old), *at))
                .count(),
            0
        );
    }
    assert_eq!(known_now[1].header.descriptive.valid.until, Some(from));
    let links = known.iter().map(|m| Link {
        kind: LinkKind::Corrects,
        to: m.id,
    });
    assert_eq!(told.header.behavioural.links, links.collect());
}

#[test]
fn an_earlier_end_and_successor_stay() {
    let mut known = memories(&["I live in Paris."]);
    let (end, successor) = (said_at(&known[0]).plus_secs(60), MemoryId::generate());
    known[0].header.descriptive.valid.until = Some(end);
    known[0].header.behavioural.superseded_by = Some(successor);
    let said = feedback("I moved to Lyon.");
    let decision = decision(&[&known[0]], CorrectionKind::Changed, true);
    let commit = effect(&said, &known, &decision, &next, NOW).unwrap();
    assert_eq!(commit.writes.len(), 1, "only the feedback gets its links");
    let said = feedback("That's wrong.");
    let wrong = Decision {
        kind: CorrectionKind::Wrong,
        ..decision
    };
    let commit = effect(&said, &known, &wrong, &next, NOW).unwrap();
    let Write::UpdateMemory { memory, .. } = &commit.writes[0] else {
        panic!("{commit:?}");
    };
    assert_eq!(
        memory.header.descriptive.valid.until,
        Some(said_at(&known[0]))
    );
    assert_eq!(memory.header.behavioural.superseded_by, Some(successor));
}

#[test]
fn twice_is_once() {
    for kind in [CorrectionKind::Wrong, CorrectionKind::Changed] {
        let (known, said) = (memories(&["I live in Paris."]), feedback("No, in Lyon."));
        let (told, known_now) = committed(kind, &known, &said);
        let again = decision(&[&known[0]], kind, true);
        let commit = effect(&told, &known_now, &again, &next, NOW).unwrap();
        assert!(is_empty(&commit), "{commit:?}");
    }
}

fn is_empty(commit: &Commit) -> bool {
    commit.writes.is_empty() && commit.events.is_empty() && commit.why.is_none()
}

#[test]
fn what_may_not_be_changed_is_refused_or_passed_over() {
    type Spoil = fn(&mut Memory);
    let spoil: [(Spoil, Code); 5] = [
        (
            |m| m.header.governance.owner = "eve".parse().unwrap(),
            Code::Forbidden,
        ),
        (|m| m.header.governance.legal_hold = true, Code::Forbidden),
        (|m| m.state = State::Frozen, Code::IllegalMove),
        (|m| m.state = State::Archived, Code::IllegalMove),
        (
            |m| m.cube_id = "other".parse().unwrap(),
            Code::InvalidRequest,
        ),
    ];
    let said = feedback("That's wrong.");
    for (spoil, code) in spoil {
        let mut known = memories(&["I live in Paris.", "I like tea."]);
        spoil(&mut known[0]);
        let both = [&known[0], &known[1]];
        let pointed = decision(&both, CorrectionKind::Wrong, true);
        let error = effect(&said, &known, &pointed, &next, NOW).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(
            error.message().contains(&known[0].id.to_string()) && error.remedy_text().is_some()
        );
        let found = decision(&both, CorrectionKind::Wrong, false);
        let commit = effect(&said, &known, &found, &next, NOW).unwrap();
        assert_eq!(commit.writes.len(), 2, "the other one and the feedback");
        assert_eq!(commit.events[0].memory_id, Some(known[1].id));
        let alone = decision(&both[..1], CorrectionKind::Wrong, false);
        assert!(is_empty(
            &effect(&said, &known, &alone, &next, NOW).unwrap()
        ));
    }
}

#[test]
fn what_is_gone_is_refused_or_passed_over() {
    let (known, said) = (memories(&["I live in Paris."]), feedback("That's wrong."));
    let pointed = decision(&[&known[0]], CorrectionKind::Wrong, true);
    let error = effect(&said, &[], &pointed, &next, NOW).unwrap_err();
    assert_eq!(error.code(), Code::MemoryNotFound);
    let found = decision(&[&known[0]], CorrectionKind::Wrong, false);
    assert!(is_empty(&effect(&said, &[], &found, &next, NOW).unwrap()));
    let itself = decision(&[&said], CorrectionKind::Wrong, true);
    let error = effect(&said, std::slice::from_ref(&said), &itself, &next, NOW).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
}

#[test]
fn held_feedback_is_not_linked() {
    let (known, mut said) = (memories(&["I live in Paris."]), feedback("That's wrong."));
    said.header.governance.legal_hold = true;
    let pointed = decision(&[&known[0]], CorrectionKind::Wrong, true);
    let error = effect(&said, &known, &pointed, &next, NOW).unwrap_err();
    assert_eq!(error.code(), Code::Forbidden);
}
