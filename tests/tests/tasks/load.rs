//! The tasks of the test, who queues them, and what must have come of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use memos_tests::{Client, Dice};
use serde_json::{Value, json};

use crate::host::{self, TRIES, WORKERS};

pub(crate) const CUBES: [&str; 6] = ["ash", "beech", "cedar", "elm", "fir", "yew"];

/// From the least urgent.
const PRIORITIES: [&str; 3] = ["low", "normal", "high"];

/// One task in so many panics.
const POISON: usize = 250;

/// Quick tasks that a worker gets at once at most: `Settings::ahead`, and one.
const LIST: usize = 33;

/// From this loss on, a task waits a while before it is tried again.
const PATIENCE: u64 = 3;

/// A task to be done.
#[derive(Debug)]
pub(crate) struct Planned {
    cube: &'static str,
    /// Its place in [`PRIORITIES`].
    priority: usize,
    is_poison: bool,
}

/// What a task left behind.
#[derive(Clone, Copy, Debug)]
struct Mark {
    number: usize,
    /// The life of the server in which it was done, and as which of that life.
    run: u64,
    begun: u64,
    losses: u64,
}

pub(crate) fn plan(count: usize, dice: &mut Dice) -> Vec<Planned> {
    let planned = (0..count).map(|number| Planned {
        cube: dice.pick(&CUBES).unwrap(),
        priority: dice.below(PRIORITIES.len()),
        is_poison: number % POISON == POISON / 2,
    });
    planned.collect()
}

pub(crate) fn poisoned(plan: &[Planned]) -> usize {
    plan.iter().filter(|task| task.is_poison).count()
}

fn key(number: usize) -> String {
    format!("task-{number}")
}

/// One client that queues its share of the tasks, one after the other.
pub(crate) struct Feeder<'a> {
    plan: &'a [Planned],
    /// Not acknowledged yet; the last one is next, and may have been asked for already.
    left: Vec<usize>,
    /// Acknowledged, with the life of the server that did.
    pub(crate) queued: Vec<(usize, u64)>,
}

impl<'a> Feeder<'a> {
    pub(crate) fn new(plan: &'a [Planned], numbers: impl Iterator<Item = usize>) -> Self {
        Self {
            plan,
            left: numbers.collect(),
            queued: Vec::new(),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Queues so many, or as many as it can before the server is gone.
    pub(crate) fn queue(&mut self, address: SocketAddr, run: u64, most: usize) {
        let mut client = Client::new(address);
        for _ in 0..most {
            let Some(&number) = self.left.last() else {
                return;
            };
            let task = &self.plan[number];
            let body = json!({
                "kind": if task.is_poison { "poison" } else { "mark" },
                "cube_id": task.cube,
                "priority": PRIORITIES[task.priority],
                "key": key(number),
                "input": {"number": number},
            });
            // Without an answer, it is asked for again in the next life.
            let Ok(answer) = client.try_call("POST", "/api/v1/tasks", Some(&body)) else {
                return;
            };
            answer.is(201);
            self.left.pop();
            self.queued.push((number, run));
        }
    }
}

/// Checks what came of it all, and returns how many marks each life made.
pub(crate) fn check(
    client: &mut Client,
    plan: &[Planned],
    queued: &BTreeMap<usize, u64>,
) -> BTreeMap<u64, usize> {
    check_dead(client, plan);
    let marks = marks(client, plan);
    check_order(plan, queued, &marks);
    let mut by_run = BTreeMap::new();
    for mark in &marks {
        *by_run.entry(mark.run).or_default() += 1;
    }
    by_run
}

/// The dead letters are the poisoned ones, each with its reason.
fn check_dead(client: &mut Client, plan: &[Planned]) {
    let dead = crate::tasks(client, "status=dead");
    let mut missing: BTreeSet<usize> = (0..plan.len()).filter(|n| plan[*n].is_poison).collect();
    for task in dead {
        let key = task["key"].as_str().unwrap();
        let number = key.rsplit('-').next().unwrap().parse().unwrap();
        assert!(missing.remove(&number), "dead, or dead twice: {task}");
        let reason = task["dead_reason"].as_str().unwrap();
        for words in [
            format!("failed {TRIES} times"),
            format!("panic: {}", host::poisoned(number)),
        ] {
            assert!(reason.contains(&words), "no {words:?} in {reason:?}");
        }
        assert_eq!(task["attempts"], TRIES, "{task}");
    }
    assert!(missing.is_empty(), "not dead: {missing:?}");
}

/// Every other task left one mark, in its cube.
fn marks(client: &mut Client, plan: &[Planned]) -> Vec<Mark> {
    let mut marks: BTreeMap<usize, Mark> = BTreeMap::new();
    for cube in CUBES {
        for memory in client.list(cube) {
            let mark = mark(&memory);
            let task = &plan[mark.number];
            assert!(!task.is_poison && task.cube == cube, "{task:?}: {memory}");
            let twice = marks.insert(mark.number, mark);
            assert!(twice.is_none(), "done twice: {twice:?}, {mark:?}");
        }
    }
    let lost: Vec<usize> = (0..plan.len())
        .filter(|n| !plan[*n].is_poison && !marks.contains_key(n))
        .collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    marks.into_values().collect()
}

fn mark(memory: &Value) -> Mark {
    let text = memory["text"].as_str().unwrap();
    let number = text.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(text, host::text(number));
    let info = |name: &str| memory["info"][name].as_u64().unwrap();
    Mark {
        number,
        run: info("run"),
        begun: info("begun"),
        losses: info("losses"),
    }
}

/// When a task begins, all more urgent ones that waited when the server started have begun, but for
/// those that are in the hands of the other workers, which may be about to begin: a worker whose thread
/// the system lets wait holds up its whole list.
///
/// Tasks that were lost so often that they had to pause are left out: they were not due.
fn check_order(plan: &[Planned], queued: &BTreeMap<usize, u64>, marks: &[Mark]) {
    let mut by_run: BTreeMap<u64, Vec<Mark>> = BTreeMap::new();
    for mark in marks {
        by_run.entry(mark.run).or_default().push(*mark);
    }
    for (run, mut done) in by_run.clone() {
        done.sort_unstable_by_key(|mark| mark.begun);
        let waited = |m: &Mark| m.run >= run && queued[&m.number] < run && m.losses < PATIENCE;
        // By priority: those that waited at the start and have not begun yet.
        let mut waiting = [0; PRIORITIES.len()];
        for mark in marks.iter().filter(|m| waited(m)) {
            waiting[plan[mark.number].priority] += 1;
        }
        for mark in done {
            let priority = plan[mark.number].priority;
            let overtaken: usize = waiting[priority + 1..].iter().sum();
            assert!(
                overtaken <= (WORKERS - 1) * LIST,
                "{mark:?} of priority {} began before {overtaken} more urgent ones",
                PRIORITIES[priority]
            );
            waiting[priority] -= usize::from(waited(&mark));
        }
    }
}
