//! What is due in a cube: by lifespan, by decay, by use, by capacity.
//!
//! A sweep reads the cube once, page by page, and keeps a few words of the memories that move or
//! whose place is in question. Its plan is a list of ids; the records are read when a batch of it
//! becomes a commit. A plan made again at the same instant, after the first was carried out, is empty.

use std::collections::{BTreeMap, HashMap};

use memos_core::{
    Cause, Commit, CubeId, MemCube, Memory, MemoryId, Move, Result, Snapshot, State, Tier,
    Timestamp, UserId, Why, Write,
};

use super::policy::after;
use super::{Lifecycle, LifecyclePolicy, Moved, NextVersion, Target, Vitals};

/// Finds what is due in a cube.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// How memories age, and what room there is for them.
    pub policy: LifecyclePolicy,
    /// In whose name memories move.
    pub actor: UserId,
    /// Memories read at a time.
    pub page: usize,
    /// Moves in one commit at most.
    pub batch: usize,
}

/// What a sweep found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepPlan {
    /// The moves, in parts that become a commit each. Their order does not matter.
    pub batches: Vec<Batch>,
    /// When to come again, if nothing else happens; never, if none.
    pub next_at: Option<Timestamp>,
    /// How many memories were looked at.
    pub looked_at: u64,
}

/// Moves for one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The reason.
    pub why: Why,
    /// The moves, by id.
    pub moves: Vec<SweepMove>,
}

/// One memory that moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepMove {
    /// Which one.
    pub id: MemoryId,
    /// What becomes of it.
    pub step: Step,
    /// What it was when this was decided: version and use count.
    seen: (u32, u64),
}

/// What a sweep does to a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// It leaves the hot index.
    Archive,
    /// It ends.
    Expire,
    /// It goes into another working set.
    Place(Tier),
}

/// A batch as a commit.
#[derive(Debug)]
pub struct SweepCommit {
    /// What to write; with no writes if all has changed.
    pub commit: Commit,
    /// Moves that were left out, because the memory was changed or used since, or is gone. Unless
    /// this is zero, sweep again.
    pub passed: usize,
}

impl Sweep {
    /// In pages and batches of 256.
    pub fn new(policy: LifecyclePolicy, actor: UserId) -> Self {
        Self {
            policy,
            actor,
            page: 256,
            batch: 256,
        }
    }

