//! What must be true after each turn, and in the end.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{CubeId, MemoryId, Task, TaskId, TaskStatus, Timestamp, UserId, Vault};
use memos_scheduler::tasks::{Job, Queue, StrategyName, TaskFilter};

use crate::handlers::{FOLLOWER, kind_of};
use crate::process::Held;
use crate::world::{CUBES, Promises};

/// Who runs what at an instant.
#[derive(Default)]
struct Occupied {
    kinds: BTreeMap<String, usize>,
    users: BTreeMap<UserId, usize>,
    cubes: BTreeMap<CubeId, usize>,
    alone: BTreeSet<CubeId>,
}

impl Occupied {
    fn add(&mut self, kind: &str, user: &UserId, cube: &CubeId) {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        *self.users.entry(user.clone()).or_default() += 1;
        *self.cubes.entry(cube.clone()).or_default() += 1;
        if kind_of(kind).exclusive {
            self.alone.insert(cube.clone());
        }
    }

    fn has_room_for(&self, task: &Task) -> bool {
        let kind = kind_of(&task.kind);
        let running = self.kinds.get(&task.kind).copied().unwrap_or_default();
        running < kind.limit && !(kind.exclusive && self.alone.contains(&task.cube_id))
    }

    fn of_user(&self, task: &Task) -> usize {
        self.users.get(&task.user).copied().unwrap_or_default()
    }

    fn of_cube(&self, task: &Task) -> usize {
        self.cubes.get(&task.cube_id).copied().unwrap_or_default()
    }
}

/// Replays the choices of a turn: each was one that could be made, and the first of them by the
/// strategy and by fairness; and no worker stayed free for whom there was work.
pub(crate) fn turn(
    before: &[Task],
    held: &BTreeMap<u64, Held>,
    jobs: &[Vec<Job>],
    free: usize,
    strategy: StrategyName,
    now: Timestamp,
    latest: Timestamp,
) {
    // A clock that is set back takes no task out of its lane again.
    let ripe = |task: &&Task| task.status == TaskStatus::Waiting && task.due_at <= latest;
    let mut waiting: BTreeMap<TaskId, &Task> =
        before.iter().filter(ripe).map(|t| (t.id, t)).collect();
    let mut occupied = Occupied::default();
    for held in held.values() {
        occupied.add(&held.kind, &held.user, &held.cube);
    }
    let mut order: Vec<(usize, &Job)> = Vec::new();
    for (list, jobs) in jobs.iter().enumerate() {
        order.extend(jobs.iter().map(|job| (list, job)));
    }
    order.sort_by_key(|(_, job)| job.claim().number());
    // Cubes that a list has to itself.
    let mut own: BTreeSet<(usize, CubeId)> = BTreeSet::new();
    for (list, job) in order {
        let chosen = waiting.remove(&job.task().id);
        let chosen = chosen.expect("a task is claimed that waits and is due");
        let is_alone = kind_of(&chosen.kind).exclusive;
        let next_of_cube = is_alone && own.contains(&(list, chosen.cube_id.clone()));
        let has_room = occupied.has_room_for(chosen);
        assert!(has_room || next_of_cube, "{} beyond a limit", chosen.kind);
        if is_alone {
            own.insert((list, chosen.cube_id.clone()));
        }
        let rest = waiting.values().copied().filter(|task| task.due_at <= now);
        let others: Vec<&Task> = rest.filter(|task| occupied.has_room_for(task)).collect();
        match strategy {
            _ if !has_room => assert!(others.is_empty(), "{others:?} could be done"),
            StrategyName::Priority => fair(chosen, &others, &occupied),
            StrategyName::Fifo => {
                let older = others.iter().find(|t| t.created_at < chosen.created_at);
                assert!(older.is_none(), "{older:?} was there before {chosen:?}");
            }
            StrategyName::LabelMatch => {
                let misses = !chosen.labels.contains("red");
                let better = others.iter().find(|t| misses && t.labels.contains("red"));
                assert!(better.is_none(), "{better:?} matches, {chosen:?} does not");
            }
            StrategyName::Lru | StrategyName::SemanticMatch => {}
        }
        occupied.add(&chosen.kind, &chosen.user, &chosen.cube_id);
    }
    if jobs.len() < free {
        let mut rest = waiting.values().filter(|task| task.due_at <= now);
        let left = rest.find(|task| occupied.has_room_for(task));
        assert!(left.is_none(), "{left:?} is left with a worker free");
    }
}

