use memos_core::Priority;
use proptest::prelude::*;

use super::*;
use crate::lifecycle::testing::{DAY, aged, any_memory, now};

fn vitals(set: impl FnOnce(&mut Vitals)) -> Vitals {
    let mut vitals = Vitals::from(&aged(now(), |m| m.state = State::Activated));
    vitals.lifespan = Lifespan::Decay;
    set(&mut vitals);
    vitals
}

/// Days from the last sign of life to the move.
fn days_to(vitals: &Vitals) -> Option<(f64, Move)> {
    let due = LifecyclePolicy::default().due(vitals)?;
    let micros = due.at.micros() - now().micros();
    Some((micros as f64 / (DAY * 1_000_000) as f64, due.step))
}

#[test]
fn a_memory_goes_when_its_half_lives_are_over() {
    // log2(1 / 0.05) and log2(1 / 0.005) half-lives.
    let (archive, expire) = (4.321_928, 7.643_856);
    let used = 1.0 + 11.0_f64.ln();
    let cases: [(Vitals, Option<(f64, Move)>); 14] = [
        (vitals(|_| {}), Some((90.0 * archive, Move::Archive))),
        (
            vitals(|v| v.semantic_type = SemanticType::Event),
            Some((60.0 * archive, Move::Archive)),
        ),
        (
            vitals(|v| v.semantic_type = SemanticType::Preference),
            Some((730.0 * archive, Move::Archive)),
        ),
        (vitals(|v| v.semantic_type = SemanticType::Profile), None),
        (vitals(|v| v.lifespan = Lifespan::KeepForever), None),
        (
            vitals(|v| v.lifespan = Lifespan::HalfLife { seconds: 86_400 }),
            Some((archive, Move::Archive)),
        ),
        (
            vitals(|v| v.priority = Priority::High),
            Some((180.0 * archive, Move::Archive)),
        ),
        (
            vitals(|v| v.priority = Priority::Low),
            Some((45.0 * archive, Move::Archive)),
        ),
        (
            vitals(|v| v.use_count = 10),
            Some((90.0 * used * archive, Move::Archive)),
        ),
        (
            vitals(|v| v.state = State::Merged),
            Some((90.0 * archive, Move::Archive)),
        ),
        // Put away by hand while its weight was full: it stays until the weight is gone.
        (
            vitals(|v| v.state = State::Archived),
            Some((90.0 * expire, Move::Expire)),
        ),
        (
            vitals(|v| v.lifespan = Lifespan::Until(now().plus_secs(3 * DAY))),
            Some((3.0, Move::Expire)),
        ),
        (
            vitals(|v| v.lifespan = Lifespan::Unused { seconds: 86_400 }),
            Some((1.0, Move::Expire)),
        ),
        (
            vitals(|v| {
                v.lifespan = Lifespan::Unused { seconds: 86_400 };
                v.last_used = Some(now().plus_secs(2 * DAY));
            }),
            Some((3.0, Move::Expire)),
        ),
    ];
    for (vitals, expected) in cases {
        match (days_to(&vitals), expected) {
            (Some((days, step)), Some((wanted, move_))) => {
                assert_eq!(step, move_, "{vitals:?}");
                assert!((days - wanted).abs() < wanted * 1e-5, "{days}: {vitals:?}");
            }
            (found, expected) => assert_eq!(found, expected, "{vitals:?}"),
        }
    }
}

#[test]
fn what_is_frozen_held_or_gone_does_not_move() {
    let fixed: [fn(&mut Vitals); 3] = [
        |v| v.state = State::Frozen,
        |v| v.state = State::Expired,
        |v| v.held = true,
    ];
    for lifespan in [
        Lifespan::Decay,
        Lifespan::Until(now().plus_secs(-DAY)),
        Lifespan::HalfLife { seconds: 1 },
    ] {
        for set in fixed {
            let mut vitals = vitals(set);
            vitals.lifespan = lifespan;
            assert_eq!(days_to(&vitals), None, "{vitals:?}");
        }
    }
}

#[test]
fn what_was_archived_late_stays_as_long_as_if_in_time() {
    let policy = LifecyclePolicy::default();
    let long_ago = now().plus_secs(-5_000 * DAY);
    let late = vitals(|v| {
        v.state = State::Archived;
        v.created_at = long_ago;
        v.updated_at = now();
    });
    let in_archive = policy.due(&late).unwrap().at.micros() - now().micros();
    let days = in_archive as f64 / (DAY * 1_000_000) as f64;
    assert!((days - 90.0 * 10.0_f64.log2()).abs() < 0.01, "{days}");
}

#[test]
fn a_change_counts_as_a_sign_of_life() {
    let policy = LifecyclePolicy::default();
    let old = |v: &mut Vitals| {
        v.created_at = now().plus_secs(-900 * DAY);
        v.updated_at = v.created_at;
    };
    assert!(policy.due(&vitals(old)).unwrap().at < now());
    let restored = vitals(|v| {
        old(v);
        v.updated_at = now();
    });
    assert!(policy.due(&restored).unwrap().at > now());
    assert_eq!(policy.weight(&restored, now()), 1.0);
}