    /// What is due in a cube now, and when to come again: exactly when the next memory moves if
    /// nobody uses or changes it, but not sooner than [`LifecyclePolicy::pause`] from now.
    ///
    /// A what-if branch does not age: its plan is empty.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn plan(
        &self,
        snapshot: &dyn Snapshot,
        cube: &MemCube,
        now: Timestamp,
    ) -> Result<SweepPlan> {
        let mut found = Found::default();
        if cube.base.is_some() {
            return Ok(SweepPlan::default());
        }
        let mut last = None;
        loop {
            let page = snapshot.memories(&cube.id, last, self.page.max(1))?;
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            found.looked_at += page.len() as u64;
            for memory in &page {
                self.age(&mut found, Vitals::from(memory), now);
            }
        }
        self.place(&mut found, now);
        let earliest = after(now, self.policy.pause);
        Ok(SweepPlan {
            next_at: found.next_at.map(|at| at.max(earliest)),
            looked_at: found.looked_at,
            batches: self.batches(found.moves),
        })
    }

    /// A batch as a commit, from the memories as they are now. Made and committed while nobody else
    /// changes the cube, it can't fail with a conflict; else `Conflict` of the vault means that a
    /// memory has changed: sweep again.
    ///
    /// # Errors
    /// Those of `memory`, which reads a memory of the cube, and of the numbering of versions.
    pub fn commit(
        &self,
        batch: &Batch,
        cube: &CubeId,
        now: Timestamp,
        memory: &dyn Fn(MemoryId) -> Result<Option<Memory>>,
        next_version: &NextVersion<'_>,
    ) -> Result<SweepCommit> {
        let lifecycle = Lifecycle::new(now, next_version);
        let mut moved = Moved::default();
        let mut passed = 0;
        for one in &batch.moves {
            let read = memory(one.id)?;
            match read.filter(|memory| one.is_still_of(&Vitals::from(memory))) {
                Some(memory) => match one.step {
                    Step::Archive => {
                        moved.extend(lifecycle.change(&memory, Move::Archive, &self.actor)?);
                    }
                    Step::Expire => moved.extend(lifecycle.end(&memory, &self.actor)?),
                    Step::Place(tier) => moved.writes.push(Write::Place {
                        cube_id: cube.clone(),
                        id: one.id,
                        tier,
                    }),
                },
                None => passed += 1,
            }
        }
        Ok(SweepCommit {
            commit: moved.into_commit(batch.why.clone()),
            passed,
        })
    }

    /// Notes what time does to one memory, and keeps it if its place is in question.
    fn age(&self, found: &mut Found, mut vitals: Vitals, now: Timestamp) {
        if let Some(due) = self.policy.due(&vitals).filter(|due| due.at <= now) {
            let detail = due.reason.to_string();
            if due.step == Move::Expire {
                found.add(Cause::Lifespan, detail, &vitals, Step::Expire);
                return;
            }
            found.add(Cause::Lifespan, detail, &vitals, Step::Archive);
            archive(&mut vitals, now);
        }
        if self.policy.tiers.concerns(&vitals, now) {
            found.members.push(vitals);
        } else {
            self.look_ahead(found, &vitals);
        }
    }

    /// Notes the moves between working sets.
    fn place(&self, found: &mut Found, now: Timestamp) {
        let tiers = &self.policy.tiers;
        let plan: HashMap<MemoryId, Target> = tiers
            .plan(&found.members, now)
            .into_iter()
            .map(|placement| (placement.id, placement.to))
            .collect();
        for mut vitals in std::mem::take(&mut found.members) {
            match plan.get(&vitals.id) {
                Some(Target::Archive) => {
                    let detail = tiers.full(&vitals);
                    found.add(Cause::Capacity, detail, &vitals, Step::Archive);
                    archive(&mut vitals, now);
                }
                Some(Target::Tier(tier)) => {
                    let detail = "working sets follow use".to_owned();
                    found.add(Cause::Use, detail, &vitals, Step::Place(*tier));
                    vitals.tier = *tier;
                }
                None => {}
            }
            self.look_ahead(found, &vitals);
        }
    }

    /// Notes when a memory, as this sweep leaves it, moves next.
    fn look_ahead(&self, found: &mut Found, vitals: &Vitals) {
        let due = self.policy.due(vitals).map(|due| due.at);
        let cold = self.policy.tiers.leaves_at(vitals);
        let both = [found.next_at, due, cold];
        found.next_at = both.into_iter().flatten().min();
    }

    fn batches(&self, moves: BTreeMap<(Cause, String), Vec<SweepMove>>) -> Vec<Batch> {
        let mut batches = Vec::new();
        for ((cause, detail), mut moves) in moves {
            moves.sort_unstable_by_key(|one| one.id);
            let why = Why::new(self.actor.clone(), cause).detail(detail);
            batches.extend(moves.chunks(self.batch.max(1)).map(|part| Batch {
                why: why.clone(),
                moves: part.to_vec(),
            }));
        }
        batches
    }
}

impl SweepMove {
    fn is_still_of(&self, vitals: &Vitals) -> bool {
        self.seen == (vitals.version, vitals.use_count)
    }
}

/// What a pass over a cube gathers.
#[derive(Default)]
struct Found {
    moves: BTreeMap<(Cause, String), Vec<SweepMove>>,
    /// Memories whose place is in question.
    members: Vec<Vitals>,
    next_at: Option<Timestamp>,
    looked_at: u64,
}

impl Found {
    fn add(&mut self, cause: Cause, detail: String, vitals: &Vitals, step: Step) {
        self.moves
            .entry((cause, detail))
            .or_default()
            .push(SweepMove {
                id: vitals.id,
                step,
                seen: (vitals.version, vitals.use_count),
            });
    }
}

/// What becomes of the vitals of a memory that is archived.
fn archive(vitals: &mut Vitals, now: Timestamp) {
    vitals.state = State::Archived;
    vitals.updated_at = now;
}

#[cfg(test)]
mod tests;
