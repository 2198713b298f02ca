//! Pasts, versions and rollbacks of one cube against its full copies.

use std::collections::BTreeMap;

use memos_core::{Memory, Result};
use proptest::prelude::*;

use super::model::{Model, Op, op, plain, plain_copy};
use super::{World, id};
use crate::time_machine::{Past, Point, versions};

fn run(ops: &[Op]) -> (World, Model) {
    let world = World::new();
    let mut model = Model::new(world.main.clone());
    for op in ops {
        model.apply(&world, op);
        assert_eq!(
            plain_copy(world.all(&world.main)),
            model.now,
            "after {op:?}"
        );
    }
    (world, model)
}

fn paged(past: &Past<'_>, size: usize) -> Vec<Memory> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = past.memories(after, size).unwrap();
        assert!(page.len() <= size);
        let Some(last) = page.last() else { return all };
        after = Some(last.id);
        all.extend(page);
    }
}

proptest! {
    #[test]
    fn a_past_is_the_copy_of_then(ops in prop::collection::vec(op(), 1..60), size in 1..5_usize) {
        let (world, model) = run(&ops);
        let view = world.view();
        for (seq, at, copy) in &model.copies {
            let past = Past::of(&*view, &world.main, *seq).unwrap();
            let all = past.memories(None, usize::MAX).unwrap();
            prop_assert!(all.windows(2).all(|w| w[0].id < w[1].id));
            prop_assert_eq!(&plain_copy(all.clone()), copy);
            prop_assert_eq!(paged(&past, size), all);
            for n in 0..6 {
                prop_assert_eq!(past.memory(id(n)).unwrap().map(plain), copy.get(&id(n)).cloned());
            }
            // An instant stands for the last change at or before it.
            let resolved = Point::Instant(*at).resolve(&*view, &world.main).unwrap();
            let last = model.copies.iter().rev().find(|c| c.1 <= *at).unwrap();
            let past = Past::of(&*view, &world.main, resolved).unwrap();
            prop_assert_eq!(&plain_copy(past.memories(None, 100).unwrap()), &last.2);
        }
    }

    #[test]
    fn back_and_forward_again_is_as_before(
        ops in prop::collection::vec(op(), 1..60),
        part in any::<u8>(),
    ) {
        let (world, model) = run(&ops);
        let before = world.dump(&world.main);
        let head = world.head(&world.main);
        let (at, _, copy) = model.pick(part);
        let past: Vec<String> = {
            let view = world.view();
            let past = Past::of(&*view, &world.main, head).unwrap();
            past.dump().unwrap().collect::<Result<_>>().unwrap()
        };
        prop_assert_eq!(&past, &before);
        world.roll_back(&world.main, &Point::Change((*at).min(head)));
        prop_assert_eq!(&plain_copy(world.all(&world.main)), copy);
        world.roll_back(&world.main, &Point::Change(head));
        prop_assert_eq!(world.dump(&world.main), before);
    }

    #[test]
    fn versions_are_the_log(ops in prop::collection::vec(op(), 1..60)) {
        let (world, model) = run(&ops);
        let view = world.view();
        for n in 0..6 {
            let Some(log) = model.log.get(&id(n)) else {
                prop_assert!(versions(&*view, &world.main, id(n)).is_err());
                continue;
            };
            let expected: Vec<_> = log
                .iter()
                .enumerate()
                .filter_map(|(i, (_, at, memory))| {
                    Some((*at, log.get(i + 1).map(|next| next.1), memory.clone()?))
                })
                .collect();
            let found = versions(&*view, &world.main, id(n)).unwrap();
            let short: Vec<_> = found
                .iter()
                .map(|v| (v.from, v.until, plain(v.memory.clone())))
                .collect();
            prop_assert_eq!(short, expected);
            // One number, one content.
            let mut contents = BTreeMap::new();
            for version in found {
                prop_assert!(version.why.is_some());
                let content = plain(version.memory);
                let known = contents.entry(version.number).or_insert_with(|| content.clone());
                prop_assert_eq!(known, &content);
            }
        }
    }
}
