//! Views of the past and of the archive, while everything else goes on.

mod follow;

use std::sync::Barrier;

use memos_core::{
    Audience, Code, Commit, Error, Layers, MemoryCall, UserId, Vault, VolatileVault, Write,
};
use memos_governance::AccessGuard;

use super::*;
use crate::testing::{Brute, Letters, ada, adding, call, cube, cube_id, memory, text, vault};
use crate::{MemOperator, Residency};

type Page<'a> = Box<dyn FnMut(&CubeId, Option<MemoryId>, usize) -> Result<Vec<Memory>> + 'a>;

struct World {
    vault: Arc<VolatileVault>,
    letters: Arc<Letters>,
    residency: Arc<Residency>,
    operator: MemOperator,
    views: Views,
    made: Arc<AtomicUsize>,
}

impl World {
    fn new(limits: ViewLimits) -> Self {
        let (vault, _) = vault();
        let (index, letters) = (Arc::new(Brute::default()), Arc::new(Letters::default()));
        let residency = Arc::new(Residency::new(
            Arc::clone(&vault) as _,
            Arc::clone(&index) as _,
            Arc::clone(&letters) as _,
        ));
        let operator = MemOperator::new(
            Arc::clone(&vault) as _,
            index,
            Arc::clone(&letters) as _,
            Arc::new(AccessGuard),
            Arc::clone(&residency),
        );
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let make = move || {
            count.fetch_add(1, Ordering::Relaxed);
            Arc::new(Brute::default()) as Arc<dyn Index>
        };
        Self {
            views: Views::new(make, Arc::clone(&letters) as _, limits),
            vault,
            letters,
            residency,
            operator,
            made,
        }
    }

    fn with(memories: &[Memory]) -> Self {
        let world = Self::new(ViewLimits::default());
        world.vault.commit(adding(memories)).unwrap();
        world
    }

    fn commit(&self, write: Write) {
        let cube = match &write {
            Write::AddMemory(memory) | Write::UpdateMemory { memory, .. } => memory.cube_id.clone(),
            Write::DeleteMemory { cube_id, .. } | Write::DeleteCube(cube_id) => cube_id.clone(),
            _ => cube_id(),
        };
        let change = ViewChange::by(std::slice::from_ref(&write));
        let writes = vec![write];
        let commit = || {
            Ok(Commit {
                writes,
                ..Commit::default()
            })
        };
        self.residency.commit(&cube, commit).unwrap();
        self.views.apply(change);
    }

    fn change(&self, id: MemoryId, change: impl FnOnce(&mut Memory)) {
        let mut memory = self.vault.memory(&cube_id(), id).unwrap().unwrap();
        let expected_version = memory.header.behavioural.version;
        memory.header.behavioural.version += 1;
        change(&mut memory);
        self.commit(Write::UpdateMemory {
            memory,
            expected_version,
        });
    }

    fn move_to(&self, id: MemoryId, state: State) {
        self.change(id, |m| m.state = state);
    }

    /// What the vault holds when the first page is read.
    fn live(&self) -> Page<'_> {
        let mut snapshot = None;
        Box::new(move |cube, after, limit| {
            let snapshot = snapshot.get_or_insert_with(|| self.vault.snapshot().unwrap());
            snapshot.memories(cube, after, limit)
        })
    }

    fn archive(&self) -> Arc<dyn Index> {
        self.views.get(&archived(), self.live()).unwrap()
    }

    /// What a call finds in a view whose records are the vault's.
    fn found(&self, view: &Arc<dyn Index>) -> Vec<String> {
        let read = |cube: &CubeId, id| self.vault.memory(cube, id);
        texts(&self.operator.search_in(view, &asked(), read).unwrap())
    }
}

/// Copies of memories of the past.
fn copies(memories: &[Memory]) -> Page<'_> {
    Box::new(|_, after, limit| {
        let later = memories.iter().filter(|m| after.is_none_or(|a| m.id > a));
        Ok(later.take(limit).cloned().collect())
    })
}

fn as_of(seq: u64) -> ViewKey {
    ViewKey::from_iter([(cube_id(), ViewOf::AsOf(ChangeSeq(seq)))])
}

fn archived() -> ViewKey {
    ViewKey::from_iter([(cube_id(), ViewOf::Archived)])
}

fn asked() -> MemoryCall {
    call("abc", ada(), 100)
}

fn texts(found: &crate::Found) -> Vec<String> {
    found.hits.iter().map(|h| text(&h.memory).into()).collect()
}

