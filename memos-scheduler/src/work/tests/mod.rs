//! Each kind of work over a vault in memory, step by step, as the dispatcher does it.

mod births;
mod changes;
mod fuse;
mod organise;
mod refine;
mod sweep;

use std::sync::Arc;

use memos_core::{
    Cause, Change, ChangeSeq, Clock, Commit, Committed, CubeId, Layer, ManualClock, Memory,
    MemoryId, Result, Task, TaskStatus, Vault, VolatileVault, Write,
};

use super::Reading;
use crate::tasks::{Committer, Dispatcher, Handler, Job, Priority, Queue, Settings};
use crate::testing::{adding, cube_id, memory, vault};

/// How derived text is read here: equal words are equal, and no times are looked for.
const READING: Reading = Reading {
    fingerprint: |text, _| {
        text.bytes()
            .fold(7, |hash, b| hash.wrapping_mul(31).wrapping_add(b.into()))
    },
    times: |_, _| Vec::new(),
};

struct Direct(Arc<VolatileVault>);

impl Committer for Direct {
    fn commit(
        &self,
        _: Option<&CubeId>,
        build: &mut dyn FnMut() -> Result<Commit>,
    ) -> Result<Committed> {
        self.0.commit(build()?)
    }
}

/// One handler, and a vault that it works on.
struct Bench {
    vault: Arc<VolatileVault>,
    clock: Arc<ManualClock>,
    queue: Arc<Queue>,
    dispatcher: Dispatcher,
}

impl Bench {
    fn with<H: Handler>(handler: impl FnOnce(Arc<dyn Vault>, Arc<dyn Clock>) -> H) -> Self {
        let (vault, clock) = vault();
        let handler: Arc<dyn Handler> =
            Arc::new(handler(Arc::clone(&vault) as _, Arc::clone(&clock) as _));
        Self::over(vault, clock, handler)
    }

    fn over(vault: Arc<VolatileVault>, clock: Arc<ManualClock>, handler: Arc<dyn Handler>) -> Self {
        let queue = Queue::open(
            Arc::clone(&vault) as _,
            Arc::clone(&clock) as _,
            Arc::new(Priority),
        );
        let queue = Arc::new(queue.unwrap());
        let committer = Arc::new(Direct(Arc::clone(&vault)));
        let settings = Settings {
            seed: Some(1),
            ..Settings::default()
        };
        let dispatcher =
            Dispatcher::new(Arc::clone(&queue), committer, [handler], &settings).unwrap();
        Self {
            vault,
            clock,
            queue,
            dispatcher,
        }
    }

    fn add(&self, memories: &[Memory]) {
        self.vault.commit(adding(memories)).unwrap();
    }

    fn write(&self, write: Write) {
        write_to(&self.vault, write);
    }

    /// The next task that is due.
    fn job(&mut self) -> Option<Job> {
        let jobs = self.dispatcher.turn(1).jobs;
        let mut jobs: Vec<Job> = jobs.into_iter().flatten().collect();
        assert!(jobs.len() <= 1);
        jobs.pop()
    }

    /// Does one try, with something in between its two halves; the task afterwards, if it is there.
    fn perform(&mut self, job: Job, between: impl FnOnce(&Self)) -> Option<Task> {
        let id = job.task().id;
        let performed = job.perform().unwrap();
        between(self);
        let settlement = performed.commit();
        self.dispatcher.settle(settlement);
        self.dispatcher.turn(0);
        self.queue.task(id).unwrap()
    }

    /// Does a task, and what follows it of the same kind, until nothing is due.
    fn run(&mut self, task: Task) -> Vec<Task> {
        self.queue.submit(task).unwrap();
        let mut done = Vec::new();
        while let Some(job) = self.job() {
            done.extend(self.perform(job, |_| {}));
            assert!(done.len() < 100, "it does not come to an end: {done:?}");
        }
        done
    }

    fn memory(&self, id: MemoryId) -> Option<Memory> {
        self.vault.memory(&cube_id(), id).unwrap()
    }

    /// The derived memories, by id.
    fn derived(&self) -> Vec<Memory> {
        let snapshot = self.vault.snapshot().unwrap();
        let mut all = snapshot.memories(&cube_id(), None, usize::MAX).unwrap();
        all.retain(|m| m.layer() == Layer::Derived);
        all
    }

    /// The changes that have a cause.
    fn changes_by(&self, cause: Cause) -> Vec<Change> {
        let snapshot = self.vault.snapshot().unwrap();
        let mut all = snapshot
            .changes(&cube_id(), ChangeSeq::default(), usize::MAX)
            .unwrap();
        all.retain(|change| change.why.cause == cause);
        all
    }

    /// The tasks of a kind that wait.
    fn waiting(&self, kind: &str) -> Vec<Task> {
        let snapshot = self.vault.snapshot().unwrap();
        let mut all = snapshot.tasks(None, usize::MAX).unwrap();
        all.retain(|task| task.kind == kind && task.status == TaskStatus::Waiting);
        all
    }
}

fn write_to(vault: &VolatileVault, write: Write) {
    let commit = Commit {
        writes: vec![write],
        ..Commit::default()
    };
    vault.commit(commit).unwrap();
}

fn count(task: &Task, name: &str) -> Option<u64> {
    task.outcome.0.get(name)?.as_u64()
}

fn forgetting(id: MemoryId) -> Write {
    Write::DeleteMemory {
        cube_id: cube_id(),
        id,
    }
}

/// A try in a cube that is gone is given up, and does not say that it was done.
#[track_caller]
fn is_given_up(task: Option<Task>) {
    // With the cube, its tasks may be gone.
    if let Some(task) = task {
        let TaskStatus::Dead { reason, .. } = &task.status else {
            panic!("{task:?}");
        };
        assert!(reason.contains(cube_id().as_str()), "{reason}");
    }
}

fn turn(text: &str, day: i64, session: &str) -> Memory {
    let mut memory = memory(text, day);
    if let memos_core::Payload::Plaintext(plain) = &mut memory.payload {
        plain.turn.session_id = session.into();
    }
    memory
}
