//! Histories, names and tasks on the disk: after a reopen, when they are large, and where nothing
//! of them may stay.

use std::sync::Arc;

use memos_core::{
    ChangeSeq, Clock, Commit, Committed, EventLog, EventSeq, ManualClock, NamedSnapshot, Snapshot,
    Timestamp, Vault, Why, Write,
};

use crate::vault::testing::{
    added, adding, cube, cube_id, id, memory, next, open, options, task, text, updating, user,
    withdrawing, writing,
};
use crate::vault::{Options, SledVault, keys};

fn named(name: &str) -> NamedSnapshot {
    NamedSnapshot {
        name: name.to_owned(),
        at: ChangeSeq(1),
        taken_at: Timestamp::from_secs(4),
        by: user(),
        note: Some("n".repeat(9_000)),
    }
}

fn naming(cube: &str, name: &str) -> Write {
    Write::NameSnapshot {
        cube_id: cube_id(cube),
        snapshot: named(name),
    }
}

fn seqs(snapshot: &dyn Snapshot, cube: &str) -> Vec<u64> {
    let changes = snapshot.changes(&cube_id(cube), ChangeSeq(0), usize::MAX);
    changes.unwrap().iter().map(|c| c.seq.0).collect()
}

#[test]
fn all_of_it_is_there_after_a_reopen() {
    let folder = tempfile::tempdir().unwrap();
    let first = memory("a", 1, &"长".repeat(50_000));
    let second = next(&first, "short");
    let mut long_task = task(2);
    long_task.memories = (0..3_000).map(id).collect();
    {
        let vault = open(folder.path());
        vault.commit(adding(vec![first.clone()])).unwrap();
        vault
            .commit(writing(vec![
                updating(second.clone()),
                naming("a", "before the move"),
                Write::AddTask(Box::new(long_task.clone())),
            ]))
            .unwrap();
    }
    let vault = open(folder.path());
    vault.commit(writing(vec![withdrawing("a", 1, 2)])).unwrap();
    let snapshot = vault.snapshot().unwrap();
    let history = snapshot.history(&cube_id("a"), id(1)).unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|c| (c.seq.0, c.before.as_deref(), c.after))
        .collect();
    let expected = [
        (1, None, Some(1)),
        (2, Some(&first), Some(2)),
        (3, Some(&second), None),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        snapshot.named(&cube_id("a")).unwrap(),
        [named("before the move")]
    );
    assert_eq!(vault.task(long_task.id).unwrap(), Some(long_task.clone()));
    assert_eq!(snapshot.tasks(None, 9).unwrap(), [long_task]);
}

#[test]
fn numbers_and_dates_go_on_after_a_reopen() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(100)));
    let start = || {
        let shared: Arc<dyn Clock> = clock.clone();
        let options = Options {
            clock: shared,
            ..options()
        };
        SledVault::open(folder.path(), options).unwrap()
    };
    let forget = |number| Write::DeleteMemory {
        cube_id: cube_id("a"),
        id: id(number),
    };
    start()
        .commit(adding(vec![memory("a", 1, "x"), memory("a", 2, "x")]))
        .unwrap();
    // The last changes are erased, but not their numbers.
    start().commit(writing(vec![forget(1), forget(2)])).unwrap();
    clock.set(Timestamp::from_secs(40));
    let vault = start();
    vault.commit(adding(vec![memory("a", 3, "x")])).unwrap();
    let snapshot = vault.snapshot().unwrap();
    let changes = snapshot.changes(&cube_id("a"), ChangeSeq(0), 9).unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].seq, changes[0].at),
        (ChangeSeq(3), Timestamp::from_secs(100))
    );
    let last = vault.events(EventSeq(2), 9).unwrap().pop().unwrap();
    assert_eq!(last.at, Timestamp::from_secs(100));
    clock.set(Timestamp::from_secs(101));
    vault.commit(adding(vec![memory("a", 4, "x")])).unwrap();
    let last = vault.events(EventSeq(3), 9).unwrap().pop().unwrap();
    assert_eq!(last.at, Timestamp::from_secs(101));
}

