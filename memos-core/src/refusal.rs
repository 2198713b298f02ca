//! What a vault refuses, in the same words whichever vault it is.

use crate::{Code, CubeId, Error, Memory, MemoryId, NamedSnapshot, Result, State, Task, TaskId};

impl Error {
    /// A cube of that id is there already.
    pub fn cube_exists(id: &CubeId) -> Self {
        Self::new(
            Code::CubeExists,
            format!("there is a cube {:?} already", id.as_str()),
        )
        .remedy("choose another id, or add to the cube that is there")
    }

    /// The cube holds a memory of that id already.
    pub fn memory_exists(cube: &CubeId, id: MemoryId) -> Self {
        Self::new(
            Code::Conflict,
            format!("cube {:?} holds a memory {id} already", cube.as_str()),
        )
        .remedy("add it under a fresh id, or update the one that is there")
    }

    /// The cube has a snapshot of that name already.
    pub fn snapshot_exists(cube: &CubeId, name: &str) -> Self {
        Self::new(
            Code::Conflict,
            format!(
                "cube {:?} has a snapshot named {name:?} already",
                cube.as_str()
            ),
        )
        .remedy("choose another name, or drop the one that is there")
    }

    /// The cube has no snapshot of that name.
    pub fn snapshot_not_found(cube: &CubeId, name: &str) -> Self {
        Self::new(
            Code::SnapshotNotFound,
            format!("cube {:?} has no snapshot named {name:?}", cube.as_str()),
        )
        .remedy("list the snapshots of the cube")
    }

    fn changed_meanwhile(what: &str, found: u32, expected: u32) -> Self {
        Self::new(
            Code::Conflict,
            format!("{what} {found}, not {expected}: someone else changed it"),
        )
        .remedy("read it again, and make the change on what it is now")
    }
}

impl Memory {
    /// Whether it is the version that somebody means to change.
    ///
    /// # Errors
    /// `Conflict` if it is another.
    pub fn expect_version(&self, expected: u32) -> Result<()> {
        match self.header.behavioural.version {
            found if found == expected => Ok(()),
            found => Err(Error::changed_meanwhile(
                &format!("memory {} has version", self.id),
                found,
                expected,
            )),
        }
    }

    /// Whether an answer that named the memory as it was before still holds: it says the same, and
    /// was not put away since. A request that made it is repeated only as long as that is so.
    pub fn still_says(&self, before: &Self) -> bool {
        let words = |memory: &Self| memory.payload.plaintext().map(|plain| plain.text.clone());
        let is_away = matches!(self.state, State::Archived | State::Expired);
        (!is_away || self.state == before.state) && words(self) == words(before)
    }
}

impl Task {
    /// Whether it is the revision that somebody means to change.
    ///
    /// # Errors
    /// `TaskNotFound` if there is none, `Conflict` if it is another.
    pub fn expect_revision(stored: Option<&Self>, id: TaskId, expected: u32) -> Result<()> {
        match stored {
            None => Err(Error::task_not_found(id)),
            Some(task) if task.revision == expected => Ok(()),
            Some(task) => Err(Error::changed_meanwhile(
                &format!("task {id} has revision"),
                task.revision,
                expected,
            )),
        }
    }
}

impl NamedSnapshot {
    /// Longest name, in bytes: it is part of a key of the store.
    pub const MAX_NAME: usize = 256;

    /// Whether the name is one that a vault takes.
    ///
    /// # Errors
    /// `InvalidRequest` if it is empty or too long.
    pub fn check_name(&self) -> Result<()> {
        match self.name.len() {
            1..=Self::MAX_NAME => Ok(()),
            len => Err(Error::new(
                Code::InvalidRequest,
                format!("a snapshot's name of {len} bytes is not taken"),
            )
            .remedy(format!("use 1 to {} bytes", Self::MAX_NAME))),
        }
    }
}
