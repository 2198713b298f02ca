//! Forgetting: one memory, many, or all that a filter admits, with what was made from them alone, and
//! with what they brought into what was made from others too. Words that change have the same effect on
//! what was made from them, but that it can come back.

use std::collections::{BTreeSet, HashMap};

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, Filter, MemCube, Memory, MemoryId, Result,
    Snapshot, Subject, UserId, Why, Write,
};
use memos_scheduler::lifecycle::{refuse_change, refuse_forgetting};
use memos_scheduler::organise::rest;

use super::MemOs;
use super::change::event;
use super::cubes::for_each_memory;
use super::work::READING;

/// How many memories one commit forgets at most, without what was made from them.
const BATCH: usize = 500;

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// How many of the memories that were to be forgotten: those that were there.
    pub memories: usize,
    /// How many others, since all that they were made from is gone.
    pub derived: usize,
}

impl MemOs {
    /// Forgets a memory: its record, its history and its place in the index; and what was made from
    /// it, if nothing is left of what that was made from. Else that stays as what follows from the rest,
    /// with no history of what it was before.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`; `Forbidden` under a legal hold, `IllegalMove` for a frozen
    /// one, also of a memory that would go with it or change.
    pub fn forget(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<()> {
        self.residency.commit(cube, || {
            let doomed = self.doomed(who, cube, &BTreeSet::from([id]), None)?;
            if doomed.asked.is_empty() {
                return Err(Error::memory_not_found(cube, id));
            }
            Ok(doomed.commit(who, cube))
        })?;
        Ok(())
    }

    /// Forgets memories of a cube as [`forget`](Self::forget) does; those that are not there are
    /// passed over. Many go in several commits, each of them whole. All are looked at before the
    /// first: if one must not go, nothing happens.
    ///
    /// # Errors
    /// `CubeNotFound`, `Forbidden`, `IllegalMove`. If that comes to be while many are on their way,
    /// some of them are gone.
    pub fn forget_all(&self, who: &UserId, cube: &CubeId, ids: &[MemoryId]) -> Result<Forgotten> {
        let ids: BTreeSet<MemoryId> = ids.iter().copied().collect();
        self.visible_cube(who, Action::Read, cube)?;
        self.forget_in_batches(who, cube, &[ids], None)
    }

    /// Forgets all memories of a cube that the caller may see and the filter admits, as
    /// [`forget_all`](Self::forget_all) does. What was made from others too is forgotten only if the
    /// filter admits it for what stays of it then.
    ///
    /// # Errors
    /// As [`forget_all`](Self::forget_all).
    pub fn forget_where(&self, who: &UserId, cube: &CubeId, filter: &Filter) -> Result<Forgotten> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let scope = self.guard.scope(who, &header)?;
        let snapshot = self.vault.snapshot()?;
        let (mut said, mut made) = (BTreeSet::new(), BTreeSet::new());
        for_each_memory(&*snapshot, cube, |memory| {
            if scope.admits(&memory.header.governance) && filter.matches(&Subject::from(&memory)) {
                let is_said = memory.header.behavioural.derived_from.is_empty();
                let ids = if is_said { &mut said } else { &mut made };
                ids.insert(memory.id);
            }
            Ok(())
        })?;
        // While it is open, every commit notes what it changes.
        drop(snapshot);
        self.forget_in_batches(who, cube, &[said, made], Some(filter))
    }

    /// One part after the other. What the filter does not admit any more, when its turn comes, is
    /// passed over.
    fn forget_in_batches(
        &self,
        who: &UserId,
        cube: &CubeId,
        parts: &[BTreeSet<MemoryId>],
        filter: Option<&Filter>,
    ) -> Result<Forgotten> {
        let all: BTreeSet<MemoryId> = parts.iter().flatten().copied().collect();
        let batches = || parts.iter().flat_map(batches);
        if batches().count() > 1 {
            self.doomed(who, cube, &all, filter)?;
        }
        let mut forgotten = Forgotten::default();
        for batch in batches() {
            let mut now = Forgotten::default();
            self.residency.commit(cube, || {
                let doomed = self.doomed(who, cube, &batch, filter)?;
                let asked = doomed.derived.intersection(&all).count();
                now.memories = doomed.asked.len() + asked;
                now.derived = doomed.derived.len() - asked;
                Ok(doomed.commit(who, cube))
            })?;
            forgotten.memories += now.memories;
            forgotten.derived += now.derived;
        }
        Ok(forgotten)
    }

