//! The scheduler with its threads.

use std::collections::BTreeMap;

use crossbeam::channel;
use memos_core::SystemClock;

use super::*;
use crate::testing::{adding, cube_id, memory, text};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

fn start(
    vault: &Arc<Picky>,
    queue: &Arc<Queue>,
    handlers: Vec<Arc<dyn Handler>>,
    settings: Settings,
) -> MemScheduler {
    let committer = Arc::new(Direct(vault.clone()));
    MemScheduler::start(queue.clone(), committer, handlers, settings).unwrap()
}

fn task(queue: &Queue, kind: &str, cube: &str) -> Task {
    let (user, cube) = ("ada".parse().unwrap(), cube.parse().unwrap());
    Task::new(kind, user, cube, queue.now())
}

fn all() -> TaskFilter {
    TaskFilter::default()
}

#[test]
fn many_tasks_have_one_effect_each() {
    let (vault, _, _) = queue(Priority);
    let clock = Arc::new(SystemClock);
    let queue = Arc::new(Queue::open(vault.clone(), clock, Arc::new(Priority)).unwrap());
    let note = |task: &Task, _: &Work| {
        let words = task.id.to_string();
        Ok(Effect::none().change(cube_id(), move |_| Ok(adding(&[memory(&words, 1)]))))
    };
    let handlers = vec![
        doing("note", note),
        doing("idle", |_, _| Ok(Effect::none())),
    ];
    let settings = Settings {
        workers: NonZeroUsize::new(4).unwrap(),
        ..Settings::default()
    };
    let scheduler = start(&vault, &queue, handlers, settings);
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let queue = &queue;
            scope.spawn(move || {
                for n in 0..100 {
                    let cube = format!("c{}", n % (thread + 2));
                    queue.submit(task(queue, "note", &cube)).unwrap();
                    queue.submit(task(queue, "idle", &cube)).unwrap();
                }
            });
        }
    });
    assert!(queue.drain(&all(), LONG).unwrap());
    assert!(scheduler.is_running());
    scheduler.shutdown(LONG);
    assert!(!scheduler.is_running());
    let counts = queue.counts(&all()).unwrap();
    assert_eq!(
        counts,
        Counts {
            done: 600,
            ..Counts::default()
        }
    );
    let mut written: BTreeMap<String, usize> = BTreeMap::new();
    for memory in vault
        .snapshot()
        .unwrap()
        .memories(&cube_id(), None, 999)
        .unwrap()
    {
        *written.entry(text(&memory).to_owned()).or_default() += 1;
    }
    assert_eq!(written.len(), 300);
    assert!(written.values().all(|times| *times == 1));
}

#[test]
fn a_shutdown_lets_finish_what_finishes() {
    let (vault, _, queue) = queue(Priority);
    let (begun, has_begun) = channel::bounded(1);
    let handler = doing("patient", move |_, work| {
        begun.send(()).unwrap();
        while !work.is_stopping() {
            std::thread::yield_now();
        }
        Ok(Effect::none())
    });
    let scheduler = start(&vault, &queue, vec![handler], settings(1));
    let id = queue.submit(task(&queue, "patient", "c")).unwrap().id;
    let next = queue.submit(task(&queue, "patient", "c")).unwrap().id;
    has_begun.recv().unwrap();
    scheduler.shutdown(LONG);
    let status = |id| vault.task(id).unwrap().unwrap().status.as_str();
    assert_eq!((status(id), status(next)), ("done", "waiting"));
}

