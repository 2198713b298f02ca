//! A vault, a process that works on it, and what may happen to both.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use memos_core::{
    Access, Clock, Commit, CubeId, Info, ManualClock, MemCube, MemoryId, Priority, Repeat, Task,
    TaskId, TaskStatus, Timestamp, UserId, Vault, VolatileVault, Write,
};
use memos_scheduler::tasks::{Retention, Settings, StrategyName, Touched, Turn};

use crate::faulty::Faulty;
use crate::handlers::KINDS;
use crate::process::{Held, Process};
use crate::rng::Rng;

pub(crate) const USERS: [&str; 3] = ["ada", "bob", "cyd"];
pub(crate) const CUBES: [&str; 4] = ["a", "b", "c", "shared"];
const LABELS: [&str; 3] = ["red", "green", "blue"];

/// What was asked of the queue and promised by it.
#[derive(Default)]
pub(crate) struct Promises {
    pub(crate) tasks: BTreeSet<TaskId>,
    /// Memories that each task was to see to.
    pub(crate) memories: BTreeMap<TaskId, BTreeSet<MemoryId>>,
    pub(crate) cancelled: BTreeSet<TaskId>,
    /// Tasks, and their kinds, that were wanted back just when they were to be forgotten.
    pub(crate) revived: BTreeMap<TaskId, String>,
    pub(crate) times_added: BTreeMap<TaskId, usize>,
}

pub(crate) struct World {
    vault: Arc<Faulty>,
    clock: Arc<ManualClock>,
    settings: Settings,
    strategy: StrategyName,
    workers: usize,
    faults: u64,
    is_sound: bool,
    process: Process,
    pub(crate) promises: Promises,
    ids: u64,
    /// The latest that the clock has shown.
    latest: Timestamp,
}

