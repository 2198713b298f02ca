//! What the tests of this folder share: sample records, and a disk that fails.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use memos_core::{
    Access, Audience, ChangeSeq, Commit, CubeId, EventKind, Header, Info, ManualClock, MemCube,
    Memory, MemoryId, Moment, NewEvent, Payload, Plaintext, State, Task, TaskId, Timestamp, Turn,
    UserId, Vault, Write,
};

use super::disk::{Disk, LocalDisk};
use super::keys;
use super::options::Options;
use super::sled_vault::SledVault;

/// A small cache, and no reserve: tests run on disks of any size.
pub(super) fn options() -> Options {
    let mut options = Options::new(Arc::new(ManualClock::new(Timestamp::from_secs(0))));
    options.cache_capacity = 8 << 20;
    options.reserve_bytes = 0;
    options
}

pub(super) fn open(path: &Path) -> SledVault {
    SledVault::open(path, options()).unwrap()
}

/// A disk whose sync fails, or whose free space is small, on request.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) sync_fails: AtomicBool,
    pub(super) free: AtomicU64,
}

pub(super) struct FaultyDisk {
    inner: LocalDisk,
    faults: Arc<Faults>,
}

impl Disk for FaultyDisk {
    fn sync(&self) -> io::Result<()> {
        if self.faults.sync_fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("input/output error"));
        }
        self.inner.sync()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(self.faults.free.load(Ordering::SeqCst))
    }
}

pub(super) fn open_faulty(path: &Path, options: Options) -> (SledVault, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    faults.free.store(u64::MAX, Ordering::SeqCst);
    let shared = Arc::clone(&faults);
    let vault = SledVault::open_on(path, options, |sled| {
        let inner = LocalDisk::open(sled)?;
        Ok(Box::new(FaultyDisk {
            inner,
            faults: shared,
        }) as Box<dyn Disk>)
    });
    (vault.unwrap(), faults)
}

/// The keys that find memories by an id alone are those that the records ask for, and no others.
pub(super) fn check_lookups(vault: &SledVault) {
    let snapshot = vault.snapshot().unwrap();
    let mut expected = BTreeSet::new();
    for cube in snapshot.cubes(None, usize::MAX).unwrap() {
        let memories = snapshot.memories(&cube.id, None, usize::MAX).unwrap();
        let changes = snapshot.changes(&cube.id, ChangeSeq(0), usize::MAX);
        let were = changes.unwrap().into_iter().filter_map(|c| c.before);
        expected.extend(memories.iter().map(|m| keys::place(m.id, &cube.id)));
        for memory in memories.into_iter().chain(were.map(|m| *m)) {
            for evidence in &memory.header.behavioural.derived_from {
                expected.insert(keys::made_from(&cube.id, *evidence, memory.id));
            }
        }
    }
    assert_eq!(lookup_keys(vault), expected);
}

/// The keys that find memories by an id alone.
pub(super) fn lookup_keys(vault: &SledVault) -> BTreeSet<Vec<u8>> {
    let spaces = [keys::PLACE, keys::MADE_FROM].into_iter();
    let found = spaces.flat_map(|space| vault.tree().scan_prefix([space]));
    found
        .map(|entry| {
            let (key, value) = entry.unwrap();
            assert!(value.is_empty());
            key.to_vec()
        })
        .collect()
}

pub(super) fn cube_id(name: &str) -> CubeId {
    CubeId::new(name).unwrap()
}

pub(super) fn user() -> UserId {
    UserId::new("ada").unwrap()
}

/// The memory id of a number: ids sort as numbers do.
pub(super) fn id(number: u64) -> MemoryId {
    MemoryId::from_bytes(u128::from(number).to_be_bytes())
}

pub(super) fn cube(name: &str) -> MemCube {
    MemCube {
        id: cube_id(name),
        name: name.to_owned(),
        description: None,
        owner: user(),
        access: Access::default(),
        created_at: Timestamp::from_secs(1),
        updated_at: Timestamp::from_secs(1),
        info: Info::default(),
        base: None,
    }
}

pub(super) fn memory(cube: &str, number: u64, text: &str) -> Memory {
    let at = Timestamp::from_secs(2);
    let mut header = Header::new(user(), Moment::new(at, 60), at);
    header.governance.access.readers = Audience::Everyone;
    Memory {
        id: id(number),
        cube_id: cube_id(cube),
        state: State::Generated,
        header,
        payload: Payload::Plaintext(Plaintext {
            text: text.to_owned(),
            caption: None,
            turn: Turn {
                session_id: "s".into(),
                speaker: None,
                role: None,
            },
            times: Vec::new(),
        }),
    }
}

/// A version that replaces it.
pub(super) fn next(memory: &Memory, text: &str) -> Memory {
    let mut next = memory.clone();
    next.header.behavioural.version += 1;
    if let Payload::Plaintext(plain) = &mut next.payload {
        plain.text = text.to_owned();
    }
    next
}

pub(super) fn updating(memory: Memory) -> Write {
    Write::UpdateMemory {
        expected_version: memory.header.behavioural.version - 1,
        memory,
    }
}

pub(super) fn withdrawing(cube: &str, number: u64, expected_version: u32) -> Write {
    Write::WithdrawMemory {
        cube_id: cube_id(cube),
        id: id(number),
        expected_version,
    }
}

pub(super) fn task(number: u64) -> Task {
    Task {
        id: TaskId::from_bytes(u128::from(number).to_be_bytes()),
        ..Task::new("fuse", user(), cube_id("a"), Timestamp::from_secs(3))
    }
}

pub(super) fn text(memory: &Memory) -> &str {
    &memory.payload.plaintext().unwrap().text
}

pub(super) fn added(memory: &Memory) -> NewEvent {
    NewEvent {
        cube_id: memory.cube_id.clone(),
        memory_id: Some(memory.id),
        actor: user(),
        kind: EventKind::Added,
    }
}

/// Adds memories with their events, making their cubes where needed.
pub(super) fn adding(memories: Vec<Memory>) -> Commit {
    let events = memories.iter().map(added).collect();
    let mut writes: Vec<_> = memories
        .iter()
        .map(|m| Write::EnsureCube(cube(m.cube_id.as_str())))
        .collect();
    writes.extend(memories.into_iter().map(Write::AddMemory));
    Commit {
        writes,
        events,
        ..Commit::default()
    }
}

pub(super) fn writing(writes: Vec<Write>) -> Commit {
    Commit {
        writes,
        ..Commit::default()
    }
}
