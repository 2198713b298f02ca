//! Commits at random, compared with the model after each.

use std::time::Duration;

use super::model::{Answer, Model};
use super::{Case, added, cube, cube_id, delete, memory, memory_id, start, touch};
use crate::{Clock, Commit, Committed, EventLog, Request, Vault, Write};

const COMMITS: usize = 400;
const CUBES: [&str; 3] = ["a", "ab", "b"];
const WINDOW: Duration = Duration::from_secs(4);

pub(super) fn random_commits_agree_with_the_model<V: Vault + EventLog>(case: &Case<V>) {
    let mut draw = Draw(42);
    let mut model = Model::default();
    let mut done = 0;
    for n in 0..COMMITS {
        case.clock.advance(Duration::from_secs(draw.below(2)));
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
    }
    assert!(
        (COMMITS / 4..COMMITS * 3 / 4).contains(&done),
        "{done} of {COMMITS} commits were done: the draw is too tame or too wild"
    );
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
        Commit {
            writes,
            events,
            request,
        }
    }

    fn write(&mut self) -> Write {
        let (name, n) = (self.cube(), self.below(3) as u8);
        match self.below(16) {
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
                let version = 1 + self.below(2) as u32;
                memory.header.behavioural.version = 1 + self.below(2) as u32;
                memory.header.behavioural.derived_from = vec![memory_id(self.below(9) as u8)];
                Write::UpdateMemory {
                    memory,
                    expected_version: version,
                }
            }
            13..=14 => {
                let at = start().plus_secs(self.below(9) as i64);
                touch(name, n, self.below(5), at)
            }
            _ => delete(name, n),
        }
    }
}
