//! A vault in which a cube may be a branch of another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memos_core::{
    Commit, Committed, CubeId, MemCube, Memory, MemoryId, Result, Snapshot, Task, TaskId, Vault,
    Write,
};

use super::branch_view::BranchView;
use super::copy_on_write::CopyOnWrite;
use super::fork::each_cube;
use super::undo_cache::UndoCache;

/// A vault over another that lets a cube with a [`base`](MemCube::base) read through to it: to the
/// base as it was at the fork, whatever becomes of the base since.
///
/// A memory of the base that a branch changes is copied into the branch first, so the base never
/// changes; one that a branch forgets is hidden in it. Uses and tiers of memories that a branch only
/// reads through to are not noted. What the base forgets is forgotten in its branches too, with an
/// event for each. A cube with branches can't be deleted (`Conflict`), and a branch keeps its base
/// (`InvalidRequest`).
///
/// All commits must go through one such vault: it remembers which cube has branches, and what was
/// read through.
pub struct Branching {
    stored: Arc<dyn Vault>,
    cache: Arc<UndoCache>,
    /// Held by commits that write to branches, forget, or make or drop cubes with bases: what such a
    /// commit becomes depends on what others did. None until the first of them.
    branches: Mutex<Option<Branches>>,
}

/// The branches of each cube that has any.
#[derive(Clone, Debug, Default)]
pub(super) struct Branches(BTreeMap<CubeId, BTreeSet<CubeId>>);

impl Branches {
    fn load(snapshot: &dyn Snapshot) -> Result<Self> {
        let mut branches = Self::default();
        each_cube(snapshot, |cube| branches.add(&cube))?;
        Ok(branches)
    }

    pub(super) fn add(&mut self, cube: &MemCube) {
        if let Some(base) = &cube.base {
            let of_base = self.0.entry(base.cube_id.clone()).or_default();
            of_base.insert(cube.id.clone());
        }
    }

    pub(super) fn remove(&mut self, cube: &CubeId) {
        self.0.retain(|_, branches| {
            branches.remove(cube);
            !branches.is_empty()
        });
    }

    pub(super) fn of(&self, cube: &CubeId) -> Vec<CubeId> {
        self.0.get(cube).into_iter().flatten().cloned().collect()
    }
}

impl Branching {
    /// Over a vault.
    pub fn new(vault: Arc<dyn Vault>) -> Self {
        Self {
            stored: vault,
            cache: Arc::default(),
            branches: Mutex::default(),
        }
    }

    /// The branches of a cube, by id, without those of its branches. The first call reads the
    /// headers of all cubes.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn branches_of(&self, cube: &CubeId) -> Result<Vec<CubeId>> {
        let mut branches = self.lock();
        Ok(self.known(&mut branches)?.of(cube))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Branches>> {
        self.branches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known<'a>(&self, branches: &'a mut Option<Branches>) -> Result<&'a mut Branches> {
        match branches {
            Some(known) => Ok(known),
            unknown => Ok(unknown.insert(Branches::load(&*self.stored.snapshot()?)?)),
        }
    }

    fn view(&self) -> Result<BranchView> {
        let epoch = self.cache.epoch();
        let stored = self.stored.snapshot()?;
        Ok(BranchView::new(stored, Arc::clone(&self.cache), epoch))
    }

    /// Whether a commit may mean more than it says: all others go to the vault as they are.
    fn concerns_branches(&self, commit: &Commit) -> Result<bool> {
        let mut plain = BTreeSet::new();
        for write in &commit.writes {
            let cube = match write {
                Write::DeleteMemory { .. } | Write::DeleteCube(_) => return Ok(true),
                write if names_a_base(write) => return Ok(true),
                // A header without a base must not replace one that has it.
                Write::UpdateCube(cube) => &cube.id,
                Write::AddMemory(memory) | Write::UpdateMemory { memory, .. } => &memory.cube_id,
                Write::Touch { cube_id, .. }
                | Write::Place { cube_id, .. }
                | Write::WithdrawMemory { cube_id, .. } => cube_id,
                Write::CreateCube(_)
                | Write::EnsureCube(_)
                | Write::NameSnapshot { .. }
                | Write::DropSnapshot { .. }
                | Write::AddTask(_)
                | Write::UpdateTask { .. }
                | Write::RemoveTask(_) => continue,
            };
            if plain.contains(cube) {
                continue;
            }
            if self.stored.cube(cube)?.is_some_and(|c| c.base.is_some()) {
                return Ok(true);
            }
            plain.insert(cube);
        }
        Ok(false)
    }
}

impl std::fmt::Debug for Branching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Branching").finish_non_exhaustive()
    }
}

impl Vault for Branching {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        if !self.concerns_branches(&commit)? {
            return self.stored.commit(commit);
        }
        let mut branches = self.lock();
        let known = self.known(&mut branches)?;
        let (commit, after) = if known.0.is_empty() && !commit.writes.iter().any(names_a_base) {
            (commit, None)
        } else {
            let (commit, after) = CopyOnWrite::new(&self.view()?, known).rewrite(commit)?;
            (commit, Some(after))
        };
        // Also without branches: those that were dropped left maps of their bases.
        let forgetful: BTreeSet<CubeId> = forgets_in(&commit.writes).cloned().collect();
        if !forgetful.is_empty() {
            self.cache.forget(&forgetful);
        }
        let done = self.stored.commit(commit);
        if !forgetful.is_empty() {
            self.cache.forget(&forgetful);
        }
        if let (Ok(Committed::Done(_)), Some(after)) = (&done, after) {
            *known = after;
        }
        done
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(self.view()?))
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        self.stored.cube(id)
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        if let Some(own) = self.stored.memory(cube, id)? {
            return Ok(Some(own));
        }
        match self.stored.cube(cube)? {
            Some(header) if header.base.is_some() => self.view()?.memory(cube, id),
            _ => Ok(None),
        }
    }

    fn task(&self, id: TaskId) -> Result<Option<Task>> {
        self.stored.task(id)
    }

    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>> {
        self.stored.cubes_of(id)
    }

    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        let mut found = self.stored.made_from(cube, id)?;
        let mut base = self.stored.cube(cube)?.and_then(|header| header.base);
        while let Some(below) = base {
            found.extend(self.stored.made_from(&below.cube_id, id)?);
            found.sort_unstable();
            found.dedup();
            base = self.stored.cube(&below.cube_id)?.and_then(|h| h.base);
        }
        Ok(found)
    }
}

fn names_a_base(write: &Write) -> bool {
    match write {
        Write::CreateCube(cube) | Write::EnsureCube(cube) | Write::UpdateCube(cube) => {
            cube.base.is_some()
        }
        _ => false,
    }
}

fn forgets_in(writes: &[Write]) -> impl Iterator<Item = &CubeId> {
    writes.iter().filter_map(|write| match write {
        Write::DeleteMemory { cube_id, .. } | Write::DeleteCube(cube_id) => Some(cube_id),
        _ => None,
    })
}
