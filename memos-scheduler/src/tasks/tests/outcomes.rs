//! What may come of a try.

use memos_core::{Info, Request};

use super::*;
use crate::testing::{adding, cube_id, memory};

fn always(error: Code) -> Arc<dyn Handler> {
    doing("bad", move |_, _| Err(Error::new(error, "it went wrong")))
}

#[test]
fn a_failure_waits_longer_each_time_and_is_given_up_with_its_reason() {
    let mut bench = Bench::new(Priority, vec![always(Code::BadReply)]);
    let id = bench.submit("bad", "ada", "c");
    let mut pauses = Vec::new();
    while bench.status(id) == "waiting" {
        bench.clock.set(bench.stored(id).due_at);
        assert_eq!(bench.work(), [id]);
        let task = bench.stored(id);
        pauses.push(task.due_at.micros() - bench.clock.now().micros());
    }
    let policy = Limits::default().retry;
    assert_eq!(pauses.len(), policy.attempts as usize);
    for (n, pause) in (1..).zip(&pauses[..pauses.len() - 1]) {
        let most = policy.pause_after(n, 1.0).as_micros();
        assert!(
            (most / 2..=most).contains(&u128::try_from(*pause).unwrap()),
            "{n}: {pause}"
        );
    }
    assert!(bench.reason(id).contains("it went wrong"));
    let stats = bench.queue.stats().kinds["bad"];
    assert_eq!((stats.failed, stats.dead, stats.done), (5, 1, 0));
}

#[test]
fn a_defect_of_the_task_is_given_up_at_once() {
    for code in [
        Code::InvalidRequest,
        Code::CubeNotFound,
        Code::MemoryNotFound,
        Code::Forbidden,
    ] {
        let mut bench = Bench::new(Priority, vec![always(code)]);
        let id = bench.submit("bad", "ada", "c");
        bench.work();
        assert!(bench.reason(id).contains("it went wrong"));
        assert_eq!(bench.stored(id).attempts, 1);
    }
}

#[test]
fn a_panic_is_a_failure_wherever_it_happens() {
    let handlers = vec![
        doing("at once", |_, _| panic!("of horror")),
        doing("later", |_, _| {
            Ok(Effect::none().change(cube_id(), |_| panic!("of horror")))
        }),
    ];
    let mut bench = Bench::new(Priority, handlers);
    for kind in ["at once", "later"] {
        let id = bench.submit(kind, "ada", "c");
        bench.work();
        let task = bench.stored(id);
        assert_eq!((task.status.as_str(), task.attempts), ("waiting", 1));
        assert_eq!(task.last_error.unwrap(), "panic: of horror");
    }
}

#[test]
fn a_change_and_the_completion_are_one_commit() {
    let handler = doing("note", |task, _| {
        let next = Task::new("after", task.user.clone(), cube_id(), task.created_at);
        let change = |outcome: &mut Info| {
            outcome.0.insert("added".into(), 1.into());
            Ok(adding(&[memory("one", 1)]))
        };
        Ok(Effect::none().change(cube_id(), change).then(next))
    });
    let mut bench = Bench::new(Priority, vec![handler]);
    let id = bench.submit("note", "ada", "notes");
    let performed = bench.job().unwrap().perform().unwrap();
    assert_eq!(bench.status(id), "running");
    drop(performed.commit());
    let task = bench.stored(id);
    assert_eq!(task.status.as_str(), "done", "before it is settled");
    assert_eq!(task.outcome.0["added"], 1);
    let after = TaskFilter {
        kind: Some("after".into()),
        ..TaskFilter::default()
    };
    assert_eq!(bench.queue.counts(&after).unwrap().waiting, 1);
}

#[test]
fn a_change_that_was_made_before_completes_its_task() {
    let handler = doing("note", |_, _| {
        Ok(Effect::none().change(cube_id(), |_| {
            let memory = memory("one", 1);
            let request = Request {
                digest: [7; 32],
                cube_id: cube_id(),
                ids: vec![memory.id],
                window: Duration::from_secs(60),
            };
            Ok(Commit {
                request: Some(request),
                ..adding(&[memory])
            })
        }))
    });
    let mut bench = Bench::new(Priority, vec![handler]);
    for _ in 0..2 {
        let id = bench.submit("note", "ada", "notes");
        bench.work();
        assert_eq!(bench.status(id), "done");
    }
    let view = bench.vault.snapshot().unwrap();
    assert_eq!(view.memories(&cube_id(), None, 9).unwrap().len(), 1);
}

