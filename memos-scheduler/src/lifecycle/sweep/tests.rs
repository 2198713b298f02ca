use std::time::Duration;

use memos_core::{Base, ChangeSeq, Code, EventKind, EventLog, Lifespan, SemanticType, Vault};
use proptest::prelude::*;

use super::*;
use crate::lifecycle::Capacities;
use crate::lifecycle::testing::{Bench, DAY, aged, any_memory, next_version, now, sweep};
use crate::testing::{ada, cube, cube_id};

fn with_capacities(working: usize, long_term: Option<usize>, user: Option<usize>) -> Sweep {
    let mut sweep = sweep();
    sweep.policy.tiers.capacities = Capacities {
        working,
        long_term,
        user,
    };
    sweep
}

fn fading(seconds: u64) -> Memory {
    aged(now(), |m| {
        m.header.governance.lifespan = Lifespan::HalfLife { seconds };
    })
}

#[test]
fn nothing_moves_unless_a_lifespan_or_a_capacity_says_so() {
    let memories: Vec<Memory> = (0..600)
        .map(|i| aged(now().plus_secs(-i * DAY), |_| {}))
        .collect();
    let bench = Bench::with(now(), &memories);
    let plan = bench.plan(&sweep(), now().plus_secs(100_000 * DAY));
    let nothing = SweepPlan {
        looked_at: 600,
        ..SweepPlan::default()
    };
    assert_eq!(plan, nothing);
}

#[test]
fn a_life_from_writing_to_the_end() {
    let memory = fading(86_400);
    let bench = Bench::with(now(), std::slice::from_ref(&memory));
    let sweep = sweep();
    let first = bench.sweep(&sweep, now());
    assert!(first.batches.is_empty());

    // Before it fades it is used, which puts the end off.
    let used = now().plus_secs(4 * DAY);
    let touch = Write::Touch {
        cube_id: cube_id(),
        id: memory.id,
        uses: 1,
        at: used,
    };
    bench
        .vault
        .commit(Commit {
            writes: vec![touch],
            ..Commit::default()
        })
        .unwrap();
    let due = first.next_at.unwrap();
    let second = bench.sweep(&sweep, due);
    assert!(second.batches.is_empty());

    let before = bench.vault.head();
    let archived_at = second.next_at.unwrap();
    assert!(archived_at > due);
    let third = bench.sweep(&sweep, archived_at);
    let archived = bench.memory(memory.id).unwrap();
    assert_eq!(archived.state, State::Archived);

    let expires_at = third.next_at.unwrap();
    let last = bench.sweep(&sweep, expires_at);
    assert!(bench.memory(memory.id).is_none());
    assert_eq!(last.next_at, None);
    let events = bench.vault.events(before, 10).unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|e| (e.kind, e.cause, e.detail.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (
                EventKind::Archived,
                Cause::Lifespan,
                Some("weight fell below 0.05")
            ),
            (
                EventKind::Expired,
                Cause::Lifespan,
                Some("weight fell below 0.005")
            ),
        ]
    );
    assert!(events.iter().all(|e| e.memory_id == Some(memory.id)));
}

#[test]
fn an_end_comes_on_the_instant_with_both_events() {
    let end = now().plus_secs(30 * DAY);
    let memory = aged(now(), |m| {
        m.header.governance.lifespan = Lifespan::Until(end);
    });
    let bench = Bench::with(now(), std::slice::from_ref(&memory));
    let sweep = sweep();
    assert_eq!(bench.sweep(&sweep, now()).next_at, Some(end));
    let just_before = Timestamp::from_micros(end.micros() - 1);
    let early = bench.sweep(&sweep, just_before);
    assert!(early.batches.is_empty());
    // By the pause too late at most.
    let pause = sweep.policy.pause;
    assert_eq!(early.next_at, Some(after(just_before, pause)));
    let before = bench.vault.head();
    bench.sweep(&sweep, end);
    let events = bench.vault.events(before, 10).unwrap();
    let kinds: Vec<_> = events.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::Archived, EventKind::Expired]);
    let detail = format!("ttl ended {}", memos_core::Moment::from(end).date());
    assert!(events.iter().all(|e| e.detail.as_ref() == Some(&detail)));
}