fn say(memory: &mut Memory, words: &str) {
    if let memos_core::Payload::Plaintext(plain) = &mut memory.payload {
        plain.text = words.into();
    }
}

fn forget(id: MemoryId) -> Write {
    Write::DeleteMemory {
        cube_id: cube_id(),
        id,
    }
}

#[test]
fn the_past_answers_in_its_own_words() {
    let past: Vec<Memory> = ["abc", "abx"].map(|t| memory(t, 1)).into();
    let world = World::with(&past);
    let view = world.views.get(&as_of(2), copies(&past)).unwrap();
    world.change(past[0].id, |m| say(m, "xyz"));
    world.commit(Write::WithdrawMemory {
        cube_id: cube_id(),
        id: past[1].id,
        expected_version: 1,
    });
    let read = |_: &CubeId, id| Ok(past.iter().find(|m| m.id == id).cloned());
    let then = world.operator.search_in(&view, &asked(), read).unwrap();
    assert_eq!(texts(&then), ["abc", "abx"]);
    assert_eq!(texts(&world.operator.search(&asked()).unwrap()), ["xyz"]);
    // What was not hot then is not found then.
    let mut cold = past.clone();
    cold[1].state = State::Merged;
    let view = world.views.get(&as_of(1), copies(&cold)).unwrap();
    assert_eq!(view.len(&cube_id()), Some(1));
}

#[test]
fn who_may_see_the_past_is_decided_today() {
    let eve: UserId = "eve".parse().unwrap();
    let mut open = cube();
    open.access.readers = Audience::Everyone;
    let mut past: Vec<Memory> = ["abc", "abx", "aby"].map(|t| memory(t, 1)).into();
    for m in &mut past[..2] {
        m.header.governance.access.readers = Audience::Everyone;
    }
    let world = World::new(ViewLimits::default());
    let mut commit = adding(&past);
    commit.writes[0] = Write::EnsureCube(open);
    world.vault.commit(commit).unwrap();
    let view = world.views.get(&as_of(1), copies(&past)).unwrap();
    let read = |_: &CubeId, id| Ok(past.iter().find(|m| m.id == id).cloned());
    let seen = |who: &UserId| {
        let asked = call("abc", who.clone(), 9);
        texts(&world.operator.search_in(&view, &asked, read).unwrap())
    };
    assert_eq!(seen(&eve), ["abc", "abx"]);
    world.change(past[0].id, |m| {
        m.header.governance.access.readers = Audience::Owner;
    });
    world.change(past[2].id, |m| {
        m.header.governance.access.readers = Audience::Everyone;
    });
    assert_eq!(seen(&eve), ["abx"]);
    assert_eq!(seen(&ada()), ["abc", "abx", "aby"]);
}

#[test]
fn the_archive_answers_with_records_as_they_are_stored() {
    let all: Vec<Memory> = ["abc", "abx", "aby"].map(|t| memory(t, 1)).into();
    let world = World::with(&all);
    world.move_to(all[1].id, State::Archived);
    let view = world.archive();
    let read = |cube: &CubeId, id| world.vault.memory(cube, id);
    let found = world.operator.search_in(&view, &asked(), read).unwrap();
    assert_eq!(texts(&found), ["abx"]);
    assert_eq!(found.hits[0].memory.state, State::Archived);
    assert_eq!(
        texts(&world.operator.search(&asked()).unwrap()),
        ["abc", "aby"]
    );
}

