//! Which cubes are in the index, and the order of a change's two halves: vault, then index.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use memos_core::{
    Commit, Committed, CubeId, Embedder, Index, Memory, MemoryId, Result, Vault, Write,
    evidence_text,
};

use crate::recent_cubes::lock;

/// Memories read and embedded at a time while a cube is loaded.
const PAGE: usize = 256;

/// Loads cubes into the index on first use and carries every change into it.
///
/// New memories of one cube may be written side by side. The first of a cube, and a change or
/// removal of a written memory, has its cube to itself, so that the index sees such changes in the
/// order of the vault.
pub struct Residency {
    vault: Arc<dyn Vault>,
    index: Arc<dyn Index>,
    embedder: Arc<dyn Embedder>,
    gates: Mutex<HashMap<CubeId, Arc<Gate>>>,
    branches: Option<Box<BranchesOf>>,
}

/// The cubes that read through to one.
type BranchesOf = dyn Fn(&CubeId) -> Result<Vec<CubeId>> + Send + Sync;

#[derive(Default)]
struct Gate {
    /// Shared by additions, held alone by changes.
    order: RwLock<()>,
    loaded: Mutex<bool>,
}

impl Gate {
    fn catch_up(&self) {
        drop(self.order.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Residency {
    /// Over a vault, an index and the embedder whose vectors the index holds.
    pub fn new(vault: Arc<dyn Vault>, index: Arc<dyn Index>, embedder: Arc<dyn Embedder>) -> Self {
        Self {
            vault,
            index,
            embedder,
            gates: Mutex::default(),
            branches: None,
        }
    }

    /// Over a vault in which cubes may be branches of others: what a cube forgets leaves the index of
    /// its branches too. `branches` gives those of a cube, without those of its branches.
    #[must_use]
    pub fn with_branches(
        mut self,
        branches: impl Fn(&CubeId) -> Result<Vec<CubeId>> + Send + Sync + 'static,
    ) -> Self {
        self.branches = Some(Box::new(branches));
        self
    }

    /// Sees to it that a cube is in the index.
    ///
    /// # Errors
    /// If the vault or the embedder fails; the next call tries again.
    pub fn load(&self, cube: &CubeId) -> Result<()> {
        self.load_through(&self.gate(cube), cube)
    }

    /// Waits until what was committed to a cube before this call is in the index: a commit can be seen
    /// in the vault a moment earlier.
    pub fn catch_up(&self, cube: &CubeId) {
        self.gate(cube).catch_up();
    }

    /// Commits new memories of a cube and makes them searchable. A repeated request changes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Vault::commit`]; nothing is written then.
    pub fn add(&self, cube: &CubeId, memories: &[Memory], commit: Commit) -> Result<Committed> {
        let vectors = vectors(&*self.embedder, memories)?;
        let creates = commit
            .writes
            .iter()
            .any(|w| matches!(w, Write::CreateCube(_)));
        let gate = self.gate(cube);
        // Who creates a cube is alone in it: what another added before the cube counts as loaded
        // would stay out of the index.
        let (mut _alone, mut _shared) = (None, None);
        if creates {
            _alone = Some(gate.order.write().unwrap_or_else(PoisonError::into_inner));
        } else {
            _shared = Some(gate.order.read().unwrap_or_else(PoisonError::into_inner));
        }
        let done = self.vault.commit(commit)?;
        if let Committed::Repeated(_) = done {
            // The first of the two may still be on its way into the index.
            drop((_alone, _shared));
            gate.catch_up();
            return Ok(done);
        }
        // Only the flag is read under the lock that searches take too: putting much in takes long.
        // While `order` is held, nobody sets it back.
        let is_loaded = {
            let mut loaded = lock(&gate.loaded);
            if creates && !*loaded {
                self.index.put(cube, &[], &[])?;
                *loaded = true;
            }
            *loaded
        };
        // A cube that nobody asks stays out: its first question will load this too.
        if is_loaded {
            self.index.put(cube, memories, &vectors)?;
        }
        Ok(done)
    }

    /// Commits changes of one cube, alone in it, and carries them into the index: what is new or
    /// changed, what is gone, and the cube itself if it goes. `make` reads what it changes and says
    /// how. A repeated request changes nothing.
    ///
    /// # Errors
    /// Those of `make` and of [`Vault::commit`]; nothing is written then.
    pub fn commit(
        &self,
        cube: &CubeId,
        make: impl FnOnce() -> Result<Commit>,
    ) -> Result<Committed> {
        let gate = self.gate(cube);
        let _alone = gate.order.write().unwrap_or_else(PoisonError::into_inner);
        let commit = make()?;
        let turned = Turned::by(&commit.writes, cube);
        let vectors = vectors(&*self.embedder, &turned.put)?;
        let done = self.vault.commit(commit)?;
        if let Committed::Repeated(_) = done {
            return Ok(done);
        }
        // Waits for a load under way, which may put its old view in.
        let mut loaded = lock(&gate.loaded);
        if turned.dropped {
            // One step for who loads: a cube that counts as loaded is in the index.
            self.index.drop_cube(cube);
            *loaded = false;
        }
        let is_loaded = *loaded;
        // Changes keep out of each other's way by `order`, so searches need not wait for these.
        drop(loaded);
        if is_loaded {
            self.index.put(cube, &turned.put, &vectors)?;
            for id in &turned.gone {
                self.index.remove(cube, *id);
            }
        }
        if !turned.forgotten.is_empty() {
            self.forget_in_branches(cube, &turned.forgotten)?;
        }
        Ok(done)
    }

    fn forget_in_branches(&self, cube: &CubeId, ids: &[MemoryId]) -> Result<()> {
        let Some(branches) = &self.branches else {
            return Ok(());
        };
        let mut left = branches(cube)?;
        while let Some(branch) = left.pop() {
            // Waits for a load under way, which may put its old view in.
            drop(lock(&self.gate(&branch).loaded));
            ids.iter().for_each(|id| self.index.remove(&branch, *id));
            left.extend(branches(&branch)?);
        }
        Ok(())
    }

    fn gate(&self, cube: &CubeId) -> Arc<Gate> {
        let mut gates = lock(&self.gates);
        match gates.get(cube) {
            Some(gate) => Arc::clone(gate),
            None => Arc::clone(gates.entry(cube.clone()).or_default()),
        }
    }

    fn load_through(&self, gate: &Gate, cube: &CubeId) -> Result<()> {
        let mut loaded = lock(&gate.loaded);
        if *loaded {
            return Ok(());
        }
        let snapshot = self.vault.snapshot()?;
        // An empty cube is in the index too.
        self.index.put(cube, &[], &[])?;
        let mut after = None;
        loop {
            let page = snapshot.memories(cube, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let vectors = vectors(&*self.embedder, &page)?;
            self.index.put(cube, &page, &vectors)?;
        }
        *loaded = true;
        tracing::debug!(%cube, memories = self.index.len(cube), "cube loaded");
        Ok(())
    }
}

/// What a commit does to the index of one cube.
#[derive(Default)]
struct Turned {
    /// Memories as they are now; those that are not hot leave the index when they are put.
    put: Vec<Memory>,
    gone: Vec<MemoryId>,
    /// Those of them that are gone with their history.
    forgotten: Vec<MemoryId>,
    dropped: bool,
}

impl Turned {
    fn by(writes: &[Write], cube: &CubeId) -> Self {
        let mut last: BTreeMap<MemoryId, Option<&Memory>> = BTreeMap::new();
        let mut dropped = false;
        let mut forgotten = Vec::new();
        for write in writes {
            if let Write::DeleteMemory { cube_id, id } = write
                && cube_id == cube
            {
                forgotten.push(*id);
            }
            match write {
                Write::AddMemory(memory) | Write::UpdateMemory { memory, .. }
                    if memory.cube_id == *cube =>
                {
                    last.insert(memory.id, Some(memory));
                }
                Write::WithdrawMemory { cube_id, id, .. } | Write::DeleteMemory { cube_id, id }
                    if cube_id == cube =>
                {
                    last.insert(*id, None);
                }
                Write::DeleteCube(id) if id == cube => {
                    last.clear();
                    dropped = true;
                }
                _ => {}
            }
        }
        let mut turned = Self {
            dropped,
            forgotten,
            ..Self::default()
        };
        for (id, memory) in last {
            match memory {
                Some(memory) => turned.put.push(memory.clone()),
                None => turned.gone.push(id),
            }
        }
        turned
    }
}

/// The vectors by which memories are found.
pub(crate) fn vectors(embedder: &dyn Embedder, memories: &[Memory]) -> Result<Vec<Vec<f32>>> {
    let text = |memory| evidence_text(memory).unwrap_or_default();
    let texts: Vec<String> = memories.iter().map(text).collect();
    embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
