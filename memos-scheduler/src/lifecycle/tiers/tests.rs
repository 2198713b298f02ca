use std::collections::BTreeSet;

use memos_core::{Priority, State};
use proptest::prelude::*;

use super::*;
use crate::lifecycle::testing::{DAY, aged, any_memory, now};

fn policy(working: usize, long_term: Option<usize>, user: Option<usize>) -> TierPolicy {
    TierPolicy {
        capacities: Capacities {
            working,
            long_term,
            user,
        },
        ..TierPolicy::default()
    }
}

/// A memory of 30 days that was used so often, the last time so many days ago.
fn used(uses: u64, days_ago: i64, set: impl FnOnce(&mut Vitals)) -> Vitals {
    let mut vitals = Vitals::from(&aged(now().plus_secs(-30 * DAY), |m| {
        m.state = State::Activated;
    }));
    vitals.use_count = uses;
    vitals.last_used = (uses > 0).then(|| now().plus_secs(-days_ago * DAY));
    set(&mut vitals);
    vitals
}

fn fresh(uses: u64) -> Vitals {
    used(uses, 0, |v| v.created_at = now().plus_secs(-60))
}

/// Carries a plan out.
fn apply(members: &mut [Vitals], plan: &[Placement]) {
    for placement in plan {
        let vitals = members.iter_mut().find(|v| v.id == placement.id).unwrap();
        assert_eq!(vitals.tier, placement.from);
        match placement.to {
            Target::Tier(tier) => vitals.tier = tier,
            Target::Archive => {
                vitals.state = State::Archived;
                vitals.tier = Tier::LongTerm;
            }
        }
    }
}

fn working(members: &[Vitals]) -> BTreeSet<MemoryId> {
    let inside = members.iter().filter(|v| v.tier == Tier::Working);
    inside.map(|v| v.id).collect()
}

#[test]
fn heat_is_worth_what_its_uses_are() {
    let tiers = TierPolicy::default();
    let close = |vitals: &Vitals, expected: f64| {
        let heat = tiers.heat(vitals, now());
        assert!(
            (heat - expected).abs() < expected * 1e-3,
            "{heat} {expected}"
        );
    };
    assert_eq!(tiers.heat(&used(0, 0, |_| {}), now()), 0.0);
    close(&fresh(1), 1.0);
    close(&fresh(7), 7.0);
    close(&used(1, 3, |_| {}), 0.5);
    close(&used(1, 6, |_| {}), 0.25);
    // A use each hour for 30 days, as a sum.
    let hours: f64 = (0..720).map(|h| 0.5_f64.powf(f64::from(h) / 72.0)).sum();
    let heat = tiers.heat(&used(720, 0, |_| {}), now());
    assert!((heat / hours - 1.0).abs() < 0.02, "{heat} {hours}");
}

#[test]
fn what_is_used_much_comes_into_working_memory_and_leaves_unused() {
    let tiers = policy(3, None, None);
    let mut members = vec![fresh(5), fresh(1), used(0, 0, |_| {}), fresh(2)];
    let plan = tiers.plan(&members, now());
    let expected = BTreeSet::from([members[0].id, members[3].id]);
    apply(&mut members, &plan);
    assert_eq!(working(&members), expected);
    assert_eq!(tiers.plan(&members, now()), []);
    // Five uses' worth: log2(5 / 0.5) half-lives of three days, and two uses' in log2(2 / 0.5).
    let leaves: Vec<_> = members.iter().map(|v| tiers.leaves_at(v)).collect();
    assert!(leaves[1].is_none() && leaves[2].is_none());
    let (first, second) = (leaves[3].unwrap(), leaves[0].unwrap());
    let days = |at: Timestamp| (at.micros() - now().micros()) as f64 / (DAY * 1_000_000) as f64;
    assert!((days(first) - 6.0).abs() < 0.01, "{first}");
    assert!((days(second) - 9.966).abs() < 0.01, "{second}");
    let just_before = Timestamp::from_micros(first.micros() - 1);
    assert_eq!(tiers.plan(&members, just_before), []);
    let demoted = Placement {
        id: members[3].id,
        from: Tier::Working,
        to: Target::Tier(Tier::LongTerm),
    };
    assert_eq!(tiers.plan(&members, first), [demoted]);
}

#[test]
fn only_who_is_clearly_hotter_displaces() {
    let tiers = policy(1, None, None);
    for (uses, wins) in [(10, false), (14, false), (15, false), (17, true)] {
        let mut members = vec![fresh(10), fresh(uses)];
        members[0].tier = Tier::Working;
        let plan = tiers.plan(&members, now());
        assert_eq!(plan.len(), if wins { 2 } else { 0 }, "{uses}");
        apply(&mut members, &plan);
        assert_eq!(members[1].tier == Tier::Working, wins, "{uses}");
    }
}

