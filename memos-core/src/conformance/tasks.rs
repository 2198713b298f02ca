//! Tasks: kept, ordered and guarded by their revision.

use std::time::Duration;

use super::{Case, cube, memory, memory_id, ok, start, task, task_id};
use crate::{Code, EventLog, Info, Repeat, Task, TaskStatus, Vault, Write};

fn update(task: &Task, expected_revision: u32) -> Write {
    Write::UpdateTask {
        task: Box::new(task.clone()),
        expected_revision,
    }
}

fn add(task: &Task) -> Write {
    Write::AddTask(Box::new(task.clone()))
}

pub(super) fn tasks_are_guarded_by_their_revision<V: Vault + EventLog>(case: &Case<V>) {
    let stored = |n| ok(case.vault.task(task_id(n)));
    let first = task(1);
    assert_eq!(stored(1), None);
    case.refused([update(&first, 1)], Code::TaskNotFound);
    case.write([Write::RemoveTask(task_id(1))]);
    // A task needs no cube, and is not numbered as events are.
    assert_eq!(case.write([add(&first)]).0, 0);
    assert_eq!(stored(1), Some(first.clone()));

    let running = ok(first.claimed("me", start(), Duration::from_secs(30)));
    case.refused([update(&running, 2)], Code::Conflict);
    case.refused([update(&running, 0)], Code::Conflict);
    case.write([update(&running, 1)]);
    assert_eq!(stored(1), Some(running.clone()));
    case.refused([update(&running, 1)], Code::Conflict);

    // Writes see those before them, and a failing commit changes nothing.
    let mut outcome = Info::default();
    outcome.0.insert("merged".to_owned(), 3.into());
    let done = ok(running.finished(start(), outcome));
    let before = case.dump();
    let steps = [
        update(&done, 2),
        Write::RemoveTask(task_id(1)),
        add(&task(2)),
    ];
    case.refused(
        [&steps[..], &[update(&done, 3)]].concat(),
        Code::TaskNotFound,
    );
    assert_eq!(case.dump(), before);
    case.write(steps);
    assert_eq!((stored(1), stored(2)), (None, Some(task(2))));
}

pub(super) fn tasks_of_one_key_are_admitted<V: Vault + EventLog>(case: &Case<V>) {
    let keyed = |repeat, n| {
        let mut task = task(0).keyed("fuse c", repeat);
        task.memories = vec![memory_id(n)];
        task
    };
    let first = keyed(Repeat::Once, 1);
    let stored = || ok(case.vault.task(first.id)).unwrap_or_else(|| panic!("the task is missing"));
    case.write([add(&first)]);
    case.write([add(&keyed(Repeat::Once, 2))]);
    assert_eq!(stored(), first, "once is once");

    // It takes on the memories of the second while it waits, also in the same commit.
    case.write([add(&keyed(Repeat::Again, 2)), add(&keyed(Repeat::Again, 3))]);
    assert_eq!(stored().memories, [1, 2, 3].map(memory_id));
    assert_eq!(stored().revision, 3);
    let running = ok(stored().claimed("me", start(), Duration::from_secs(30)));
    case.write([update(&running, 3), add(&keyed(Repeat::Again, 4))]);
    let TaskStatus::Running { again, .. } = stored().status else {
        panic!("{}", stored().status);
    };
    assert_eq!(again, Some(vec![memory_id(4)]));
    assert_eq!(ok(ok(case.vault.snapshot()).tasks(None, 9)).len(), 1);
}

pub(super) fn tasks_are_ordered_and_paged<V: Vault + EventLog>(case: &Case<V>) {
    for n in [5, 200, 3, 4, 1, 128] {
        case.write([add(&task(n))]);
    }
    // Beside memories, and longer than a store may want to keep in one piece.
    let mut long = task(4);
    long.memories = (0..=255).cycle().take(2_000).map(memory_id).collect();
    case.write([
        update(&long, 1),
        Write::CreateCube(cube("c")),
        Write::AddMemory(memory("c", 1)),
    ]);
    let snapshot = ok(case.vault.snapshot());
    let page = |after: Option<u8>, limit| {
        let tasks = ok(snapshot.tasks(after.map(task_id), limit)).into_iter();
        tasks.map(|t| t.id.as_bytes()[0]).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 9), [1, 3, 4, 5, 128, 200]);
    assert_eq!(page(None, 2), [1, 3]);
    assert_eq!(page(Some(3), 3), [4, 5, 128]);
    assert_eq!(page(Some(6), 1), [128]);
    assert!(page(Some(200), 9).is_empty());
    assert!(page(None, 0).is_empty());
    assert_eq!(ok(case.vault.task(task_id(4))), Some(long));
}
