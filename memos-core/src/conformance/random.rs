//! Commits at random, compared with the model after each.

use std::time::Duration;

use super::model::{Answer, Model};
use super::{
    Case, added, cube, cube_id, delete, memory, memory_id, named, ok, place, start, task, touch,
    user, withdraw,
};
use crate::{
    Cause, ChangeSeq, Clock, Commit, Committed, EventLog, EventSeq, Repeat, Request, Task, Tier,
    Vault, Why, Write,
};

const COMMITS: usize = 600;
const CUBES: [&str; 3] = ["a", "ab", "b"];
const WINDOW: Duration = Duration::from_secs(4);

pub(super) fn random_commits_agree_with_the_model<V: Vault + EventLog>(case: &Case<V>) {
    let mut draw = Draw(42);
    let mut model = Model::default();
    let mut done = 0;
    for n in 0..COMMITS {
        match draw.below(8) {
            0 => case.clock.set(case.clock.now().plus_secs(-3)),
            _ => case.clock.advance(Duration::from_secs(draw.below(2))),
        }
        let commit = draw.commit();
        let expected = model.commit(&commit, case.clock.now());
        let answer = match case.vault.commit(commit.clone()) {
            Ok(Committed::Done(seq)) => Answer::Done(seq),
            Ok(Committed::Repeated(ids)) => Answer::Repeated(ids),
            Err(e) => Answer::Refused(e.code()),
        };
        assert_eq!(answer, expected, "commit {n}: {commit:?}");
        assert_eq!(case.dump(), model.dump(), "after commit {n}: {commit:?}");
        done += usize::from(matches!(expected, Answer::Done(_)));
        look_into_the_past(case, &model, &mut draw);
        for id in (0..9).map(memory_id) {
            assert_eq!(ok(case.vault.cubes_of(id)), model.cubes_of(id));
            for cube in CUBES.map(cube_id) {
                let found = ok(case.vault.made_from(&cube, id));
                assert_eq!(found, model.made_from(&cube, id), "after commit {n}");
            }
        }
    }
    assert_eq!(ok(case.vault.events(EventSeq(0), usize::MAX)), model.events);
    assert!(
        (COMMITS / 4..COMMITS * 3 / 4).contains(&done),
        "{done} of {COMMITS} commits were done: the draw is too tame or too wild"
    );
}

/// Reads a page of changes, and what was the last change at an instant.
fn look_into_the_past<V: Vault + EventLog>(case: &Case<V>, model: &Model, draw: &mut Draw) {
    let snapshot = ok(case.vault.snapshot());
    let name = cube_id(draw.cube());
    let instant = case.clock.now().plus_secs(8 - draw.below(40) as i64);
    let found = ok(snapshot.change_at(&name, instant));
    assert_eq!(found, model.change_at(&name, instant), "{name} {instant:?}");
    let (after, limit) = (
        ChangeSeq(found.0.saturating_sub(draw.below(9))),
        draw.below(4),
    );
    let page = ok(snapshot.changes(&name, after, limit as usize));
    let all = model.dump().changes.into_iter();
    let expected: Vec<_> = all
        .filter(|(cube, change)| *cube == name && change.seq > after)
        .map(|(_, change)| change)
        .take(limit as usize)
        .collect();
    assert_eq!(page, expected);
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same draws every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn cube(&mut self) -> &'static str {
        CUBES[self.below(3) as usize]
    }

    fn commit(&mut self) -> Commit {
        let writes = (0..self.below(4)).map(|_| self.write()).collect();
        let events = (0..self.below(3)).map(|_| added(self.cube(), 0)).collect();
        let request = (self.below(3) == 0).then(|| Request {
            digest: [self.below(4) as u8; 32],
            cube_id: cube_id(self.cube()),
            ids: Vec::new(),
            window: WINDOW,
        });
        let why = (self.below(3) == 0).then(|| {
            Why::new(user(), Cause::Fusion)
                .detail(format!("rule {}", self.below(9)))
                .evidence([memory_id(1)])
        });
        Commit {
            writes,
            events,
            request,
            why,
        }
    }

    fn write(&mut self) -> Write {
        let (name, n) = (self.cube(), self.below(3) as u8);
        let version = 1 + self.below(2) as u32;
        match self.below(28) {
            0 => Write::CreateCube(cube(name)),
            1..=3 => Write::EnsureCube(cube(name)),
            4 => {
                let mut cube = cube(name);
                cube.name = format!("name {}", self.below(9));
                Write::UpdateCube(cube)
            }
            5 => Write::DeleteCube(cube_id(name)),
            6..=9 => Write::AddMemory(memory(name, n)),
            10..=12 => {
                let mut memory = memory(name, n);
                memory.header.behavioural.version = 1 + self.below(2) as u32;
                memory.header.behavioural.derived_from = vec![memory_id(self.below(9) as u8)];
                super::update(memory, version)
            }
            13..=14 => {
                let at = start().plus_secs(self.below(9) as i64);
                touch(name, n, self.below(5), at)
            }
            15..=16 => {
                let tiers = [Tier::LongTerm, Tier::Working, Tier::User];
                place(name, n, tiers[self.below(3) as usize])
            }
            17..=18 => withdraw(name, n, version),
            19 => Write::NameSnapshot {
                cube_id: cube_id(name),
                snapshot: named(["x", "xy"][self.below(2) as usize], self.below(9)),
            },
            20 => Write::DropSnapshot {
                cube_id: cube_id(name),
                name: ["x", "xy"][self.below(2) as usize].to_owned(),
            },
            21..=22 => {
                let repeat = [Repeat::Once, Repeat::Again][self.below(2) as usize];
                let mut task = Task { repeat, ..task(n) };
                task.memories = vec![memory_id(self.below(9) as u8)];
                Write::AddTask(Box::new(task))
            }
            23..=24 => {
                let mut task = task(n);
                task.revision = 1 + self.below(2) as u32;
                task.attempts = self.below(9) as u32;
                Write::UpdateTask {
                    task: Box::new(task),
                    expected_revision: 1 + self.below(2) as u32,
                }
            }
            25 => Write::RemoveTask(super::task_id(n)),
            _ => delete(name, n),
        }
    }
}