#[test]
fn what_a_long_pause_left_is_archived_first_and_not_lost_at_once() {
    let memory = fading(3_600);
    let bench = Bench::with(now(), std::slice::from_ref(&memory));
    let years_later = now().plus_secs(1_000 * DAY);
    let plan = bench.sweep(&sweep(), years_later);
    assert_eq!(bench.memory(memory.id).unwrap().state, State::Archived);
    let stays = plan.next_at.unwrap().micros() - years_later.micros();
    let hours = stays as f64 / 3_600e6;
    assert!((hours - 10.0_f64.log2()).abs() < 0.001, "{hours}");
}

#[test]
fn full_user_memory_archives_with_its_reason() {
    let memories: Vec<Memory> = (0..5)
        .map(|i| {
            aged(now().plus_secs(-i * DAY), |m| {
                m.header.descriptive.semantic_type = SemanticType::Preference;
            })
        })
        .collect();
    let bench = Bench::with(now(), &memories);
    let sweep = with_capacities(20, None, Some(3));
    let before = bench.vault.head();
    bench.sweep(&sweep, now());
    let stored = bench.all();
    for (i, memory) in memories.iter().enumerate() {
        let stored = stored.iter().find(|m| m.id == memory.id).unwrap();
        let tier = stored.header.behavioural.tier;
        let expected = match i {
            0..3 => (State::Generated, Tier::User),
            _ => (State::Archived, Tier::LongTerm),
        };
        assert_eq!((stored.state, tier), expected, "{i}");
    }
    let events = bench.vault.events(before, 10).unwrap();
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!(
            (event.kind, event.cause),
            (EventKind::Archived, Cause::Capacity)
        );
        let detail = event.detail.unwrap();
        assert_eq!(detail, "user memory holds 3 at most");
    }
}

#[test]
fn a_branch_does_not_age() {
    let bench = Bench::with(now(), &[fading(1)]);
    let mut branch = cube();
    branch.base = Some(Base {
        cube_id: "base".parse().unwrap(),
        at: ChangeSeq::default(),
    });
    let snapshot = bench.vault.snapshot().unwrap();
    let later = now().plus_secs(DAY);
    let plan = sweep().plan(&*snapshot, &branch, later).unwrap();
    assert_eq!(plan, SweepPlan::default());
    assert!(!bench.plan(&sweep(), later).batches.is_empty());
}

/// Between plan and commit one memory is used, one changed, one forgotten: they are passed.
#[test]
fn what_changed_since_the_plan_is_passed() {
    let memories: Vec<Memory> = (0..4).map(|_| fading(1)).collect();
    let bench = Bench::with(now(), &memories);
    let (sweep, later) = (sweep(), now().plus_secs(DAY));
    let plan = bench.plan(&sweep, later);
    let [batch] = &plan.batches[..] else {
        panic!("{plan:?}");
    };
    let lifecycle = Lifecycle::new(later, &next_version);
    let mut changes = lifecycle
        .change(&memories[1], Move::Freeze, &ada())
        .unwrap();
    changes.writes.push(Write::Touch {
        cube_id: cube_id(),
        id: memories[0].id,
        uses: 1,
        at: later,
    });
    changes.writes.push(Write::DeleteMemory {
        cube_id: cube_id(),
        id: memories[2].id,
    });
    let call = Why::call(ada());
    bench.vault.commit(changes.into_commit(call)).unwrap();
    let read = |id| bench.vault.memory(&cube_id(), id);
    let made = sweep
        .commit(batch, &cube_id(), later, &read, &next_version)
        .unwrap();
    assert_eq!(made.passed, 3);
    bench.vault.commit(made.commit).unwrap();
    let states: Vec<_> = memories
        .iter()
        .map(|m| bench.memory(m.id).map(|m| m.state))
        .collect();
    assert_eq!(
        states,
        [
            Some(State::Activated),
            Some(State::Frozen),
            None,
            Some(State::Archived)
        ]
    );
}

