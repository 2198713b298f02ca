//! Writers that are killed at any instant: what they acknowledged is there, once, and nothing by
//! halves.
//!
//! The test starts its own binary again as the writer: [`writer`] does nothing unless it is told a
//! folder. It prints an acknowledgement only after the commit returned, so each line that came
//! through the pipe is a promise.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use std::time::Duration;

use memos_core::{
    ChangeSeq, Commit, Committed, EventKind, EventLog, EventSeq, Memory, MemoryId, Snapshot, Task,
    TaskId, Timestamp, Vault, Write,
};

use crate::vault::testing::{
    adding, check_lookups, cube_id, id, memory, next, open, task, text, updating, withdrawing,
};

const FOLDER: &str = "MEMOS_CRASH_FOLDER";
const ROUND: &str = "MEMOS_CRASH_ROUND";
const ROUNDS: u64 = 12;
const WRITERS: u64 = 3;
const GROUP: u64 = 4;
const LONG: usize = 300_000;
const SHORT: usize = 3_000;

/// Each commit adds a group of memories, all with the group's number as their text, and a task that
/// names them. It changes the group of one commit ago and starts its task, one of the writers
/// withdraws that of two commits ago, and the group and the task of three commits ago go. One writer's commits are longer than a segment of sled's log: killed
/// in the middle, they are on the disk by half.
fn group(writer: u64, round: u64, step: u64) -> Commit {
    let base = |step: u64| ((writer * ROUNDS + round) << 32) | (step * GROUP);
    let cube = format!("w{writer}");
    let label = format!("{round}.{step}");
    let mut commit = adding(
        (0..GROUP)
            .map(|n| {
                let width = if writer == 0 {
                    LONG
                } else {
                    n as usize * SHORT
                };
                let mut memory = memory(&cube, base(step) + n, &format!("{label:>width$}"));
                memory.header.behavioural.derived_from = vec![id(base(step))];
                memory
            })
            .collect(),
    );
    let first = |step: u64| {
        let mut first = task(base(step));
        first.memories = (0..GROUP).map(|n| id(base(step) + n)).collect();
        first
    };
    commit.writes.push(Write::AddTask(Box::new(first(step))));
    if let Some(old) = step.checked_sub(1) {
        let label = format!("{round}.{old}!");
        commit.writes.extend((0..GROUP).map(|n| {
            let old = memory(&cube, base(old) + n, "");
            updating(next(&old, &label))
        }));
        let at = Timestamp::from_secs(4);
        let running = first(old).claimed("w", at, Duration::from_secs(9));
        commit.writes.push(Write::UpdateTask {
            task: Box::new(running.unwrap()),
            expected_revision: 1,
        });
    }
    if let Some(old) = step.checked_sub(2).filter(|_| writer == 2) {
        let withdrawn = (0..GROUP).map(|n| withdrawing(&cube, base(old) + n, 2));
        commit.writes.extend(withdrawn);
    }
    if let Some(old) = step.checked_sub(3) {
        commit.writes.push(Write::RemoveTask(first(old).id));
        for n in 0..GROUP {
            let id = id(base(old) + n);
            commit.writes.push(Write::DeleteMemory {
                cube_id: cube_id(&cube),
                id,
            });
            commit.events.push(memos_core::NewEvent {
                kind: EventKind::Forgotten,
                memory_id: Some(id),
                ..commit.events[0].clone()
            });
        }
    }
    commit
}

