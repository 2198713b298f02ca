//! A vault with faults.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use memos_core::{
    Code, Commit, Committed, CubeId, Error, MemCube, Memory, MemoryId, Result, Snapshot, Task,
    TaskId, Vault, VolatileVault, Write,
};

use crate::rng::Rng;

/// A vault that is out of order now and then.
pub(crate) struct Faulty {
    pub(crate) inner: VolatileVault,
    rng: Mutex<Rng>,
    /// One call in so many fails; zero for none.
    pub(crate) one_in: AtomicU64,
    pub(crate) failed: AtomicBool,
    pub(crate) written: AtomicBool,
    /// In one commit out of so many, somebody else is quicker; zero for none.
    pub(crate) meddling: AtomicU64,
    /// What was changed so.
    pub(crate) meddled: Mutex<Vec<Task>>,
}

impl Faulty {
    pub(crate) fn new(inner: VolatileVault, seed: u64) -> Self {
        Self {
            inner,
            rng: Mutex::new(Rng::new(seed)),
            one_in: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            written: AtomicBool::new(false),
            meddling: AtomicU64::new(0),
            meddled: Mutex::default(),
        }
    }

    fn may_fail(&self) -> Result<()> {
        let one_in = self.one_in.load(Ordering::Relaxed);
        if one_in > 0 && self.rng.lock().unwrap().one_in(one_in) {
            self.failed.store(true, Ordering::Relaxed);
            return Err(Error::new(Code::Unavailable, "the disk is away"));
        }
        Ok(())
    }
}

impl Faulty {
    /// Calls off a task that a commit is about to change, or wants one back that it is about to
    /// remove.
    fn meddle(&self, commit: &Commit) {
        let one_in = self.meddling.load(Ordering::Relaxed);
        if one_in == 0 || !self.rng.lock().unwrap().one_in(one_in) {
            return;
        }
        let changed = commit.writes.iter().rev().find_map(|write| match write {
            Write::UpdateTask { task, .. } => self.inner.task(task.id).unwrap(),
            Write::RemoveTask(id) => self.inner.task(*id).unwrap(),
            _ => None,
        });
        let Some(old) = changed else { return };
        let now = old.updated_at;
        let Ok(new) = old.cancelled(now).or_else(|_| old.retried(now)) else {
            return;
        };
        let write = Write::UpdateTask {
            task: Box::new(new.clone()),
            expected_revision: old.revision,
        };
        let writes = vec![write];
        let commit = Commit {
            writes,
            ..Commit::default()
        };
        self.inner.commit(commit).unwrap();
        self.meddled.lock().unwrap().push(new);
    }
}

impl Vault for Faulty {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        self.may_fail()?;
        self.meddle(&commit);
        self.written.store(true, Ordering::Relaxed);
        self.inner.commit(commit)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.inner.snapshot()
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        self.inner.cube(id)
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        self.inner.memory(cube, id)
    }

    fn task(&self, id: TaskId) -> Result<Option<Task>> {
        self.may_fail()?;
        self.inner.task(id)
    }

    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>> {
        self.inner.cubes_of(id)
    }

    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        self.inner.made_from(cube, id)
    }
}
