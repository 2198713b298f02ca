//! What a commit promises, one by one.

use memos_core::{
    Code, Commit, Committed, EventKind, EventLog, EventSeq, NewEvent, Timestamp, Vault, Write,
};

use crate::vault::testing::{
    added, adding, cube, cube_id, id, memory, open, options, text, user, writing,
};
use crate::vault::{SledVault, holder};

fn touch(name: &str, number: u64, uses: u64, secs: i64) -> Write {
    Write::Touch {
        cube_id: cube_id(name),
        id: id(number),
        uses,
        at: Timestamp::from_secs(secs),
    }
}

fn deleting(name: &str, number: u64) -> Write {
    Write::DeleteMemory {
        cube_id: cube_id(name),
        id: id(number),
    }
}

#[test]
fn everything_is_there_after_a_reopen() {
    let folder = tempfile::tempdir().unwrap();
    let long = "长".repeat(100_000);
    {
        let vault = open(folder.path());
        let commit = adding(vec![memory("a", 1, "one"), memory("a", 2, &long)]);
        assert_eq!(vault.commit(commit).unwrap(), Committed::Done(EventSeq(2)));
        vault.commit(writing(vec![touch("a", 1, 4, 7)])).unwrap();
        vault.advance("indexer", EventSeq(1)).unwrap();
    }
    let vault = open(folder.path());
    assert_eq!(vault.head(), EventSeq(2));
    assert_eq!(vault.cube(&cube_id("a")).unwrap(), Some(cube("a")));
    let one = vault.memory(&cube_id("a"), id(1)).unwrap().unwrap();
    assert_eq!(text(&one), "one");
    assert_eq!(one.header.behavioural.use_count, 4);
    assert_eq!(
        one.header.behavioural.last_used,
        Some(Timestamp::from_secs(7))
    );
    let two = vault.memory(&cube_id("a"), id(2)).unwrap().unwrap();
    assert_eq!(text(&two), long);
    assert_eq!(vault.cursor("indexer").unwrap(), EventSeq(1));
    assert_eq!(vault.cursor("another").unwrap(), EventSeq(0));
    let seqs: Vec<_> = vault
        .events(EventSeq(0), 10)
        .unwrap()
        .iter()
        .map(|e| e.seq.0)
        .collect();
    assert_eq!(seqs, [1, 2]);
    assert_eq!(
        vault.events(EventSeq(1), 10).unwrap()[0].memory_id,
        Some(id(2))
    );
    assert_eq!(vault.events(EventSeq(0), 1).unwrap().len(), 1);
    assert!(vault.events(EventSeq(u64::MAX), 1).unwrap().is_empty());
}

#[test]
fn a_refused_commit_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.commit(adding(vec![memory("a", 1, "one")])).unwrap();
    let update = |version| Write::UpdateMemory {
        memory: memory("a", 1, "changed"),
        expected_version: version,
    };
    let refused = [
        (Write::CreateCube(cube("a")), Code::CubeExists),
        (Write::UpdateCube(cube("b")), Code::CubeNotFound),
        (Write::DeleteCube(cube_id("b")), Code::CubeNotFound),
        (Write::AddMemory(memory("b", 5, "x")), Code::CubeNotFound),
        (Write::AddMemory(memory("a", 1, "x")), Code::Conflict),
        (update(2), Code::Conflict),
        (deleting("a", 9), Code::MemoryNotFound),
        (
            Write::UpdateMemory {
                memory: memory("a", 9, "x"),
                expected_version: 1,
            },
            Code::MemoryNotFound,
        ),
    ];
    for (write, code) in refused {
        let what = format!("{write:?}");
        let commit = Commit {
            writes: vec![Write::AddMemory(memory("a", 2, "two")), write],
            events: vec![added(&memory("a", 2, "two"))],
            ..Commit::default()
        };
        let error = vault.commit(commit).unwrap_err();
        assert_eq!(error.code(), code, "{what}");
        assert!(error.remedy_text().is_some(), "{what}");
        assert_eq!(vault.memory(&cube_id("a"), id(2)).unwrap(), None, "{what}");
        assert_eq!(vault.head(), EventSeq(1), "{what}");
    }
    assert_eq!(
        text(&vault.memory(&cube_id("a"), id(1)).unwrap().unwrap()),
        "one"
    );
    vault.commit(writing(vec![update(1)])).unwrap();
    assert_eq!(
        text(&vault.memory(&cube_id("a"), id(1)).unwrap().unwrap()),
        "changed"
    );
}

