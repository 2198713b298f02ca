//! Disks that fail and disks that are full.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use memos_core::{ChangeSeq, Code, CubeId, EventLog, EventSeq, Vault, Write};

use crate::vault::SledVault;
use crate::vault::testing::{
    adding, cube_id, id, memory, next, open, open_faulty, options, task, text, updating,
};

/// Each record has a history that says the same, and the other way round; how many records.
fn agreeing(vault: &SledVault, cube: &CubeId) -> u64 {
    let snapshot = vault.snapshot().unwrap();
    let memories = snapshot.memories(cube, None, usize::MAX).unwrap();
    let mut told = std::collections::BTreeMap::new();
    for change in snapshot.changes(cube, ChangeSeq(0), usize::MAX).unwrap() {
        told.insert(change.memory_id, change.after.unwrap());
    }
    let live = memories
        .iter()
        .map(|m| (m.id, m.header.behavioural.version));
    assert!(live.eq(told));
    memories.len() as u64
}

#[test]
fn a_failed_sync_is_not_acknowledged_and_ends_all_writing() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, faults) = open_faulty(folder.path(), options());
    vault.commit(adding(vec![memory("a", 1, "safe")])).unwrap();

    faults.sync_fails.store(true, Ordering::SeqCst);
    let mut lost = adding(vec![memory("a", 2, "lost?")]);
    lost.writes.push(Write::AddTask(Box::new(task(1))));
    lost.writes
        .push(updating(next(&memory("a", 2, "lost?"), "lost?")));
    let error = vault.commit(lost).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(vault.head(), EventSeq(1));
    assert_eq!(vault.events(EventSeq(0), 9).unwrap().len(), 1);

    // The disk works again, but nobody knows what it dropped.
    faults.sync_fails.store(false, Ordering::SeqCst);
    for error in [
        vault.commit(adding(vec![memory("a", 3, "x")])).unwrap_err(),
        vault.advance("s", EventSeq(1)).unwrap_err(),
    ] {
        assert_eq!(error.code(), Code::Unavailable);
        assert!(error.message().contains("input/output error"), "{error}");
        assert!(
            error.remedy_text().is_some_and(|r| r.contains("restart")),
            "{error}"
        );
    }
    assert_eq!(
        text(&vault.memory(&cube_id("a"), id(1)).unwrap().unwrap()),
        "safe"
    );
    assert!(
        !vault
            .snapshot()
            .unwrap()
            .memories(&cube_id("a"), None, 9)
            .unwrap()
            .is_empty()
    );
    drop(vault);

    let vault = open(folder.path());
    assert_eq!(
        text(&vault.memory(&cube_id("a"), id(1)).unwrap().unwrap()),
        "safe"
    );
    let is_there = vault.memory(&cube_id("a"), id(2)).unwrap().is_some();
    assert_eq!(vault.task(task(1).id).unwrap().is_some(), is_there);
    let before = agreeing(&vault, &cube_id("a"));
    assert_eq!(before, 1 + u64::from(is_there));
    vault
        .commit(adding(vec![memory("a", 4, "goes on")]))
        .unwrap();
    assert_eq!(agreeing(&vault, &cube_id("a")), before + 1);
}

#[test]
fn many_writers_all_hear_of_a_failed_sync() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, faults) = open_faulty(folder.path(), options());
    faults.sync_fails.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let vault = &vault;
            scope.spawn(move || {
                assert!(vault.commit(adding(vec![memory("a", n, "x")])).is_err());
            });
        }
    });
    assert_eq!(vault.head(), EventSeq(0));
}

