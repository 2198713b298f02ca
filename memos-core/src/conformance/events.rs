//! Events: numbered without gaps, in the order of commits; cursors.

use std::time::Duration;

use super::{Case, added, cube, cube_id, delete, fails, memory, ok, start};
use crate::{Cause, Code, Commit, Committed, Event, EventLog, EventSeq, NewEvent, Vault, Write};

/// More than a vault may want to cache, fewer than would take long.
const PER_THREAD: u8 = 40;

pub(super) fn events_are_numbered_without_gaps<V: Vault + EventLog>(case: &Case<V>) {
    let vault = &case.vault;
    assert_eq!(vault.head(), EventSeq(0));
    assert_eq!(ok(vault.events(EventSeq(0), 9)), []);

    let commit = |events: Vec<NewEvent>| Commit {
        events,
        ..Commit::default()
    };
    assert_eq!(
        ok(vault.commit(commit(vec![]))),
        Committed::Done(EventSeq(0))
    );
    let three = (1..=3).map(|n| added("c", n)).collect();
    assert_eq!(
        ok(vault.commit(commit(three))),
        Committed::Done(EventSeq(3))
    );
    assert_eq!(vault.head(), EventSeq(3));
    assert_eq!(
        ok(vault.commit(commit(vec![]))),
        Committed::Done(EventSeq(3))
    );

    let bad = Commit {
        writes: vec![delete("c", 1)],
        ..commit(vec![added("c", 9)])
    };
    fails(vault.commit(bad), Code::MemoryNotFound);
    case.clock.advance(Duration::from_secs(5));
    assert_eq!(
        ok(vault.commit(commit(vec![added("d", 4)]))),
        Committed::Done(EventSeq(4))
    );

    let all = ok(vault.events(EventSeq(0), 9));
    let expected: Vec<_> = [("c", 1, 0), ("c", 2, 0), ("c", 3, 0), ("d", 4, 5)]
        .into_iter()
        .map(|(cube, n, secs)| {
            let event = added(cube, n);
            Event {
                seq: EventSeq(n.into()),
                at: start().plus_secs(secs),
                cube_id: event.cube_id,
                memory_id: event.memory_id,
                actor: event.actor,
                kind: event.kind,
                cause: Cause::Call,
                detail: None,
            }
        })
        .collect();
    assert_eq!(all, expected);
    assert_eq!(ok(vault.events(EventSeq(1), 2)), expected[1..3]);
    assert_eq!(ok(vault.events(EventSeq(3), 9)), expected[3..]);
    assert_eq!(ok(vault.events(EventSeq(4), 9)), []);
    assert_eq!(ok(vault.events(EventSeq(99), 9)), []);
    assert_eq!(ok(vault.events(EventSeq(0), 0)), []);
}

pub(super) fn cursors_are_kept_by_name<V: Vault + EventLog>(case: &Case<V>) {
    let vault = &case.vault;
    ok(vault.commit(Commit {
        events: (1..=5).map(|n| added("c", n)).collect(),
        ..Commit::default()
    }));
    let names = ["index", "index2", "索引"];
    assert!(
        names
            .iter()
            .all(|name| ok(vault.cursor(name)) == EventSeq(0))
    );
    ok(vault.advance("index", EventSeq(3)));
    ok(vault.advance("索引", EventSeq(1)));
    ok(vault.advance("索引", EventSeq(2)));
    assert_eq!(names.map(|name| ok(vault.cursor(name)).0), [3, 0, 2]);
    assert_eq!(vault.head(), EventSeq(5), "a cursor is no event");
    assert_eq!(ok(vault.events(EventSeq(0), 9)).len(), 5);
}

/// Each commit adds one memory and one event, so any snapshot holds as many memories as its number
/// says; and whoever sees an event finds its memory.
pub(super) fn commits_from_many_threads_keep_order<V: Vault + EventLog>(case: &Case<V>) {
    case.write([Write::CreateCube(cube("c"))]);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for n in 0..PER_THREAD {
                    let n = thread * PER_THREAD + n;
                    let done = ok(case.vault.commit(Commit {
                        writes: vec![Write::AddMemory(memory("c", n))],
                        events: vec![added("c", n)],
                        ..Commit::default()
                    }));
                    let Committed::Done(seq) = done else {
                        panic!("a commit without a request was taken for a repeat");
                    };
                    assert!(
                        case.vault.head() >= seq,
                        "an acknowledged event is in the log"
                    );
                    let event = ok(case.vault.events(EventSeq(seq.0 - 1), 1)).pop();
                    assert_eq!(
                        event.map(|e| (e.seq, e.memory_id)),
                        Some((seq, added("c", n).memory_id))
                    );
                }
            });
        }
        scope.spawn(|| {
            let mut seen = EventSeq(0);
            while seen.0 < u64::from(4 * PER_THREAD) {
                let snapshot = ok(case.vault.snapshot());
                let held = ok(snapshot.memories(&cube_id("c"), None, usize::MAX)).len();
                assert_eq!(held as u64, snapshot.seq().0);
                assert!(snapshot.seq() >= seen, "snapshots do not go back");
                seen = snapshot.seq();
                for event in ok(case.vault.events(EventSeq(0), usize::MAX)) {
                    let id = event.memory_id.unwrap_or_else(|| panic!("{event:?}"));
                    let found = ok(case.vault.memory(&event.cube_id, id));
                    assert!(found.is_some(), "event {} has no memory", event.seq);
                }
                std::thread::yield_now();
            }
        });
    });
    let all = ok(case.vault.events(EventSeq(0), usize::MAX));
    assert!(
        all.iter()
            .map(|e| e.seq.0)
            .eq(1..=u64::from(4 * PER_THREAD))
    );
}
