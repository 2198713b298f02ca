//! Who goes first.

use memos_core::{Embedder, Priority as Urgency};

use super::*;
use crate::testing::Letters;

fn nothing() -> Vec<Arc<dyn Handler>> {
    vec![doing("nothing", |_, _| Ok(Effect::none()))]
}

/// Works until there is nothing left; the labels of the tasks in the order of their turns.
fn labels(bench: &mut Bench) -> Vec<String> {
    let mut order = Vec::new();
    loop {
        let done = bench.work();
        if done.is_empty() {
            return order;
        }
        let labels = done.into_iter().flat_map(|id| bench.stored(id).labels);
        order.extend(labels);
    }
}

fn submit(bench: &Bench, user: &str, cube: &str, urgency: Urgency, label: &str) {
    bench.clock.advance(Duration::from_secs(1));
    let mut task = bench.task("nothing", user, cube);
    task.priority = urgency;
    task.labels.insert(label.to_owned());
    bench.queue.submit(task).unwrap();
}

#[test]
fn priority_goes_before_age_and_users_take_turns() {
    let mut bench = Bench::new(Priority, nothing());
    for (user, urgency, label) in [
        ("ada", Urgency::Low, "ada low"),
        ("ada", Urgency::Normal, "ada 1"),
        ("ada", Urgency::Normal, "ada 2"),
        ("ada", Urgency::Normal, "ada 3"),
        ("bob", Urgency::Normal, "bob 1"),
        ("bob", Urgency::Normal, "bob 2"),
        ("cyd", Urgency::High, "cyd high"),
    ] {
        submit(&bench, user, "c", urgency, label);
    }
    let order = [
        "cyd high", "ada 1", "bob 1", "ada 2", "bob 2", "ada 3", "ada low",
    ];
    assert_eq!(labels(&mut bench), order);
}

#[test]
fn cubes_of_a_user_take_turns() {
    let mut bench = Bench::new(Priority, nothing());
    for (cube, label) in [
        ("a", "a 1"),
        ("a", "a 2"),
        ("a", "a 3"),
        ("b", "b 1"),
        ("c", "c 1"),
    ] {
        submit(&bench, "ada", cube, Urgency::Normal, label);
    }
    assert_eq!(labels(&mut bench), ["a 1", "b 1", "c 1", "a 2", "a 3"]);
}

#[test]
fn fifo_knows_no_users_and_no_priority() {
    let mut bench = Bench::new(Fifo, nothing());
    for (user, urgency, label) in [
        ("ada", Urgency::Low, "1"),
        ("ada", Urgency::Normal, "2"),
        ("bob", Urgency::High, "3"),
    ] {
        submit(&bench, user, user, urgency, label);
    }
    assert_eq!(labels(&mut bench), ["1", "2", "3"]);
}

#[test]
fn lru_serves_the_cube_that_waited_longest() {
    let mut bench = Bench::new(Lru, nothing());
    for (user, cube, urgency, label) in [
        ("ada", "a", Urgency::High, "a 1"),
        ("ada", "a", Urgency::High, "a 2"),
        ("ada", "b", Urgency::Low, "b 1"),
        ("bob", "c", Urgency::Low, "c 1"),
    ] {
        submit(&bench, user, cube, urgency, label);
    }
    let order = labels(&mut bench);
    assert_eq!(order.last().map(String::as_str), Some("a 2"), "{order:?}");
}

#[test]
fn wanted_labels_go_first_and_the_strategy_can_be_changed() {
    let mut bench = Bench::new(Fifo, nothing());
    for (urgency, label) in [
        (Urgency::High, "blue"),
        (Urgency::Low, "red"),
        (Urgency::Normal, "green"),
    ] {
        submit(&bench, "ada", "c", urgency, label);
    }
    let red = LabelMatch::new(["red".to_owned()]);
    bench.queue.set_strategy(Arc::new(red));
    assert_eq!(labels(&mut bench), ["red", "blue", "green"]);
}

