//! One run of the process.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use memos_core::{CubeId, ManualClock, UserId};
use memos_scheduler::tasks::{
    Dispatcher, Fifo, Job, LabelMatch, Lru, Performed, Priority, Queue, Settings, Settlement,
    Strategy, StrategyName,
};

use crate::faulty::Faulty;
use crate::handlers::{Direct, Manner, handlers, kind_of};

/// What a claim keeps from others.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Number of the list of jobs that it is in.
    pub(crate) list: usize,
    pub(crate) kind: String,
    pub(crate) user: UserId,
    pub(crate) cube: CubeId,
}

/// One run of the process.
pub(crate) struct Process {
    pub(crate) queue: Arc<Queue>,
    pub(crate) dispatcher: Dispatcher,
    /// Lists of jobs, each done one after the other.
    pub(crate) jobs: Vec<VecDeque<Job>>,
    /// With the rest of the list.
    pub(crate) performed: Vec<(Performed, VecDeque<Job>)>,
    pub(crate) settlements: Vec<Settlement>,
    /// Done, but to be committed only when it is too late.
    pub(crate) stuck: Vec<Performed>,
    pub(crate) held: BTreeMap<u64, Held>,
    pub(crate) lists: usize,
}

impl Process {
    pub(crate) fn start(
        vault: &Arc<Faulty>,
        clock: &Arc<ManualClock>,
        settings: &Settings,
        strategy: StrategyName,
    ) -> Self {
        let strategy: Arc<dyn Strategy> = match strategy {
            StrategyName::Fifo => Arc::new(Fifo),
            StrategyName::Priority | StrategyName::SemanticMatch => Arc::new(Priority),
            StrategyName::Lru => Arc::new(Lru),
            StrategyName::LabelMatch => Arc::new(LabelMatch::new(["red".to_owned()])),
        };
        let queue = Queue::open(vault.clone(), clock.clone(), strategy).unwrap();
        let queue = Arc::new(queue);
        let committer = Arc::new(Direct(vault.clone()));
        let dispatcher = Dispatcher::new(queue.clone(), committer, handlers(), settings);
        Self {
            queue,
            dispatcher: dispatcher.unwrap(),
            jobs: Vec::new(),
            performed: Vec::new(),
            settlements: Vec::new(),
            stuck: Vec::new(),
            held: BTreeMap::new(),
            lists: 0,
        }
    }

    /// Lists that workers are busy with.
    pub(crate) fn busy(&self) -> usize {
        let lists: BTreeSet<usize> = self.held.values().map(|held| held.list).collect();
        lists.len()
    }

    pub(crate) fn perform(&mut self, n: usize) {
        let mut list = self.jobs.swap_remove(n);
        let Some(job) = list.pop_front() else { return };
        let sticks = kind_of(&job.task().kind).manner == Manner::Sticks;
        match job.perform() {
            // It was recalled.
            None => self.jobs.push(list),
            Some(performed) if sticks => self.stuck.push(performed),
            Some(performed) => self.performed.push((performed, list)),
        }
    }

    pub(crate) fn commit(&mut self, n: usize) {
        let (performed, list) = self.performed.swap_remove(n);
        self.settlements.push(performed.commit());
        if !list.is_empty() {
            self.jobs.push(list);
        }
    }

    /// Lets somebody come back too late, if there is one.
    pub(crate) fn come_back(&mut self) {
        let late = |stuck: &Performed| stuck.claim().is_withdrawn();
        if let Some(n) = self.stuck.iter().position(late) {
            let settlement = self.stuck.swap_remove(n).commit();
            self.settlements.push(settlement);
        }
    }

    pub(crate) fn settle(&mut self, n: usize) {
        let settlement = self.settlements.swap_remove(n);
        self.held.remove(&settlement.claim().number());
        self.dispatcher.settle(settlement);
    }

    pub(crate) fn check_limits(&self) {
        let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
        let mut alone: BTreeMap<&CubeId, usize> = BTreeMap::new();
        for held in self.held.values() {
            *by_kind.entry(&held.kind).or_default() += 1;
            if kind_of(&held.kind).exclusive {
                let list = *alone.entry(&held.cube).or_insert(held.list);
                assert_eq!(list, held.list, "two at a time in {}", held.cube);
            }
        }
        for (kind, running) in by_kind {
            assert!(running <= kind_of(kind).limit, "{running} of {kind} run");
        }
    }
}