#[test]
fn what_is_of_the_user_is_in_user_memory_however_used() {
    let tiers = policy(5, None, None);
    let mut members = vec![
        used(0, 0, |v| v.semantic_type = SemanticType::Profile),
        used(9, 0, |v| {
            v.semantic_type = SemanticType::Preference;
            v.tier = Tier::Working;
        }),
        used(0, 0, |v| v.tier = Tier::User),
        used(9, 0, |v| {
            v.semantic_type = SemanticType::Preference;
            v.state = State::Archived;
        }),
    ];
    let plan = tiers.plan(&members, now());
    apply(&mut members, &plan);
    let found: Vec<Tier> = members.iter().map(|v| v.tier).collect();
    use Tier::{LongTerm, User};
    assert_eq!(found, [User, User, LongTerm, LongTerm]);
}

#[test]
fn the_least_valued_are_archived_when_there_is_no_room() {
    let tiers = policy(2, Some(3), None);
    let members = [
        used(0, 0, |v| v.priority = Priority::High),
        used(0, 0, |v| v.state = State::Frozen),
        used(0, 0, |v| v.held = true),
        used(3, 1, |_| {}),
        used(3, 20, |_| {}),
        used(30, 0, |v| v.priority = Priority::Low),
        used(0, 0, |v| v.created_at = now()),
    ];
    // The low one is hot: in working memory it takes no room of the others.
    let archived = |members: &[Vitals], tiers: &TierPolicy| -> Vec<usize> {
        let plan = tiers.plan(members, now());
        let gone = plan.iter().filter(|p| p.to == Target::Archive);
        let place = |id| members.iter().position(|v| v.id == id).unwrap();
        let mut gone: Vec<usize> = gone.map(|p| place(p.id)).collect();
        gone.sort_unstable();
        gone
    };
    assert_eq!(archived(&members, &tiers), [3, 4, 6]);
    let no_working = policy(0, Some(5), None);
    assert_eq!(archived(&members, &no_working), [5, 6]);
    let nothing = policy(0, Some(0), None);
    assert_eq!(archived(&members, &nothing), [0, 3, 4, 5, 6]);
}

#[test]
fn equals_go_by_id() {
    let tiers = policy(0, None, Some(1));
    let liked = |v: &mut Vitals| v.semantic_type = SemanticType::Preference;
    let mut members: Vec<Vitals> = (0..4).map(|_| used(0, 0, liked)).collect();
    members.reverse();
    let plan = tiers.plan(&members, now());
    members.sort_by_key(|v| v.id);
    let gone: Vec<_> = plan
        .iter()
        .filter(|p| p.to == Target::Archive)
        .map(|p| p.id)
        .collect();
    assert_eq!(gone, [members[0].id, members[1].id, members[2].id]);
}

#[test]
fn warmth_that_makes_no_sense_is_refused() {
    let day = Duration::from_secs(86_400);
    for (half_life, promote, demote, margin) in [
        (Duration::ZERO, 2.0, 0.5, 1.5),
        (day, 0.5, 0.5, 1.5),
        (day, 2.0, 0.0, 1.5),
        (day, 2.0, 0.5, 0.9),
        (day, f64::NAN, 0.5, 1.5),
        (day, f64::INFINITY, 0.5, 1.5),
        (day, 2.0, 0.5, f64::NAN),
    ] {
        let made = TierPolicy::default().with_warmth(half_life, promote, demote, margin);
        assert_eq!(made.unwrap_err().code(), Code::InvalidRequest);
    }
    let own = TierPolicy::default()
        .with_warmth(day, 3.0, 1.0, 2.0)
        .unwrap();
    assert_eq!((own.promote(), own.demote(), own.margin()), (3.0, 1.0, 2.0));
}

/// Uses of 30 memories at random, a plan after each hour: how many memories change their place.
fn changes_under_random_use(margin: f64, seed: u64) -> usize {
    let tiers = policy(5, None, None)
        .with_warmth(Duration::from_secs(3 * 86_400), 1.5, 0.5, margin)
        .unwrap();
    let mut members: Vec<Vitals> = (0..30).map(|_| used(0, 0, |_| {})).collect();
    let mut dice = seed;
    let mut changes = 0;
    for hour in 0..2_000 {
        let at = now().plus_secs(hour * 3_600);
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let picked = &mut members[(dice >> 33) as usize % 30];
        picked.use_count += 1;
        picked.last_used = Some(at);
        let plan = tiers.plan(&members, at);
        apply(&mut members, &plan);
        assert!(working(&members).len() <= 5);
        changes += plan.len();
    }
    changes
}

/// 2,000 uses, all memories alike: without a margin the working memory is in constant change.
#[test]
fn the_working_memory_does_not_flap() {
    for seed in [1, 2, 3] {
        let (with, without) = (
            changes_under_random_use(1.5, seed),
            changes_under_random_use(1.0, seed),
        );
        assert!(with * 4 < without, "{with} {without}");
    }
}