#[test]
fn the_forgotten_leave_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let secret = "s3cret".repeat(2_000);
    for name in ["a", "ab"] {
        vault
            .commit(adding(vec![memory(name, 1, &secret), memory(name, 2, "x")]))
            .unwrap();
        let second = next(&memory(name, 1, &secret), &format!("{secret}."));
        vault.commit(writing(vec![updating(second)])).unwrap();
        vault
            .commit(writing(vec![withdrawing(name, 1, 2), naming(name, "n")]))
            .unwrap();
    }
    let secrets = || {
        let values = vault.tree().iter().values().map(Result::unwrap);
        values
            .filter(|v| v.windows(6).any(|w| w == b"s3cret"))
            .count()
    };
    let before = secrets();
    assert!(before > 8, "{before}: two versions of each, in pieces");
    let forget = |name| Write::DeleteMemory {
        cube_id: cube_id(name),
        id: id(1),
    };
    // One more version in the same commit, which is not in the tree yet.
    let again = vec![
        Write::AddMemory(memory("a", 1, &secret)),
        updating(next(&memory("a", 1, &secret), "now")),
        forget("a"),
    ];
    vault.commit(writing(again)).unwrap();
    assert_eq!(secrets() * 2, before);
    assert_eq!(seqs(&*vault.snapshot().unwrap(), "a"), [2]);
    vault
        .commit(writing(vec![Write::DeleteCube(cube_id("ab"))]))
        .unwrap();
    assert_eq!(secrets(), 0);
    assert!(seqs(&*vault.snapshot().unwrap(), "ab").is_empty());
    vault
        .commit(writing(vec![Write::DeleteCube(cube_id("a"))]))
        .unwrap();
    let left: Vec<_> = vault.tree().iter().keys().map(|k| k.unwrap()[0]).collect();
    assert!(
        left.iter()
            .all(|space| [keys::EVENT, keys::COUNTER].contains(space)),
        "{left:?}"
    );
}

#[test]
fn a_look_back_finds_the_last_change_of_an_instant() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(0)));
    let shared: Arc<dyn Clock> = clock.clone();
    let options = Options {
        clock: shared,
        ..options()
    };
    let vault = SledVault::open(folder.path(), options).unwrap();
    vault
        .commit(writing(vec![Write::CreateCube(cube("a"))]))
        .unwrap();
    // More than one chunk of a look back; five changes at each instant.
    for n in 0..40 {
        clock.set(Timestamp::from_secs(n));
        let memories = (0..5).map(|i| memory("a", 5 * n as u64 + i, "x"));
        vault
            .commit(writing(memories.map(Write::AddMemory).collect()))
            .unwrap();
    }
    let snapshot = vault.snapshot().unwrap();
    let forget = |number| Write::DeleteMemory {
        cube_id: cube_id("a"),
        id: id(number),
    };
    vault
        .commit(writing((20..190).map(forget).collect()))
        .unwrap();
    let later = vault.snapshot().unwrap();
    for n in 0..41 {
        let instant = Timestamp::from_secs(n);
        let found = snapshot.change_at(&cube_id("a"), instant).unwrap();
        assert_eq!(found.0 as i64, 5 * (n.min(39) + 1));
        let left = later.change_at(&cube_id("a"), instant).unwrap();
        let expected = match n {
            ..4 => 5 * (n + 1),
            4..38 => 20,
            _ => 5 * (n.min(39) + 1),
        };
        assert_eq!(left.0 as i64, expected, "at {n}");
    }
    let before = Timestamp::from_secs(-1);
    assert_eq!(snapshot.change_at(&cube_id("a"), before).unwrap().0, 0);
}

