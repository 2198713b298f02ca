//! What is known of the stored tasks without reading them: enough to choose, count and list.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use memos_core::{Task, TaskId, TaskStatus, Timestamp};

use super::board::Seat;
use super::claim::Claim;
use super::ended::Ended;
use super::filter::{Counts, Standing, TaskFilter};
use super::lanes::{Lane, Lanes, Tally};
use super::strategy::Strategy;

pub(super) struct Index {
    entries: BTreeMap<TaskId, Entry>,
    pub(super) lanes: Lanes,
    later: BTreeSet<(Timestamp, TaskId)>,
    leases: BTreeSet<(Timestamp, TaskId)>,
    pub(super) ended: Ended,
    runs: HashMap<u64, Run>,
    /// Tasks that could not be read when they changed.
    pub(super) unread: BTreeSet<TaskId>,
    /// How many tasks have ended or gone so far.
    pub(super) ends: u64,
}

struct Entry {
    born: Timestamp,
    revision: u32,
    lane: Lane,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Not due yet.
    Later(Seat),
    /// In its lane.
    Ready(Seat),
    /// Picked, but not yet claimed in the vault.
    Picked(Seat),
    Running {
        until: Timestamp,
    },
    Ended {
        at: Timestamp,
        standing: Standing,
    },
}

/// What somebody does at this time.
struct Run {
    lane: Lane,
    claim: Arc<Claim>,
}

/// How a record came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Written or read a moment ago: what is known may be newer.
    Recent,
    /// Read under the index's lock.
    Certain,
}

impl Index {
    pub(super) fn new(strategy: Arc<dyn Strategy>) -> Self {
        Self {
            entries: BTreeMap::new(),
            lanes: Lanes::new(strategy),
            later: BTreeSet::new(),
            leases: BTreeSet::new(),
            ended: Ended::default(),
            runs: HashMap::new(),
            unread: BTreeSet::new(),
            ends: 0,
        }
    }

    /// Takes a stored task in; whether that is news.
    pub(super) fn apply(&mut self, task: &Task, source: Source, now: Timestamp) -> bool {
        let standing = Standing::of(&task.status);
        let (mut was_live, mut is_news) = (false, true);
        if let Some(entry) = self.entries.get(&task.id) {
            was_live = entry.standing().is_live();
            if source == Source::Recent && !entry.is_older_than(task) {
                return false;
            }
            is_news = (entry.born, entry.revision) != (task.created_at, task.revision);
        }
        let lane = self.lanes.acquire(task);
        self.take_out(task.id);
        self.withdraw_all_but(task);
        let state = match &task.status {
            TaskStatus::Waiting => {
                let seat = Seat {
                    place: self.lanes.strategy().place(task),
                    due: task.due_at,
                    born: task.created_at,
                    id: task.id,
                };
                if task.due_at <= now {
                    self.lanes.enter(lane, seat);
                    State::Ready(seat)
                } else {
                    self.later.insert((task.due_at, task.id));
                    State::Later(seat)
                }
            }
            TaskStatus::Running { until, .. } => {
                self.leases.insert((*until, task.id));
                State::Running { until: *until }
            }
            TaskStatus::Done { at } => {
                self.ended.done.insert((*at, task.id));
                State::Ended { at: *at, standing }
            }
            TaskStatus::Dead { at, .. } | TaskStatus::Cancelled { at } => {
                self.ended.given_up.insert((*at, task.id));
                State::Ended { at: *at, standing }
            }
        };
        let entry = Entry {
            born: task.created_at,
            revision: task.revision,
            lane,
            state,
        };
        self.entries.insert(task.id, entry);
        self.ends += u64::from(was_live && !standing.is_live());
        is_news
    }

    /// Whether only a look under the lock can tell: a live task seems older than what is known, which
    /// has ended. It may have been removed and added again, and one that is missed would never be
    /// done.
    pub(super) fn doubts(&self, task: &Task) -> bool {
        let known = self.entries.get(&task.id);
        task.is_live() && known.is_some_and(|e| !e.standing().is_live() && !e.is_older_than(task))
    }

    /// There is no such task; whether that is news.
    pub(super) fn remove(&mut self, id: TaskId) -> bool {
        let Some(entry) = self.take_out(id) else {
            return false;
        };
        self.ends += u64::from(entry.standing().is_live());
        let runs = self.runs.values().filter(|run| run.claim.task() == id);
        runs.for_each(|run| run.claim.withdraw());
        true
    }

