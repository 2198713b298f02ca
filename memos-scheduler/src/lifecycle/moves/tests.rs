use memos_core::{Cause, EventLog, EventSeq, Vault};

use super::*;
use crate::lifecycle::testing::{Bench, aged, is_illegal, next_version, now};
use crate::testing::{ada, cube_id};

fn in_state(state: State) -> Memory {
    aged(now(), |m| {
        m.state = state;
        m.header.behavioural.tier = Tier::Working;
        m.header.behavioural.use_count = u64::from(state != State::Generated);
    })
}

fn why() -> Why {
    Why::new(ada(), Cause::Lifespan).detail("ttl ended 2026-01-01")
}

/// What a memory's events are after the first, which tells of its writing.
fn told(bench: &Bench, after: EventSeq) -> Vec<EventKind> {
    let events = bench.vault.events(after, 10).unwrap();
    for event in &events {
        assert_eq!(event.cause, Cause::Lifespan);
        assert_eq!(event.detail.as_deref(), Some("ttl ended 2026-01-01"));
        assert_eq!(event.actor, ada());
        assert_eq!(event.cube_id, cube_id());
    }
    events.iter().map(|e| e.kind).collect()
}

/// Every state and move: what the table refuses is refused, and all else is a version, an event and
/// the state of the table.
#[test]
fn moves_follow_the_table() {
    let kinds = [
        EventKind::Activated,
        EventKind::Merged,
        EventKind::Archived,
        EventKind::Expired,
        EventKind::Frozen,
        EventKind::Thawed,
        EventKind::Restored,
    ];
    for state in State::ALL {
        for (step, kind) in Move::ALL.into_iter().zip(kinds) {
            let memory = in_state(state);
            let later = now().plus_secs(60);
            let lifecycle = Lifecycle::new(later, &next_version);
            let Ok(next) = state.after(step) else {
                assert!(is_illegal(lifecycle.change(&memory, step, &ada())));
                continue;
            };
            let bench = Bench::with(now(), std::slice::from_ref(&memory));
            let before = bench.vault.head();
            let moved = lifecycle.change(&memory, step, &ada()).unwrap();
            if next == state {
                assert!(moved.writes.is_empty() && moved.events.is_empty());
                continue;
            }
            let after = moved.memories.first().cloned();
            bench.vault.commit(moved.into_commit(why())).unwrap();
            assert_eq!(told(&bench, before), [kind], "{state} {step}");
            let stored = bench.memory(memory.id);
            assert_eq!(stored, after);
            let Some(stored) = stored else {
                assert_eq!(next, State::Expired);
                continue;
            };
            assert_eq!(stored.state, next, "{state} {step}");
            assert_eq!(stored.header.behavioural.version, 2);
            assert_eq!(stored.header.descriptive.updated_at, later);
            let tier = stored.header.behavioural.tier;
            assert_eq!(tier == Tier::Working, next.is_hot(), "{state} {step}");
            let history = bench.vault.snapshot().unwrap();
            let history = history.history(&cube_id(), memory.id).unwrap();
            let last = history.last().unwrap();
            assert_eq!(last.before.as_deref(), Some(&memory));
            assert_eq!(last.why, why());
        }
    }
}

#[test]
fn expiry_leaves_only_the_event() {
    let memory = in_state(State::Archived);
    let bench = Bench::with(now(), std::slice::from_ref(&memory));
    let before = bench.vault.head();
    let moved = Lifecycle::new(now(), &next_version)
        .change(&memory, Move::Expire, &ada())
        .unwrap();
    bench.vault.commit(moved.into_commit(why())).unwrap();
    assert_eq!(told(&bench, before), [EventKind::Expired]);
    let snapshot = bench.vault.snapshot().unwrap();
    assert_eq!(snapshot.history(&cube_id(), memory.id).unwrap(), []);
    assert!(bench.memory(memory.id).is_none());
}

#[test]
fn what_ends_is_archived_and_expires_in_one_commit() {
    for state in State::ALL {
        let memory = in_state(state);
        let lifecycle = Lifecycle::new(now(), &next_version);
        let expected: &[EventKind] = match state {
            State::Frozen | State::Expired => {
                assert!(is_illegal(lifecycle.end(&memory, &ada())));
                continue;
            }
            State::Archived => &[EventKind::Expired],
            _ => &[EventKind::Archived, EventKind::Expired],
        };
        let bench = Bench::with(now(), std::slice::from_ref(&memory));
        let before = bench.vault.head();
        let moved = lifecycle.end(&memory, &ada()).unwrap();
        bench.vault.commit(moved.into_commit(why())).unwrap();
        assert_eq!(told(&bench, before), expected, "{state}");
        let snapshot = bench.vault.snapshot().unwrap();
        assert_eq!(snapshot.history(&cube_id(), memory.id).unwrap(), []);
        assert!(bench.memory(memory.id).is_none());
    }
}

/// A deletion that was decided on what is no longer so is refused by the vault.
#[test]
fn what_came_back_meanwhile_is_not_deleted() {
    let memory = in_state(State::Archived);
    let bench = Bench::with(now(), std::slice::from_ref(&memory));
    let lifecycle = Lifecycle::new(now(), &next_version);
    let late = lifecycle.change(&memory, Move::Expire, &ada()).unwrap();
    let back = lifecycle.change(&memory, Move::Restore, &ada()).unwrap();
    bench.vault.commit(back.into_commit(why())).unwrap();
    let refused = bench.vault.commit(late.into_commit(why())).unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert_eq!(bench.memory(memory.id).unwrap().state, State::Activated);
}

#[test]
fn frozen_memories_are_neither_changed_nor_forgotten() {
    for state in State::ALL {
        let memory = in_state(state);
        let changes = matches!(state, State::Generated | State::Activated);
        assert_eq!(refuse_change(&memory).is_ok(), changes, "{state}");
        assert_eq!(
            refuse_forgetting(&memory).is_ok(),
            state != State::Frozen,
            "{state}"
        );
    }
    let error = refuse_forgetting(&in_state(State::Frozen)).unwrap_err();
    assert_eq!(error.code(), Code::IllegalMove);
    assert_eq!(error.remedy_text(), Some("thaw it first"));
    let error = refuse_change(&in_state(State::Archived)).unwrap_err();
    assert_eq!(error.remedy_text(), Some("restore it first"));
}

#[test]
fn a_version_that_can_not_be_numbered_is_no_move() {
    let broken = |_: &Memory| Err(Error::new(Code::Unavailable, "the history is away"));
    let lifecycle = Lifecycle::new(now(), &broken);
    let memory = in_state(State::Activated);
    let error = lifecycle
        .change(&memory, Move::Archive, &ada())
        .unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
}
