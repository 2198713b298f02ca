//! Branches case by case: what they refuse, and what is forgotten in them and under them.

use std::sync::Arc;

use memos_core::{
    ChangeSeq, Clock, Code, Commit, Committed, CubeId, Event, EventKind, EventLog, EventSeq,
    MemCube, Memory, MemoryId, Result, Snapshot, Task, TaskId, Vault, VolatileVault, Write,
    conformance,
};

use super::{World, ada, cube, cube_id, id, memory, text};
use crate::time_machine::{Branching, Past, branches_of, drop_branch, versions};

/// The vault beside the log that a caller would ask.
struct WithLog(Branching, Arc<VolatileVault>);

impl Vault for WithLog {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        self.0.commit(commit)
    }
    fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.0.snapshot()
    }
    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        self.0.cube(id)
    }
    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        self.0.memory(cube, id)
    }
    fn task(&self, id: TaskId) -> Result<Option<Task>> {
        self.0.task(id)
    }
    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>> {
        self.0.cubes_of(id)
    }
    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        self.0.made_from(cube, id)
    }
}

impl EventLog for WithLog {
    fn head(&self) -> EventSeq {
        self.1.head()
    }
    fn events(&self, after: EventSeq, limit: usize) -> Result<Vec<Event>> {
        self.1.events(after, limit)
    }
    fn cursor(&self, subscriber: &str) -> Result<EventSeq> {
        self.1.cursor(subscriber)
    }
    fn advance(&self, subscriber: &str, seq: EventSeq) -> Result<()> {
        self.1.advance(subscriber, seq)
    }
}

#[test]
fn a_branching_vault_is_a_vault() {
    conformance::check_vault(|clock: Arc<dyn Clock>| {
        let stored = Arc::new(VolatileVault::new(clock));
        WithLog(Branching::new(Arc::clone(&stored) as _), stored)
    });
}

#[test]
fn the_base_forgets_for_its_branches() {
    let world = World::new();
    let main = &world.main;
    world.add(main, 1, "secret");
    world.add(main, 2, "other");
    world.say(main, 1, "secret still");
    let branch = world.fork(main, "branch", ChangeSeq(2));
    let top = world.fork(&branch, "top", ChangeSeq(0));
    let plain = world.fork(main, "plain", world.head(main));
    world.say(&branch, 1, "secret, said otherwise");
    world.say(&top, 1, "secret, on top");
    world.withdraw(&top, 1);
    let before = world.view();
    let log = world.stored.head();
    world.forget(main, 1);
    for cube in [main, &branch, &top, &plain] {
        assert_eq!(world.get(cube, 1), None);
        assert!(world.view().history(cube, id(1)).unwrap().is_empty());
        assert_eq!(world.dump(cube).len(), 2);
        for line in world.dump(cube) {
            assert!(!line.contains("secret"), "{line}");
        }
    }
    let events = world.stored.events(log, 9).unwrap();
    let mut told: Vec<_> = events.iter().map(|e| e.cube_id.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["branch", "main", "plain", "top"]);
    assert!(events.iter().all(|e| e.kind == EventKind::Forgotten));
    // A view of before stands still.
    let said = |cube| {
        before
            .memory(cube, id(1))
            .unwrap()
            .map(|m| text(&m).to_owned())
    };
    assert_eq!(said(&branch).as_deref(), Some("secret, said otherwise"));
    assert_eq!(said(&plain).as_deref(), Some("secret still"));
    let past = Past::of(&*before, &branch, ChangeSeq(0)).unwrap();
    assert_eq!(text(&past.memory(id(1)).unwrap().unwrap()), "secret");
}

#[test]
fn what_a_branch_forgets_stays_hidden() {
    let world = World::new();
    let main = &world.main;
    world.add(main, 1, "there");
    let branch = world.fork(main, "branch", world.head(main));
    world.say(&branch, 1, "otherwise");
    world.forget(&branch, 1);
    assert_eq!(world.get(&branch, 1), None);
    let history = world.view().history(&branch, id(1)).unwrap();
    let otherwise = history.iter().filter_map(|c| c.before.as_ref());
    assert!(!otherwise.into_iter().any(|m| text(m) == "otherwise"));
    world.forget(&branch, 1);
    assert_eq!(world.get(&branch, 1), None);
    assert_eq!(text(&world.get(main, 1).unwrap()), "there");
    // It may come back as something new.
    world.add(&branch, 1, "new");
    assert_eq!(text(&world.get(&branch, 1).unwrap()), "new");
}

#[test]
fn what_a_branch_holds_itself_is_found_by_its_id_alone() {
    let world = World::new();
    let main = &world.main;
    let places = || world.vault.cubes_of(id(1)).unwrap();
    let made = |cube: &CubeId| world.vault.made_from(cube, id(1)).unwrap();
    let derive = |cube: &CubeId, n: u8| {
        let mut made = memory(cube, n, "made");
        made.header.behavioural.derived_from = vec![id(1)];
        world.write([Write::AddMemory(made)]);
    };
    world.add(main, 1, "there");
    derive(main, 2);
    let branch = world.fork(main, "branch", world.head(main));
    let top = world.fork(&branch, "top", ChangeSeq(0));
    let only_main = [main.clone()];
    assert_eq!(places(), only_main, "reading through holds nothing");
    assert_eq!(made(&top), [id(2)]);
    derive(&branch, 3);
    world.say(&branch, 2, "made again");
    assert_eq!(made(main), [id(2)]);
    assert_eq!(made(&branch), [id(2), id(3)]);
    assert_eq!(made(&top), [id(2), id(3)]);

    world.say(&branch, 1, "otherwise");
    assert_eq!(places(), [branch.clone(), main.clone()]);
    world.forget(&branch, 1);
    assert_eq!(places(), only_main, "it is only hidden");
    world.add(&branch, 1, "new");
    world.forget(main, 1);
    assert!(places().is_empty(), "also in the branches");
}

