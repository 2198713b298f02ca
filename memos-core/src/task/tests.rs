use proptest::prelude::*;

use super::*;

const LEASE: Duration = Duration::from_secs(30);

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_740_000_000 + secs)
}

fn memory(n: u8) -> MemoryId {
    MemoryId::from_bytes([n; 16])
}

fn fresh() -> Task {
    let user = UserId::new("ana").unwrap();
    let mut task = Task::new("fuse", user, CubeId::new("c").unwrap(), at(0));
    task.memories = vec![memory(1)];
    task
}

fn policy() -> RetryPolicy {
    RetryPolicy {
        attempts: 3,
        losses: 2,
        ..RetryPolicy::default()
    }
}

/// The task in each of its states.
fn each_state() -> [Task; 5] {
    let waiting = fresh();
    let running = waiting.claimed("me", at(1), LEASE).unwrap();
    let done = running.finished(at(2), Info::default()).unwrap();
    let dead = running.refused(at(2), "no such cube").unwrap();
    let cancelled = waiting.cancelled(at(2)).unwrap();
    [waiting, running, done, dead, cancelled]
}

type Step = fn(&Task) -> Result<Task>;

/// Each move, with the state that it leads to from each of the five; `-` is no move.
const MOVES: [(&str, Step, [&str; 5]); 11] = [
    (
        "claimed",
        |t| t.claimed("me", at(9), LEASE),
        ["running", "-", "-", "-", "-"],
    ),
    (
        "renewed",
        |t| t.renewed(at(9), LEASE, None),
        ["-", "running", "-", "-", "-"],
    ),
    (
        "finished",
        |t| t.finished(at(9), Info::default()),
        ["-", "done", "-", "-", "-"],
    ),
    (
        "failed",
        |t| t.failed(at(9), "x", &policy(), 0.5),
        ["-", "waiting", "-", "-", "-"],
    ),
    (
        "refused",
        |t| t.refused(at(9), "x"),
        ["-", "dead", "-", "-", "-"],
    ),
    (
        "handed back",
        |t| t.handed_back(at(9)),
        ["-", "waiting", "-", "-", "-"],
    ),
    (
        "postponed",
        |t| t.postponed(at(9), at(99), "x"),
        ["-", "waiting", "-", "-", "-"],
    ),
    (
        "lost",
        |t| t.lost(at(9), &policy()),
        ["-", "waiting", "-", "-", "-"],
    ),
    (
        "cancelled",
        |t| t.cancelled(at(9)),
        ["cancelled", "cancelled", "-", "-", "-"],
    ),
    (
        "retried",
        |t| t.retried(at(9)),
        ["-", "-", "-", "waiting", "waiting"],
    ),
    // Not a move of its own: what a second failure too many comes to.
    (
        "failed for good",
        |t| {
            t.failed(
                at(9),
                "x",
                &RetryPolicy {
                    attempts: 1,
                    ..policy()
                },
                0.5,
            )
        },
        ["-", "dead", "-", "-", "-"],
    ),
];

#[test]
fn the_table_of_moves() {
    for (name, step, expected) in MOVES {
        for (task, to) in each_state().iter().zip(expected) {
            let from = task.status.as_str();
            match step(task) {
                Ok(turned) => {
                    assert_eq!(turned.status.as_str(), to, "{name} from {from}");
                    assert_eq!(turned.revision, task.revision + 1, "{name} from {from}");
                    assert_eq!(turned.updated_at, at(9), "{name} from {from}");
                    assert_eq!((turned.id, turned.created_at), (task.id, at(0)));
                }
                Err(e) => {
                    assert_eq!("-", to, "{name} from {from}: {e}");
                    assert_eq!(e.code(), Code::Conflict);
                    assert!(e.message().contains(from), "{e}");
                    assert!(e.remedy_text().is_some(), "{e}");
                }
            }
        }
    }
}