#[test]
fn what_the_vault_will_never_take_is_given_up_and_holds_nobody_up() {
    let large = doing("large", |_, _| {
        let mut outcome = Info::default();
        outcome.0.insert("large".into(), true.into());
        Ok(Effect::none().outcome(outcome))
    });
    let fine = doing("fine", |_, _| Ok(Effect::none()));
    let mut bench = Bench::new(Priority, vec![large, fine]);
    let (bad, good) = (
        bench.submit("large", "ada", "a"),
        bench.submit("fine", "bob", "b"),
    );
    for job in bench.dispatcher.turn(2).jobs.into_iter().flatten() {
        let settlement = job.perform().unwrap().commit();
        bench.dispatcher.settle(settlement);
    }
    let turn = bench.dispatcher.turn(0);
    assert_eq!(bench.status(good), "done");
    assert_eq!(
        turn.wake_at,
        Some(bench.clock.now()),
        "the other is to be given up"
    );
    bench.dispatcher.turn(0);
    assert!(bench.reason(bad).contains("the record is too large"));
}

#[test]
fn an_outage_is_waited_out_with_nothing_lost() {
    let fine = doing("fine", |_, _| Ok(Effect::none()));
    let mut bench = Bench::new(Priority, vec![fine]);
    let (first, second) = (
        bench.submit("fine", "ada", "c"),
        bench.submit("fine", "ada", "c"),
    );
    let settlement = bench.job().unwrap().perform().unwrap().commit();
    bench.dispatcher.settle(settlement);
    bench.vault.full.store(true, Ordering::SeqCst);
    let mut pauses = Vec::new();
    for _ in 0..7 {
        let turn = bench.dispatcher.turn(1);
        assert!(turn.jobs.is_empty());
        let wake_at = turn.wake_at.unwrap();
        let again = bench.dispatcher.turn(1).wake_at;
        assert_eq!(again, Some(wake_at), "not before");
        pauses.push((wake_at.micros() - bench.clock.now().micros()) / 1_000_000);
        bench.clock.set(wake_at);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    bench.vault.full.store(false, Ordering::SeqCst);
    assert_eq!(bench.work(), [second]);
    assert_eq!(
        (bench.status(first), bench.status(second)),
        ("done", "done")
    );
    assert_eq!(bench.stored(first).losses, 0);
}

#[test]
fn a_start_on_a_full_disk_waits_for_room() {
    let fine = || vec![doing("fine", |_, _| Ok(Effect::none()))];
    let mut bench = Bench::new(Priority, fine());
    let id = bench.submit("fine", "ada", "c");
    bench.job().unwrap();
    assert_eq!(bench.status(id), "running");
    let vault = bench.vault.clone();
    vault.full.store(true, Ordering::SeqCst);
    let queue = Queue::open(vault.clone(), bench.clock.clone(), Arc::new(Priority)).unwrap();
    bench.queue = Arc::new(queue);
    let committer = Arc::new(Direct(vault.clone()));
    let settings = settings(1);
    let queue = bench.queue.clone();
    bench.dispatcher = Dispatcher::new(queue, committer, fine(), &settings).unwrap();
    let wake_at = bench.dispatcher.turn(1).wake_at.unwrap();
    bench.clock.set(wake_at);
    assert!(bench.work().is_empty(), "it is still full");
    vault.full.store(false, Ordering::SeqCst);
    bench.clock.advance(Duration::from_secs(3600));
    bench.dispatcher.turn(0);
    assert_eq!(bench.work(), [id]);
    assert_eq!((bench.status(id), bench.stored(id).losses), ("done", 1));
}

#[test]
fn progress_renews_the_lease_and_shows() {
    let limits = Limits {
        lease: Duration::from_secs(100),
        ..Limits::default()
    };
    let (_, clock) = testing::vault();
    let handler = {
        let clock = clock.clone();
        limited("long", limits, move |_, work| {
            for done in 1..=9 {
                clock.advance(Duration::from_secs(20));
                work.progress(done, Some(9))?;
            }
            Ok(Effect::none())
        })
    };
    // The handler's clock is the queue's.
    let (vault, _, _) = queue(Priority);
    let queue = Arc::new(Queue::open(vault.clone(), clock.clone(), Arc::new(Priority)).unwrap());
    let committer = Arc::new(Direct(vault.clone()));
    let dispatcher = Dispatcher::new(queue.clone(), committer, [handler], &settings(1)).unwrap();
    let mut bench = Bench {
        vault,
        clock,
        queue,
        dispatcher,
    };
    let id = bench.submit("long", "ada", "c");
    let performed = bench.job().unwrap().perform().unwrap();
    let shown = bench.queue.task(id).unwrap().unwrap().progress.unwrap();
    assert_eq!((shown.done, shown.total), (9, Some(9)));
    let stored = bench.stored(id);
    assert_eq!(
        stored.progress.unwrap().done,
        8,
        "every second sign of life is written"
    );
    assert!(bench.dispatcher.turn(0).lapsed.is_empty());
    let settlement = performed.commit();
    bench.dispatcher.settle(settlement);
    bench.dispatcher.turn(0);
    assert_eq!((bench.status(id), bench.stored(id).losses), ("done", 0));
}

#[test]
fn a_late_result_does_nothing_to_a_later_try() {
    let bad = always(Code::Unavailable);
    let fine = doing("fine", |_, _| Ok(Effect::none()));
    let mut bench = Bench::new(Priority, vec![bad, fine]);
    for kind in ["bad", "fine"] {
        let id = bench.submit(kind, "ada", "c");
        let first = bench.job().unwrap();
        bench.queue.cancel(id).unwrap();
        assert!(first.claim().is_withdrawn());
        bench.queue.retry(id).unwrap();
        assert!(bench.job().is_none(), "its cube is still in use");
        let settlement = first.perform().unwrap().commit();
        bench.dispatcher.settle(settlement);
        let second = bench.job().unwrap();
        assert_eq!((second.task().id, bench.stored(id).attempts), (id, 0));
        drop(second);
        bench.clock.advance(Duration::from_secs(400));
        bench.dispatcher.turn(0);
        bench.queue.cancel(id).unwrap();
    }
}

#[test]
fn a_try_called_off_while_it_works_has_no_effect_on_the_next() {
    let fine = limited(
        "fine",
        Limits {
            exclusive_per_cube: false,
            ..Limits::default()
        },
        |_, _| Ok(Effect::none()),
    );
    let mut bench = Bench::new(Priority, vec![fine]);
    let id = bench.submit("fine", "ada", "c");
    let first = bench.job().unwrap().perform().unwrap();
    bench.queue.cancel(id).unwrap();
    bench.queue.retry(id).unwrap();
    let second = bench.job().unwrap();
    let settlement = first.commit();
    bench.dispatcher.settle(settlement);
    bench.dispatcher.turn(0);
    assert_eq!(bench.status(id), "running", "the second try goes on");
    let settlement = second.perform().unwrap().commit();
    bench.dispatcher.settle(settlement);
    bench.dispatcher.turn(0);
    assert_eq!(bench.status(id), "done");
}

#[test]
fn a_worker_that_ignores_a_cancellation_keeps_nothing_for_ever() {
    let fine = doing("fine", |_, _| Ok(Effect::none()));
    let mut bench = Bench::new(Priority, vec![fine]);
    let id = bench.submit("fine", "ada", "c");
    let stuck = bench.job().unwrap().perform().unwrap();
    bench.queue.cancel(id).unwrap();
    let other = bench.submit("fine", "ada", "c");
    let turn = bench.dispatcher.turn(1);
    assert!(turn.jobs.is_empty(), "the cube is in use");
    bench.clock.set(turn.wake_at.unwrap());
    let turn = bench.dispatcher.turn(0);
    assert_eq!(turn.lapsed.len(), 1);
    assert_eq!(turn.wake_at, Some(bench.clock.now()), "there is work again");
    assert_eq!(bench.work(), [other]);
    let settlement = stuck.commit();
    bench.dispatcher.settle(settlement);
    bench.dispatcher.turn(0);
    assert_eq!(bench.status(id), "cancelled");
}
