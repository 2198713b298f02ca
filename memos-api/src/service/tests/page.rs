//! Pages by number.

use memos_core::{Filter, MemoryId};

use super::{World, ada, bob, cube};
use crate::{Order, Page};

fn ids(page: &Page) -> Vec<MemoryId> {
    page.memories.iter().map(|m| m.id).collect()
}

#[test]
fn pages_run_over_cubes_in_the_order_of_time() {
    let world = World::new();
    let mut said = Vec::new();
    for round in 0..7 {
        let to = ["b", "a", "c"][round % 3];
        said.extend(world.say(to, &["One.", "Two."]));
    }
    let not_asked_for = world.say("d", &["Three."]);
    let cubes = ["c", "b", "nowhere", "a", "b"].map(cube);
    for order in [Order::Oldest, Order::Newest] {
        let mut expected = said.clone();
        if order == Order::Newest {
            expected.reverse();
        }
        for offset in [0, 1, 5, 13, 14, 99] {
            for limit in [Some(0), Some(1), Some(5), Some(99), None] {
                let page = world.memos.page(&ada(), &cubes, None, order, offset, limit);
                let page = page.unwrap();
                let rest = expected.iter().skip(offset).copied();
                let shown: Vec<_> = rest.take(limit.unwrap_or(usize::MAX)).collect();
                assert_eq!(ids(&page), shown, "{order:?} {offset} {limit:?}");
                assert_eq!(page.total, expected.len());
            }
        }
    }
    assert!(!said.contains(&not_asked_for[0]));
}

#[test]
fn what_was_said_last_can_come_first() {
    let world = World::new();
    let said = world.say("notes", &["One.", "Two.", "Three."]);
    world.change("notes", said[0], |memory| {
        memory.header.descriptive.said_at = "2999-01-01".parse().unwrap();
    });
    let page = |offset, limit| {
        let cubes = [cube("notes")];
        let page = world
            .memos
            .page(&ada(), &cubes, None, Order::LastSaid, offset, limit);
        ids(&page.unwrap())
    };
    assert_eq!(page(0, None), [said[0], said[2], said[1]]);
    assert_eq!(page(1, Some(1)), [said[2]]);
}

#[test]
fn only_what_is_admitted_is_counted() {
    let world = World::new();
    let said = world.say("notes", &["Red.", "Blue.", "Red again."]);
    world.say("other", &["Red too."]);
    let page = |who, cubes: &[&str], filter: Option<&str>| {
        let filter = filter.map(|text| Filter::from_json_text(text).unwrap());
        let cubes: Vec<_> = cubes.iter().map(|name| cube(name)).collect();
        let page = world
            .memos
            .page(&who, &cubes, filter.as_ref(), Order::Oldest, 0, None);
        page.unwrap()
    };
    let red = Some(r#"{"text": {"contains": "Red"}}"#);
    let found = page(ada(), &["notes"], red);
    assert_eq!((ids(&found), found.total), (vec![said[0], said[2]], 2));
    assert_eq!(page(ada(), &["notes", "other"], red).total, 3);
    assert_eq!(page(ada(), &[], None).total, 0);
    assert_eq!(page(ada(), &["nowhere"], None).total, 0);
    let hidden = page(bob(), &["notes", "other"], None);
    assert_eq!((hidden.total, hidden.memories), (0, vec![]));
    // A branch shows what it reads through to.
    world.branch("notes", "what-if");
    assert_eq!(ids(&page(ada(), &["what-if"], None)), said);
    assert_eq!(page(ada(), &["what-if", "notes"], None).total, 6);
}
