//! The Time Machine against naive models, and case by case.

mod branch_cases;
mod branches;
mod cases;
mod cost;
mod merges;
mod model;
mod past;

use std::sync::Arc;

use memos_core::{
    Access, ChangeSeq, Commit, Committed, CubeId, EventKind, Header, Info, ManualClock, MemCube,
    Memory, MemoryId, Moment, NewEvent, Payload, Plaintext, Result, Snapshot, State, Timestamp,
    Turn, UserId, Vault, VolatileVault, Write,
};

use super::point::head;
use super::{Branching, Point, Rollback, dump, fork, next_version};

pub(super) fn cube_id(name: &str) -> CubeId {
    name.parse().unwrap()
}

pub(super) fn ada() -> UserId {
    "ada".parse().unwrap()
}

pub(super) fn start() -> Timestamp {
    Timestamp::from_secs(1_740_000_000)
}

/// An id that sorts by `n`.
pub(super) fn id(n: u8) -> MemoryId {
    MemoryId::from_bytes([n; 16])
}

pub(super) fn cube(name: &str) -> MemCube {
    MemCube {
        id: cube_id(name),
        name: name.to_owned(),
        description: None,
        owner: ada(),
        access: Access::default(),
        created_at: start(),
        updated_at: start(),
        info: Info::default(),
        base: None,
    }
}

pub(super) fn memory(cube: &CubeId, n: u8, text: &str) -> Memory {
    Memory {
        id: id(n),
        cube_id: cube.clone(),
        state: State::Generated,
        header: Header::new(ada(), Moment::new(start(), 60), start()),
        payload: Payload::Plaintext(Plaintext {
            text: text.to_owned(),
            caption: None,
            turn: Turn {
                session_id: "s".to_owned(),
                speaker: None,
                role: None,
            },
            times: Vec::new(),
        }),
    }
}

pub(super) fn text(memory: &Memory) -> &str {
    memory.payload.plaintext().map_or("", |p| &p.text)
}

pub(super) fn with_text(memory: &Memory, text: &str) -> Memory {
    let mut memory = memory.clone();
    if let Payload::Plaintext(plain) = &mut memory.payload {
        text.clone_into(&mut plain.text);
    }
    memory
}

/// A branching vault with one cube, `main`, and the means to change it.
pub(super) struct World {
    pub(super) stored: Arc<VolatileVault>,
    pub(super) vault: Branching,
    pub(super) clock: Arc<ManualClock>,
    pub(super) main: CubeId,
}

impl World {
    pub(super) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(start()));
        let stored = Arc::new(VolatileVault::new(Arc::clone(&clock) as _));
        let world = Self {
            vault: Branching::new(Arc::clone(&stored) as _),
            stored,
            clock,
            main: cube_id("main"),
        };
        world.write([Write::CreateCube(cube("main"))]);
        world
    }

    pub(super) fn view(&self) -> Box<dyn Snapshot> {
        self.vault.snapshot().unwrap()
    }

    pub(super) fn try_write(&self, writes: impl Into<Vec<Write>>) -> Result<Committed> {
        self.vault.commit(Commit {
            writes: writes.into(),
            ..Commit::default()
        })
    }

    #[track_caller]
    pub(super) fn write(&self, writes: impl Into<Vec<Write>>) {
        self.try_write(writes).unwrap();
    }

    #[track_caller]
    pub(super) fn add(&self, cube: &CubeId, n: u8, text: &str) {
        self.write([Write::AddMemory(memory(cube, n, text))]);
    }

    #[track_caller]
    pub(super) fn get(&self, cube: &CubeId, n: u8) -> Option<Memory> {
        let memory = self.vault.memory(cube, id(n)).unwrap();
        assert_eq!(memory, self.view().memory(cube, id(n)).unwrap());
        memory
    }

    /// Changes a memory as all parts of the system do: under a number that it never had.
    #[track_caller]
    pub(super) fn change(&self, cube: &CubeId, n: u8, change: impl FnOnce(&mut Memory)) {
        let old = self.get(cube, n).unwrap();
        let mut memory = old.clone();
        change(&mut memory);
        memory.header.behavioural.version = next_version(&*self.view(), &old).unwrap();
        self.write([Write::UpdateMemory {
            memory,
            expected_version: old.header.behavioural.version,
        }]);
    }

    #[track_caller]
    pub(super) fn say(&self, cube: &CubeId, n: u8, text: &str) {
        self.change(cube, n, |m| *m = with_text(m, text));
    }

    #[track_caller]
    pub(super) fn withdraw(&self, cube: &CubeId, n: u8) {
        let old = self.get(cube, n).unwrap();
        self.write([Write::WithdrawMemory {
            cube_id: cube.clone(),
            id: id(n),
            expected_version: old.header.behavioural.version,
        }]);
    }

    #[track_caller]
    pub(super) fn forget(&self, cube: &CubeId, n: u8) {
        self.vault
            .commit(Commit {
                writes: vec![Write::DeleteMemory {
                    cube_id: cube.clone(),
                    id: id(n),
                }],
                events: vec![NewEvent {
                    cube_id: cube.clone(),
                    memory_id: Some(id(n)),
                    actor: ada(),
                    kind: EventKind::Forgotten,
                }],
                ..Commit::default()
            })
            .unwrap();
    }

    pub(super) fn touch(&self, cube: &CubeId, n: u8) {
        self.write([Write::Touch {
            cube_id: cube.clone(),
            id: id(n),
            uses: 1,
            at: start().plus_secs(60),
        }]);
    }

    pub(super) fn head(&self, cube: &CubeId) -> ChangeSeq {
        head(&*self.view(), cube).unwrap()
    }

    #[track_caller]
    pub(super) fn roll_back(&self, cube: &CubeId, to: &Point) -> Rollback {
        let plan = Rollback::cube(&*self.view(), cube, to).unwrap();
        self.vault.commit(plan.commit(&ada())).unwrap();
        plan
    }

    #[track_caller]
    pub(super) fn fork(&self, base: &CubeId, name: &str, at: ChangeSeq) -> CubeId {
        let (branch, at) = (cube_id(name), Point::Change(at));
        let commit = fork(&*self.view(), base, &at, &branch, name, &ada(), start()).unwrap();
        self.vault.commit(commit).unwrap();
        branch
    }

    pub(super) fn dump(&self, cube: &CubeId) -> Vec<String> {
        let view = self.view();
        dump(&*view, cube).unwrap().collect::<Result<_>>().unwrap()
    }

    pub(super) fn all(&self, cube: &CubeId) -> Vec<Memory> {
        self.view().memories(cube, None, usize::MAX).unwrap()
    }
}
