//! A folder as version 1 left it.

use memos_core::{Cause, ChangeSeq, EventLog, EventSeq, State, Timestamp, Vault, Write};

use super::golden::{CUBE_1, EVENT_1, PLAIN_MEMORY_1, USAGE_1, bytes, full_cube};
use crate::vault::SledVault;
use crate::vault::keys;
use crate::vault::testing::{
    adding, cube, cube_id, id, memory, next, open, text, updating, withdrawing, writing,
};

/// Cube `a` with one memory of two uses, and one event of the last second.
fn version_1() -> (tempfile::TempDir, SledVault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault
        .commit(writing(vec![Write::CreateCube(cube("a"))]))
        .unwrap();
    let tree = vault.tree();
    let put = |key: Vec<u8>, hex: &str| tree.insert(key, bytes(hex)).unwrap();
    put(keys::cube(&full_cube().id), CUBE_1);
    put(keys::memory(&cube_id("a"), id(1)), PLAIN_MEMORY_1);
    put(keys::usage(&cube_id("a"), id(1)), USAGE_1);
    put(keys::event(EventSeq(1)), EVENT_1);
    assert!(
        tree.get(keys::counter()).unwrap().is_none(),
        "it did not count"
    );
    tree.flush().unwrap();
    drop(vault);
    std::fs::write(folder.path().join("FORMAT"), "memos vault 1\n").unwrap();
    let vault = open(folder.path());
    (folder, vault)
}

#[test]
fn it_is_read_and_goes_on_with_a_history() {
    let (_folder, vault) = version_1();
    assert_eq!(vault.cube(&full_cube().id).unwrap(), Some(full_cube()));
    let event = vault.events(EventSeq(0), 9).unwrap().pop().unwrap();
    assert_eq!((event.cause, event.detail), (Cause::Call, None));

    let mut old = memory("a", 1, "x");
    old.header.behavioural.use_count = 251;
    old.header.behavioural.last_used = Some(Timestamp::from_secs(1));
    let stored = || vault.memory(&cube_id("a"), id(1)).unwrap().unwrap();
    assert_eq!(stored(), old);
    let snapshot = vault.snapshot().unwrap();
    assert_eq!(
        snapshot.memories(&cube_id("a"), None, 9).unwrap(),
        [old.clone()]
    );
    assert_eq!(snapshot.history(&cube_id("a"), id(1)).unwrap(), []);
    assert_eq!(vault.cubes_of(id(1)).unwrap(), [cube_id("a")]);

    let touch = Write::Touch {
        cube_id: cube_id("a"),
        id: id(1),
        uses: 1,
        at: Timestamp::from_secs(2),
    };
    vault.commit(writing(vec![touch])).unwrap();
    assert_eq!(stored().state, State::Activated);
    assert_eq!(stored().header.behavioural.use_count, 252);
    let used = stored();
    vault
        .commit(writing(vec![updating(next(&used, "y"))]))
        .unwrap();
    vault.commit(writing(vec![withdrawing("a", 1, 2)])).unwrap();
    let history = vault
        .snapshot()
        .unwrap()
        .history(&cube_id("a"), id(1))
        .unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(
        (history[0].seq, history[0].before.as_deref()),
        (ChangeSeq(1), Some(&used))
    );
    assert_eq!(text(history[1].before.as_deref().unwrap()), "y");
    // Its last event was later than this program's clock says.
    assert_eq!(history[0].at, Timestamp::from_secs(1_700_000_000));
}

#[test]
fn what_has_no_history_can_be_forgotten() {
    let (_folder, vault) = version_1();
    let forget = || {
        let (cube_id, id) = (cube_id("a"), id(1));
        writing(vec![Write::DeleteMemory { cube_id, id }])
    };
    vault.commit(forget()).unwrap();
    assert_eq!(vault.memory(&cube_id("a"), id(1)).unwrap(), None);
    assert!(vault.cubes_of(id(1)).unwrap().is_empty());
    assert!(vault.commit(forget()).is_err());
    vault.commit(adding(vec![memory("a", 1, "new")])).unwrap();
}