#[test]
fn ends_beyond_the_calendar_never_come() {
    for seconds in [u64::MAX, i64::MAX as u64, 400_000_000_000] {
        let vitals = vitals(|v| v.lifespan = Lifespan::HalfLife { seconds });
        assert_eq!(days_to(&vitals), None, "{seconds}");
    }
    let instant = vitals(|v| v.lifespan = Lifespan::HalfLife { seconds: 0 });
    let due = LifecyclePolicy::default().due(&instant).unwrap();
    assert!(due.at > now());
}

#[test]
fn thresholds_that_make_no_sense_are_refused() {
    for (archive, expire) in [
        (0.5, 0.5),
        (0.1, 0.2),
        (1.0, 0.5),
        (0.5, 0.0),
        (f64::NAN, 0.1),
        (0.5, f64::NAN),
    ] {
        let error = Thresholds::new(archive, expire).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
    }
    let own = Thresholds::new(0.2, 0.1).unwrap();
    assert_eq!((own.archive(), own.expire()), (0.2, 0.1));
}

#[test]
fn half_lives_can_be_set_one_by_one() {
    let table = HalfLives::default()
        .with(SemanticType::Event, None)
        .with(SemanticType::Profile, Some(Duration::from_secs(5)));
    assert_eq!(table.of(SemanticType::Event), None);
    assert_eq!(
        table.of(SemanticType::Profile),
        Some(Duration::from_secs(5))
    );
    assert_eq!(
        table.of(SemanticType::Fact),
        HalfLives::default().of(SemanticType::Fact)
    );
}

#[test]
fn writers_learn_when_to_sweep() {
    let policy = LifecyclePolicy::default();
    let kept = aged(now(), |_| {});
    assert_eq!(policy.next_sweep([&kept], now()), None);
    let fading = aged(now(), |m| {
        m.header.governance.lifespan = Lifespan::HalfLife { seconds: 1_000 };
    });
    let ended = aged(now(), |m| {
        m.header.governance.lifespan = Lifespan::Until(now().plus_secs(-5));
    });
    let liked = aged(now(), |m| {
        m.header.descriptive.semantic_type = SemanticType::Preference;
    });
    let settled = after(now(), policy.settle);
    assert_eq!(policy.next_sweep([&kept, &liked], now()), Some(settled));
    let faded = policy.next_sweep([&kept, &fading], now());
    assert_eq!(faded, policy.due(&Vitals::from(&fading)).map(|d| d.at));
    let all = [&kept, &fading, &ended, &liked];
    assert_eq!(policy.next_sweep(all, now()), Some(now()));
}

#[test]
fn reasons_read_well() {
    let ended = Reason::Ended("2026-01-01T10:00:00Z".parse().unwrap());
    assert_eq!(ended.to_string(), "ttl ended 2026-01-01");
    assert_eq!(Reason::Faded(0.05).to_string(), "weight fell below 0.05");
}

proptest! {
    /// The closed form against the rule itself: at the due time the weight is at the threshold, a
    /// moment before it is above.
    #[test]
    fn the_move_comes_when_the_weight_says(memory in any_memory()) {
        let policy = LifecyclePolicy::default();
        let vitals = Vitals::from(&memory);
        let Some(due) = policy.due(&vitals) else { return Ok(()); };
        let Some(half_life) = policy.half_life(&vitals) else {
            let Lifespan::Unused { seconds } = vitals.lifespan else {
                prop_assert_eq!(Lifespan::Until(due.at), vitals.lifespan);
                return Ok(());
            };
            let last = vitals.last_needed().max(vitals.updated_at);
            prop_assert_eq!(due.at, last.after(Duration::from_secs(seconds)));
            return Ok(());
        };
        let threshold = match due.step {
            Move::Archive => policy.thresholds.archive(),
            _ => policy.thresholds.expire(),
        };
        let at = policy.weight(&vitals, due.at);
        prop_assert!(at <= threshold * (1.0 + 1e-9), "{at}");
        if due.step == Move::Archive {
            let before = due.at.plus_secs(-1 - (half_life / 1e6) as i64);
            prop_assert!(policy.weight(&vitals, before) > threshold);
        }
    }

    #[test]
    fn use_never_brings_the_end_nearer(memory in any_memory(), later in 0_i64..10_000_000) {
        let policy = LifecyclePolicy::default();
        let before = Vitals::from(&memory);
        let mut used = before;
        used.use_count += 1;
        used.last_used = Some(now().plus_secs(later));
        let (a, b) = (policy.due(&before), policy.due(&used));
        match (a, b) {
            (Some(a), Some(b)) => prop_assert!(a.at <= b.at),
            (None, b) => prop_assert!(b.is_none()),
            (Some(_), None) => {}
        }
        let then = now().plus_secs(later);
        prop_assert!(policy.weight(&used, then) >= policy.weight(&before, then));
    }
}
