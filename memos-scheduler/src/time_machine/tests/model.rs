//! Cubes once more, as plainly as they can be written: a full copy after every change.

use std::collections::BTreeMap;

use memos_core::{Change, ChangeSeq, CubeId, Memory, MemoryId, State, Tier, Timestamp, Write};
use proptest::prelude::*;

use super::{World, id, memory, with_text};
use crate::time_machine::Point;

pub(super) type Copy = BTreeMap<MemoryId, Memory>;

/// One thing that is done to a cube.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Add(u8),
    Say(u8, u8),
    Touch(u8),
    Place(u8),
    Withdraw(u8),
    Forget(u8),
    /// Back to one of the copies, chosen by a part of 256.
    RollBack(u8),
    /// Time goes on.
    Wait,
}

/// Of up to six memories.
pub(super) fn op() -> impl Strategy<Value = Op> {
    let n = || 0..6_u8;
    prop_oneof![
        4 => n().prop_map(Op::Add),
        4 => (n(), 0..4_u8).prop_map(|(n, t)| Op::Say(n, t)),
        2 => n().prop_map(Op::Touch),
        1 => n().prop_map(Op::Place),
        2 => n().prop_map(Op::Withdraw),
        1 => n().prop_map(Op::Forget),
        1 => any::<u8>().prop_map(Op::RollBack),
        2 => Just(Op::Wait),
    ]
}

/// Everything but uses and tiers, which are no changes.
pub(super) fn plain(mut memory: Memory) -> Memory {
    if memory.state == State::Generated {
        memory.state = State::Activated;
    }
    let b = &mut memory.header.behavioural;
    (b.use_count, b.last_used, b.tier) = (0, None, Tier::default());
    memory
}

pub(super) fn plain_copy(memories: impl IntoIterator<Item = Memory>) -> Copy {
    memories.into_iter().map(|m| (m.id, plain(m))).collect()
}

fn number(memory: &Memory) -> u32 {
    memory.header.behavioural.version
}

/// A cube, and the real one beside it.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) cube: CubeId,
    /// What it shows that is not its own: its base at the fork.
    pub(super) through: Copy,
    pub(super) now: Copy,
    /// After each change, what was there. The first is before all.
    pub(super) copies: Vec<(ChangeSeq, Timestamp, Copy)>,
    /// What became of each memory, change by change.
    pub(super) log: BTreeMap<MemoryId, Vec<(ChangeSeq, Timestamp, Option<Memory>)>>,
    /// The highest version number of each, and the highest at the fork.
    highest: BTreeMap<MemoryId, u32>,
    highest_through: BTreeMap<MemoryId, u32>,
}

impl Model {
    /// An empty cube.
    pub(super) fn new(cube: CubeId) -> Self {
        Self {
            copies: vec![(ChangeSeq::default(), Timestamp::MIN, Copy::new())],
            highest: BTreeMap::new(),
            highest_through: BTreeMap::new(),
            log: BTreeMap::new(),
            through: Copy::new(),
            now: Copy::new(),
            cube,
        }
    }

    /// A branch of it, here and there, from one of the copies, chosen by a part of 256.
    pub(super) fn fork(&self, world: &World, name: &str, part: u8) -> Self {
        let (at, _, copy) = self.pick(part).clone();
        let mut branch = Self::new(world.fork(&self.cube, name, at.min(world.head(&self.cube))));
        branch.highest_through = self.highest_through.clone();
        for (id, log) in &self.log {
            let numbers = log.iter().filter(|(seq, _, _)| *seq <= at);
            let numbers = numbers.filter_map(|(_, _, m)| Some(number(m.as_ref()?)));
            let highest = branch.highest_through.entry(*id).or_default();
            *highest = numbers.chain([*highest]).max().unwrap_or_default();
        }
        branch.now = copy;
        for memory in branch.now.values_mut() {
            memory.cube_id = branch.cube.clone();
        }
        branch.through = branch.now.clone();
        branch.copies[0].2 = branch.now.clone();
        branch
    }