#[test]
fn writes_of_a_commit_see_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    // The cube may come after its memory, and go and come again.
    vault
        .commit(writing(vec![
            Write::AddMemory(memory("a", 1, &"x".repeat(9_000))),
            Write::CreateCube(cube("a")),
            touch("a", 1, 1, 5),
            touch("a", 1, 2, 3),
        ]))
        .unwrap();
    let one = vault.memory(&cube_id("a"), id(1)).unwrap().unwrap();
    assert_eq!(one.header.behavioural.use_count, 3);
    assert_eq!(
        one.header.behavioural.last_used,
        Some(Timestamp::from_secs(5))
    );
    vault
        .commit(writing(vec![
            Write::AddMemory(memory("a", 2, &"y".repeat(9_000))),
            Write::DeleteCube(cube_id("a")),
            Write::CreateCube(cube("a")),
            Write::AddMemory(memory("a", 1, "again")),
        ]))
        .unwrap();
    let page = vault
        .snapshot()
        .unwrap()
        .memories(&cube_id("a"), None, 9)
        .unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(
        (text(&page[0]), page[0].header.behavioural.use_count),
        ("again", 0)
    );
    let error = vault
        .commit(writing(vec![
            Write::AddMemory(memory("a", 3, "x")),
            Write::DeleteCube(cube_id("a")),
        ]))
        .unwrap_err();
    assert_eq!(error.code(), Code::CubeNotFound);
}

#[test]
fn uses_are_counted_beside_the_record_and_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.commit(adding(vec![memory("a", 1, "one")])).unwrap();
    vault
        .commit(writing(vec![touch("a", 1, 2, 10), touch("a", 9, 2, 10)]))
        .unwrap();
    let mut one = vault.memory(&cube_id("a"), id(1)).unwrap().unwrap();
    assert_eq!(one.header.behavioural.use_count, 2);
    assert_eq!(vault.memory(&cube_id("a"), id(9)).unwrap(), None);

    // An update is written as it is given, and counts go on from there.
    one.header.behavioural.version = 2;
    one.header.behavioural.use_count = 7;
    let update = Write::UpdateMemory {
        memory: one.clone(),
        expected_version: 1,
    };
    vault.commit(writing(vec![update])).unwrap();
    assert_eq!(vault.memory(&cube_id("a"), id(1)).unwrap(), Some(one));
    vault.commit(writing(vec![touch("a", 1, 1, 11)])).unwrap();
    let count = |vault: &SledVault| {
        let memory = vault.memory(&cube_id("a"), id(1)).unwrap().unwrap();
        memory.header.behavioural.use_count
    };
    assert_eq!(count(&vault), 8);

    vault.commit(writing(vec![deleting("a", 1)])).unwrap();
    vault.commit(adding(vec![memory("a", 1, "again")])).unwrap();
    assert_eq!(count(&vault), 0);
}

#[test]
fn a_removed_cube_leaves_nothing_and_its_neighbours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let long = "x".repeat(50_000);
    for name in ["a", "ab", "b"] {
        vault
            .commit(adding(
                (1..60)
                    .map(|n| memory(name, n, &long[..(n as usize * 300)]))
                    .collect(),
            ))
            .unwrap();
        vault.commit(writing(vec![touch(name, 1, 1, 1)])).unwrap();
    }
    vault
        .commit(Commit {
            writes: vec![Write::DeleteCube(cube_id("a"))],
            events: vec![NewEvent {
                cube_id: cube_id("a"),
                memory_id: None,
                actor: user(),
                kind: EventKind::CubeDeleted,
            }],
            ..Commit::default()
        })
        .unwrap();
    let snapshot = vault.snapshot().unwrap();
    let names: Vec<_> = snapshot
        .cubes(None, 9)
        .unwrap()
        .into_iter()
        .map(|c| c.id)
        .collect();
    assert_eq!(names, [cube_id("ab"), cube_id("b")]);
    assert!(
        snapshot
            .memories(&cube_id("a"), None, 9)
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        snapshot.memories(&cube_id("ab"), None, 99).unwrap().len(),
        59
    );
    assert_eq!(vault.events(EventSeq(59 * 3), 9).unwrap().len(), 1);
    // Counts don't stay behind.
    vault.commit(adding(vec![memory("a", 1, "new")])).unwrap();
    let new = vault.memory(&cube_id("a"), id(1)).unwrap().unwrap();
    assert_eq!(new.header.behavioural.use_count, 0);
}

