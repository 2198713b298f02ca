//! What the dispatcher is to do in a turn: what is old, and whose turn it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use memos_core::{TaskId, Timestamp};

use super::board::Seat;
use super::claim::Claim;
use super::dispatcher::{Dispatcher, LOST_AT_ONCE};
use super::ended::after;
use super::index::Index;
use super::lanes::Lane;
use super::step::{Lost, Step};

/// Ended tasks that one turn removes, so that it stays short.
const FORGOTTEN_AT_ONCE: usize = 64;

/// How often, at most, ended tasks are looked for that are kept no longer.
const FORGETTING: Duration = Duration::from_secs(60);

/// How long a claimed task may wait for a worker to begin.
const PATIENCE: Duration = Duration::from_secs(1);

/// A task about to be claimed.
pub(super) struct Picked {
    pub(super) claim: Arc<Claim>,
    pub(super) lane: Lane,
    /// Number of the run: the tasks that one worker does one after the other.
    pub(super) run: usize,
}

impl Picked {
    pub(super) fn step(&self) -> Step {
        Step::Claim(Arc::clone(&self.claim))
    }
}

/// How long a worker's quick tasks may take together: no longer may a more urgent one have to wait.
const LIST: Duration = Duration::from_millis(8);

/// What a worker may still get: more of the one or of the other is more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Room {
    time: Duration,
    tasks: usize,
}

impl Room {
    /// For one task, and others on top of it.
    fn new(ahead: usize) -> Self {
        Self {
            time: LIST,
            tasks: ahead.saturating_add(1),
        }
    }

    fn has(self, pace: Duration) -> bool {
        self.tasks > 0 && self.time >= pace
    }

    fn less(self, pace: Duration) -> Self {
        Self {
            time: self.time.saturating_sub(pace),
            tasks: self.tasks.saturating_sub(1),
        }
    }
}

/// When a claim is recalled if nobody has begun.
pub(super) fn recall_at(claim: &Claim) -> Timestamp {
    after(claim.at(), PATIENCE.min(claim.lease() / 2))
}

impl Dispatcher {
    /// Takes back what was claimed ahead and nobody has begun with in time, or at all if the process
    /// is to end. It was a mistake, so no task counts as quick until it has shown it again.
    pub(super) fn recall(&mut self, now: Timestamp) -> Vec<Arc<Claim>> {
        let is_stopping = self.is_stopping();
        let mut index = self.queue.lock();
        let late = |claim: &&Arc<Claim>| is_stopping || recall_at(claim) <= now;
        let late: Vec<Arc<Claim>> = index.in_hand().filter(late).cloned().collect();
        let late: Vec<Arc<Claim>> = late.into_iter().filter(|claim| claim.recall()).collect();
        if late.is_empty() {
            return late;
        }
        for claim in &late {
            index.stop(claim.number());
            self.settled.push(Step::HandBack(Arc::clone(claim)));
        }
        let kinds = index.lanes.kinds.numbers();
        kinds.for_each(|kind| index.lanes.kinds.get_mut(kind).forget_pace());
        late
    }

    /// Adds the steps for tasks whose leases have run out, and for those that are kept no longer.
    pub(super) fn look_after_old(&mut self, now: Timestamp, steps: &mut Vec<Step>) {
        let unread = std::mem::take(&mut self.queue.lock().unread);
        unread.into_iter().for_each(|id| self.queue.recheck(id));

        let settled: BTreeSet<TaskId> = steps.iter().map(Step::id).collect();
        let queue = Arc::clone(&self.queue);
        let index = queue.lock();
        let lapsed = index.lapsed(now, LOST_AT_ONCE, |id| settled.contains(&id));
        let lapsed = lapsed.into_iter().map(|id| {
            let kind = index.kind_of(id).unwrap_or_default();
            Step::Lose {
                id,
                policy: self.policy(kind),
                from: Lost::Lease,
            }
        });
        steps.extend(lapsed);
        // A clock that was set back must not put it off.
        if now >= self.forget_at || after(now, FORGETTING) < self.forget_at {
            let ended = &index.ended;
            let old = ended.obsolete(now, &self.retention, FORGOTTEN_AT_ONCE);
            if old.len() < FORGOTTEN_AT_ONCE {
                self.forget_at = after(now, FORGETTING);
            }
            steps.extend(old.into_iter().map(Step::Forget));
        }
    }

    /// Takes the tasks that are to be claimed for so many free workers, and ahead.
    pub(super) fn choose(&mut self, free: usize, now: Timestamp) -> Vec<Picked> {
        let queue = Arc::clone(&self.queue);
        let mut index = queue.lock();
        index.ripen(now);
        let mut picked: Vec<Picked> = Vec::new();
        if self.is_stopping() {
            return picked;
        }
        // The first task of each worker.
        while picked.len() < free
            && let Some((lane, seat)) = index.lanes.next()
            && self.pick(&mut index, (lane, seat), picked.len(), now, &mut picked)
        {}
        // More for those that will be back at once.
        let mut room: BTreeMap<usize, Room> = BTreeMap::new();
        for first in &picked {
            if let Some(pace) = index.lanes.kinds.get(first.lane.kind).quick() {
                room.insert(first.run, Room::new(self.ahead).less(pace));
            }
        }
        // Only while it is the turn of a quick one, so that the order is kept.
        while let Some(next) = index.lanes.next()
            && let Some(pace) = index.lanes.kinds.get(next.0.kind).quick()
            && let Some((&run, most)) = room.iter_mut().max_by_key(|(_, room)| **room)
            && most.has(pace)
            && self.pick(&mut index, next, run, now, &mut picked)
        {
            *most = most.less(pace);
        }
        if index.lanes.next().is_some() {
            return picked;
        }
        // Nothing else can be done: more of the same cubes, which nobody else may work on meanwhile.
        let mut cubes: BTreeSet<(usize, u32)> = BTreeSet::new();
        for picked in &picked {
            let kind = index.lanes.kinds.get(picked.lane.kind);
            if kind.exclusive && room.contains_key(&picked.run) {
                cubes.insert((picked.run, picked.lane.cube));
            }
        }
        while !cubes.is_empty() {
            cubes.retain(|&(run, cube)| {
                let Some(next) = index.lanes.next_in(cube) else {
                    return false;
                };
                let pace = index.lanes.kinds.get(next.0.kind).quick();
                let room = room.get_mut(&run);
                let (Some(pace), Some(room)) = (pace, room) else {
                    return false;
                };
                if !room.has(pace) || !self.pick(&mut index, next, run, now, &mut picked) {
                    return false;
                }
                *room = room.less(pace);
                true
            });
        }
        picked
    }

    /// Takes a task out of its lane; false if nobody handles its kind, which then has no room for it
    /// either.
    fn pick(
        &mut self,
        index: &mut Index,
        (lane, seat): (Lane, Seat),
        run: usize,
        now: Timestamp,
        picked: &mut Vec<Picked>,
    ) -> bool {
        let Some((kind, (_, limits))) = self.handlers.get_key_value(index.kind(lane)) else {
            return false;
        };
        self.claims += 1;
        let claim = Claim::new(&self.run, self.claims, seat.id, kind, now, limits.lease);
        index.pick(lane, seat);
        picked.push(Picked {
            claim: Arc::new(claim),
            lane,
            run,
        });
        true
    }
}