    /// The copy for a part of 256.
    pub(super) fn pick(&self, part: u8) -> &(ChangeSeq, Timestamp, Copy) {
        &self.copies[usize::from(part) * self.copies.len() / 256]
    }

    /// Does it here and there. Says whether the cube was changed.
    pub(super) fn apply(&mut self, world: &World, op: &Op) -> bool {
        let before = self.now.clone();
        let cube = self.cube.clone();
        match *op {
            Op::Wait => world.clock.advance(std::time::Duration::from_secs(1)),
            Op::Add(n) => {
                let mut new = memory(&cube, n, "new");
                new.header.behavioural.version = self.next(id(n));
                let done = world.try_write([Write::AddMemory(new.clone())]);
                assert_eq!(done.is_err(), self.now.contains_key(&id(n)));
                if done.is_ok() {
                    self.now.insert(id(n), plain(new));
                }
            }
            Op::Say(n, t) if self.now.contains_key(&id(n)) => {
                let text = format!("text {t}");
                let mut said = with_text(&self.now[&id(n)], &text);
                said.header.behavioural.version = self.next(id(n));
                world.say(&cube, n, &text);
                self.now.insert(id(n), said);
            }
            Op::Withdraw(n) if self.now.remove(&id(n)).is_some() => world.withdraw(&cube, n),
            Op::Forget(n) if self.now.contains_key(&id(n)) => {
                world.forget(&cube, n);
                self.forget(n);
                return false;
            }
            Op::Touch(n) => world.touch(&cube, n),
            Op::Place(n) => world.write([Write::Place {
                cube_id: cube,
                id: id(n),
                tier: Tier::Working,
            }]),
            Op::RollBack(part) => {
                let (at, _, copy) = self.pick(part).clone();
                let at = at.min(world.head(&cube));
                world.roll_back(&cube, &Point::Change(at));
                self.now = copy;
            }
            Op::Say(..) | Op::Withdraw(_) | Op::Forget(_) => {}
        }
        self.note(world, &before)
    }

    fn next(&self, id: MemoryId) -> u32 {
        let of = |numbers: &BTreeMap<_, _>| numbers.get(&id).copied().unwrap_or_default();
        of(&self.highest).max(of(&self.highest_through)) + 1
    }

    /// Forgotten in the cube: what a branch had made of it is gone, what shows through is hidden.
    fn forget(&mut self, n: u8) {
        let id = id(n);
        self.now.remove(&id);
        self.log.remove(&id);
        self.highest.remove(&id);
        for (_, _, copy) in &mut self.copies {
            match self.through.get(&id) {
                Some(through) => copy.insert(id, through.clone()),
                None => copy.remove(&id),
            };
        }
    }

    /// Forgotten in the base.
    pub(super) fn forget_through(&mut self, n: u8) {
        self.through.remove(&id(n));
        self.highest_through.remove(&id(n));
        self.forget(n);
    }

    fn note(&mut self, world: &World, before: &Copy) -> bool {
        if self.now == *before {
            return false;
        }
        let seq = world.head(&self.cube);
        let at = memos_core::Clock::now(&*world.clock);
        let ids = before.keys().chain(self.now.keys());
        for id in ids.collect::<std::collections::BTreeSet<_>>() {
            let now = self.now.get(id);
            if now == before.get(id) {
                continue;
            }
            if let Some(now) = now {
                let highest = self.highest.entry(*id).or_default();
                *highest = (*highest).max(number(now));
            }
            let log = self.log.entry(*id).or_default();
            log.push((seq, at, now.cloned()));
        }
        self.copies.push((seq, at, self.now.clone()));
        true
    }

    /// The history of the cube must be what the vault shows.
    pub(super) fn check_changes(&self, changes: &[Change]) {
        assert!(changes.windows(2).all(|w| w[0].seq < w[1].seq));
        for change in changes {
            assert!(
                change
                    .before
                    .as_ref()
                    .is_none_or(|m| m.cube_id == self.cube)
            );
        }
    }
}