#[test]
fn a_shutdown_hands_back_what_does_not_finish() {
    let (vault, _, queue) = queue(Priority);
    let (begun, has_begun) = channel::bounded(1);
    let (release, released) = channel::bounded::<()>(0);
    let (done, is_done) = channel::bounded(1);
    let handler = doing("stubborn", move |_, work| {
        begun.send(()).unwrap();
        let _ = released.recv();
        done.send(work.is_cancelled()).unwrap();
        Ok(Effect::none().change(cube_id(), |_| Ok(adding(&[memory("late", 1)]))))
    });
    let scheduler = start(&vault, &queue, vec![handler], settings(1));
    let id = queue.submit(task(&queue, "stubborn", "c")).unwrap().id;
    has_begun.recv().unwrap();
    drop(scheduler);
    let stored = vault.task(id).unwrap().unwrap();
    assert_eq!(
        (stored.status.as_str(), stored.attempts, stored.losses),
        ("waiting", 0, 0)
    );
    drop(release);
    assert!(is_done.recv().unwrap(), "it could have known");
    // Whatever it still commits is refused.
    assert_eq!(vault.task(id).unwrap().unwrap(), stored);
    let view = vault.snapshot().unwrap();
    assert!(view.memories(&cube_id(), None, 9).unwrap().is_empty());
}

#[test]
fn a_stuck_worker_is_replaced() {
    let (vault, clock, queue) = queue(Priority);
    let (begun, has_begun) = channel::bounded(9);
    let (release, released) = channel::bounded::<()>(0);
    let stuck = doing("stuck", move |_, _| {
        begun.send(()).unwrap();
        let _ = released.recv();
        Ok(Effect::none())
    });
    let fine = doing("fine", |_, _| Ok(Effect::none()));
    let scheduler = start(&vault, &queue, vec![stuck, fine], settings(1));
    let id = queue.submit(task(&queue, "stuck", "a")).unwrap().id;
    has_begun.recv().unwrap();
    let other = queue.submit(task(&queue, "fine", "b")).unwrap().id;
    clock.advance(Limits::default().lease);
    queue.ring();
    let fine = TaskFilter {
        kind: Some("fine".into()),
        ..all()
    };
    assert!(queue.drain(&fine, LONG).unwrap());
    assert_eq!(vault.task(other).unwrap().unwrap().status.as_str(), "done");
    let lost = vault.task(id).unwrap().unwrap();
    assert_eq!((lost.status.as_str(), lost.losses), ("waiting", 1));
    drop(release);
    clock.set(lost.due_at);
    queue.ring();
    assert!(queue.drain(&all(), LONG).unwrap());
    scheduler.shutdown(LONG);
    assert_eq!(vault.task(id).unwrap().unwrap().status.as_str(), "done");
}

#[test]
fn a_cancellation_reaches_the_worker() {
    let (vault, _, queue) = queue(Priority);
    let (begun, has_begun) = channel::bounded(1);
    let handler = doing("endless", move |_, work| {
        begun.send(()).unwrap();
        loop {
            work.progress(1, None)?;
            std::thread::yield_now();
        }
    });
    let scheduler = start(&vault, &queue, vec![handler], settings(1));
    let id = queue.submit(task(&queue, "endless", "c")).unwrap().id;
    has_begun.recv().unwrap();
    queue.cancel(id).unwrap();
    assert!(queue.drain(&all(), LONG).unwrap());
    scheduler.shutdown(LONG);
    let stored = vault.task(id).unwrap().unwrap();
    assert_eq!((stored.status.as_str(), stored.attempts), ("cancelled", 0));
}

#[test]
fn a_former_process_is_taken_over() {
    let (vault, clock, first) = queue(Priority);
    let id = first.submit(task(&first, "fine", "c")).unwrap().id;
    let fine = || vec![doing("fine", |_, _| Ok(Effect::none()))];
    let committer = Arc::new(Direct(vault.clone()));
    let mut killed = Dispatcher::new(first, committer, fine(), &settings(1)).unwrap();
    assert_eq!(killed.turn(1).jobs.len(), 1);
    drop(killed);
    let queue = Arc::new(Queue::open(vault.clone(), clock, Arc::new(Priority)).unwrap());
    let scheduler = start(&vault, &queue, fine(), settings(1));
    assert!(queue.drain(&all(), LONG).unwrap());
    scheduler.shutdown(LONG);
    let stored = vault.task(id).unwrap().unwrap();
    assert_eq!((stored.status.as_str(), stored.losses), ("done", 1));
}
