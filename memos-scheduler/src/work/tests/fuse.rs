//! The work of fusion.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memos_core::{
    Cause, Commit, Link, LinkKind, Memory, MemoryId, NewEvent, Task, TaskStatus, Why, Write,
};

use super::{Bench, count, forgetting, is_given_up};
use crate::fusion::{Fused, Fusion, Verdict};
use crate::testing::{Letters, ada, cube_id, memory};
use crate::work::fuse::together;
use crate::work::{Fusing, births};

const HOME: &str = "I live in Leeds.";

fn bench() -> Bench {
    Bench::with(|vault, clock| Fusing::new(vault, clock, fusion()))
}

fn fusion() -> Arc<Fusion> {
    Arc::new(Fusion::new(Arc::new(Letters::default())))
}

fn task(bench: &Bench) -> Task {
    use memos_core::Clock;
    births::of_cube(super::super::FUSE, &cube_id(), &ada(), bench.clock.now())
}

fn repeats(bench: &Bench, id: MemoryId) -> Vec<MemoryId> {
    let memory = bench.memory(id).unwrap();
    let links = memory.header.behavioural.links.into_iter();
    let links = links.filter(|link| link.kind == LinkKind::DuplicateOf);
    links.map(|link: Link| link.to).collect()
}

#[test]
fn all_that_repeats_one_is_linked_though_a_commit_changes_none_twice() {
    let mut bench = bench();
    let same: Vec<Memory> = (1..6).map(|day| memory(HOME, day)).collect();
    bench.add(&same);
    let done = bench.run(task(&bench));
    for repeat in &same[1..] {
        assert_eq!(repeats(&bench, repeat.id), [same[0].id], "{done:?}");
    }
    assert!(done.iter().all(|t| matches!(t.status, TaskStatus::Done { .. })
        || t.status == TaskStatus::Waiting));
    let changed = bench.changes_by(Cause::Fusion).len();
    // Doing it again changes nothing, from where it stopped or from the beginning.
    let again = bench.run(task(&bench));
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].outcome, done.last().unwrap().outcome);
    let mut afresh = Bench::over(
        Arc::clone(&bench.vault),
        Arc::clone(&bench.clock),
        Arc::new(Fusing::new(
            Arc::clone(&bench.vault) as _,
            Arc::clone(&bench.clock) as _,
            fusion(),
        )),
    );
    let now = memos_core::Clock::now(&*bench.clock);
    afresh.run(Task::new("fuse", ada(), cube_id(), now));
    assert_eq!(bench.changes_by(Cause::Fusion).len(), changed);
}

#[test]
fn a_large_cube_is_done_page_by_page() {
    let mut bench = bench();
    let mut memories: Vec<Memory> = (0..700).map(|n| memory("ok", n)).collect();
    for (n, day) in [(0, 1), (300, 2), (699, 3)] {
        memories[n] = memory(HOME, day);
    }
    bench.add(&memories);
    let done = bench.run(task(&bench));
    assert!(done.len() >= 3, "{} pages", done.len());
    for n in [300, 699] {
        assert_eq!(repeats(&bench, memories[n].id), [memories[0].id]);
    }
    let cursors: Vec<_> = done.iter().map(|t| count(t, "cursor").unwrap()).collect();
    assert!(cursors.is_sorted(), "{cursors:?}");
    let fused: u64 = done.iter().filter_map(|t| count(t, "fused")).sum();
    assert_eq!(fused, 2);
    bench.add(&[memory(HOME, 9)]);
    let done = bench.run(task(&bench));
    let fused: u64 = done.iter().filter_map(|t| count(t, "fused")).sum();
    assert_eq!(fused, 1, "only what is new is looked at");
}

#[test]
fn what_is_forgotten_between_the_plan_and_the_commit_is_not_fused() {
    let mut bench = bench();
    let (old, new) = (memory(HOME, 1), memory(HOME, 2));
    bench.add(&[old.clone(), new.clone()]);
    bench.queue.submit(task(&bench)).unwrap();
    let job = bench.job().unwrap();
    let done = bench.perform(job, |bench| bench.write(forgetting(old.id)));
    assert_eq!(count(&done.unwrap(), "fused"), Some(0));
    assert_eq!(repeats(&bench, new.id), []);
    let left = bench.job();
    assert!(left.is_none_or(|job| bench.perform(job, |_| {}).is_some()));
}

#[test]
fn a_task_of_a_deleted_cube_is_given_up() {
    let mut bench = bench();
    bench.add(&[memory(HOME, 1), memory(HOME, 2)]);
    bench.queue.submit(task(&bench)).unwrap();
    let job = bench.job().unwrap();
    bench.write(Write::DeleteCube(cube_id()));
    let task = bench.perform(job, |_| {});
    is_given_up(task);
}

#[test]
fn another_is_asked_once_of_each_pair() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let mut bench = Bench::with(|vault, clock| {
        Fusing::new(vault, clock, fusion()).advised(Box::new(move |task, older, newer, rules| {
            counter.fetch_add(1, Ordering::Relaxed);
            assert_eq!(task.user, ada());
            assert!(older.id != newer.id && matches!(rules, Verdict::Duplicate { .. }));
            Ok(Some(Verdict::Unrelated))
        }))
    });
    let (a, b) = (memory(HOME, 1), memory(HOME, 2));
    bench.add(&[a, b.clone()]);
    bench.run(task(&bench));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(repeats(&bench, b.id), [], "it has the last word");
}

#[test]
fn a_commit_holds_no_memory_twice_and_one_reason() {
    let ids: Vec<MemoryId> = (0..8).map(|n| MemoryId::from_bytes([n; 16])).collect();
    let fused = |older: usize, newer: usize, rule: &str| Fused {
        cube_id: cube_id(),
        older: ids[older],
        newer: ids[newer],
        verdict: Verdict::Contradicts {
            rule: rule.to_owned(),
            confidence: 1.0,
        },
    };
    let plan = [
        fused(0, 1, "a"),
        // A chain: its first link is in it.
        fused(1, 2, "a"),
        fused(2, 3, "a"),
        // Another reason.
        fused(4, 5, "b"),
        fused(6, 7, "a"),
        // Done already.
        fused(4, 5, "none"),
    ];
    let asked = RefCell::new(Vec::new());
    let commit_of = |fused: &Fused| {
        asked.borrow_mut().push((fused.older, fused.newer));
        let rule = fused.verdict.rule();
        if rule == "fusion.none" {
            return Ok(None);
        }
        let why = Why::new(ada(), Cause::Fusion).detail(rule);
        Ok(Some(Commit {
            writes: vec![forgetting(fused.older)],
            events: Vec::<NewEvent>::new(),
            why: Some(why.evidence([fused.newer])),
            ..Commit::default()
        }))
    };
    let (commit, rest) = together(&plan, &commit_of).unwrap();
    assert_eq!(rest, 2, "the second of the chain, and the other reason");
    assert_eq!(commit.writes.len(), 3);
    let why = commit.why.unwrap();
    assert_eq!(why.detail.as_deref(), Some("fusion.a"));
    assert_eq!(why.evidence, [ids[1], ids[3], ids[7]]);
    assert!(!asked.borrow().contains(&(ids[1], ids[2])));
    let (commit, rest) = together(&[], &commit_of).unwrap();
    assert_eq!((commit.writes.len(), rest, commit.why), (0, 0, None));
}