#[test]
fn the_reserve_stays_free() {
    let folder = tempfile::tempdir().unwrap();
    let mut with_reserve = options();
    with_reserve.reserve_bytes = 1 << 20;
    let (vault, faults) = open_faulty(folder.path(), with_reserve);
    vault.commit(adding(vec![memory("a", 1, "one")])).unwrap();

    faults.free.store(1 << 20, Ordering::SeqCst);
    let error = vault
        .commit(adding(vec![memory("a", 2, "two")]))
        .unwrap_err();
    assert_eq!(error.code(), Code::DiskFull);
    assert!(
        error
            .remedy_text()
            .is_some_and(|r| r.contains("free space")),
        "{error}"
    );
    assert_eq!(vault.memory(&cube_id("a"), id(2)).unwrap(), None);
    assert_eq!(vault.head(), EventSeq(1));

    // Small commits fit before large ones do, and nothing needs a restart.
    faults.free.store((1 << 20) + (64 << 10), Ordering::SeqCst);
    vault.commit(adding(vec![memory("a", 3, "three")])).unwrap();
    let large = adding(vec![memory("a", 4, &"x".repeat(32 << 10))]);
    assert_eq!(
        vault.commit(large.clone()).unwrap_err().code(),
        Code::DiskFull
    );
    faults.free.store(2 << 20, Ordering::SeqCst);
    vault.commit(large).unwrap();
}

/// A file system of a few MiB, where mounting one is allowed.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                println!("skipped: this user may not mount a tmpfs");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount")
            .arg("--lazy")
            .arg(self.0.path())
            .status();
        assert!(unmounted.is_ok_and(|s| s.success()));
    }
}

#[test]
fn a_disk_that_fills_up_refuses_in_time_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount(24) else {
        return;
    };
    let mut with_reserve = options();
    with_reserve.reserve_bytes = 4 << 20;
    let path = disk.0.path().join("data");
    let mut acknowledged = 0;
    {
        let vault = SledVault::open(&path, with_reserve.clone()).unwrap();
        let error = loop {
            let text = "x".repeat(3_000 + 13 * (acknowledged as usize % 100));
            match vault.commit(adding(vec![memory("a", acknowledged, &text)])) {
                Ok(_) => acknowledged += 1,
                Err(e) => break e,
            }
        };
        assert_eq!(error.code(), Code::DiskFull);
        assert!(error.message().contains("nothing was written"), "{error}");
        // Reads go on, and so do writes once there is room.
        assert!(vault.memory(&cube_id("a"), id(0)).unwrap().is_some());
        let fill = disk.0.path().join("other");
        std::fs::write(&fill, vec![0; 1 << 20]).unwrap();
        assert_eq!(
            vault
                .commit(adding(vec![memory("a", 1 << 40, "x")]))
                .unwrap_err()
                .code(),
            Code::DiskFull
        );
    }
    assert!(acknowledged > 500, "{acknowledged}");
    let vault = SledVault::open(&path, with_reserve).unwrap();
    assert_eq!(agreeing(&vault, &cube_id("a")), acknowledged);
    assert_eq!(vault.head(), EventSeq(acknowledged));
}

/// Without a reserve sled itself runs into the wall: no acknowledged write may go, and the error
/// must say what it is.
#[test]
fn a_full_disk_without_a_reserve_ends_writing_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount(8) else {
        return;
    };
    let path = disk.0.path().join("data");
    let acknowledged;
    {
        // The space that the disk reports is hidden from the vault.
        let (vault, _) = open_faulty(&path, options());
        let vault = Arc::new(vault);
        let mut count = 0;
        let error = loop {
            match vault.commit(adding(vec![memory("a", count, &"x".repeat(3_000))])) {
                Ok(_) => count += 1,
                Err(e) => break e,
            }
        };
        assert_eq!(error.code(), Code::DiskFull, "{error}");
        let again = vault
            .commit(adding(vec![memory("a", 1 << 40, "x")]))
            .unwrap_err();
        assert_eq!(again.code(), Code::DiskFull, "{again}");
        assert!(again.message().contains("takes no more writes"), "{again}");
        acknowledged = count;
    }
    // There is room again.
    let remounted = Command::new("mount")
        .args(["-o", "remount,size=32m"])
        .arg(disk.0.path())
        .status();
    assert!(remounted.is_ok_and(|s| s.success()));
    let vault = open(&path);
    let all = agreeing(&vault, &cube_id("a"));
    assert!((acknowledged..=acknowledged + 1).contains(&all));
    assert_eq!(vault.head(), EventSeq(all));
    vault
        .commit(adding(vec![memory("a", 1 << 40, "x")]))
        .unwrap();
}