#[test]
fn states_have_their_names() {
    let names = each_state().map(|task| task.status.as_str());
    assert_eq!(names, TaskStatus::NAMES);
    assert_eq!(
        each_state().map(|task| task.is_live()),
        [true, true, false, false, false]
    );
}

#[test]
fn the_wire_form_comes_back() {
    let [waiting, running, ..] = each_state();
    let wire = |task: &Task| serde_json::to_value(task).unwrap();
    assert_eq!(wire(&waiting)["status"], "waiting");
    assert_eq!(wire(&running)["status"]["running"]["holder"], "me");
    for task in each_state() {
        assert_eq!(serde_json::from_value::<Task>(wire(&task)).unwrap(), task);
    }
}

/// The same key again: what becomes of the task that is there. Only the revision tells a task that
/// starts over from a fresh one.
#[test]
fn a_second_of_the_same_key() {
    let second = |repeat| {
        let mut task = fresh();
        task.repeat = repeat;
        task.memories = vec![memory(2), memory(1)];
        task.due_at = at(-5);
        task.updated_at = at(7);
        task
    };
    let new = second(Repeat::Once);
    assert_eq!(Task::joined(None, new.clone()), Some(new));
    let once = each_state().map(|old| Task::joined(Some(old), second(Repeat::Once)));
    assert!(once[..4].iter().all(Option::is_none), "once is once");
    let [.., revived] = once;
    let revived = revived.expect("who asks for what was called off means it");
    assert_eq!((revived.status.as_str(), revived.revision), ("waiting", 3));

    let again = each_state().map(|old| Task::joined(Some(old), second(Repeat::Again)).unwrap());
    let [waiting, running, rest @ ..] = again;
    assert_eq!(waiting.memories, [memory(1), memory(2)]);
    assert_eq!((waiting.due_at, waiting.updated_at), (at(-5), at(7)));
    assert_eq!((waiting.status, waiting.revision), (TaskStatus::Waiting, 2));
    assert_eq!(running.memories, [memory(1)], "what it works on stays");
    assert_eq!(running.revision, 3);
    let TaskStatus::Running { again, .. } = &running.status else {
        panic!("{}", running.status);
    };
    assert_eq!(again.as_deref(), Some(&[memory(2), memory(1)][..]));
    assert_eq!(rest.each_ref().map(|t| t.revision), [4, 4, 3]);
    for over in rest {
        assert_eq!(over.status, TaskStatus::Waiting);
        assert_eq!(over.memories, second(Repeat::Again).memories);
    }
}

/// Who asked for the run before still finds what became of it.
#[test]
fn what_ended_stays_known_when_its_key_starts_over() {
    let keyed = |label: &str, born: i64| {
        let mut task = fresh().keyed("fuse c", Repeat::Again);
        task.labels.insert(label.to_owned());
        task.created_at = at(born);
        task
    };
    let first = keyed("one", 0);
    let running = first.claimed("me", at(1), LEASE).unwrap();
    for ended in [
        running.finished(at(2), Info::default()).unwrap(),
        running.refused(at(2), "no such cube").unwrap(),
        running.cancelled(at(2)).unwrap(),
    ] {
        let [before, again] = &Task::admit(Some(ended.clone()), keyed("two", 3))[..] else {
            panic!("{}", ended.status);
        };
        assert_eq!((again.id, &again.status), (first.id, &TaskStatus::Waiting));
        assert!(again.labels.contains("two") && !again.labels.contains("one"));
        assert_eq!(Some(before.id), again.run_before());
        assert_ne!(before.id, first.id);
        assert_eq!(
            (&before.status, &before.labels),
            (&ended.status, &ended.labels)
        );
        // It is over for good: nothing joins it.
        assert_eq!((&before.key, before.run_before()), (&None, None));
        // The run after that has a record of its own.
        let third = Task::admit(Some(again.cancelled(at(4)).unwrap()), keyed("three", 5));
        assert_ne!(third[0].id, before.id);
    }
    assert_eq!(Task::admit(Some(running.clone()), keyed("two", 3)).len(), 1);
    // Nobody can ask for what has no name.
    let mut nameless = first.cancelled(at(2)).unwrap();
    nameless.labels.clear();
    assert_eq!(Task::admit(Some(nameless), keyed("two", 3)).len(), 1);
}

