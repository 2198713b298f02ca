//! The work of the lifecycle.

use memos_core::{
    Cause, Clock, Event, EventKind, EventLog, EventSeq, Lifespan, Memory, State, Task, TaskStatus,
    Timestamp, Write,
};

use super::{Bench, count, forgetting, is_given_up};
use crate::lifecycle::LifecyclePolicy;
use crate::testing::{ada, cube_id, memory};
use crate::work::{SWEEP, Sweeping, births};

fn bench() -> Bench {
    Bench::with(|vault, clock| Sweeping::new(vault, clock, LifecyclePolicy::default()))
}

fn task(bench: &Bench) -> Task {
    let now = bench.clock.now();
    births::sweep(&cube_id(), &ada(), now, now)
}

fn until(at: Timestamp) -> Memory {
    let mut memory = memory("text", 1);
    memory.header.governance.lifespan = Lifespan::Until(at);
    memory
}

#[test]
fn what_is_over_expires_and_the_next_sweep_comes_when_something_is_due() {
    let mut bench = bench();
    let now = bench.clock.now();
    let (over, later) = (until(now.plus_secs(-1)), until(now.plus_secs(500)));
    bench.add(&[over.clone(), later.clone(), memory("kept", 1)]);
    let done = bench.run(task(&bench));
    let moved: u64 = done.iter().filter_map(|t| count(t, "moved")).sum();
    assert_eq!(moved, 1);
    assert_eq!(count(&done[0], "looked_at"), Some(3));
    assert!(bench.memory(over.id).is_none());
    assert_eq!(bench.memory(later.id).unwrap().state, State::Generated);
    let told = bench.vault.events(EventSeq::default(), usize::MAX).unwrap();
    let expired = |e: &&Event| e.kind == EventKind::Expired && e.cause == Cause::Lifespan;
    let expired: Vec<&Event> = told.iter().filter(expired).collect();
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].memory_id, Some(over.id));

    let next = bench.waiting(SWEEP);
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].due_at, now.plus_secs(500));
    bench.clock.set(now.plus_secs(500));
    let job = bench.job().unwrap();
    bench.perform(job, |_| {});
    assert!(bench.memory(later.id).is_none());
}

#[test]
fn many_are_moved_batch_by_batch_and_each_once() {
    let mut bench = bench();
    let now = bench.clock.now();
    let over: Vec<Memory> = (0..1_500).map(|_| until(now.plus_secs(-1))).collect();
    bench.add(&over);
    let done = bench.run(task(&bench));
    assert!(done.len() > 2, "{} runs", done.len());
    let moved: u64 = done.iter().filter_map(|t| count(t, "moved")).sum();
    assert_eq!(moved, 1_500);
    assert!(over.iter().all(|m| bench.memory(m.id).is_none()));
    let again = bench.run(task(&bench));
    assert_eq!(count(&again[0], "moved"), None, "nothing is due");
}

#[test]
fn what_is_forgotten_between_the_plan_and_the_commit_is_passed() {
    let mut bench = bench();
    let now = bench.clock.now();
    let (a, b) = (until(now.plus_secs(-1)), until(now.plus_secs(-1)));
    bench.add(&[a.clone(), b.clone()]);
    bench.queue.submit(task(&bench)).unwrap();
    let job = bench.job().unwrap();
    let done = bench.perform(job, |bench| bench.write(forgetting(a.id)));
    let done = done.unwrap();
    assert_eq!(
        (count(&done, "moved"), count(&done, "passed")),
        (Some(1), Some(1))
    );
    assert!(bench.memory(b.id).is_none());
}

#[test]
fn a_cube_in_which_nothing_ends_is_left_alone() {
    let mut bench = bench();
    bench.add(&[memory("kept", 1)]);
    let done = bench.run(task(&bench));
    assert!(matches!(done[0].status, TaskStatus::Done { .. }));
    assert!(bench.waiting(SWEEP).is_empty());
}

#[test]
fn a_task_of_a_deleted_cube_is_given_up() {
    let mut bench = bench();
    bench.add(&[memory("kept", 1)]);
    bench.queue.submit(task(&bench)).unwrap();
    let job = bench.job().unwrap();
    bench.write(Write::DeleteCube(cube_id()));
    let task = bench.perform(job, |_| {});
    is_given_up(task);
}