/// The process that gets killed.
#[test]
fn writer() {
    let (Ok(folder), Ok(round)) = (std::env::var(FOLDER), std::env::var(ROUND)) else {
        return;
    };
    let round: u64 = round.parse().unwrap();
    let vault = open(Path::new(&folder));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let vault = &vault;
            scope.spawn(move || {
                for step in 0.. {
                    let Committed::Done(seq) = vault.commit(group(writer, round, step)).unwrap()
                    else {
                        unreachable!("it asked for nothing");
                    };
                    vault.advance(&format!("w{writer}"), seq).unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "\nack {writer} {step} {}", seq.0).unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

fn start(folder: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "vault::tests::crash::writer",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What was acknowledged: the last step and event of each writer.
type Acks = BTreeMap<u64, (u64, u64)>;

fn read_acks(lines: impl Iterator<Item = String>, limit: usize) -> Acks {
    let mut acks = Acks::new();
    let parsed = lines.filter_map(|line| {
        let mut words = line.strip_prefix("ack ")?.split(' ').map(str::parse);
        Some((
            words.next()?.ok()?,
            words.next()?.ok()?,
            words.next()?.ok()?,
        ))
    });
    for (writer, step, seq) in parsed.take(limit) {
        acks.insert(writer, (step, seq));
    }
    acks
}

/// Lets it acknowledge a number of commits, kills it, and reads what came through until the end.
fn run_and_kill(folder: &Path, round: u64) -> Acks {
    let mut child = start(folder, round);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut head = String::new();
    // A number of acknowledgements, different each round, so that the kill falls anywhere: also at
    // the start, where the store is being recovered.
    let wanted = (round * 7919) % 90;
    let mut seen = 0;
    while seen < wanted {
        let from = head.len();
        assert!(
            lines.read_line(&mut head).unwrap() > 0,
            "the writer ended by itself"
        );
        seen += u64::from(head[from..].starts_with("ack "));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    lines.read_to_string(&mut head).unwrap();
    // The last line may be cut off.
    let whole = head.rfind('\n').map_or("", |end| &head[..end]);
    read_acks(whole.lines().map(str::to_owned), usize::MAX)
}

#[test]
fn killed_writers_lose_nothing_they_acknowledged() {
    if std::env::var_os(FOLDER).is_some() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("data");
    for round in 0..ROUNDS {
        let acks = run_and_kill(&folder, round);
        let vault = open(&folder);
        let events = vault.events(EventSeq(0), usize::MAX).unwrap();
        assert!(
            events.iter().zip(1..).all(|(e, n)| e.seq == EventSeq(n)),
            "a gap"
        );
        assert_eq!(vault.head().0, events.len() as u64);
        let mut told = BTreeMap::new();
        for event in &events {
            *told.entry((event.kind, event.memory_id)).or_insert(0) += 1;
        }
        assert!(told.values().all(|n| *n == 1), "an event twice");

        check_lookups(&vault);
        let snapshot = vault.snapshot().unwrap();
        for writer in 0..WRITERS {
            let cube = cube_id(&format!("w{writer}"));
            let memories = snapshot.memories(&cube, None, usize::MAX).unwrap();
            check_groups(&memories);
            let histories = check_histories(&*snapshot, writer, &memories);
            for id in histories {
                assert_eq!(told.get(&(EventKind::Forgotten, Some(id))), None);
            }
            for m in &memories {
                assert_eq!(told.get(&(EventKind::Added, Some(m.id))), Some(&1));
                assert_eq!(told.get(&(EventKind::Forgotten, Some(m.id))), None);
            }
            let Some((step, seq)) = acks.get(&writer) else {
                continue;
            };
            assert!(vault.head().0 >= *seq, "an acknowledged event is gone");
            assert!(vault.cursor(&format!("w{writer}")).unwrap().0 >= *seq);
            for added in group(writer, round, *step).writes {
                if let Write::AddMemory(m) = added {
                    assert_eq!(told.get(&(EventKind::Added, Some(m.id))), Some(&1));
                    let found = vault.memory(&cube, m.id).unwrap();
                    // It may have been forgotten by a commit that came after, and is then told so.
                    let forgotten = told.contains_key(&(EventKind::Forgotten, Some(m.id)));
                    let history = snapshot.history(&cube, m.id).unwrap();
                    assert_eq!(history.is_empty(), forgotten);
                    match history.last().and_then(|last| last.after) {
                        Some(1) => assert_eq!(found, Some(m)),
                        Some(_) => assert_eq!(history[1].before.as_deref(), Some(&m)),
                        None => assert_eq!(found, None),
                    }
                }
            }
        }
    }
}

fn check_groups(memories: &[Memory]) {
    let mut groups: BTreeMap<&str, BTreeSet<_>> = BTreeMap::new();
    for m in memories {
        groups.entry(text(m).trim_start()).or_default().insert(m.id);
    }
    for (label, ids) in groups {
        assert_eq!(ids.len() as u64, GROUP, "half of commit {label}");
    }
}

/// Histories say of each memory what its record says, and tasks are there for all that have one and
/// for no others; gives those.
fn check_histories(
    snapshot: &dyn Snapshot,
    writer: u64,
    memories: &[Memory],
) -> BTreeSet<MemoryId> {
    let cube = cube_id(&format!("w{writer}"));
    let changes = snapshot.changes(&cube, ChangeSeq(0), usize::MAX).unwrap();
    assert!(changes.windows(2).all(|two| two[0].seq < two[1].seq));
    let mut versions = BTreeMap::new();
    for change in &changes {
        let before = change.before.as_ref().map(|m| m.header.behavioural.version);
        let known = versions.insert(change.memory_id, change.after).flatten();
        assert_eq!(before, known, "a change is lost");
    }
    let live = memories
        .iter()
        .map(|m| (m.id, m.header.behavioural.version));
    let told = versions
        .iter()
        .filter_map(|(id, after)| Some((*id, (*after)?)));
    assert!(live.eq(told), "records and histories differ");

    let tasks = snapshot.tasks(None, usize::MAX).unwrap().into_iter();
    let theirs = |task: &Task| u128::from_be_bytes(*task.id.as_bytes()) >> 32;
    let rounds = u128::from(writer * ROUNDS)..u128::from((writer + 1) * ROUNDS);
    let mut owed: BTreeSet<MemoryId> = versions.keys().copied().collect();
    for task in tasks.filter(|task| rounds.contains(&theirs(task))) {
        assert_eq!(task.id, TaskId::from_bytes(*task.memories[0].as_bytes()));
        for id in &task.memories {
            assert!(owed.remove(id), "task {} has no group", task.id);
            // It was started in the commit that changed its group.
            let changed = changes.iter().filter(|c| c.memory_id == *id).count() > 1;
            assert_eq!(task.revision, 1 + u32::from(changed));
        }
    }
    assert!(owed.is_empty(), "groups without a task: {owed:?}");
    versions.into_keys().collect()
}