/// A change that comes after the batch was made meets the vault's own check.
#[test]
fn a_change_that_comes_too_late_is_a_conflict() {
    let memory = aged(now(), |m| {
        m.state = State::Archived;
        m.header.governance.lifespan = Lifespan::HalfLife { seconds: 1 };
    });
    let bench = Bench::with(now(), std::slice::from_ref(&memory));
    let (sweep, later) = (sweep(), now().plus_secs(DAY));
    let plan = bench.plan(&sweep, later);
    let read = |id| bench.vault.memory(&cube_id(), id);
    let made = sweep
        .commit(&plan.batches[0], &cube_id(), later, &read, &next_version)
        .unwrap();
    let back = Lifecycle::new(later, &next_version)
        .on_use([(&memory, &ada())])
        .unwrap();
    let used = Why::new(ada(), Cause::Use);
    bench.vault.commit(back.into_commit(used)).unwrap();
    let refused = bench.vault.commit(made.commit).unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert_eq!(bench.memory(memory.id).unwrap().state, State::Activated);
    // It was brought back just now: there is nothing to do.
    assert!(bench.plan(&sweep, later).batches.is_empty());
}

#[test]
fn batches_are_bounded() {
    let memories: Vec<Memory> = (0..1_000).map(|_| fading(1)).collect();
    let bench = Bench::with(now(), &memories);
    let mut sweep = sweep();
    sweep.batch = 300;
    let plan = bench.sweep(&sweep, now().plus_secs(DAY));
    let sizes: Vec<_> = plan.batches.iter().map(|b| b.moves.len()).collect();
    assert_eq!(sizes, [300, 300, 300, 100]);
    assert!(bench.all().iter().all(|m| m.state == State::Archived));
}

/// Ten years of a cube: memories come, some are used, and each sweep is at the time that the one
/// before named, or that a writer named. What is used stays, what is not goes, and the number of
/// sweeps is that of the moves, not of the hours.
#[test]
fn ten_years_pass() {
    let mut sweep = with_capacities(5, None, None);
    sweep.policy.pause = Duration::from_secs(3_600);
    let bench = Bench::with(now(), &[]);
    let mut wanted: Option<Timestamp> = None;
    let (mut sweeps, mut kept) = (0, Vec::new());
    for month in 0..120 {
        let at = now().plus_secs(month * 30 * DAY);
        while let Some(due) = wanted.filter(|due| *due <= at) {
            wanted = bench.sweep(&sweep, due).next_at;
            sweeps += 1;
        }
        bench.clock.set(at);
        let new: Vec<Memory> = (0..4)
            .map(|i| {
                aged(at, |m| {
                    m.header.governance.lifespan = Lifespan::Decay;
                    m.header.descriptive.semantic_type = [
                        SemanticType::Message,
                        SemanticType::Event,
                        SemanticType::Fact,
                        SemanticType::Profile,
                    ][i];
                })
            })
            .collect();
        bench.vault.commit(crate::testing::adding(&new)).unwrap();
        if month % 20 == 0 {
            kept.push(new[0].id);
        }
        let touches = kept.iter().map(|id| Write::Touch {
            cube_id: cube_id(),
            id: *id,
            uses: 3,
            at,
        });
        bench
            .vault
            .commit(Commit {
                writes: touches.collect(),
                ..Commit::default()
            })
            .unwrap();
        let changed: Vec<Memory> = kept
            .iter()
            .map(|id| bench.memory(*id).unwrap())
            .chain(new)
            .collect();
        let next = sweep.policy.next_sweep(&changed, at);
        wanted = [wanted, next].into_iter().flatten().min();
    }
    let end = now().plus_secs(120 * 30 * DAY);
    while let Some(due) = wanted.filter(|due| *due <= end) {
        wanted = bench.sweep(&sweep, due).next_at;
        sweeps += 1;
    }
    let all = bench.all();
    let of = |kind| {
        all.iter()
            .filter(move |m| m.header.descriptive.semantic_type == kind)
    };
    assert_eq!(of(SemanticType::Profile).count(), 120);
    assert!(of(SemanticType::Profile).all(|m| m.header.behavioural.tier == Tier::User));
    // 7.64 half-lives: 688 days for messages, 459 for events, 2790 for facts.
    assert!(kept.iter().all(|id| {
        bench
            .memory(*id)
            .is_some_and(|m| m.state == State::Activated)
    }));
    let age =
        |m: &Memory| (end.micros() - m.header.descriptive.created_at.micros()) / 86_400_000_000;
    let oldest = |kind| {
        of(kind)
            .filter(|m| !kept.contains(&m.id))
            .map(age)
            .max()
            .unwrap()
    };
    assert!((660..=690).contains(&oldest(SemanticType::Message)));
    assert!((430..=460).contains(&oldest(SemanticType::Event)));
    assert!((2_760..=2_791).contains(&oldest(SemanticType::Fact)));
    let archived = |m: &&Memory| m.state == State::Archived;
    let fresh = of(SemanticType::Message).filter(|m| !archived(m)).map(age);
    assert!(fresh.filter(|days| *days > 390).count() <= kept.len());
    assert!(sweeps < 1_200, "{sweeps}");
}

