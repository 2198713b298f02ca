//! What follows a commit once it is on the disk: the bus, the queue of tasks, the views and those who
//! follow events learn of it.

use std::sync::Arc;

use memos_core::{
    Bus, Commit, Committed, CubeId, MemCube, Memory, MemoryId, Result, Snapshot, Task, TaskId,
    Vault, Write,
};
use memos_scheduler::fusion::Fusion;
use memos_scheduler::tasks::{Queue, Touched};
use memos_scheduler::{ViewChange, Views};
use tokio::sync::watch;

use super::follow::Head;

/// A vault whose commits are told to whom they concern.
pub(super) struct Outbox {
    pub(super) vault: Arc<dyn Vault>,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) queue: Arc<Queue>,
    pub(super) views: Arc<Views>,
    pub(super) fusion: Arc<Fusion>,
    pub(super) heads: watch::Sender<Head>,
}

/// What a commit forgets: the words of it must leave memory too.
#[derive(Default)]
struct Forgotten {
    memories: Vec<(CubeId, MemoryId)>,
    cubes: Vec<CubeId>,
}

impl Forgotten {
    fn by(writes: &[Write]) -> Self {
        let mut forgotten = Self::default();
        for write in writes {
            match write {
                Write::DeleteMemory { cube_id, id } => {
                    forgotten.memories.push((cube_id.clone(), *id));
                }
                Write::DeleteCube(cube) => forgotten.cubes.push(cube.clone()),
                _ => {}
            }
        }
        forgotten
    }

    fn tell(self, fusion: &Fusion) {
        for (cube, id) in self.memories {
            fusion.forget_memories(&cube, &[id]);
        }
        for cube in self.cubes {
            fusion.forget_cube(&cube);
        }
    }
}

impl Vault for Outbox {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        let tasks = Touched::of(&commit.writes);
        let change = ViewChange::by(&commit.writes);
        let forgotten = Forgotten::by(&commit.writes);
        let done = self.vault.commit(commit)?;
        if let Committed::Done(seq) = done {
            self.views.apply(change);
            forgotten.tell(&self.fusion);
            self.queue.observe(&tasks);
            self.bus.announce(seq);
            self.heads.send_if_modified(|head| {
                let moved = seq > head.seq;
                head.seq = head.seq.max(seq);
                moved
            });
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

    fn task(&self, id: TaskId) -> Result<Option<Task>> {
        self.vault.task(id)
    }

    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>> {
        self.vault.cubes_of(id)
    }

    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        self.vault.made_from(cube, id)
    }
}