#[test]
fn what_is_close_to_the_focus_goes_first() {
    let embedder: Arc<dyn Embedder> = Arc::new(Letters::default());
    let name: StrategyName = "semantic_match".parse().unwrap();
    let wanted = ["travel".to_owned()];
    let strategy = name.strategy(&wanted, &embedder).unwrap();
    assert_eq!(strategy.name(), name);
    let mut bench = Bench::new(Fifo, nothing());
    bench.queue.set_strategy(strategy);
    for label in ["xyz", "travels", "trap"] {
        submit(&bench, "ada", "c", Urgency::Normal, label);
    }
    assert_eq!(labels(&mut bench), ["travels", "trap", "xyz"]);
}

#[test]
fn strategies_have_names() {
    let embedder: Arc<dyn Embedder> = Arc::new(Letters::default());
    for name in StrategyName::ALL {
        assert_eq!(name.as_str().parse::<StrategyName>().unwrap(), name);
        let built = name.strategy(&["x".to_owned()], &embedder).unwrap();
        assert_eq!(built.name(), name);
    }
    let error = "random".parse::<StrategyName>().unwrap_err();
    assert!(error.remedy_text().unwrap().contains("label_match"));
    let error = StrategyName::LabelMatch.strategy(&[], &embedder);
    assert_eq!(error.err().unwrap().code(), Code::InvalidRequest);
}

#[test]
fn quick_tasks_are_claimed_ahead_but_never_past_a_slow_one() {
    let slow = doing("slow", |_, _| Ok(Effect::none()));
    let handlers = nothing().into_iter().chain([slow]);
    let settings = Settings {
        ahead: 3,
        ..settings(1)
    };
    let mut bench = Bench::with(Priority, handlers.collect(), &settings);
    let count = |bench: &mut Bench| bench.dispatcher.turn(1).jobs;
    bench.submit("nothing", "ada", "a");
    assert_eq!(
        bench.work().len(),
        1,
        "how quick it is has to be seen first"
    );
    for n in 0..3 {
        bench.submit("nothing", "ada", "a");
        bench.submit("nothing", "ada", &format!("b{n}"));
    }
    let lists = count(&mut bench);
    let kinds: Vec<usize> = lists.iter().map(Vec::len).collect();
    assert_eq!(kinds, [4], "one worker, three ahead");
    for job in lists.into_iter().flatten() {
        let settlement = job.perform().unwrap().commit();
        bench.dispatcher.settle(settlement);
    }
    let mut task = bench.task("slow", "bob", "z");
    task.priority = Urgency::High;
    bench.queue.submit(task.clone()).unwrap();
    let lists = count(&mut bench);
    let first: Vec<TaskId> = lists.iter().flatten().map(|job| job.task().id).collect();
    assert_eq!(first, [task.id], "nothing waits behind what may take long");
}

#[test]
fn what_nobody_begins_with_is_recalled() {
    let settings = Settings {
        ahead: 3,
        ..settings(1)
    };
    let mut bench = Bench::with(Priority, nothing(), &settings);
    bench.submit("nothing", "ada", "a");
    bench.work();
    let ids: Vec<TaskId> = (0..3)
        .map(|_| bench.submit("nothing", "ada", "a"))
        .collect();
    let mut list: Vec<Job> = bench
        .dispatcher
        .turn(1)
        .jobs
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(list.len(), 3);
    let (late, stuck) = (list.split_off(1), list.remove(0).perform().unwrap());
    bench.clock.advance(Duration::from_secs(2));
    let turn = bench.dispatcher.turn(0);
    assert_eq!(turn.recalled.len(), 2);
    assert!(late.into_iter().all(|job| job.perform().is_none()));
    assert_eq!(bench.status(ids[0]), "running");
    for id in &ids[1..] {
        let task = bench.stored(*id);
        assert_eq!(
            (task.status.as_str(), task.attempts, task.losses),
            ("waiting", 0, 0)
        );
    }
    let settlement = stuck.commit();
    bench.dispatcher.settle(settlement);
    assert_eq!(bench.work(), ids[1..2], "and none is quick any more");
}