    /// Which of these memories there are to be forgotten, and what goes with them or changes; an error if
    /// one of them must not.
    pub(super) fn doomed(
        &self,
        who: &UserId,
        cube: &CubeId,
        ids: &BTreeSet<MemoryId>,
        filter: Option<&Filter>,
    ) -> Result<Doomed> {
        let look = Look {
            header: self.visible_cube(who, Action::Read, cube)?,
            snapshot: self.vault.snapshot()?,
        };
        let may_go = |memory: &Memory| {
            self.guard
                .memory(who, Action::Forget, &look.header, memory)?;
            refuse_forgetting(memory)
        };
        let mut doomed = Doomed::default();
        for id in ids {
            let Some(memory) = look.last_known(*id)? else {
                continue;
            };
            if filter.is_some_and(|f| !f.matches(&Subject::from(&memory))) {
                continue;
            }
            match may_go(&memory) {
                Ok(()) => doomed.asked.insert(*id),
                Err(error) if error.code() == Code::MemoryNotFound => continue,
                Err(error) => return Err(error),
            };
        }
        self.fall_out(cube, &look, &mut doomed, &|memory| {
            may_go(memory)?;
            Ok(true)
        })?;
        Ok(doomed)
    }

    /// What goes with these memories or changes. `may_change` fails for what forbids the whole, and says
    /// false of what is left as it is.
    fn fall_out(
        &self,
        cube: &CubeId,
        look: &Look,
        doomed: &mut Doomed,
        may_change: &dyn Fn(&Memory) -> Result<bool>,
    ) -> Result<()> {
        let mut is_left: HashMap<MemoryId, bool> = HashMap::new();
        let mut fresh: Vec<MemoryId> = doomed.asked.iter().copied().collect();
        let mut touched = BTreeSet::new();
        while !fresh.is_empty() {
            let mut made = BTreeSet::new();
            for id in fresh.drain(..) {
                made.extend(self.vault.made_from(cube, id)?);
            }
            for id in made {
                if doomed.has(id) {
                    continue;
                }
                let Some(memory) = look.there(id)? else {
                    continue;
                };
                if !may_change(&memory)? {
                    continue;
                }
                if look.has_evidence(&memory, doomed, &mut is_left)? {
                    touched.insert(id);
                    continue;
                }
                doomed.derived.insert(id);
                fresh.push(id);
            }
            // What stays of the others is known when nothing more goes.
            if fresh.is_empty() {
                doomed.rest.clear();
                touched.retain(|id| !doomed.has(*id));
                for id in &touched {
                    match look.rest(*id, doomed)? {
                        Some(rest) => doomed.rest.push(self.completed(rest)?),
                        None => {
                            doomed.derived.insert(*id);
                            fresh.push(*id);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// What becomes of what was made from a memory whose words change: what was made from it alone is
    /// withdrawn, and of others stays what follows from the rest. It can be brought back as it was; what
    /// is frozen or held stays as it is.
    pub(super) fn outdated(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<Commit> {
        let look = Look {
            header: self.visible_cube(who, Action::Read, cube)?,
            snapshot: self.vault.snapshot()?,
        };
        let mut doomed = Doomed {
            asked: BTreeSet::from([id]),
            ..Doomed::default()
        };
        self.fall_out(cube, &look, &mut doomed, &|memory| {
            let is_held = memory.header.governance.legal_hold || refuse_change(memory).is_err();
            Ok(!is_held)
        })?;
        let mut commit = Commit::default();
        for id in doomed.derived {
            // One that a rollback took out is out.
            let Some(memory) = look.snapshot.memory(cube, id)? else {
                continue;
            };
            commit
                .events
                .push(event(cube, id, who, EventKind::Withdrawn));
            commit.writes.push(Write::WithdrawMemory {
                cube_id: cube.clone(),
                id,
                expected_version: memory.header.behavioural.version,
            });
        }
        for memory in doomed.rest {
            let Some(before) = look.snapshot.memory(cube, memory.id)? else {
                continue;
            };
            commit
                .events
                .push(event(cube, memory.id, who, EventKind::Updated));
            commit.writes.push(Write::UpdateMemory {
                memory,
                expected_version: before.header.behavioural.version,
            });
        }
        Ok(commit)
    }

    /// What stays of a memory, as its next version.
    fn completed(&self, mut rest: Memory) -> Result<Memory> {
        let version = self.next_version(&rest)?;
        READING.complete(&mut rest, self.clock.now(), version);
        Ok(rest)
    }
}

fn batches(ids: &BTreeSet<MemoryId>) -> impl Iterator<Item = BTreeSet<MemoryId>> {
    let mut rest = ids.iter().copied().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        Some(rest.by_ref().take(BATCH).collect())
    })
}

/// A cube at the instant of a decision.
struct Look {
    header: MemCube,
    snapshot: Box<dyn Snapshot>,
}

impl Look {
    /// A memory as it is, or as it was when a rollback took it out of the cube: that can be forgotten
    /// too, by who may forget what it was.
    fn last_known(&self, id: MemoryId) -> Result<Option<Memory>> {
        if let Some(memory) = self.snapshot.memory(&self.header.id, id)? {
            return Ok(Some(memory));
        }
        let history = self.snapshot.history(&self.header.id, id)?;
        let last = history.into_iter().rev().find_map(|change| change.before);
        Ok(last.map(|memory| *memory))
    }

    /// A memory that is there, or can come back. What a branch forgot is hidden in it and looks as if
    /// it could.
    fn there(&self, id: MemoryId) -> Result<Option<Memory>> {
        match self.header.base {
            None => self.last_known(id),
            Some(_) => self.snapshot.memory(&self.header.id, id),
        }
    }

    /// What stays of a memory of whose evidence something is left. What a rollback took out of the cube
    /// does not stay: it could come back only as it was.
    fn rest(&self, id: MemoryId, doomed: &Doomed) -> Result<Option<Memory>> {
        let Some(memory) = self.snapshot.memory(&self.header.id, id)? else {
            return Ok(None);
        };
        let (mut gone, mut left) = (Vec::new(), Vec::new());
        for id in &memory.header.behavioural.derived_from {
            match doomed.has(*id) {
                true => gone.extend(self.last_known(*id)?),
                false => left.extend(self.there(*id)?),
            }
        }
        Ok(rest(&memory, &gone, &left))
    }

    /// Whether something of what a memory was made from stays.
    fn has_evidence(
        &self,
        memory: &Memory,
        doomed: &Doomed,
        is_left: &mut HashMap<MemoryId, bool>,
    ) -> Result<bool> {
        let evidence = &memory.header.behavioural.derived_from;
        if evidence.is_empty() {
            return Ok(true); // It was made from something once and stands for itself now.
        }
        for id in evidence.iter().filter(|id| !doomed.has(**id)) {
            let left = match is_left.get(id) {
                Some(left) => *left,
                None => self.there(*id)?.is_some(),
            };
            is_left.insert(*id, left);
            if left {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What is to be forgotten.
#[derive(Default)]
pub(super) struct Doomed {
    asked: BTreeSet<MemoryId>,
    /// What goes with it.
    derived: BTreeSet<MemoryId>,
    /// What was made from others too, as it follows from those.
    rest: Vec<Memory>,
}

impl Doomed {
    fn has(&self, id: MemoryId) -> bool {
        self.asked.contains(&id) || self.derived.contains(&id)
    }

    pub(super) fn commit(&self, who: &UserId, cube: &CubeId) -> Commit {
        let ids = || self.asked.iter().chain(&self.derived).copied();
        let delete = |id| Write::DeleteMemory {
            cube_id: cube.clone(),
            id,
        };
        // Its history holds what the forgotten brought, and goes: the memory itself is there anew.
        let anew = |memory: &Memory| [delete(memory.id), Write::AddMemory(memory.clone())];
        let changed = self.rest.iter().map(|memory| memory.id);
        let gone = ids().map(|id| event(cube, id, who, EventKind::Forgotten));
        let changed = changed.map(|id| event(cube, id, who, EventKind::Updated));
        Commit {
            writes: ids()
                .map(delete)
                .chain(self.rest.iter().flat_map(anew))
                .collect(),
            events: gone.chain(changed).collect(),
            why: Some(Why::call(who.clone())),
            ..Commit::default()
        }
    }
}