#[test]
fn equals_do_not_displace_each_other_even_without_a_margin() {
    let tiers = policy(1, None, None)
        .with_warmth(Duration::from_secs(86_400), 1.5, 0.5, 1.0)
        .unwrap();
    let mut members = vec![fresh(4), fresh(4)];
    for holder in 0..2 {
        members[holder].tier = Tier::Working;
        members[1 - holder].tier = Tier::LongTerm;
        assert_eq!(tiers.plan(&members, now()), []);
    }
}

#[test]
fn two_that_are_used_in_turn_keep_their_places() {
    let tiers = policy(1, None, None);
    let mut members = vec![fresh(4), fresh(4)];
    let plan = tiers.plan(&members, now());
    apply(&mut members, &plan);
    let inside = working(&members);
    assert_eq!(inside.len(), 1);
    for turn in 0..500 {
        let at = now().plus_secs(turn * 1_800);
        let one = &mut members[turn as usize % 2];
        one.use_count += 1;
        one.last_used = Some(at);
        assert_eq!(tiers.plan(&members, at), [], "{turn}");
    }
    assert_eq!(working(&members), inside);
}

fn any_members() -> impl Strategy<Value = Vec<Vitals>> {
    proptest::collection::vec(any_memory().prop_map(|m| Vitals::from(&m)), 0..40)
}

fn any_capacities() -> impl Strategy<Value = Capacities> {
    let limit = || proptest::option::of(0_usize..12);
    (0_usize..8, limit(), limit()).prop_map(|(working, long_term, user)| Capacities {
        working,
        long_term,
        user,
    })
}

proptest! {
    #[test]
    fn plans_keep_the_rules(members in any_members(), capacities in any_capacities(), hot in 0_usize..40) {
        let tiers = TierPolicy { capacities, ..TierPolicy::default() };
        // Some were used today, or nothing would be warm.
        let mut members = members;
        for vitals in members.iter_mut().take(hot).filter(|v| v.state != State::Generated) {
            vitals.last_used = Some(now().plus_secs(-(vitals.use_count as i64) * 997));
            vitals.use_count += 1;
        }
        let plan = tiers.plan(&members, now());

        let mut reversed: Vec<Vitals> = members.iter().rev().copied().collect();
        prop_assert_eq!(&tiers.plan(&reversed, now()), &plan);
        reversed.retain(|v| tiers.concerns(v, now()));
        prop_assert_eq!(&tiers.plan(&reversed, now()), &plan);

        for placement in &plan {
            let vitals = members.iter().find(|v| v.id == placement.id).unwrap();
            prop_assert!(vitals.state.is_hot());
            if placement.to == Target::Archive {
                prop_assert!(!vitals.is_fixed());
                let spared = members.iter().filter(|v| {
                    v.state.is_hot() && !v.is_fixed() && is_of_user(v) == is_of_user(vitals)
                        && v.priority < vitals.priority
                        && !plan.iter().any(|p| p.id == v.id && p.to == Target::Archive)
                });
                // What is in working memory takes no room there.
                let spared = spared.filter(|v| {
                    let kept = v.tier == Tier::Working
                        && !plan.iter().any(|p| p.id == v.id);
                    let came = plan.iter().any(|p| p.id == v.id && p.to == Target::Tier(Tier::Working));
                    !(kept || came)
                });
                prop_assert_eq!(spared.count(), 0);
            }
        }

        apply(&mut members, &plan);
        prop_assert_eq!(tiers.plan(&members, now()), vec![]);
        let count = |tier| members.iter().filter(|v| v.state.is_hot() && v.tier == tier).count();
        let fixed = |tier| members.iter().filter(|v| v.state.is_hot() && v.tier == tier && v.is_fixed()).count();
        prop_assert!(count(Tier::Working) <= capacities.working);
        for (tier, limit) in [(Tier::LongTerm, capacities.long_term), (Tier::User, capacities.user)] {
            if let Some(limit) = limit {
                prop_assert!(count(tier) <= limit.max(fixed(tier)));
            }
        }
    }

    #[test]
    fn unused_memories_only_cool(members in any_members(), capacities in any_capacities(), later in 0_i64..40) {
        let tiers = TierPolicy { capacities, ..TierPolicy::default() };
        let mut members = members;
        let plan = tiers.plan(&members, now());
        apply(&mut members, &plan);
        let at = now().plus_secs(later * DAY / 2);
        for placement in tiers.plan(&members, at) {
            // Into long-term memory, or, if that is full, out of it.
            prop_assert!(matches!(placement.to, Target::Archive | Target::Tier(Tier::LongTerm)));
        }
    }

    #[test]
    fn a_use_always_warms(memory in any_memory(), gap in 0_i64..40_000_000) {
        let tiers = TierPolicy::default();
        let before = Vitals::from(&memory);
        let at = now().plus_secs(gap);
        let mut after = before;
        after.use_count += 1;
        after.last_used = Some(at);
        prop_assert!(tiers.heat(&after, at) >= tiers.heat(&before, at));
        prop_assert!(tiers.heat(&after, at) >= 1.0 - 1e-9);
        prop_assert!(worth(&after) >= worth(&before));
    }
}
