//! What the simulation does not show: each order, each outcome by itself, and the threads.

mod desk;
mod order;
mod outcomes;
mod threads;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use memos_core::{
    Clock, Code, Commit, Committed, CubeId, Error, ManualClock, MemCube, Memory, MemoryId, Result,
    Snapshot, Task, TaskId, TaskStatus, Vault, VolatileVault, Write,
};

use super::*;
use crate::testing;

type Run = dyn Fn(&Task, &Work) -> Result<Effect> + Send + Sync;

/// A kind by what it does.
struct Doing {
    kind: &'static str,
    limits: Limits,
    run: Box<Run>,
}

impl Handler for Doing {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn run(&self, task: &Task, work: &Work) -> Result<Effect> {
        (self.run)(task, work)
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}

fn doing(
    kind: &'static str,
    run: impl Fn(&Task, &Work) -> Result<Effect> + Send + Sync + 'static,
) -> Arc<dyn Handler> {
    limited(kind, Limits::default(), run)
}

fn limited(
    kind: &'static str,
    limits: Limits,
    run: impl Fn(&Task, &Work) -> Result<Effect> + Send + Sync + 'static,
) -> Arc<dyn Handler> {
    let run = Box::new(run);
    Arc::new(Doing { kind, limits, run })
}

/// A vault that refuses outcomes that are too large, and everything while it is full.
struct Picky {
    inner: Arc<VolatileVault>,
    full: AtomicBool,
}

impl Vault for Picky {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        if self.full.load(Ordering::SeqCst) {
            return Err(Error::new(Code::DiskFull, "there is no room"));
        }
        let large = commit.writes.iter().any(|write| match write {
            Write::UpdateTask { task, .. } => task.outcome.0.contains_key("large"),
            _ => false,
        });
        if large {
            return Err(Error::new(Code::TooLarge, "the record is too large"));
        }
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
        self.inner.task(id)
    }

    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>> {
        self.inner.cubes_of(id)
    }

    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        self.inner.made_from(cube, id)
    }
}

struct Direct(Arc<dyn Vault>);

impl Committer for Direct {
    fn commit(
        &self,
        _: Option<&CubeId>,
        build: &mut dyn FnMut() -> Result<Commit>,
    ) -> Result<Committed> {
        self.0.commit(build()?)
    }
}

/// A queue with its dispatcher, on a vault in memory and a clock that stands still.
struct Bench {
    vault: Arc<Picky>,
    clock: Arc<ManualClock>,
    queue: Arc<Queue>,
    dispatcher: Dispatcher,
}

impl Bench {
    fn new(strategy: impl Strategy, handlers: Vec<Arc<dyn Handler>>) -> Self {
        Self::with(strategy, handlers, &settings(1))
    }

    fn with(strategy: impl Strategy, handlers: Vec<Arc<dyn Handler>>, settings: &Settings) -> Self {
        let (vault, clock, queue) = queue(strategy);
        let committer = Arc::new(Direct(vault.clone()));
        let dispatcher = Dispatcher::new(queue.clone(), committer, handlers, settings).unwrap();
        Self {
            vault,
            clock,
            queue,
            dispatcher,
        }
    }

    fn task(&self, kind: &str, user: &str, cube: &str) -> Task {
        let (user, cube) = (user.parse().unwrap(), cube.parse().unwrap());
        Task::new(kind, user, cube, self.clock.now())
    }

    fn submit(&self, kind: &str, user: &str, cube: &str) -> TaskId {
        self.queue.submit(self.task(kind, user, cube)).unwrap().id
    }

    /// A turn for one worker, and the job that it gives.
    fn job(&mut self) -> Option<Job> {
        let jobs = self.dispatcher.turn(1).jobs;
        jobs.into_iter().flatten().next()
    }

    /// A turn for one worker, all that it gives, and a turn to write it down.
    fn work(&mut self) -> Vec<TaskId> {
        let jobs = self.dispatcher.turn(1).jobs.into_iter().flatten();
        let mut done = Vec::new();
        for job in jobs {
            done.push(job.task().id);
            let settlement = job.perform().unwrap().commit();
            self.dispatcher.settle(settlement);
        }
        self.dispatcher.turn(0);
        done
    }

    fn stored(&self, id: TaskId) -> Task {
        self.vault.task(id).unwrap().unwrap()
    }

    fn status(&self, id: TaskId) -> &'static str {
        self.stored(id).status.as_str()
    }

    fn reason(&self, id: TaskId) -> String {
        match self.stored(id).status {
            TaskStatus::Dead { reason, .. } => reason,
            status => panic!("it is {status}"),
        }
    }
}

fn queue(strategy: impl Strategy) -> (Arc<Picky>, Arc<ManualClock>, Arc<Queue>) {
    let (inner, clock) = testing::vault();
    let cube = Write::EnsureCube(testing::cube());
    let commit = Commit {
        writes: vec![cube],
        ..Commit::default()
    };
    inner.commit(commit).unwrap();
    let vault = Arc::new(Picky {
        inner,
        full: AtomicBool::new(false),
    });
    let queue = Queue::open(vault.clone(), clock.clone(), Arc::new(strategy)).unwrap();
    (vault, clock, Arc::new(queue))
}

fn settings(workers: usize) -> Settings {
    Settings {
        workers: NonZeroUsize::new(workers).unwrap(),
        ahead: 0,
        grace: Duration::ZERO,
        seed: Some(7),
        ..Settings::default()
    }
}