#[test]
fn a_second_that_says_nothing_new_changes_nothing() {
    let mut old = fresh();
    old.priority = Priority::High;
    let mut second = fresh();
    second.repeat = Repeat::Again;
    second.due_at = at(60);
    assert_eq!(Task::joined(Some(old.clone()), second.clone()), None);
    second.due_at = at(-1);
    let sooner = Task::joined(Some(old.clone()), second).unwrap();
    assert_eq!((sooner.due_at, sooner.priority), (at(-1), Priority::High));
}

/// Running, while another of its key came for memory 2.
fn asked_again() -> Task {
    let running = fresh().claimed("me", at(1), LEASE).unwrap();
    let mut second = fresh();
    second.repeat = Repeat::Again;
    second.memories = vec![memory(2)];
    let task = Task::joined(Some(running), second).unwrap();
    // Renewing must not lose it.
    task.renewed(at(2), LEASE, None).unwrap()
}

#[test]
fn what_came_meanwhile_is_never_lost() {
    let task = asked_again();
    let finished = task.finished(at(5), Info::default()).unwrap();
    assert_eq!(finished.status, TaskStatus::Waiting);
    assert_eq!(finished.memories, [memory(2)], "the first are done");
    assert_eq!(finished.due_at, at(5));

    let both = [memory(1), memory(2)];
    let undone = [
        task.failed(at(5), "x", &policy(), 0.0).unwrap(),
        task.failed(
            at(5),
            "x",
            &RetryPolicy {
                attempts: 1,
                ..policy()
            },
            0.0,
        )
        .unwrap(),
        task.handed_back(at(5)).unwrap(),
        task.refused(at(5), "x").unwrap(),
        task.cancelled(at(5)).unwrap(),
        task.lost(at(5), &policy()).unwrap(),
    ];
    for task in undone {
        assert_eq!(task.memories, both, "{}", task.status);
    }
}

#[test]
fn a_holder_has_it_for_a_time_and_says_how_far_it_is() {
    let running = fresh().claimed("me", at(1), LEASE).unwrap();
    let until = |task: &Task| match &task.status {
        TaskStatus::Running { holder, until, .. } if holder == "me" => *until,
        other => panic!("{other}"),
    };
    assert_eq!(until(&running), at(31));
    let half = Progress {
        done: 1,
        total: Some(2),
    };
    let renewed = running.renewed(at(20), LEASE, Some(half)).unwrap();
    assert_eq!((until(&renewed), renewed.progress), (at(50), Some(half)));
    let renewed = renewed.renewed(at(40), LEASE, None).unwrap();
    assert_eq!(renewed.progress, Some(half), "no news is no step back");
    let for_ever = running.renewed(at(2), Duration::MAX, None).unwrap();
    assert_eq!(until(&for_ever), Timestamp::MAX);
}

