//! Tells the bus of every commit.

use std::sync::Arc;

use memos_core::{
    Bus, Commit, Committed, CubeId, MemCube, Memory, MemoryId, Result, Snapshot, Vault,
};

/// A vault whose commits are announced once they are on the disk.
pub(super) struct Outbox {
    vault: Arc<dyn Vault>,
    bus: Arc<dyn Bus>,
}

impl Outbox {
    pub(super) fn new(vault: Arc<dyn Vault>, bus: Arc<dyn Bus>) -> Self {
        Self { vault, bus }
    }
}

impl Vault for Outbox {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        let done = self.vault.commit(commit)?;
        if let Committed::Done(seq) = done {
            self.bus.announce(seq);
        }
        Ok(done)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.vault.snapshot()
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        self.vault.cube(id)
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        self.vault.memory(cube, id)
    }
}
