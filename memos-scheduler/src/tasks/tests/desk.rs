//! What may be asked of the queue.

use memos_core::Repeat;

use super::*;

fn fine() -> Vec<Arc<dyn Handler>> {
    vec![doing("fine", |_, _| Ok(Effect::none()))]
}

#[test]
fn filters_find_what_they_name() {
    let mut bench = Bench::new(Fifo, fine());
    for (user, cube) in [("ada", "a"), ("ada", "b"), ("bob", "b")] {
        let mut task = bench.task("fine", user, cube);
        task.request = Some(format!("of {user}"));
        task.labels.insert(format!("in {cube}"));
        bench.queue.submit(task).unwrap();
    }
    bench.submit("other", "ada", "a");
    bench.work();
    let any = TaskFilter::default;
    let ada = Some("ada".parse().unwrap());
    for (filter, found) in [
        (any(), 4),
        (
            TaskFilter {
                user: ada.clone(),
                ..any()
            },
            3,
        ),
        (
            TaskFilter {
                user: Some("eve".parse().unwrap()),
                ..any()
            },
            0,
        ),
        (
            TaskFilter {
                cube: Some("b".parse().unwrap()),
                ..any()
            },
            2,
        ),
        (
            TaskFilter {
                kind: Some("other".into()),
                ..any()
            },
            1,
        ),
        (
            TaskFilter {
                status: Some(Standing::Waiting),
                ..any()
            },
            3,
        ),
        (
            TaskFilter {
                status: Some(Standing::Done),
                ..any()
            },
            1,
        ),
        (
            TaskFilter {
                request: Some("of ada".into()),
                ..any()
            },
            2,
        ),
        (
            TaskFilter {
                label: Some("in b".into()),
                ..any()
            },
            2,
        ),
        (
            TaskFilter {
                label: Some("in b".into()),
                user: ada,
                ..any()
            },
            1,
        ),
    ] {
        let listed = bench.queue.list(&filter, None, 10).unwrap();
        assert_eq!(listed.len(), found, "{filter:?}");
        assert!(listed.iter().all(|task| filter.matches(task)));
        let counts = bench.queue.counts(&filter).unwrap();
        assert_eq!(counts.live() + counts.done, found, "{filter:?}");
    }
    let (mut paged, mut after) = (Vec::new(), None);
    while let Some(task) = bench.queue.list(&any(), after, 1).unwrap().pop() {
        after = Some(task.id);
        paged.push(task);
    }
    assert_eq!(paged, bench.queue.list(&any(), None, 10).unwrap());
}

#[test]
fn one_key_is_one_task() {
    let mut bench = Bench::new(Fifo, fine());
    let keyed = |bench: &Bench, repeat| bench.task("fine", "ada", "c").keyed("k", repeat);
    let first = bench.queue.submit(keyed(&bench, Repeat::Once)).unwrap();
    let second = bench.queue.submit(keyed(&bench, Repeat::Once)).unwrap();
    assert_eq!(first, second);
    assert_eq!(bench.work(), [first.id]);
    bench.queue.submit(keyed(&bench, Repeat::Once)).unwrap();
    assert!(bench.work().is_empty(), "it was done once");
    bench.queue.submit(keyed(&bench, Repeat::Again)).unwrap();
    assert_eq!(bench.work(), [first.id]);
}

#[test]
fn wrong_moves_are_refused() {
    let mut bench = Bench::new(Fifo, fine());
    let code = |result: Result<Task>| result.unwrap_err().code();
    let unknown = TaskId::generate();
    assert_eq!(code(bench.queue.cancel(unknown)), Code::TaskNotFound);
    let id = bench.submit("fine", "ada", "c");
    assert_eq!(code(bench.queue.retry(id)), Code::Conflict);
    bench.work();
    assert_eq!(code(bench.queue.cancel(id)), Code::Conflict);
    assert_eq!(bench.queue.task(unknown).unwrap(), None);
}

#[test]
fn what_nobody_handles_waits_and_shows() {
    let mut bench = Bench::new(Fifo, fine());
    let id = bench.submit("strange", "ada", "c");
    bench.clock.advance(Duration::from_secs(9));
    assert!(bench.work().is_empty());
    let stats = bench.queue.stats().kinds["strange"];
    assert_eq!((stats.handled, stats.waiting), (false, 1));
    assert_eq!(stats.oldest_waiting, Duration::from_secs(9));
    assert!(
        !bench
            .queue
            .drain(&TaskFilter::default(), Duration::ZERO)
            .unwrap()
    );
    bench.queue.cancel(id).unwrap();
    assert!(
        bench
            .queue
            .drain(&TaskFilter::default(), Duration::ZERO)
            .unwrap()
    );
}

#[test]
fn the_feed_tells_each_change_once() {
    let mut bench = Bench::new(Fifo, fine());
    let feed = bench.queue.feed();
    let task = bench.task("fine", "ada", "c");
    let write = [Write::AddTask(Box::new(task.clone()))];
    let touched = Touched::of(&write);
    let commit = Commit {
        writes: write.into(),
        ..Commit::default()
    };
    bench.vault.commit(commit).unwrap();
    for _ in 0..3 {
        bench.queue.observe(&touched);
    }
    bench.work();
    let mut seen = Vec::new();
    while let Some(TaskUpdate::Changed(task)) = feed.try_next() {
        seen.push((task.id, task.status.as_str()));
    }
    let expected = ["waiting", "running", "done"].map(|status| (task.id, status));
    assert_eq!(seen, expected);
}

#[test]
fn the_old_are_forgotten_a_few_at_a_time() {
    let settings = Settings {
        retention: Retention {
            done: Duration::from_secs(3600),
            ..Retention::default()
        },
        ..settings(1)
    };
    let mut bench = Bench::with(Fifo, fine(), &settings);
    for _ in 0..100 {
        bench.submit("fine", "ada", "c");
        bench.work();
    }
    let dead = bench.submit("fine", "ada", "c");
    bench.queue.cancel(dead).unwrap();
    let known = |bench: &Bench| {
        bench
            .vault
            .snapshot()
            .unwrap()
            .tasks(None, 999)
            .unwrap()
            .len()
    };
    bench.clock.advance(Duration::from_secs(3599));
    bench.dispatcher.turn(0);
    assert_eq!(known(&bench), 101);
    bench.clock.advance(Duration::from_secs(62));
    let wake_at = bench.dispatcher.turn(0).wake_at.unwrap();
    assert_eq!(known(&bench), 101 - 64);
    assert!(wake_at <= bench.clock.now(), "there are more");
    let wake_at = bench.dispatcher.turn(0).wake_at.unwrap();
    assert_eq!(
        known(&bench),
        1,
        "a task that was called off is kept longer"
    );
    assert!(wake_at > bench.clock.now().plus_secs(20 * 24 * 3600));
}
