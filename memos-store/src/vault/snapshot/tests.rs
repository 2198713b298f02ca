use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use sled::Batch;

use super::*;
use crate::vault::testing::{adding, cube_id, id, memory, open, text, writing};
use memos_core::{Snapshot, Vault, Write};

/// Keys and values are small, so that changes hit what is read.
type Model = BTreeMap<Vec<u8>, Vec<u8>>;
type Change = Vec<(u8, Option<u8>)>;

fn key(number: u8) -> Vec<u8> {
    vec![keys::MEMORY, number]
}

struct Tested {
    db: sled::Db,
    open: OpenSnapshots,
    now: Model,
}

impl Tested {
    fn apply(&mut self, change: &Change) {
        let keys: Vec<_> = change.iter().map(|(k, _)| key(*k)).collect();
        self.open
            .note(&self.db, keys.iter().map(Vec::as_slice))
            .unwrap();
        let mut batch = Batch::default();
        for (number, value) in change {
            match value {
                Some(value) => {
                    batch.insert(key(*number), vec![*value]);
                    self.now.insert(key(*number), vec![*value]);
                }
                None => {
                    batch.remove(key(*number));
                    self.now.remove(&key(*number));
                }
            }
        }
        self.db.apply_batch(batch).unwrap();
    }
}

fn change() -> impl Strategy<Value = Change> {
    proptest::collection::vec(
        (0_u8..40, proptest::option::weighted(0.6, any::<u8>())),
        0..12,
    )
}

