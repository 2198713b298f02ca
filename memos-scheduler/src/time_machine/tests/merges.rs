//! Merges: against a naive three-way merge, and case by case.

use std::collections::BTreeSet;

use memos_core::{Cause, Code, EventKind, EventLog, EventSeq, Memory, MemoryId, State, Vault};
use proptest::prelude::*;

use super::model::{Copy, Model, Op, op};
use super::{World, ada, id, text};
use crate::time_machine::{Effect, Merge, Policy, Refusal, diff_branch};

fn said(copy: &Copy, id: MemoryId) -> Option<&str> {
    copy.get(&id).map(text)
}

proptest! {
    #[test]
    fn merges_are_three_way(
        before in prop::collection::vec(op(), 0..30),
        after in prop::collection::vec((any::<bool>(), op()), 0..30),
        theirs in any::<bool>(),
    ) {
        let world = World::new();
        let main = world.main.clone();
        let mut base = Model::new(main.clone());
        for op in &before {
            base.apply(&world, op);
        }
        let mut branch = base.fork(&world, "b", 255);
        for (ours, op) in &after {
            if matches!(op, Op::Forget(_)) {
                continue;
            }
            let _ = if *ours { base.apply(&world, op) } else { branch.apply(&world, op) };
        }
        let policy = if theirs { Policy::Theirs } else { Policy::Ours };
        let plan = Merge::plan(&*world.view(), &branch.cube, policy).unwrap();
        let refusing = Merge::plan(&*world.view(), &branch.cube, Policy::Refuse).unwrap();
        prop_assert_eq!(&refusing.conflicts, &plan.conflicts);
        prop_assert_eq!(refusing.commit(&ada()).is_err(), !plan.conflicts.is_empty());
        let untouched = world.dump(&branch.cube);
        world.vault.commit(plan.commit(&ada()).unwrap()).unwrap();
        prop_assert_eq!(world.dump(&branch.cube), untouched);

        let mut conflicts = BTreeSet::new();
        for n in 0..6 {
            let (was, ours, other) = (
                said(&branch.through, id(n)),
                said(&base.now, id(n)),
                said(&branch.now, id(n)),
            );
            let conflict = was != ours && was != other && ours != other;
            if conflict {
                conflicts.insert(id(n));
            }
            let expected = if was != other && (!conflict || theirs) { other } else { ours };
            let found = world.get(&main, n);
            prop_assert_eq!(found.as_ref().map(text), expected);
        }
        prop_assert_eq!(plan.conflicts.iter().map(|c| c.memory).collect::<BTreeSet<_>>(), conflicts);

        // Once more brings nothing, but for the conflicts that were left.
        let again = Merge::plan(&*world.view(), &branch.cube, policy).unwrap();
        prop_assert_eq!(&again.steps, &vec![]);
        prop_assert_eq!(again.conflicts.len(), if theirs { 0 } else { plan.conflicts.len() });
    }
}

fn version(memory: Option<Memory>) -> Option<u32> {
    memory.map(|m| m.header.behavioural.version)
}

#[test]
fn a_merge_says_what_it_does_and_does_it() {
    let world = World::new();
    let main = world.main.clone();
    for n in 1..=4 {
        world.add(&main, n, "as it was");
    }
    let branch = world.fork(&main, "idea", world.head(&main));
    world.say(&branch, 1, "better");
    world.withdraw(&branch, 2);
    world.add(&branch, 7, "new");
    world.say(&branch, 3, "theirs");
    world.say(&main, 3, "ours");
    world.touch(&main, 1);

    let changes = diff_branch(&*world.view(), &branch).unwrap();
    let effects: Vec<_> = changes.iter().map(|c| (c.memory, c.effect)).collect();
    assert_eq!(
        effects,
        [
            (id(1), Effect::Updated),
            (id(2), Effect::Withdrawn),
            (id(3), Effect::Updated),
            (id(7), Effect::Added)
        ]
    );
    assert_eq!(changes[0].fields.len(), 1);
    assert_eq!(changes[0].fields[0].field, "/payload/plaintext/text");
    assert_eq!(changes[0].fields[0].after, "better");

    let refused = Merge::plan(&*world.view(), &branch, Policy::Refuse).unwrap();
    assert_eq!(refused.conflicts.len(), 1);
    assert_eq!(refused.conflicts[0].fields[0].before, "ours");
    assert_eq!(refused.commit(&ada()).unwrap_err().code(), Code::Conflict);

    let head = world.head(&main);
    let log = world.stored.head();
    let plan = Merge::plan(&*world.view(), &branch, Policy::Ours).unwrap();
    world.vault.commit(plan.commit(&ada()).unwrap()).unwrap();
    assert_eq!(text(&world.get(&main, 1).unwrap()), "better");
    assert_eq!(world.get(&main, 1).unwrap().header.behavioural.use_count, 1);
    assert_eq!(version(world.get(&main, 1)), Some(2));
    assert_eq!(world.get(&main, 2), None);
    assert_eq!(text(&world.get(&main, 3).unwrap()), "ours");
    assert_eq!(world.get(&main, 7).unwrap().cube_id, main);
    for change in world.view().changes(&main, head, 99).unwrap() {
        assert_eq!(change.why.cause, Cause::Branch);
        assert_eq!(change.why.detail.as_deref(), Some("merged from idea"));
    }
    let kinds: Vec<_> = world.stored.events(log, 99).unwrap();
    let kinds: Vec<_> = kinds.into_iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        [EventKind::Updated, EventKind::Withdrawn, EventKind::Added]
    );

    let plan = Merge::plan(&*world.view(), &branch, Policy::Theirs).unwrap();
    world.vault.commit(plan.commit(&ada()).unwrap()).unwrap();
    assert_eq!(text(&world.get(&main, 3).unwrap()), "theirs");
    assert_eq!(version(world.get(&main, 3)), Some(3));
}

#[test]
fn what_is_frozen_in_the_base_stays() {
    let world = World::new();
    let main = world.main.clone();
    world.add(&main, 1, "as it was");
    world.add(&main, 2, "as it was");
    let branch = world.fork(&main, "idea", world.head(&main));
    world.say(&branch, 1, "better");
    world.say(&branch, 2, "better");
    world.change(&main, 1, |m| m.state = State::Frozen);
    world.change(&main, 2, |m| m.header.governance.legal_hold = true);
    let plan = Merge::plan(&*world.view(), &branch, Policy::Theirs).unwrap();
    let refused: Vec<_> = plan.steps.iter().map(|s| s.refused).collect();
    assert_eq!(refused, [Some(Refusal::Frozen), Some(Refusal::LegalHold)]);
    let head = world.stored.head();
    world.vault.commit(plan.commit(&ada()).unwrap()).unwrap();
    assert_eq!(text(&world.get(&main, 1).unwrap()), "as it was");
    assert_eq!(text(&world.get(&main, 2).unwrap()), "as it was");
    assert_eq!(world.stored.events(head, 9).unwrap(), []);
    assert!(head > EventSeq::default());
}

#[test]
fn a_plan_of_before_does_not_overwrite_what_came_since() {
    let world = World::new();
    let main = world.main.clone();
    world.add(&main, 1, "as it was");
    let branch = world.fork(&main, "idea", world.head(&main));
    world.say(&branch, 1, "better");
    let plan = Merge::plan(&*world.view(), &branch, Policy::Theirs).unwrap();
    world.say(&main, 1, "since");
    let refused = world.vault.commit(plan.commit(&ada()).unwrap());
    assert_eq!(refused.unwrap_err().code(), Code::Conflict);
    assert_eq!(text(&world.get(&main, 1).unwrap()), "since");
}