#[test]
fn the_changes_of_a_large_commit_lie_together() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let names = ["a", "b"];
    // One count over both cubes: the odd numbers are in one, the even ones in the other.
    let memories = (0..500).map(|n| memory(names[n as usize % 2], n, "x"));
    vault.commit(adding(memories.collect())).unwrap();
    let lists = |name: &str| {
        let prefix = keys::cube_prefix(keys::CHANGES, &cube_id(name));
        vault.tree().scan_prefix(prefix).count()
    };
    assert_eq!(names.map(lists), [3, 3]);
    let page = |after, limit| -> Vec<u64> {
        let snapshot = vault.snapshot().unwrap();
        let changes = snapshot.changes(&cube_id("a"), ChangeSeq(after), limit);
        changes.unwrap().iter().map(|c| c.seq.0).collect()
    };
    let odd = |from: u64, to: u64| (from..to).step_by(2).collect::<Vec<_>>();
    assert_eq!(page(0, 999), odd(1, 501));
    assert_eq!(page(198, 3), [199, 201, 203]);
    assert_eq!(page(199, 2), [201, 203]);
    assert_eq!(page(0, 120), odd(1, 241));

    // A list goes with the last of its changes, and what is left of another stays in order.
    let forget = |number| Write::DeleteMemory {
        cube_id: cube_id("a"),
        id: id(number),
    };
    let forgotten = (198..400).step_by(2).chain([0, 498]);
    vault
        .commit(writing(forgotten.map(forget).collect()))
        .unwrap();
    assert_eq!(names.map(lists), [2, 3]);
    assert_eq!(page(0, 999), [odd(3, 199), odd(401, 499)].concat());
    for number in (0..500).step_by(2) {
        let history = vault.snapshot().unwrap().history(&cube_id("a"), id(number));
        let left = page(number, 1) == [number + 1];
        assert_eq!(history.unwrap().len(), usize::from(left), "{number}");
    }
}

#[test]
fn many_writers_share_one_count() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let vault = &vault;
            scope.spawn(move || {
                let name = ["a", "b"][thread as usize % 2];
                for n in 0..25 {
                    let new = memory(name, thread * 1_000 + n, "x");
                    let mut commit = adding(vec![new.clone()]);
                    commit.writes.push(updating(next(&new, "y")));
                    commit.why = Some(Why::call(user()).detail(format!("{thread}")));
                    vault.commit(commit).unwrap();
                }
            });
        }
    });
    let snapshot = vault.snapshot().unwrap();
    let mut all = [seqs(&*snapshot, "a"), seqs(&*snapshot, "b")].concat();
    all.sort_unstable();
    assert!(all.into_iter().eq(1..=200));
    for event in vault.events(EventSeq(0), usize::MAX).unwrap() {
        let history = snapshot
            .history(&event.cube_id, event.memory_id.unwrap())
            .unwrap();
        assert_eq!(history.len(), 2);
        assert!(history.iter().all(|c| c.why.detail == event.detail));
        let before = history[1].before.as_deref().unwrap();
        assert_eq!((text(before), history[1].seq), ("x", history[0].seq.next()));
    }
}

#[test]
fn a_commit_of_a_task_writes_the_task_alone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let first = task(1);
    let add = Commit {
        events: vec![added(&memory("a", 1, "x"))],
        ..writing(vec![Write::AddTask(Box::new(first.clone()))])
    };
    assert_eq!(vault.commit(add).unwrap(), Committed::Done(EventSeq(1)));
    let counter = vault.tree().get(keys::counter()).unwrap();
    let mut second = first.clone();
    second.revision = 2;
    let update = Write::UpdateTask {
        task: Box::new(second.clone()),
        expected_revision: 1,
    };
    assert_eq!(
        vault.commit(writing(vec![update])).unwrap(),
        Committed::Done(EventSeq(1))
    );
    assert_eq!(vault.task(first.id).unwrap(), Some(second));
    assert_eq!(vault.tree().get(keys::counter()).unwrap(), counter);
    assert_eq!(vault.tree().len(), 3, "the task, the event, the counter");
    vault
        .commit(writing(vec![Write::RemoveTask(first.id)]))
        .unwrap();
    assert_eq!(vault.tree().len(), 2);
}
