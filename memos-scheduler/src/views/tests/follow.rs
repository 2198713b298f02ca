//! Views after commits: between builds, during them, and side by side with searches.

use std::sync::atomic::AtomicBool;

use memos_core::{IndexQuery, Layer, Scope};

use super::*;
use crate::testing::Dice;

#[test]
fn what_is_forgotten_leaves_every_view() {
    let all: Vec<Memory> = ["abc", "abx", "aby"].map(|t| memory(t, 1)).into();
    let world = World::with(&all);
    world.move_to(all[0].id, State::Archived);
    let (past, archive) = (
        world.views.get(&as_of(3), copies(&all)).unwrap(),
        world.archive(),
    );
    world.commit(forget(all[0].id));
    assert_eq!(
        (past.len(&cube_id()), archive.len(&cube_id())),
        (Some(2), Some(0))
    );
    // One is forgotten after the pages were read and before the view is there.
    let mut pages = copies(&all[1..]);
    let page = |cube: &CubeId, after: Option<MemoryId>, limit: usize| {
        let page = pages(cube, after, limit)?;
        if after.is_none() {
            world.commit(forget(all[1].id));
        }
        Ok(page)
    };
    let view = world.views.get(&as_of(4), page).unwrap();
    assert_eq!(view.len(&cube_id()), Some(1));
    assert_eq!(world.made.load(Ordering::Relaxed), 3);
}

/// A branch shows its base's memories under its own name: what is forgotten in one of them is gone
/// from the views of both, and those of the other are built anew from what is still there.
#[test]
fn forgetting_in_a_base_renews_the_views_of_its_branches() {
    let all: Vec<Memory> = ["abc", "abx"].map(|t| memory(t, 1)).into();
    let world = World::with(&all);
    let branch: CubeId = "branch".parse().unwrap();
    let key = ViewKey::from_iter([(branch.clone(), ViewOf::AsOf(ChangeSeq(2)))]);
    let shown: Vec<Memory> = all
        .iter()
        .map(|m| Memory {
            cube_id: branch.clone(),
            ..m.clone()
        })
        .collect();
    let before = world.views.get(&key, copies(&shown)).unwrap();
    world.commit(forget(all[0].id));
    assert_eq!(before.len(&branch), Some(1));
    let after = world.views.get(&key, copies(&shown[1..])).unwrap();
    assert_eq!(after.len(&branch), Some(1));
    assert_eq!(world.made.load(Ordering::Relaxed), 2);
    // What neither has concerns neither.
    world.views.apply(ViewChange::by(&[forget(all[0].id)]));
    world.views.get(&key, copies(&shown[1..])).unwrap();
    assert_eq!(world.made.load(Ordering::Relaxed), 2);
}

#[test]
fn a_cube_that_goes_takes_its_views_along() {
    let all = [memory("abc", 1)];
    let world = World::with(&all);
    world.move_to(all[0].id, State::Archived);
    let (past, archive) = (
        world.views.get(&as_of(1), copies(&all)).unwrap(),
        world.archive(),
    );
    world.commit(Write::DeleteCube(cube_id()));
    assert_eq!(
        (past.len(&cube_id()), archive.len(&cube_id())),
        (None, None)
    );
    assert_eq!(world.views.memories(), 0);
    // Another of the same name is another cube.
    world.vault.commit(adding(&[memory("abd", 1)])).unwrap();
    assert_eq!(world.archive().len(&cube_id()), Some(0));
}

#[test]
fn an_archive_that_a_missing_model_keeps_from_following_is_built_anew() {
    let all: Vec<Memory> = ["abc", "abx"].map(|t| memory(t, 1)).into();
    let world = World::with(&all);
    world.move_to(all[0].id, State::Archived);
    world.archive();
    // The live index has its vectors; only the view's are missing.
    let mut second = world.vault.memory(&cube_id(), all[1].id).unwrap().unwrap();
    second.state = State::Archived;
    second.header.behavioural.version = 2;
    let write = Write::UpdateMemory {
        memory: second,
        expected_version: 1,
    };
    let change = ViewChange::by(std::slice::from_ref(&write));
    let commit = Commit {
        writes: vec![write],
        ..Commit::default()
    };
    world.vault.commit(commit).unwrap();
    world.letters.broken.store(true, Ordering::Relaxed);
    world.views.apply(change);
    world.letters.broken.store(false, Ordering::Relaxed);
    let view = world.archive();
    assert_eq!(world.found(&view), ["abc", "abx"]);
    assert_eq!(world.made.load(Ordering::Relaxed), 2);
}

