//! What the background knows of a cube to derive memories: which turns belong to which session, and
//! which derived memories are there already.

use std::collections::{BTreeSet, HashMap};

use memos_core::{
    CubeId, Layer, Memory, MemoryId, Moment, Result, Snapshot, TimeMention, Timestamp,
};

use crate::recent_cubes::Knowledge;

/// How text is read: what the layer above knows and this one does not.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Hash of a text, and of the caption beside it, that is equal for exact repeats.
    pub fingerprint: fn(&str, Option<&str>) -> u64,
    /// The times that a text names, resolved against when it was said.
    pub times: fn(&str, Moment) -> Vec<TimeMention>,
}

impl Reading {
    /// Completes a derived memory that is about to be written for the first time, or anew.
    pub(super) fn complete(&self, memory: &mut Memory, now: Timestamp, version: u32) {
        let header = &mut memory.header;
        header.descriptive.updated_at = now;
        header.behavioural.version = version;
        if version == 1 {
            header.descriptive.created_at = now;
        }
        if let memos_core::Payload::Plaintext(plain) = &mut memory.payload {
            header.behavioural.fingerprint =
                (self.fingerprint)(&plain.text, plain.caption.as_deref());
            plain.times = (self.times)(&plain.text, header.descriptive.said_at);
        }
    }
}

/// The sessions and derived memories of a cube; some 100 bytes a memory.
#[derive(Default)]
pub(super) struct Known {
    sessions: HashMap<Box<str>, BTreeSet<MemoryId>>,
    places: HashMap<MemoryId, Box<str>>,
    derived: BTreeSet<MemoryId>,
}

impl Knowledge for Known {
    fn put(&mut self, memory: &Memory) {
        self.remove(memory.id);
        if memory.layer() == Layer::Derived {
            self.derived.insert(memory.id);
            return;
        }
        let Some(plain) = memory.payload.plaintext() else {
            return;
        };
        let session: Box<str> = plain.turn.session_id.as_str().into();
        self.places.insert(memory.id, session.clone());
        self.sessions.entry(session).or_default().insert(memory.id);
    }

    fn remove(&mut self, id: MemoryId) {
        self.derived.remove(&id);
        if let Some(session) = self.places.remove(&id)
            && let Some(turns) = self.sessions.get_mut(&session)
        {
            turns.remove(&id);
            if turns.is_empty() {
                self.sessions.remove(&session);
            }
        }
    }
}

impl Known {
    /// The sessions of some memories, each once, in the order of the memories.
    pub(super) fn sessions_of(&self, ids: &[MemoryId]) -> Vec<Box<str>> {
        let mut found: Vec<Box<str>> = Vec::new();
        for session in ids.iter().filter_map(|id| self.places.get(id)) {
            if !found.contains(session) {
                found.push(session.clone());
            }
        }
        found
    }

    /// The turns of a session that are still there, in the order of age.
    pub(super) fn turns(
        &self,
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        session: &str,
    ) -> Result<Vec<Memory>> {
        read(
            snapshot,
            cube,
            self.sessions.get(session).into_iter().flatten(),
        )
    }

    /// The derived memories that are there.
    pub(super) fn derived(&self, snapshot: &dyn Snapshot, cube: &CubeId) -> Result<Vec<Memory>> {
        read(snapshot, cube, &self.derived)
    }
}

fn read<'a>(
    snapshot: &dyn Snapshot,
    cube: &CubeId,
    ids: impl IntoIterator<Item = &'a MemoryId>,
) -> Result<Vec<Memory>> {
    let mut memories = Vec::new();
    for id in ids {
        // What was forgotten leaves no change to learn of it by.
        memories.extend(snapshot.memory(cube, *id)?);
    }
    Ok(memories)
}