/// The states of all memories that are left, with their places.
fn standing(bench: &Bench) -> Vec<(MemoryId, State, Tier)> {
    let all = bench.all();
    all.iter()
        .map(|m| (m.id, m.state, m.header.behavioural.tier))
        .collect()
}

fn any_sweep() -> impl Strategy<Value = Sweep> {
    let limit = || proptest::option::of(0_usize..10);
    (0_usize..6, limit(), limit()).prop_map(|(w, l, u)| with_capacities(w, l, u))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_second_sweep_finds_nothing(
        memories in proptest::collection::vec(any_memory(), 0..40),
        sweep in any_sweep(),
    ) {
        let bench = Bench::with(now(), &memories);
        let first = bench.sweep(&sweep, now());
        let second = bench.plan(&sweep, now());
        prop_assert_eq!(&second.batches, &vec![]);
        prop_assert_eq!(second.next_at, first.next_at);
        for memory in &memories {
            let fixed = memory.state == State::Frozen || memory.header.governance.legal_hold;
            let stored = bench.memory(memory.id);
            if fixed {
                prop_assert_eq!(stored.map(|m| m.state), Some(memory.state));
            } else if stored.is_none() {
                let ends = matches!(
                    memory.header.governance.lifespan,
                    Lifespan::Until(_) | Lifespan::Unused { .. }
                );
                prop_assert!(ends || memory.state == State::Archived);
            }
        }
    }

    /// Until nothing is left to do, each sweep at the time that the last one named moves something,
    /// and none is needed before.
    #[test]
    fn the_next_sweep_moves_something(
        memories in proptest::collection::vec(any_memory(), 0..12),
        sweep in any_sweep(),
    ) {
        let mut sweep = sweep;
        sweep.policy.pause = Duration::ZERO;
        let bench = Bench::with(now(), &memories);
        let mut at = now();
        let mut last = bench.sweep(&sweep, at);
        for _ in 0..60 {
            let Some(next) = last.next_at else { break };
            prop_assert!(next > at);
            let just_before = Timestamp::from_micros(next.micros() - 1);
            prop_assert!(bench.plan(&sweep, just_before).batches.is_empty());
            at = next;
            last = bench.sweep(&sweep, at);
            prop_assert!(!last.batches.is_empty());
        }
        // Each memory has three moves left at most: out of working memory, into the archive, the end.
        prop_assert_eq!(last.next_at, None);
        prop_assert!(bench.plan(&sweep, Timestamp::MAX).batches.is_empty());
    }

    #[test]
    fn pages_and_batches_make_no_difference(
        memories in proptest::collection::vec(any_memory(), 0..20),
        sweep in any_sweep(),
        page in 1_usize..6,
        batch in 1_usize..6,
    ) {
        let whole = Bench::with(now(), &memories);
        let parts = Bench::with(now(), &memories);
        let small = Sweep { page, batch, ..sweep.clone() };
        let (a, b) = (whole.sweep(&sweep, now()), parts.sweep(&small, now()));
        prop_assert_eq!(standing(&whole), standing(&parts));
        prop_assert_eq!((a.next_at, a.looked_at), (b.next_at, b.looked_at));
        prop_assert!(b.batches.iter().all(|part| part.moves.len() <= batch));
    }
}