/// Moves into the archive and out of it, changes and removals, between and during builds: it holds
/// what a fresh one would.
#[test]
fn the_archive_follows_whatever_happens() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let all: Vec<Memory> = (0..8).map(|n| memory("abc", n)).collect();
        let world = World::new(ViewLimits {
            views: 1 + dice.below(2),
            memories: 100,
        });
        world.vault.commit(adding(&all)).unwrap();
        let anything = |dice: &mut Dice| {
            let id = all[dice.below(8)].id;
            let Some(stored) = world.vault.memory(&cube_id(), id).unwrap() else {
                // Back from the history, or new after it was forgotten.
                let mut back = all.iter().find(|m| m.id == id).unwrap().clone();
                back.state = [State::Archived, State::Generated][dice.below(2)];
                return world.commit(Write::AddMemory(back));
            };
            match dice.below(6) {
                0 => world.commit(forget(id)),
                1 => world.commit(Write::WithdrawMemory {
                    cube_id: cube_id(),
                    id,
                    expected_version: stored.header.behavioural.version,
                }),
                2 => world.change(id, |m| say(m, "abx")),
                3 => world.move_to(id, State::Activated),
                _ => world.move_to(id, State::Archived),
            }
        };
        for _ in 0..12 {
            for _ in 0..dice.below(4) {
                anything(&mut dice);
            }
            if dice.below(3) == 0 {
                // Pushes the archive out, if there is place for one view only.
                world.views.get(&as_of(0), copies(&[])).unwrap();
            }
            let mut pages = world.live();
            let page = |cube: &CubeId, after: Option<MemoryId>, limit: usize| {
                let page = pages(cube, after, limit);
                anything(&mut dice);
                page
            };
            let view = world.views.get(&archived(), page).unwrap();
            let stored = world.vault.snapshot().unwrap();
            let stored = stored.memories(&cube_id(), None, 100).unwrap();
            let mut expected: Vec<String> = stored
                .iter()
                .filter(|m| m.state == State::Archived)
                .map(|m| text(m).into())
                .collect();
            expected.sort();
            let mut found = candidates(&view, &asked(), &world);
            found.sort();
            assert_eq!(found, expected, "seed {seed}");
            assert_eq!(world.views.memories(), expected.len(), "seed {seed}");
        }
    }
}

/// The stored texts of all that an index holds, repeats too.
fn candidates(view: &Arc<dyn Index>, call: &MemoryCall, world: &World) -> Vec<String> {
    let found = view.candidates(&IndexQuery {
        call,
        vector: &[1.0; 26],
        scopes: &[Scope {
            cube_id: cube_id(),
            reader: ada(),
            cube_owner: ada(),
        }],
        weights: world.operator.weights(),
        limit: 100,
        layer: Layer::Evidence,
    });
    let stored = |id| world.vault.memory(&cube_id(), id).unwrap();
    let found = found.unwrap().into_iter();
    found
        .filter_map(|c| Some(text(&stored(c.id)?).to_owned()))
        .collect()
}

/// Searches of the archive, live searches and changes at once, then silence: the archive is right.
#[test]
fn races_end_in_agreement() {
    for round in 0..20 {
        let all: Vec<Memory> = (0..300).map(|n| memory("abc", n)).collect();
        let world = World::with(&all);
        let done = AtomicBool::new(false);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                for (n, m) in all.iter().enumerate() {
                    world.move_to(m.id, State::Archived);
                    if n % 3 == 0 {
                        world.commit(forget(m.id));
                    }
                }
                done.store(true, Ordering::Relaxed);
            });
            for seq in 0..2 {
                let world = &world;
                let done = &done;
                threads.spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        drop(world.archive());
                        drop(world.views.get(&as_of(seq), world.live()).unwrap());
                        world.operator.search(&asked()).unwrap();
                    }
                });
            }
        });
        assert_eq!(world.archive().len(&cube_id()), Some(200), "round {round}");
    }
}