#[test]
fn one_commit_may_write_a_memory_more_than_once() {
    let world = World::new();
    let main = &world.main;
    world.add(main, 1, "there");
    let branch = cube_id("branch");
    let base = memos_core::Base {
        cube_id: main.clone(),
        at: world.head(main),
    };
    let update = |version: u32, text: &str| {
        let mut memory = memory(&branch, 1, text);
        memory.header.behavioural.version = version;
        Write::UpdateMemory {
            memory,
            expected_version: version - 1,
        }
    };
    world.write([
        Write::CreateCube(MemCube {
            base: Some(base),
            ..cube("branch")
        }),
        update(2, "second"),
        update(3, "third"),
    ]);
    assert_eq!(text(&world.get(&branch, 1).unwrap()), "third");
    let all = versions(&*world.view(), &branch, id(1)).unwrap();
    let numbers: Vec<_> = all.iter().map(|v| (v.number, text(&v.memory))).collect();
    assert_eq!(numbers, [(1, "there"), (2, "second"), (3, "third")]);
    // Who saw another version than the base's is refused, and nothing is copied.
    let other = world.fork(main, "other", world.head(main));
    let mut stale = memory(&other, 1, "stale");
    stale.header.behavioural.version = 6;
    let refused = world.try_write([Write::UpdateMemory {
        memory: stale,
        expected_version: 5,
    }]);
    assert_eq!(refused.unwrap_err().code(), Code::Conflict);
    assert!(world.stored.memory(&other, id(1)).unwrap().is_none());
}

#[test]
fn branches_keep_their_base_and_bases_their_branches() {
    let world = World::new();
    let main = &world.main;
    let branch = world.fork(main, "branch", ChangeSeq(0));
    assert_eq!(
        world.vault.branches_of(main).unwrap(),
        std::slice::from_ref(&branch)
    );
    let deleting = world.try_write([Write::DeleteCube(main.clone())]);
    let error = deleting.unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    assert!(error.message().contains("branch"), "{error}");
    let moving = world.try_write([Write::UpdateCube(cube("branch"))]);
    assert_eq!(moving.unwrap_err().code(), Code::InvalidRequest);
    let orphan = MemCube {
        base: Some(memos_core::Base {
            cube_id: cube_id("nowhere"),
            at: ChangeSeq(0),
        }),
        ..cube("orphan")
    };
    let orphan = world.try_write([Write::CreateCube(orphan)]);
    assert_eq!(orphan.unwrap_err().code(), Code::CubeNotFound);

    let listed = branches_of(&*world.view(), main).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        drop_branch(&*world.view(), main, &ada())
            .unwrap_err()
            .code(),
        Code::InvalidRequest
    );
    let dropping = drop_branch(&*world.view(), &branch, &ada()).unwrap();
    world.vault.commit(dropping).unwrap();
    assert!(branches_of(&*world.view(), main).unwrap().is_empty());
    world.write([Write::DeleteCube(main.clone())]);
    assert!(world.vault.branches_of(main).unwrap().is_empty());
}

#[test]
fn what_a_middle_branch_forgets_shows_the_base_above() {
    let world = World::new();
    let main = &world.main;
    world.add(main, 1, "there");
    let middle = world.fork(main, "middle", world.head(main));
    world.say(&middle, 1, "secret");
    let top = world.fork(&middle, "top", world.head(&middle));
    world.say(&top, 1, "secret on top");
    world.forget(&middle, 1);
    assert_eq!(world.get(&middle, 1), None);
    assert_eq!(text(&world.get(&top, 1).unwrap()), "there");
    assert_eq!(text(&world.get(main, 1).unwrap()), "there");
    for cube in [&middle, &top] {
        for change in world.view().history(cube, id(1)).unwrap() {
            assert!(change.before.is_none_or(|m| text(&m) == "there"));
        }
    }
}

#[test]
fn many_may_write_to_a_branch_and_its_base_at_once() {
    let world = &World::new();
    let main = &world.main;
    for n in 0..8 {
        world.add(main, n, "there");
    }
    let branch = &world.fork(main, "branch", world.head(main));
    let raise = |cube: &CubeId, n: u8| {
        let mut memory = world.vault.memory(cube, id(n)).unwrap().unwrap();
        let expected_version = memory.header.behavioural.version;
        memory.header.behavioural.version += 1;
        world.try_write([Write::UpdateMemory {
            memory,
            expected_version,
        }])
    };
    let raise = &raise;
    let version = |cube, n| world.get(cube, n).unwrap().header.behavioural.version;
    std::thread::scope(|scope| {
        // Two change the same memory of the branch: each change counts, or is a conflict.
        let race = |n: u8| move || (0..20).filter(|_| raise(branch, n / 2).is_ok()).count();
        let races: Vec<_> = (0..8).map(|n| scope.spawn(race(n))).collect();
        for n in 0..8 {
            scope.spawn(move || (0..20).for_each(|_| drop(raise(main, n).unwrap())));
        }
        for _ in 0..20 {
            let seen = world.vault.snapshot().unwrap();
            assert_eq!(seen.memories(branch, None, 5).unwrap().len(), 5);
        }
        let done: Vec<usize> = races.into_iter().map(|r| r.join().unwrap()).collect();
        for (n, pair) in (0..).zip(done.chunks(2)) {
            let expected = 1 + pair.iter().sum::<usize>();
            assert_eq!(version(branch, n) as usize, expected);
        }
    });
    for n in 0..8 {
        assert_eq!(version(main, n), 21);
        assert!(n < 4 || version(branch, n) == 1);
    }
}