    fn take_out(&mut self, id: TaskId) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        match &entry.state {
            State::Later(seat) => _ = self.later.remove(&(seat.due, id)),
            State::Ready(seat) => self.lanes.leave(entry.lane, seat),
            State::Picked(_) => {}
            State::Running { until } => _ = self.leases.remove(&(*until, id)),
            State::Ended { at, standing } => {
                match standing {
                    Standing::Done => self.ended.done.remove(&(*at, id)),
                    _ => self.ended.given_up.remove(&(*at, id)),
                };
            }
        }
        self.lanes.release(entry.lane);
        Some(entry)
    }

    /// Tells whoever does a task but does not hold it any more.
    fn withdraw_all_but(&self, task: &Task) {
        let runs = self.runs.values().filter(|r| r.claim.task() == task.id);
        let stale = runs.filter(|run| !run.claim.holds(task));
        stale.for_each(|run| run.claim.withdraw());
    }

    /// Lets tasks that are due by now into their lanes.
    pub(super) fn ripen(&mut self, now: Timestamp) {
        while let Some(&(due, id)) = self.later.first()
            && due <= now
        {
            self.later.pop_first();
            if let Some(entry) = self.entries.get_mut(&id)
                && let State::Later(seat) = entry.state
            {
                entry.state = State::Ready(seat);
                self.lanes.enter(entry.lane, seat);
            }
        }
    }

    /// Takes a waiting task. It counts as running until [`stop`](Self::stop) or
    /// [`unpick`](Self::unpick).
    pub(super) fn pick(&mut self, lane: Lane, seat: Seat) {
        self.lanes.again(lane);
        self.lanes.take(lane, &seat);
        if let Some(entry) = self.entries.get_mut(&seat.id) {
            entry.state = State::Picked(seat);
        }
    }

    /// A picked task was not claimed.
    pub(super) fn unpick(&mut self, id: TaskId, lane: Lane) {
        if let Some(entry) = self.entries.get_mut(&id)
            && let State::Picked(seat) = entry.state
        {
            entry.state = State::Ready(seat);
            self.lanes.enter(entry.lane, seat);
        }
        self.lanes.stop(lane);
        self.lanes.release(lane);
    }

    /// A picked task is being done, unless it has been called off already.
    pub(super) fn start(&mut self, lane: Lane, claim: Arc<Claim>) {
        let entry = self.entries.get(&claim.task());
        if !entry.is_some_and(|entry| matches!(entry.state, State::Running { .. })) {
            claim.withdraw();
        }
        self.runs.insert(claim.number(), Run { lane, claim });
    }

    /// Nobody does it any more; false if that was known.
    pub(super) fn stop(&mut self, claim: u64) -> bool {
        let Some(run) = self.runs.remove(&claim) else {
            return false;
        };
        self.lanes.stop(run.lane);
        self.lanes.release(run.lane);
        true
    }

    /// The claim of who does a task, by the holder's name.
    pub(super) fn claim_of(&self, task: &Task) -> Option<&Arc<Claim>> {
        let mut claims = self.runs.values().map(|run| &run.claim);
        claims.find(|claim| claim.task() == task.id && claim.holds(task))
    }

    /// All claims of this process.
    pub(super) fn claims(&self) -> impl Iterator<Item = &Arc<Claim>> {
        self.runs.values().map(|run| &run.claim)
    }

    /// The kind of a task.
    pub(super) fn kind_of(&self, id: TaskId) -> Option<&str> {
        self.entries.get(&id).map(|entry| self.kind(entry.lane))
    }

    /// The kind of a lane.
    pub(super) fn kind(&self, lane: Lane) -> &str {
        self.lanes.kinds.name(lane.kind)
    }

    /// What came of the tasks of a kind, to be counted on.
    pub(super) fn tally(&mut self, kind: &str) -> &mut Tally {
        let number = match self.lanes.kinds.number(kind) {
            Some(number) => number,
            None => self.lanes.kinds.acquire(kind),
        };
        &mut self.lanes.kinds.get_mut(number).tally
    }

    /// Up to `limit` tasks whose lease has run out, but for some.
    pub(super) fn lapsed(
        &self,
        now: Timestamp,
        limit: usize,
        but: impl Fn(TaskId) -> bool,
    ) -> Vec<TaskId> {
        let lapsed = self.leases.iter().take_while(|(until, _)| *until <= now);
        let ids = lapsed.map(|&(_, id)| id).filter(|id| !but(*id));
        ids.take(limit).collect()
    }

    /// All tasks that run, as they are stored.
    pub(super) fn running(&self) -> Vec<TaskId> {
        self.leases.iter().map(|&(_, id)| id).collect()
    }

    /// Stops what is done in vain, for the task was taken away, and has had its time; the claims.
    pub(super) fn stop_overdue(&mut self, now: Timestamp) -> Vec<Arc<Claim>> {
        let in_vain = self.in_vain();
        let overdue = in_vain.filter(|claim| claim.until() <= now);
        let overdue: Vec<Arc<Claim>> = overdue.cloned().collect();
        for claim in &overdue {
            self.stop(claim.number());
        }
        overdue
    }

    fn in_vain(&self) -> impl Iterator<Item = &Arc<Claim>> {
        self.claims().filter(|claim| claim.is_withdrawn())
    }

    /// Claims that nobody has begun with.
    pub(super) fn in_hand(&self) -> impl Iterator<Item = &Arc<Claim>> {
        self.claims().filter(|claim| claim.is_waiting())
    }

    /// When the next task falls due or the next lease runs out.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let due = self.later.first().map(|&(at, _)| at);
        let lapse = self.leases.first().map(|&(at, _)| at);
        let overdue = self.in_vain().map(|claim| claim.until());
        due.into_iter().chain(lapse).chain(overdue).min()
    }

    /// The ids, in order, of up to `limit` tasks after one that a filter may mean, looking at no more
    /// than `looks`; and where to go on.
    pub(super) fn page(
        &self,
        filter: &TaskFilter,
        after: Option<TaskId>,
        limit: usize,
        looks: usize,
    ) -> (Vec<TaskId>, Option<TaskId>) {
        use std::ops::Bound::{Excluded, Unbounded};
        let Some(sieve) = self.sieve(filter) else {
            return (Vec::new(), None);
        };
        let from = after.map_or(Unbounded, Excluded);
        let mut ids = Vec::new();
        for (n, (id, entry)) in (1..).zip(self.entries.range((from, Unbounded))) {
            if sieve.passes(entry) {
                ids.push(*id);
            }
            if ids.len() == limit || n == looks {
                return (ids, Some(*id));
            }
        }
        (ids, None)
    }

    /// The ids, in order, of up to `limit` tasks after one that wait or run, as far as is known here,
    /// and that a filter may mean.
    pub(super) fn live_page(
        &self,
        filter: &TaskFilter,
        after: Option<TaskId>,
        limit: usize,
    ) -> Vec<TaskId> {
        use std::ops::Bound::{Excluded, Unbounded};
        let Some(sieve) = self.sieve(filter) else {
            return Vec::new();
        };
        let from = after.map_or(Unbounded, Excluded);
        let entries = self.entries.range((from, Unbounded));
        let live = entries.filter(|(_, entry)| entry.is_live() && sieve.passes(entry));
        live.map(|(id, _)| *id).take(limit).collect()
    }

    /// How many tasks a filter means, as far as can be told here.
    pub(super) fn counts(&self, filter: &TaskFilter) -> Counts {
        let mut counts = Counts::default();
        if let Some(sieve) = self.sieve(filter) {
            let passed = self.entries.values().filter(|entry| sieve.passes(entry));
            passed.for_each(|entry| counts.add(entry.standing()));
        }
        counts
    }

    /// None if no task can pass.
    fn sieve(&self, filter: &TaskFilter) -> Option<Sieve> {
        fn named<T>(name: Option<&T>, number: impl Fn(&T) -> Option<u32>) -> Option<Option<u32>> {
            name.map_or(Some(None), |name| number(name).map(Some))
        }
        Some(Sieve {
            user: named(filter.user.as_ref(), |u| self.lanes.users.number(u))?,
            cube: named(filter.cube.as_ref(), |c| self.lanes.cubes.number(c))?,
            kind: named(filter.kind.as_ref(), |k| {
                self.lanes.kinds.number(k.as_str())
            })?,
            standing: filter.status,
        })
    }

    /// Calls `each` with the kind and the due time of every waiting task.
    pub(super) fn for_each_waiting(&self, mut each: impl FnMut(u32, Timestamp)) {
        for entry in self.entries.values() {
            if let State::Later(seat) | State::Ready(seat) | State::Picked(seat) = entry.state {
                each(entry.lane.kind, seat.due);
            }
        }
    }
}

impl Entry {
    fn is_older_than(&self, task: &Task) -> bool {
        (self.born, self.revision) < (task.created_at, task.revision)
    }

    fn is_live(&self) -> bool {
        matches!(self.standing(), Standing::Waiting | Standing::Running)
    }

    fn standing(&self) -> Standing {
        match self.state {
            State::Later(_) | State::Ready(_) | State::Picked(_) => Standing::Waiting,
            State::Running { .. } => Standing::Running,
            State::Ended { standing, .. } => standing,
        }
    }
}

/// A filter in numbers.
struct Sieve {
    user: Option<u32>,
    cube: Option<u32>,
    kind: Option<u32>,
    standing: Option<Standing>,
}

impl Sieve {
    fn passes(&self, entry: &Entry) -> bool {
        self.user.is_none_or(|user| user == entry.lane.user)
            && self.cube.is_none_or(|cube| cube == entry.lane.cube)
            && self.kind.is_none_or(|kind| kind == entry.lane.kind)
            && self.standing.is_none_or(|s| s == entry.standing())
    }
}
