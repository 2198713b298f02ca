//! Branches against full copies, with nothing shared between them and their bases.

use proptest::prelude::*;

use super::World;
use super::model::{Model, Op, op, plain, plain_copy};
use crate::time_machine::Past;

/// What is done to which of the cubes that there are then.
fn steps() -> impl Strategy<Value = Vec<(u8, Op)>> {
    prop::collection::vec((any::<u8>(), op()), 1..60)
}

fn check(world: &World, model: &Model, size: usize) -> Result<(), TestCaseError> {
    let view = world.view();
    let all = view.memories(&model.cube, None, usize::MAX).unwrap();
    prop_assert!(all.iter().all(|m| m.cube_id == model.cube));
    prop_assert_eq!(&plain_copy(all.clone()), &model.now);
    let mut paged = Vec::new();
    while let page = view
        .memories(
            &model.cube,
            paged.last().map(|m: &memos_core::Memory| m.id),
            size,
        )
        .unwrap()
        && !page.is_empty()
    {
        paged.extend(page);
    }
    prop_assert_eq!(paged, all);
    for n in 0..6 {
        let found = world.get(&model.cube, n).map(plain);
        prop_assert_eq!(found, model.now.get(&super::id(n)).cloned());
    }
    Ok(())
}

fn check_past(world: &World, model: &Model) -> Result<(), TestCaseError> {
    let view = world.view();
    let changes = view
        .changes(&model.cube, memos_core::ChangeSeq::default(), usize::MAX)
        .unwrap();
    model.check_changes(&changes);
    for (seq, _, copy) in &model.copies {
        let past = Past::of(&*view, &model.cube, *seq).unwrap();
        let all = past.memories(None, usize::MAX).unwrap();
        prop_assert_eq!(&plain_copy(all), copy, "{} at {}", &model.cube, seq);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_branch_and_its_base_go_their_own_ways(
        before in prop::collection::vec(op(), 0..30),
        part in any::<u8>(),
        after in steps(),
        size in 1..4_usize,
    ) {
        let world = World::new();
        let mut base = Model::new(world.main.clone());
        for op in &before {
            base.apply(&world, op);
        }
        let mut branch = base.fork(&world, "branch", part);
        check(&world, &branch, size)?;
        for (which, op) in &after {
            if which % 2 == 0 {
                let dump = world.dump(&world.main);
                branch.apply(&world, op);
                prop_assert_eq!(world.dump(&world.main), dump, "after {:?}", op);
            } else {
                if let Op::Forget(n) = op && base.now.contains_key(&super::id(*n)) {
                    branch.forget_through(*n);
                }
                base.apply(&world, op);
            }
            check(&world, &branch, size)?;
            check(&world, &base, size)?;
        }
        check_past(&world, &branch)?;
        check_past(&world, &base)?;
    }

    #[test]
    fn a_branch_of_a_branch_reads_through_both(
        before in prop::collection::vec(op(), 0..20),
        first in prop::collection::vec(op(), 0..20),
        parts in any::<(u8, u8)>(),
        after in steps(),
        size in 1..4_usize,
    ) {
        let world = World::new();
        let mut base = Model::new(world.main.clone());
        for op in &before {
            base.apply(&world, op);
        }
        let mut middle = base.fork(&world, "middle", parts.0);
        for op in &first {
            middle.apply(&world, op);
        }
        let mut top = middle.fork(&world, "top", parts.1);
        for (which, op) in &after {
            match which % 3 {
                0 => {
                    let dumps = (world.dump(&world.main), world.dump(&middle.cube));
                    top.apply(&world, op);
                    prop_assert_eq!(&world.dump(&world.main), &dumps.0);
                    prop_assert_eq!(&world.dump(&middle.cube), &dumps.1);
                }
                1 => {
                    if let Op::Forget(n) = op && base.now.contains_key(&super::id(*n)) {
                        middle.forget_through(*n);
                        top.forget_through(*n);
                    }
                    base.apply(&world, op);
                }
                // What the middle forgets shows the base again in the top: tested by itself.
                _ if matches!(op, Op::Forget(_)) => {}
                _ => {
                    middle.apply(&world, op);
                }
            }
            for model in [&base, &middle, &top] {
                check(&world, model, size)?;
            }
        }
        for model in [&base, &middle, &top] {
            check_past(&world, model)?;
        }
    }
}