#[test]
fn scans_are_ordered_and_paged() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let name = "很长的名字".repeat(25);
    let numbers: Vec<u64> = (0..300).map(|n| (n * 7919) % 300).collect();
    vault
        .commit(adding(
            numbers.iter().map(|n| memory(&name, *n, "x")).collect(),
        ))
        .unwrap();
    vault
        .commit(adding(vec![memory("z", 1, "x"), memory("名", 1, "x")]))
        .unwrap();
    let snapshot = vault.snapshot().unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = snapshot.memories(&cube_id(&name), after, 17).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.into_iter().map(|m| m.id));
    }
    assert_eq!(seen, (0..300).map(id).collect::<Vec<_>>());
    let first = snapshot.cubes(None, 1).unwrap();
    assert_eq!(first[0].id, cube_id("z"));
    let rest = snapshot.cubes(Some(&first[0].id), 9).unwrap();
    assert_eq!(rest.len(), 2);
    assert!(rest[0].id < rest[1].id);
    assert!(
        snapshot
            .memories(&cube_id("z"), None, 0)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn no_record_is_large_enough_for_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    // The longest name in bytes, and texts around the length of a piece.
    let name = "𠮷".repeat(128);
    for start in [0, 1000] {
        let memories =
            (0..120).map(|n| memory(&name, start + n, &"x".repeat(3_700 + 3 * n as usize)));
        vault.commit(adding(memories.collect())).unwrap();
    }
    vault
        .commit(adding(
            (0..4)
                .map(|n| memory("a", n, &"y".repeat(400_000)))
                .collect(),
        ))
        .unwrap();
    for n in 0..120 {
        vault
            .commit(writing(vec![
                deleting(&name, n),
                touch(&name, 1000 + n, 1, 1),
            ]))
            .unwrap();
    }
    drop(vault);
    let blobs = folder.path().join("sled/blobs");
    assert_eq!(std::fs::read_dir(&blobs).unwrap().count(), 0);
    drop(open(folder.path()));
    assert_eq!(std::fs::read_dir(&blobs).unwrap().count(), 0);
}

#[test]
fn one_vault_per_folder() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let refused = SledVault::open(folder.path(), options()).unwrap_err();
    assert_eq!(refused.code(), Code::FolderLocked);
    vault.announce_address("127.0.0.1:7771").unwrap();
    let held = holder(folder.path()).unwrap();
    assert_eq!(
        (held.pid, held.address.as_deref()),
        (std::process::id(), Some("127.0.0.1:7771"))
    );
    // A view that is still read from keeps the folder.
    let view = vault.snapshot().unwrap();
    drop(vault);
    assert_eq!(
        SledVault::open(folder.path(), options())
            .unwrap_err()
            .code(),
        Code::FolderLocked
    );
    drop(view);
    assert_eq!(holder(folder.path()), None);
    drop(open(folder.path()));
}

#[test]
fn concurrent_commits_get_their_own_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let seqs = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8_u64)
            .map(|thread| {
                let vault = &vault;
                scope.spawn(move || {
                    (0..40)
                        .map(|n| {
                            let commit = adding(vec![memory("a", thread * 1000 + n, "x")]);
                            let Committed::Done(seq) = vault.commit(commit).unwrap() else {
                                unreachable!("it asked for nothing");
                            };
                            assert!(vault.head() >= seq);
                            seq.0
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let mut all: Vec<_> = threads
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect();
        all.sort_unstable();
        all
    });
    assert_eq!(seqs, (1..=320).collect::<Vec<_>>());
    let events = vault.events(EventSeq(0), usize::MAX).unwrap();
    assert!(events.iter().zip(1..).all(|(e, n)| e.seq == EventSeq(n)));
    assert_eq!(events.len(), 320);
}

#[test]
fn subscribers_names_have_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let error = vault.advance(&"x".repeat(257), EventSeq(0)).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
    vault.advance(&"x".repeat(256), EventSeq(0)).unwrap();
}