impl World {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_700_000_000)));
        let inner = VolatileVault::new(clock.clone());
        let cubes = CUBES.map(|cube| Write::CreateCube(header(cube)));
        inner
            .commit(Commit {
                writes: cubes.into(),
                ..Commit::default()
            })
            .unwrap();
        let faults = if rng.one_in(4) { 10 } else { 0 };
        let vault = Arc::new(Faulty::new(inner, rng.next()));
        // Some forget what has ended at once.
        let keep = Duration::from_secs(if rng.one_in(5) { 100 } else { 1 << 30 });
        let settings = Settings {
            workers: NonZeroUsize::MIN,
            ahead: rng.index(4),
            grace: Duration::ZERO,
            retention: Retention {
                done: keep,
                given_up: keep,
                ..Retention::default()
            },
            seed: Some(rng.next()),
        };
        let strategy = *rng.pick(&StrategyName::ALL);
        let process = Process::start(&vault, &clock, &settings, strategy);
        vault.one_in.store(faults, Ordering::Relaxed);
        let meddling = if rng.one_in(4) { 8 } else { 0 };
        vault.meddling.store(meddling, Ordering::Relaxed);
        Self {
            workers: rng.index(4) + 1,
            vault,
            clock,
            settings,
            strategy,
            faults,
            is_sound: faults + meddling == 0,
            process,
            promises: Promises::default(),
            ids: rng.next(),
            latest: Timestamp::MIN,
        }
    }

    pub(crate) fn step(&mut self, rng: &mut Rng) {
        self.latest = self.latest.max(self.clock.now());
        match rng.below(20) {
            0..5 => self.submit(rng),
            5..9 => _ = self.turn(),
            9..11 => self.perform(rng),
            11..13 => self.commit(rng),
            13..15 => self.settle(rng),
            15 => self.cancel_or_retry(rng),
            16 | 17 => {
                let by = [1, 1, 5, 20, 100, 4000][rng.index(6)];
                self.clock.advance(Duration::from_secs(by));
            }
            18 => {
                let back = i64::try_from(rng.below(100)).unwrap();
                self.clock.set(self.clock.now().plus_secs(-back));
            }
            _ if rng.one_in(2) => self.crash(),
            _ => self.shut_down(),
        }
        self.process.check_limits();
        self.hear_of_meddling();
    }

    fn hear_of_meddling(&mut self) {
        for task in std::mem::take(&mut *self.vault.meddled.lock().unwrap()) {
            let id = task.id;
            match task.status {
                TaskStatus::Cancelled { .. } => {
                    self.promises.cancelled.insert(id);
                    self.promises.revived.remove(&id);
                }
                _ => _ = self.promises.revived.insert(id, task.kind.clone()),
            }
            let writes = [Write::AddTask(Box::new(task))];
            self.process.queue.observe(&Touched::of(&writes));
        }
    }

    fn submit(&mut self, rng: &mut Rng) {
        let kind = rng.pick(&KINDS);
        let user: UserId = rng.pick(&USERS).parse().unwrap();
        let cube: CubeId = rng.pick(&CUBES).parse().unwrap();
        let mut task = Task::new(kind.name, user, cube, self.clock.now());
        self.ids += 1;
        let mut bytes = [7; 16];
        bytes[8..].copy_from_slice(&self.ids.to_be_bytes());
        task.id = TaskId::from_bytes(bytes);
        task.priority = *rng.pick(&[Priority::Low, Priority::Normal, Priority::High]);
        task.labels.insert((*rng.pick(&LABELS)).to_owned());
        let later = rng.pick(&[0, 0, 0, 3, 30, 300]);
        task.due_at = task.due_at.plus_secs(*later);
        if rng.one_in(3) {
            let (repeat, name) = match rng.one_in(2) {
                true => (Repeat::Once, "once"),
                false => (Repeat::Again, "again"),
            };
            task = task.keyed(format!("{} {name} {}", kind.name, rng.below(2)), repeat);
            bytes[0] = 9;
            task.memories = vec![MemoryId::from_bytes(bytes)];
        }
        let (id, memories) = (task.id, task.memories.clone());
        let writes = vec![Write::AddTask(Box::new(task.clone()))];
        let touched = Touched::of(&writes);
        let commit = Commit {
            writes,
            ..Commit::default()
        };
        if self.vault.commit(commit).is_err() {
            return;
        }
        self.process.queue.observe(&touched);
        self.promises.tasks.insert(id);
        *self.promises.times_added.entry(id).or_default() += 1;
        if task.repeat == Repeat::Again {
            self.promises
                .memories
                .entry(id)
                .or_default()
                .extend(memories);
        }
    }

    fn turn(&mut self) -> Option<Timestamp> {
        let before = self.tasks();
        let free = self.workers.saturating_sub(self.process.busy());
        let mut occupied = self.process.held.clone();
        self.vault.failed.store(false, Ordering::Relaxed);
        self.vault.written.store(false, Ordering::Relaxed);
        let now = self.clock.now();
        self.latest = self.latest.max(now);
        let Turn {
            jobs,
            recalled,
            lapsed,
            wake_at,
        } = self.process.dispatcher.turn(free);
        // After a fault the queue may pause, and what others just did it may not know yet.
        // Those were stopped before others were chosen.
        recalled
            .iter()
            .for_each(|claim| drop(occupied.remove(&claim.number())));
        if self.is_sound {
            let (strategy, latest) = (self.strategy, self.latest);
            crate::checks::turn(&before, &occupied, &jobs, free, strategy, now, latest);
        }
        let happened = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        let did_nothing =
            recalled.is_empty() && lapsed.is_empty() && !happened(&self.vault.written);
        if did_nothing && !happened(&self.vault.failed) {
            let waits = wake_at.is_none_or(|at| at > now);
            assert!(waits, "a turn that did nothing asks for another at once");
        }
        for claim in recalled.iter().chain(&lapsed) {
            let held = self.process.held.remove(&claim.number());
            assert!(held.is_some(), "{claim:?} is over, but was not held");
        }
        for list in jobs {
            self.process.lists += 1;
            for job in &list {
                let task = job.task();
                let held = Held {
                    list: self.process.lists,
                    kind: task.kind.clone(),
                    user: task.user.clone(),
                    cube: task.cube_id.clone(),
                };
                let held = self.process.held.insert(job.claim().number(), held);
                assert!(held.is_none(), "one claim twice");
            }
            self.process.jobs.push(list.into());
        }
        self.process.check_limits();
        wake_at
    }

    fn perform(&mut self, rng: &mut Rng) {
        if !self.process.jobs.is_empty() {
            let n = rng.index(self.process.jobs.len());
            self.process.perform(n);
        }
    }

    fn commit(&mut self, rng: &mut Rng) {
        if rng.one_in(3) {
            self.process.come_back();
        }
        if !self.process.performed.is_empty() {
            let n = rng.index(self.process.performed.len());
            self.process.commit(n);
        }
    }

    fn settle(&mut self, rng: &mut Rng) {
        if !self.process.settlements.is_empty() {
            let n = rng.index(self.process.settlements.len());
            self.process.settle(n);
        }
    }

    fn cancel_or_retry(&mut self, rng: &mut Rng) {
        let known: Vec<TaskId> = self.promises.tasks.iter().copied().collect();
        if known.is_empty() {
            return;
        }
        let id = *rng.pick(&known);
        if rng.one_in(2) {
            if self.process.queue.cancel(id).is_ok() {
                self.promises.cancelled.insert(id);
                self.promises.revived.remove(&id);
            }
        } else {
            // Refused unless it was given up or called off.
            let _ = self.process.queue.retry(id);
        }
    }

    fn crash(&mut self) {
        self.vault.one_in.store(0, Ordering::Relaxed);
        self.process = Process::start(&self.vault, &self.clock, &self.settings, self.strategy);
        self.vault.one_in.store(self.faults, Ordering::Relaxed);
    }

    /// What was not done in time comes too late.
    fn shut_down(&mut self) {
        self.process.dispatcher.stop();
        self.process.dispatcher.hand_back();
        self.process.dispatcher.turn(0);
        if self.is_sound {
            let tasks = self.tasks();
            let mut statuses = tasks.iter().map(|task| task.status.as_str());
            assert!(statuses.all(|s| s != "running"), "all was handed back");
        }
        self.process.held.clear();
        while !self.process.jobs.is_empty() {
            self.process.perform(0);
        }
        while !self.process.performed.is_empty() {
            self.process.commit(0);
        }
        while !self.process.settlements.is_empty() {
            self.process.settle(0);
        }
        self.crash();
    }

    /// Runs without faults until nothing is left to do.
    pub(crate) fn settle_down(&mut self) {
        self.faults = 0;
        self.vault.one_in.store(0, Ordering::Relaxed);
        self.vault.meddling.store(0, Ordering::Relaxed);
        for _ in 0..1000 {
            let wake_at = self.turn();
            let idle = wake_at.is_none_or(|at| at > self.clock.now())
                && self.process.jobs.is_empty()
                && self.process.performed.is_empty()
                && self.process.settlements.is_empty();
            while !self.process.jobs.is_empty() {
                self.process.perform(0);
            }
            while !self.process.performed.is_empty() {
                self.process.commit(0);
            }
            while !self.process.settlements.is_empty() {
                self.process.settle(0);
            }
            if idle {
                let live = self.tasks().iter().any(Task::is_live);
                if !live {
                    return;
                }
                let wake_at = wake_at.expect("live tasks wait for something");
                let hours = (wake_at.micros() - self.clock.now().micros()) / 3_600_000_000;
                let live = self.tasks().into_iter().filter(Task::is_live);
                let live: Vec<Task> = live.collect();
                assert!(hours < 24, "{live:?} wait for {wake_at}");
                self.clock.set(wake_at);
            }
        }
        panic!("the queue does not come to an end");
    }

    pub(crate) fn check_the_end(self) {
        let Process { queue, stuck, .. } = self.process;
        // Those that never came back do so now.
        stuck.into_iter().for_each(|late| drop(late.commit()));
        let keeps_all = self.settings.retention.done > Duration::from_secs(1000);
        crate::checks::end(&*self.vault, &queue, &self.promises, keeps_all);
    }

    fn tasks(&self) -> Vec<Task> {
        self.vault.snapshot().unwrap().tasks(None, 10_000).unwrap()
    }
}

fn header(cube: &str) -> MemCube {
    let at = Timestamp::from_secs(0);
    MemCube {
        id: cube.parse().unwrap(),
        name: cube.into(),
        description: None,
        owner: "ada".parse().unwrap(),
        access: Access::default(),
        created_at: at,
        updated_at: at,
        info: Info::default(),
        base: None,
    }
}
