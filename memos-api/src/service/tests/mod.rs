//! The Memory API over a real folder, without a face.

mod forget;
mod locate;
mod page;
mod repeats;
mod rewords;

use std::time::Duration;

use memos_core::{
    Commit, CubeId, Memory, MemoryId, Origin, Payload, Result, SemanticType, UserId, Write,
};
use serde_json::json;

use super::{MemOs, Working};
use crate::wire::{AddRequest, BranchRequest, MoveRequest, RollbackRequest};

/// A folder of its own, in which no work is done but what is asked for.
pub(super) struct World {
    pub(super) memos: MemOs,
    folder: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            memos: open(&folder),
            folder,
        }
    }

    pub(super) fn reopened(self) -> Self {
        let Self { memos, folder } = self;
        drop(memos);
        Self {
            memos: open(&folder),
            folder,
        }
    }

    /// Adds a message for each text.
    pub(super) fn say(&self, to: &str, texts: &[&str]) -> Vec<MemoryId> {
        let message = |text: &&str| json!({"role": "user", "content": text});
        let messages = texts.iter().map(message).collect::<Vec<_>>();
        let request = AddRequest {
            messages: Some(messages.into()),
            ..AddRequest::default()
        };
        let added = self.memos.add(&ada(), &cube(to), &request).unwrap();
        added.memories.into_iter().map(|m| m.id).collect()
    }

    /// Adds a memory that is made from others, the first of which is there.
    pub(super) fn derive(&self, to: &str, text: &str, from: &[MemoryId]) -> MemoryId {
        let mut made = self.memory(to, from[0]).unwrap();
        made.id = MemoryId::generate();
        made.header.behavioural.derived_from = from.to_vec();
        made.header.descriptive.origin = Origin::Inference;
        made.header.descriptive.semantic_type = SemanticType::Summary;
        if let Payload::Plaintext(plain) = &mut made.payload {
            plain.text = text.to_owned();
        }
        let id = made.id;
        self.write(to, vec![Write::AddMemory(made)]);
        id
    }

    /// Writes a new version of a memory.
    pub(super) fn change(&self, to: &str, id: MemoryId, change: impl FnOnce(&mut Memory)) {
        let mut memory = self.memory(to, id).unwrap();
        let expected_version = memory.header.behavioural.version;
        memory.header.behavioural.version += 1;
        change(&mut memory);
        let write = Write::UpdateMemory {
            memory,
            expected_version,
        };
        self.write(to, vec![write]);
    }

    fn write(&self, to: &str, writes: Vec<Write>) {
        let commit = Commit {
            writes,
            ..Commit::default()
        };
        self.memos
            .residency
            .commit(&cube(to), || Ok(commit))
            .unwrap();
    }

    pub(super) fn memory(&self, of: &str, id: MemoryId) -> Option<Memory> {
        self.memos.vault.memory(&cube(of), id).unwrap()
    }

    /// Which of these are there.
    pub(super) fn left(&self, of: &str, ids: &[MemoryId]) -> Vec<MemoryId> {
        let there = |id: &MemoryId| self.memory(of, *id).is_some();
        ids.iter().copied().filter(there).collect()
    }

    pub(super) fn branch(&self, base: &str, id: &str) {
        let request = BranchRequest {
            id: id.to_owned(),
            name: None,
            at: None,
        };
        self.memos
            .open_branch(&ada(), &cube(base), request)
            .unwrap();
    }

    pub(super) fn roll_back(&self, of: &str, to: &str) {
        let request = RollbackRequest {
            to: to.to_owned(),
            dry_run: false,
        };
        self.memos.roll_back(&ada(), &cube(of), &request).unwrap();
    }

    pub(super) fn freeze(&self, of: &str, id: MemoryId) -> Result<()> {
        let request = MoveRequest {
            step: "freeze".to_owned(),
            reason: None,
        };
        let frozen = self.memos.change_state(&ada(), &cube(of), id, &request);
        frozen.map(drop)
    }
}

fn open(folder: &tempfile::TempDir) -> MemOs {
    let builder = MemOs::builder().data(folder.path()).reserve_bytes(0);
    let builder = builder.repeat_window(Duration::ZERO);
    builder.working(Working::Later).open().unwrap()
}

pub(super) fn ada() -> UserId {
    "ada".parse().unwrap()
}

pub(super) fn bob() -> UserId {
    "bob".parse().unwrap()
}

pub(super) fn cube(name: &str) -> CubeId {
    name.parse().unwrap()
}