#[test]
fn failures_count_until_it_is_given_up() {
    let mut task = fresh();
    let mut pauses = Vec::new();
    loop {
        let running = task.claimed("me", at(0), LEASE).unwrap();
        task = running.failed(at(0), "no answer", &policy(), 1.0).unwrap();
        assert_eq!(task.last_error.as_deref(), Some("no answer"));
        match &task.status {
            TaskStatus::Waiting => pauses.push(task.due_at.micros() - at(0).micros()),
            TaskStatus::Dead { reason, .. } => {
                assert!(
                    reason.contains("3 times") && reason.contains("no answer"),
                    "{reason}"
                );
                break;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(pauses, [10_000_000, 20_000_000]);
    assert_eq!(task.attempts, 3);
    let retried = task.retried(at(9)).unwrap();
    assert_eq!(
        (retried.attempts, retried.losses, retried.due_at),
        (0, 0, at(9))
    );
}

#[test]
fn losses_count_beside_failures() {
    let running = fresh().claimed("me", at(0), LEASE).unwrap();
    let lost = running.lost(at(40), &policy()).unwrap();
    assert_eq!((lost.losses, lost.attempts, lost.due_at), (1, 0, at(0)));
    let lost = lost
        .claimed("you", at(41), LEASE)
        .unwrap()
        .lost(at(80), &policy())
        .unwrap();
    let TaskStatus::Dead { at: when, reason } = &lost.status else {
        panic!("{}", lost.status);
    };
    assert_eq!(*when, at(80));
    assert!(reason.contains("2 times"), "{reason}");
    let back = running.handed_back(at(3)).unwrap();
    assert_eq!(
        (back.losses, back.attempts),
        (0, 0),
        "a shutdown is no loss"
    );
    let later = running.postponed(at(3), at(99), "spent").unwrap();
    assert_eq!((later.losses, later.attempts), (0, 0));
    assert_eq!(
        (later.due_at, later.last_error.as_deref()),
        (at(99), Some("spent"))
    );
}

proptest! {
    #[test]
    fn pauses_double_within_their_bounds(attempts in 1_u32..100, dice in 0.0..1.0_f64) {
        let policy = RetryPolicy::default();
        let pause = policy.pause_after(attempts, dice);
        let full = policy.pause_after(attempts, 1.0);
        prop_assert!(pause >= full / 2 && pause <= full && full <= policy.longest);
        if full < policy.longest && attempts < 20 {
            let next = policy.pause_after(attempts + 1, 1.0);
            prop_assert_eq!(next, (full * 2).min(policy.longest));
        }
    }

    /// Any moves in any order: each is legal or refused, revisions grow by one with each, counts
    /// only start over where somebody asked for it, and no memory that was asked for is dropped
    /// before it was worked on.
    #[test]
    fn any_moves_in_any_order(steps in proptest::collection::vec((0..MOVES.len() + 2, 2_u8..6), 0..40)) {
        let mut task = fresh();
        let mut owed: BTreeSet<_> = [memory(1)].into();
        for (step, n) in steps {
            let before = task.clone();
            if let Some((name, step, _)) = MOVES.get(step) {
                match step(&task) {
                    Ok(turned) => task = turned,
                    Err(e) => {
                        prop_assert_eq!(e.code(), Code::Conflict);
                        continue;
                    }
                }
                prop_assert_eq!(task.revision, before.revision + 1);
                let counts = (task.attempts, task.losses) >= (before.attempts, before.losses);
                let again = matches!(before.status, TaskStatus::Running { again: Some(_), .. });
                prop_assert!(counts || *name == "retried" || *name == "finished" && again);
                if *name == "finished" {
                    owed = match before.status {
                        TaskStatus::Running { again, .. } => again.into_iter().flatten().collect(),
                        other => panic!("{other}"),
                    };
                }
            } else {
                let mut second = fresh();
                second.memories = vec![memory(n)];
                second.repeat = Repeat::Again;
                let was_live = task.is_live();
                if let Some(admitted) = Task::joined(Some(task.clone()), second) {
                    prop_assert_eq!(admitted.revision, before.revision + 1);
                    task = admitted;
                }
                if !was_live {
                    owed.clear();
                }
                owed.insert(memory(n));
            }
            let mut held: BTreeSet<_> = task.memories.iter().copied().collect();
            if let TaskStatus::Running { again: Some(more), .. } = &task.status {
                held.extend(more.iter().copied());
            }
            prop_assert!(owed.is_subset(&held), "{:?} of {:?}", owed, held);
        }
    }
}