#[test]
fn a_view_is_built_once_for_all_who_ask() {
    let all: Vec<Memory> = (0..600).map(|n| memory("abc", n)).collect();
    let world = World::with(&all);
    let barrier = Barrier::new(4);
    let views: Vec<Arc<dyn Index>> = std::thread::scope(|threads| {
        let ask = || {
            barrier.wait();
            world.views.get(&as_of(1), copies(&all)).unwrap()
        };
        let asking: Vec<_> = (0..4).map(|_| threads.spawn(ask)).collect();
        asking.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(world.made.load(Ordering::Relaxed), 1);
    assert!(views.iter().all(|v| v.len(&cube_id()) == Some(600)));
    assert_eq!(world.views.memories(), 600);
}

/// On one thread: a lock held by the one who builds would never come free.
#[test]
fn everything_else_goes_on_while_a_view_is_built() {
    let all = [memory("abc", 1)];
    let world = World::with(&all);
    let mut pages = copies(&all);
    let page = |cube: &CubeId, after: Option<MemoryId>, limit: usize| {
        assert_eq!(texts(&world.operator.search(&asked())?), ["abc"]);
        world.views.get(&as_of(2), copies(&all))?;
        assert_eq!(world.views.memories(), 1);
        pages(cube, after, limit)
    };
    world.views.get(&as_of(1), page).unwrap();
    assert_eq!(world.made.load(Ordering::Relaxed), 2);
}

#[test]
fn what_was_not_used_for_longest_falls_out() {
    let all: Vec<Memory> = (0..4).map(|n| memory("abc", n)).collect();
    let world = World::new(ViewLimits {
        views: 3,
        memories: 6,
    });
    world.vault.commit(adding(&all)).unwrap();
    let get = |seq: u64, held: usize| {
        let before = world.made.load(Ordering::Relaxed);
        world.views.get(&as_of(seq), copies(&all[..held])).unwrap();
        world.made.load(Ordering::Relaxed) > before
    };
    assert!(get(1, 1) && get(2, 1) && get(3, 1));
    assert!(!get(1, 1), "used last");
    assert!(get(4, 1), "one too many: the second falls out");
    assert!(!get(1, 1) && !get(3, 1) && get(2, 1));
    assert_eq!(world.views.memories(), 3);
    // Too many memories: the oldest two fall out.
    assert!(get(5, 4));
    assert_eq!(world.views.memories(), 6);
    assert!(!get(2, 1) && !get(5, 4));
    // One alone may be larger than all of them should be.
    let small = ViewLimits {
        views: 3,
        memories: 2,
    };
    let world = World::new(small);
    world.views.get(&as_of(1), copies(&all)).unwrap();
    world.views.get(&as_of(1), copies(&all)).unwrap();
    assert_eq!(world.made.load(Ordering::Relaxed), 1);
}

#[test]
fn a_failed_build_leaves_nothing_and_is_tried_again() {
    let all = [memory("abc", 1)];
    let world = World::with(&all);
    let away = |_: &CubeId, _: Option<MemoryId>, _: usize| {
        Err(Error::new(Code::Unavailable, "the disk is away"))
    };
    let failed = world.views.get(&as_of(1), away).err().unwrap();
    assert_eq!(failed.code(), Code::Unavailable);
    world.letters.broken.store(true, Ordering::Relaxed);
    assert!(world.views.get(&as_of(1), copies(&all)).is_err());
    world.letters.broken.store(false, Ordering::Relaxed);
    assert_eq!(world.views.memories(), 0);
    let view = world.views.get(&as_of(1), copies(&all)).unwrap();
    assert_eq!(view.len(&cube_id()), Some(1));
}

#[test]
fn a_panic_while_building_blocks_nobody() {
    let all = [memory("abc", 1)];
    let world = World::with(&all);
    let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let page = |_: &CubeId, _: Option<MemoryId>, _: usize| panic!("in a page");
        drop(world.views.get(&as_of(1), page));
    }));
    assert!(panics.is_err());
    let view = world.views.get(&as_of(1), copies(&all)).unwrap();
    assert_eq!(view.len(&cube_id()), Some(1));
}

#[test]
fn several_cubes_answer_on_one_scale() {
    let all: Vec<Memory> = ["abc", "abx"].map(|t| memory(t, 1)).into();
    let world = World::with(&all);
    let other: CubeId = "other".parse().unwrap();
    let mut header = cube();
    header.id = other.clone();
    let mut more = memory("abcxy", 2);
    more.cube_id = other.clone();
    world
        .vault
        .commit(Commit {
            writes: vec![Write::EnsureCube(header), Write::AddMemory(more.clone())],
            ..Commit::default()
        })
        .unwrap();
    world.move_to(all[0].id, State::Archived);
    let key = ViewKey::from_iter([
        (other.clone(), ViewOf::AsOf(ChangeSeq(3))),
        (cube_id(), ViewOf::Archived),
    ]);
    let view = world.views.get(&key, world.live()).unwrap();
    let mut asked = asked();
    asked.cubes.push(other);
    asked.layers = Layers::Both;
    let read = |cube: &CubeId, id| world.vault.memory(cube, id);
    let found = world.operator.search_in(&view, &asked, read).unwrap();
    assert_eq!(texts(&found), ["abc", "abcxy"]);
    // A cube that the view does not hold is refused, not passed over.
    let refused = world.operator.search_in(&world.archive(), &asked, read);
    assert_eq!(refused.unwrap_err().code(), Code::CubeNotFound);
}