#[derive(Clone, Debug)]
enum Step {
    Apply(Change),
    Open,
    /// Reads a snapshot while changes come in between the tree and the overlay.
    Read {
        which: usize,
        from: u8,
        to: u8,
        limit: usize,
        chunk: usize,
        between: Vec<Change>,
    },
    Close(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let read = (
        any::<usize>(),
        0_u8..40,
        0_u8..=40,
        1_usize..50,
        1_usize..8,
        proptest::collection::vec(change(), 0..8),
    )
        .prop_map(|(which, from, to, limit, chunk, between)| Step::Read {
            which,
            from,
            to: to.max(from),
            limit,
            chunk,
            between,
        });
    prop_oneof![
        3 => change().prop_map(Step::Apply),
        2 => Just(Step::Open),
        4 => read,
        1 => any::<usize>().prop_map(Step::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_snapshot_is_what_was(steps in proptest::collection::vec(step(), 1..30)) {
        let folder = tempfile::tempdir().unwrap();
        let db = sled::Config::new().path(folder.path()).flush_every_ms(None).open().unwrap();
        let mut tested = Tested { db, open: OpenSnapshots::default(), now: Model::new() };
        let mut snapshots: Vec<(View, Model)> = Vec::new();
        for step in steps {
            match step {
                Step::Apply(change) => tested.apply(&change),
                Step::Open => {
                    let view = View::new((*tested.db).clone(), tested.open.open());
                    snapshots.push((view, tested.now.clone()));
                }
                Step::Close(which) if !snapshots.is_empty() => {
                    let _ = snapshots.remove(which % snapshots.len());
                }
                Step::Close(_) => {}
                Step::Read { which, from, to, limit, chunk, between } => {
                    let Some((view, model)) = snapshots.get(which % snapshots.len().max(1)) else {
                        continue;
                    };
                    let mut coming = between.into_iter();
                    let found = view
                        .scan_with(Bound::Included(key(from)), &key(to), limit, chunk, || {
                            if let Some(change) = coming.next() {
                                tested.apply(&change);
                            }
                        })
                        .unwrap();
                    let found: Vec<_> = found.iter().map(|(k, v)| (k.to_vec(), v.to_vec())).collect();
                    let expected: Vec<_> = model
                        .range(key(from)..key(to))
                        .take(limit)
                        .map(|(k, v)| (k.clone(), v.clone()))
                        .collect();
                    prop_assert_eq!(found, expected);
                    // The last of an odd value, from the end back.
                    let is_odd = |value: &[u8]| value[0] % 2 == 1;
                    let found = view
                        .last_with(&key(from), &key(to), chunk, |(_, v)| Ok(is_odd(v)), || {
                            if let Some(change) = coming.next() {
                                tested.apply(&change);
                            }
                        })
                        .unwrap();
                    let mut before = model.range(key(from)..key(to)).rev();
                    let expected = before.find(|(_, v)| is_odd(v));
                    let found = found.map(|(k, v)| (k.to_vec(), v.to_vec()));
                    prop_assert_eq!(found, expected.map(|(k, v)| (k.clone(), v.clone())));
                    prop_assert_eq!(
                        view.get(&key(from)).unwrap().map(|v| v.to_vec()),
                        model.get(&key(from)).cloned()
                    );
                }
            }
        }
    }
}

#[test]
fn closed_snapshots_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.commit(adding(vec![memory("a", 1, "x")])).unwrap();
    drop(vault.snapshot().unwrap());
    let mut open = OpenSnapshots::default();
    let first = open.open();
    drop(open.open());
    let db = sled::Config::new().temporary(true).open().unwrap();
    let key = key(1);
    open.note(&db, [key.as_slice(), &[keys::EVENT, 1]].into_iter())
        .unwrap();
    assert_eq!(open.0.len(), 1);
    // Events are not shown, so they are not kept.
    assert_eq!(first.lock().len(), 1);
}

#[test]
fn large_and_used_memories_stay_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let large = |c: &str| c.repeat(20_000);
    vault
        .commit(adding(vec![
            memory("a", 1, &large("x")),
            memory("a", 2, "small"),
        ]))
        .unwrap();
    let before = vault.snapshot().unwrap();

    let mut changed = memory("a", 1, &large("y"));
    changed.header.behavioural.version = 2;
    let touch = Write::Touch {
        cube_id: cube_id("a"),
        id: id(2),
        uses: 3,
        at: memos_core::Timestamp::from_secs(9),
    };
    vault
        .commit(writing(vec![
            Write::UpdateMemory {
                memory: changed,
                expected_version: 1,
            },
            touch,
        ]))
        .unwrap();
    let between = vault.snapshot().unwrap();
    vault
        .commit(writing(vec![Write::DeleteCube(cube_id("a"))]))
        .unwrap();
    vault.commit(adding(vec![memory("a", 3, "new")])).unwrap();

    let read = |snapshot: &dyn Snapshot| {
        let page = snapshot.memories(&cube_id("a"), None, 10).unwrap();
        page.iter()
            .map(|m| (m.id, text(m).chars().next(), m.header.behavioural.use_count))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        read(&*before),
        [(id(1), Some('x'), 0), (id(2), Some('s'), 0)]
    );
    assert_eq!(
        read(&*between),
        [(id(1), Some('y'), 0), (id(2), Some('s'), 3)]
    );
    assert_eq!(read(&*vault.snapshot().unwrap()), [(id(3), Some('n'), 0)]);
    assert_eq!(before.cubes(None, 10).unwrap().len(), 1);
}

/// Writers move one token from memory to memory, all in one commit each; every view must see
/// exactly one of each cube's memories, while others write, delete and reopen.
#[test]
fn views_are_whole_under_concurrent_writers() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    const MEMORIES: u64 = 40;
    const MOVES: u64 = 60;
    for name in ["a", "b"] {
        vault
            .commit(adding(
                (0..MEMORIES).map(|n| memory(name, n, "0")).collect(),
            ))
            .unwrap();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = ["a", "b"]
            .map(|name| {
                let vault = &vault;
                scope.spawn(move || {
                    for step in 1..=MOVES {
                        // All memories of the cube leave, and as many others come, in one commit.
                        let old = (step - 1) * MEMORIES;
                        let new = step * MEMORIES;
                        let mut commit = adding(
                            (0..MEMORIES)
                                .map(|n| memory(name, new + n, &step.to_string()))
                                .collect(),
                        );
                        commit
                            .writes
                            .extend((0..MEMORIES).map(|n| Write::DeleteMemory {
                                cube_id: cube_id(name),
                                id: id(old + n),
                            }));
                        vault.commit(commit).unwrap();
                    }
                })
            })
            .into_iter()
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let snapshot = vault.snapshot().unwrap();
                    for name in ["a", "b"] {
                        let mut seen = Vec::new();
                        let mut after = None;
                        loop {
                            let page = snapshot.memories(&cube_id(name), after, 7).unwrap();
                            let Some(last) = page.last() else { break };
                            after = Some(last.id);
                            seen.extend(page);
                        }
                        assert_eq!(seen.len() as u64, MEMORIES);
                        assert!(seen.iter().all(|m| text(m) == text(&seen[0])));
                    }
                }
            });
        }
        let results: Vec<_> = writers.into_iter().map(|w| w.join()).collect();
        done.store(true, Ordering::SeqCst);
        assert!(results.iter().all(Result::is_ok));
    });
}