fn fair(chosen: &Task, others: &[&Task], occupied: &Occupied) {
    let urgent = others.iter().find(|t| t.priority > chosen.priority);
    assert!(
        urgent.is_none(),
        "{urgent:?} is more urgent than {chosen:?}"
    );
    let equals = others.iter().filter(|t| t.priority == chosen.priority);
    for other in equals {
        let (mine, theirs) = (occupied.of_user(chosen), occupied.of_user(other));
        assert!(
            mine <= theirs,
            "{} has {mine} running, {} {theirs}",
            chosen.user,
            other.user
        );
        if other.user == chosen.user && other.kind == chosen.kind {
            let (mine, theirs) = (occupied.of_cube(chosen), occupied.of_cube(other));
            assert!(
                mine <= theirs,
                "cube {} is served before {}",
                chosen.cube_id,
                other.cube_id
            );
        }
    }
}

/// What is left when nothing is to be done any more.
pub(crate) fn end(vault: &dyn Vault, queue: &Queue, promises: &Promises, keeps_all: bool) {
    let view = vault.snapshot().unwrap();
    let tasks: BTreeMap<TaskId, Task> = view
        .tasks(None, 10_000)
        .unwrap()
        .into_iter()
        .map(|task| (task.id, task))
        .collect();
    let mut effects: BTreeMap<TaskId, Vec<BTreeSet<MemoryId>>> = BTreeMap::new();
    for cube in CUBES {
        for memory in view.memories(&cube.parse().unwrap(), None, 10_000).unwrap() {
            let mut words = memory.payload.plaintext().unwrap().text.split_whitespace();
            let task = words.next().unwrap().parse().unwrap();
            let about = words.map(|id| id.parse().unwrap()).collect();
            effects.entry(task).or_default().push(about);
        }
    }

    let listed = queue
        .list(&TaskFilter::default(), None, usize::MAX)
        .unwrap();
    assert!(
        listed.iter().eq(tasks.values()),
        "the index knows what is stored"
    );
    let counts = queue.counts(&TaskFilter::default()).unwrap();
    assert_eq!(counts.live(), 0);
    if keeps_all {
        let lost = promises.tasks.iter().find(|id| !tasks.contains_key(id));
        assert!(lost.is_none(), "{lost:?} is lost");
    }
    for (id, kind) in &promises.revived {
        let wrote = !kind_of(kind).manner.writes() || effects.contains_key(id);
        assert!(wrote, "{id}, a {kind}, was wanted back and is lost");
    }
    for task in tasks.values().filter(|task| !is_past(task)) {
        let written = effects.remove(&task.id).unwrap_or_default();
        one(task, &written, promises);
        if keeps_all && kind_of(&task.kind).manner.starts_another() && task.key.is_none() {
            let parent = Some(task.id.to_string());
            let children = tasks.values().filter(|t| t.request == parent).count();
            assert_eq!(children, usize::from(is_done(task)), "{task:?}");
        }
    }
    if keeps_all {
        assert!(effects.is_empty(), "effects of nobody: {effects:?}");
    }
    // Of what was forgotten, at least nothing was done more often than it was asked for.
    for (id, written) in effects {
        let times = promises.times_added.get(&id).copied().unwrap_or(1);
        assert!(written.len() <= times, "{id} wrote {} times", written.len());
    }
}

fn one(task: &Task, written: &[BTreeSet<MemoryId>], promises: &Promises) {
    let manner = kind_of(&task.kind).manner;
    assert!(!task.is_live());
    if manner.is_poison() {
        assert!(!is_done(task) && written.is_empty(), "{task:?}");
        if let TaskStatus::Dead { reason, .. } = &task.status {
            assert!(!reason.is_empty());
        }
        return;
    }
    let is_dead = matches!(task.status, TaskStatus::Dead { .. });
    assert!(!is_dead, "only poison kills: {task:?}");
    let Some(wanted) = promises.memories.get(&task.id) else {
        let times = usize::from(is_done(task) && manner.writes());
        let asked = promises.times_added.get(&task.id).copied().unwrap_or(1);
        assert!(asked == 1 || task.key.is_some() || task.kind == FOLLOWER);
        assert_eq!(written.len(), times, "{task:?} wrote");
        return;
    };
    if manner.writes() {
        let asked = promises.times_added[&task.id];
        assert!(
            written.len() <= asked,
            "{task:?} wrote {} times",
            written.len()
        );
        let seen: BTreeSet<MemoryId> = written.iter().flatten().copied().collect();
        let all = wanted.is_subset(&seen);
        assert!(
            all || promises.cancelled.contains(&task.id),
            "{task:?} wrote {written:?}"
        );
    }
}

/// Whether it tells of an earlier run of a task that started over: what that did stands under the task.
/// Only ids that are made of a key are of version 8.
fn is_past(task: &Task) -> bool {
    task.key.is_none() && task.id.to_string().as_bytes()[14] == b'8'
}

fn is_done(task: &Task) -> bool {
    matches!(task.status, TaskStatus::Done { .. })
}
