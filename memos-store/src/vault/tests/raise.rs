//! A folder of format 2, which had no keys to find memories by an id alone.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memos_core::{Code, Memory, Result, Vault};
use tempfile::TempDir;

use crate::vault::SledVault;
use crate::vault::disk::{Disk, LocalDisk};
use crate::vault::keys;
use crate::vault::testing::{
    adding, check_lookups, cube_id, id, lookup_keys, memory, next, open, options, updating,
    withdrawing, writing,
};

const MANY: u64 = 700;

fn from(mut memory: Memory, evidence: &[u64]) -> Memory {
    memory.header.behavioural.derived_from = evidence.iter().copied().map(id).collect();
    memory
}

/// Cubes with versions of one memory, and with more memories than one batch has room for.
fn filled() -> (TempDir, SledVault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let large = "x".repeat(9_000);
    let first = from(memory("a", 1, &large), &[7]);
    let commit = |commit| drop(vault.commit(commit).unwrap());
    commit(adding(vec![
        first.clone(),
        memory("b", 1, "x"),
        from(memory("b", 2, "y"), &[1, 9]),
    ]));
    commit(writing(vec![
        updating(from(next(&first, &large), &[8])),
        withdrawing("b", 2, 1),
    ]));
    let long = "n".repeat(120);
    commit(adding((0..MANY).map(|n| memory(&long, n, "z")).collect()));
    (folder, vault)
}

fn format(folder: &Path) -> String {
    fs::read_to_string(folder.join("FORMAT")).unwrap()
}

/// The same as format 2 left it.
fn version_2() -> TempDir {
    let (folder, vault) = filled();
    let keys = lookup_keys(&vault);
    assert!(keys.len() as u64 > MANY);
    for key in keys {
        vault.tree().remove(key).unwrap();
    }
    vault.tree().flush().unwrap();
    drop(vault);
    fs::write(folder.path().join("FORMAT"), "memos vault 2\n").unwrap();
    folder
}

#[test]
fn memories_are_found_after_the_raise() {
    let folder = version_2();
    let vault = open(folder.path());
    check_lookups(&vault);
    assert_eq!(vault.cubes_of(id(1)).unwrap().len(), 3);
    assert_eq!(vault.cubes_of(id(MANY - 1)).unwrap().len(), 1);
    assert_eq!(vault.made_from(&cube_id("a"), id(7)).unwrap(), [id(1)]);
    assert_eq!(vault.made_from(&cube_id("b"), id(9)).unwrap(), [id(2)]);
    drop(vault);
    assert_eq!(format(folder.path()), "memos vault 3\n");
    check_lookups(&open(folder.path()));
}

/// A raise that was cut off, and then the older program, which knew nothing of the keys.
#[test]
fn what_is_there_already_is_not_trusted() {
    let folder = version_2();
    let (_other, full) = filled();
    {
        let db = sled::open(folder.path().join("sled")).unwrap();
        for key in lookup_keys(&full).into_iter().step_by(2) {
            db.insert(key, b"").unwrap();
        }
        db.insert(keys::place(id(99_999), &cube_id("a")), b"")
            .unwrap();
        db.insert(keys::made_from(&cube_id("a"), id(3), id(4)), b"")
            .unwrap();
        db.flush().unwrap();
    }
    check_lookups(&open(folder.path()));
}

#[test]
fn a_broken_record_does_not_keep_the_others_out_of_reach() {
    let folder = version_2();
    {
        let db = sled::open(folder.path().join("sled")).unwrap();
        db.insert(keys::memory(&cube_id("b"), id(1)), b"\x02?")
            .unwrap();
        db.flush().unwrap();
    }
    let vault = open(folder.path());
    let read = vault.memory(&cube_id("b"), id(1));
    assert_eq!(read.unwrap_err().code(), Code::Corrupt);
    let found = vault.cubes_of(id(1)).unwrap();
    assert!(found.contains(&cube_id("b")) && found.len() == 3);
}

/// A disk whose syncs fail after some.
struct Failing {
    disk: LocalDisk,
    syncs: Arc<AtomicUsize>,
    free: u64,
}

impl Disk for Failing {
    fn sync(&self) -> io::Result<()> {
        let left = |n: usize| n.checked_sub(1);
        let some = (Ordering::SeqCst, Ordering::SeqCst);
        match self.syncs.fetch_update(some.0, some.1, left) {
            Ok(_) => self.disk.sync(),
            Err(_) => Err(io::Error::other("input/output error")),
        }
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(self.free)
    }
}

fn open_failing(folder: &Path, syncs: usize, free: u64) -> Result<SledVault> {
    SledVault::open_on(folder, options(), |sled| {
        Ok(Box::new(Failing {
            disk: LocalDisk::open(sled)?,
            syncs: Arc::new(AtomicUsize::new(syncs)),
            free,
        }) as Box<dyn Disk>)
    })
}

#[test]
fn a_raise_that_is_cut_off_starts_over() {
    let folder = version_2();
    let mut opened = None;
    for syncs in 0..99 {
        match open_failing(folder.path(), syncs, u64::MAX) {
            Ok(vault) => {
                check_lookups(&vault);
                opened = Some(syncs);
                break;
            }
            Err(error) => assert_eq!(error.code(), Code::Unavailable, "{error}"),
        }
        let is_raised = format(folder.path()) == "memos vault 3\n";
        assert!(
            !is_raised || syncs > 1,
            "it is raised before its keys are safe"
        );
    }
    let opened = opened.expect("it opens in the end");
    assert!(
        opened > 2,
        "there was one batch, which is not much of a test"
    );
    assert_eq!(format(folder.path()), "memos vault 3\n");
}

#[test]
fn without_room_nothing_is_raised() {
    let folder = version_2();
    let error = open_failing(folder.path(), 99, 1_000).unwrap_err();
    assert_eq!(error.code(), Code::DiskFull);
    assert_eq!(format(folder.path()), "memos vault 2\n");
    check_lookups(&open(folder.path()));
}
