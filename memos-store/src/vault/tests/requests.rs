//! Repeated requests: across reopens, and when what they made is gone.

use std::sync::Arc;
use std::time::Duration;

use memos_core::{Commit, Committed, EventSeq, ManualClock, Request, Timestamp, Vault, Write};

use crate::vault::SledVault;
use crate::vault::testing::{adding, cube_id, id, memory, open, options, writing};

fn deleting(name: &str, number: u64) -> Write {
    Write::DeleteMemory {
        cube_id: cube_id(name),
        id: id(number),
    }
}

fn request(digest: u8, ids: &[u64]) -> Request {
    Request {
        digest: [digest; 32],
        cube_id: cube_id("a"),
        ids: ids.iter().map(|n| id(*n)).collect(),
        window: Duration::from_secs(60),
    }
}

fn asking(digest: u8, number: u64) -> Commit {
    Commit {
        request: Some(request(digest, &[number])),
        ..adding(vec![memory("a", number, "x")])
    }
}

#[test]
fn a_repeated_request_is_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(0)));
    let mut with_clock = options();
    with_clock.clock = clock.clone();
    let vault = SledVault::open(folder.path(), with_clock.clone()).unwrap();
    let repeated = |number: u64| Committed::Repeated(vec![id(number)]);
    vault.commit(asking(1, 1)).unwrap();
    assert_eq!(vault.commit(asking(1, 2)).unwrap(), repeated(1));
    assert_eq!(vault.memory(&cube_id("a"), id(2)).unwrap(), None);
    assert_eq!(
        vault.commit(asking(2, 3)).unwrap(),
        Committed::Done(EventSeq(2))
    );
    drop(vault);

    clock.set(Timestamp::from_secs(59));
    let vault = SledVault::open(folder.path(), with_clock).unwrap();
    assert_eq!(vault.commit(asking(1, 4)).unwrap(), repeated(1));
    clock.set(Timestamp::from_secs(60));
    assert_eq!(
        vault.commit(asking(1, 4)).unwrap(),
        Committed::Done(EventSeq(3))
    );
    assert_eq!(vault.commit(asking(1, 5)).unwrap(), repeated(4));
}

#[test]
fn a_repeat_never_names_what_was_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.commit(asking(1, 1)).unwrap();
    vault.commit(asking(2, 2)).unwrap();
    vault.commit(writing(vec![deleting("a", 1)])).unwrap();
    assert_eq!(
        vault.commit(asking(2, 3)).unwrap(),
        Committed::Repeated(vec![id(2)])
    );
    assert!(matches!(
        vault.commit(asking(1, 4)).unwrap(),
        Committed::Done(_)
    ));
    vault
        .commit(writing(vec![Write::DeleteCube(cube_id("a"))]))
        .unwrap();
    drop(vault);
    let vault = open(folder.path());
    for (digest, number) in [(1, 5), (2, 6)] {
        assert!(matches!(
            vault.commit(asking(digest, number)).unwrap(),
            Committed::Done(_)
        ));
    }
}
