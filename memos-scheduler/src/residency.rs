//! Which cubes are in the index, and the order of a change's two halves: vault, then index.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use memos_core::{
    Commit, Committed, CubeId, Embedder, Index, Memory, MemoryId, Result, Vault, evidence_text,
};

/// Memories read and embedded at a time while a cube is loaded.
const PAGE: usize = 256;

/// Loads cubes into the index on first use and carries every change into it.
///
/// New memories of one cube may be written side by side. A change or removal of a written memory
/// has its cube to itself, so that the index sees such changes in the order of the vault.
pub struct Residency {
    vault: Arc<dyn Vault>,
    index: Arc<dyn Index>,
    embedder: Arc<dyn Embedder>,
    gates: Mutex<HashMap<CubeId, Arc<Gate>>>,
}

#[derive(Default)]
struct Gate {
    /// Shared by additions, held alone by changes.
    order: RwLock<()>,
    loaded: Mutex<bool>,
}

impl Residency {
    /// Over a vault, an index and the embedder whose vectors the index holds.
    pub fn new(vault: Arc<dyn Vault>, index: Arc<dyn Index>, embedder: Arc<dyn Embedder>) -> Self {
        Self {
            vault,
            index,
            embedder,
            gates: Mutex::default(),
        }
    }

    /// Sees to it that a cube is in the index.
    ///
    /// # Errors
    /// If the vault or the embedder fails; the next call tries again.
    pub fn load(&self, cube: &CubeId) -> Result<()> {
        self.load_through(&self.gate(cube), cube)
    }

    /// Commits new memories of a cube and makes them searchable. A repeated request changes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Vault::commit`]; nothing is written then.
    pub fn add(&self, cube: &CubeId, memories: &[Memory], commit: Commit) -> Result<Committed> {
        let vectors = self.embed(memories)?;
        let gate = self.gate(cube);
        let _shared = gate.order.read().unwrap_or_else(PoisonError::into_inner);
        let done = self.vault.commit(commit)?;
        if matches!(done, Committed::Done(_)) {
            // Loading after the commit reads the new memories too; `put` is idempotent.
            self.load_through(&gate, cube)?;
            self.index.put(cube, memories, &vectors)?;
        }
        Ok(done)
    }

    /// Reads, changes and writes one memory of a cube, alone in that cube.
    ///
    /// # Errors
    /// Those of `change` and of [`Vault::commit`]; nothing is written then.
    pub fn update(
        &self,
        cube: &CubeId,
        change: impl FnOnce() -> Result<(Memory, Commit)>,
    ) -> Result<Memory> {
        let gate = self.gate(cube);
        let _alone = gate.order.write().unwrap_or_else(PoisonError::into_inner);
        let (memory, commit) = change()?;
        let vectors = self.embed(std::slice::from_ref(&memory))?;
        self.vault.commit(commit)?;
        self.load_through(&gate, cube)?;
        self.index
            .put(cube, std::slice::from_ref(&memory), &vectors)?;
        Ok(memory)
    }

    /// Removes memories of a cube, alone in that cube.
    ///
    /// # Errors
    /// Those of `removal` and of [`Vault::commit`]; nothing is removed then.
    pub fn forget(
        &self,
        cube: &CubeId,
        removal: impl FnOnce() -> Result<(Vec<MemoryId>, Commit)>,
    ) -> Result<()> {
        let gate = self.gate(cube);
        let _alone = gate.order.write().unwrap_or_else(PoisonError::into_inner);
        let (ids, commit) = removal()?;
        self.vault.commit(commit)?;
        // Under the load lock, so that a load under way has put its old view in before.
        let _loaded = lock(&gate.loaded);
        ids.into_iter().for_each(|id| self.index.remove(cube, id));
        Ok(())
    }

    /// Removes a whole cube.
    ///
    /// # Errors
    /// Those of `removal` and of [`Vault::commit`]; nothing is removed then.
    pub fn forget_cube(
        &self,
        cube: &CubeId,
        removal: impl FnOnce() -> Result<Commit>,
    ) -> Result<()> {
        let gate = self.gate(cube);
        let _alone = gate.order.write().unwrap_or_else(PoisonError::into_inner);
        self.vault.commit(removal()?)?;
        *lock(&gate.loaded) = false;
        self.index.drop_cube(cube);
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
            let vectors = self.embed(&page)?;
            self.index.put(cube, &page, &vectors)?;
        }
        *loaded = true;
        tracing::debug!(%cube, memories = self.index.len(cube), "cube loaded");
        Ok(())
    }

    fn embed(&self, memories: &[Memory]) -> Result<Vec<Vec<f32>>> {
        let texts: Vec<String> = memories
            .iter()
            .map(|m| evidence_text(m).unwrap_or_default())
            .collect();
        self.embedder
            .embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
