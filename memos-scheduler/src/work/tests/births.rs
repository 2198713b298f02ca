//! Which tasks follow.

use memos_core::{Origin, Priority, Task, Timestamp, Vault, Write};

use super::turn;
use crate::testing::{ada, cube_id, memory, vault};
use crate::work::births::{SETTLE, adding, by_session, on_added, refine, sweep};
use crate::work::{FUSE, ORGANISE, REFINE, SWEEP};

fn now() -> Timestamp {
    Timestamp::from_secs(1_700_000_000)
}

fn tasks(writes: Vec<Write>) -> Vec<Task> {
    let task = |write| match write {
        Write::AddTask(task) => *task,
        other => panic!("{other:?}"),
    };
    writes.into_iter().map(task).collect()
}

#[test]
fn new_memories_are_fused_at_once_and_organised_once_it_is_quiet() {
    let added = on_added(
        &cube_id(),
        &ada(),
        &[memory("a", 1)],
        Some("r1"),
        false,
        now(),
    );
    let born = tasks(added);
    let short: Vec<_> = born.iter().map(|t| (t.kind.as_str(), t.due_at)).collect();
    assert_eq!(short, [(FUSE, now()), (ORGANISE, now().after(SETTLE))]);
    for task in &born {
        assert_eq!((&task.user, &task.cube_id), (&ada(), &cube_id()));
        assert!(task.serves("r1") && task.labels.contains("request:r1"));
        assert!(task.memories.is_empty(), "it is about the cube");
    }
    assert_eq!(born[1].priority, Priority::Low);
    let silent = tasks(on_added(&cube_id(), &ada(), &[], None, false, now()));
    assert!(
        silent
            .iter()
            .all(|t| t.request.is_none() && t.labels.is_empty())
    );
}

#[test]
fn a_model_reads_the_evidence_of_each_session() {
    let mut derived = turn("derived", 1, "a");
    derived.header.descriptive.origin = Origin::Inference;
    let memories = [
        turn("one", 1, "b"),
        turn("two", 1, "a"),
        derived,
        turn("three", 1, "b"),
    ];
    let born = tasks(on_added(
        &cube_id(),
        &ada(),
        &memories,
        Some("r"),
        true,
        now(),
    ));
    let read: Vec<&Task> = born.iter().filter(|t| t.kind == REFINE).collect();
    let ids = |task: &Task| task.memories.clone();
    assert_eq!(
        read.iter().map(|t| ids(t)).collect::<Vec<_>>(),
        [vec![memories[1].id], vec![memories[0].id, memories[3].id]]
    );
    for task in read {
        assert_eq!(task.due_at, now().after(SETTLE));
        assert_eq!(task.priority, Priority::Low);
        assert!(task.serves("r"));
    }
    let sessions = by_session(&memories);
    assert_eq!(sessions.keys().collect::<Vec<_>>(), ["a", "b"]);
    let without = tasks(on_added(
        &cube_id(),
        &ada(),
        &memories[2..3],
        None,
        true,
        now(),
    ));
    assert!(without.iter().all(|t| t.kind != REFINE), "nothing to read");
}

#[test]
fn turns_of_one_session_and_minute_are_read_together() {
    let of = |cube: &str, session: &str, seconds: i64| {
        let at = now().plus_secs(seconds);
        refine(&cube.parse().unwrap(), &ada(), session, Vec::new(), at).id
    };
    let start = now().micros().div_euclid(60_000_000) * 60 - 1_700_000_000;
    let first = of("notes", "a", start);
    assert_eq!(first, of("notes", "a", start + 59));
    assert_ne!(first, of("notes", "a", start + 60));
    assert_ne!(first, of("notes", "b", start));
    assert_ne!(first, of("other", "a", start));
}

#[test]
fn a_second_task_of_a_cube_joins_the_first() {
    let (vault, _) = vault();
    vault.commit(crate::testing::adding(&[])).unwrap();
    let stored = || vault.snapshot().unwrap().tasks(None, 99).unwrap();
    for (request, later) in [("r1", 0), ("r2", 5)] {
        let at = now().plus_secs(later);
        let writes = on_added(&cube_id(), &ada(), &[], Some(request), false, at);
        vault
            .commit(memos_core::Commit {
                writes,
                ..Default::default()
            })
            .unwrap();
    }
    let tasks = stored();
    assert_eq!(tasks.len(), 2);
    for task in &tasks {
        assert!(task.serves("r1") && task.serves("r2"), "{:?}", task.labels);
    }
    let organise = tasks.iter().find(|t| t.kind == ORGANISE).unwrap();
    assert_eq!(
        organise.due_at,
        now().after(SETTLE),
        "the first sets the time"
    );

    // A sweep that is needed sooner comes sooner.
    for due in [900, 300, 600] {
        let task = sweep(&cube_id(), &ada(), now().plus_secs(due), now());
        super::write_to(&vault, adding(task));
    }
    let swept: Vec<Task> = stored().into_iter().filter(|t| t.kind == SWEEP).collect();
    assert_eq!(swept.len(), 1);
    assert_eq!(swept[0].due_at, now().plus_secs(300));
}
