//! What the background knows of a cube to derive memories: which turns belong to which session and
//! day, what their speakers come back to, and which derived memories are there already.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use memos_core::{
    CubeId, Layer, Memory, MemoryId, Moment, Result, Snapshot, TimeMention, Timestamp,
};

use crate::organise::Interests;
use crate::recent_cubes::Knowledge;

/// Turns of a day beyond which it is none: what was read in without its times stands as of the day
/// of its import.
const MOST_OF_A_DAY: usize = 300;

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
    pub fn complete(&self, memory: &mut Memory, now: Timestamp, version: u32) {
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

/// The sessions, days and derived memories of a cube; some 200 bytes a memory.
#[derive(Default)]
pub(super) struct Known {
    sessions: HashMap<Box<str>, BTreeSet<MemoryId>>,
    days: HashMap<Date, BTreeSet<MemoryId>>,
    places: HashMap<MemoryId, Place>,
    interests: Interests,
    derived: BTreeSet<MemoryId>,
}

/// Where a turn belongs.
struct Place {
    session: Box<str>,
    day: Date,
}

/// A day of the speaker's wall clock.
type Date = (i16, i8, i8);

fn day_of(memory: &Memory) -> Date {
    let date = memory.header.descriptive.said_at.date();
    (date.year(), date.month(), date.day())
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
        let day = day_of(memory);
        let of_session = self.sessions.entry(session.clone()).or_default();
        of_session.insert(memory.id);
        self.days.entry(day).or_default().insert(memory.id);
        self.places.insert(memory.id, Place { session, day });
        self.interests.put(memory);
    }

    fn remove(&mut self, id: MemoryId) {
        self.derived.remove(&id);
        self.interests.remove(id);
        if let Some(Place { session, day }) = self.places.remove(&id) {
            drop_from(&mut self.sessions, &session, id);
            drop_from(&mut self.days, &day, id);
        }
    }
}

/// Removes an id from a set, and the set when it is empty.
fn drop_from<K: Hash + Eq>(sets: &mut HashMap<K, BTreeSet<MemoryId>>, key: &K, id: MemoryId) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(&id);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}

impl Known {
    /// The sessions of some memories, each once, in the order of the memories.
    pub(super) fn sessions_of(&self, ids: &[MemoryId]) -> Vec<Box<str>> {
        let mut found: Vec<Box<str>> = Vec::new();
        for place in ids.iter().filter_map(|id| self.places.get(id)) {
            if !found.contains(&place.session) {
                found.push(place.session.clone());
            }
        }
        found
    }

    /// The days of some sessions that hold others too, each with all of its turns that are still
    /// there.
    pub(super) fn days(
        &self,
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        sessions: &[Box<str>],
    ) -> Result<Vec<Vec<Memory>>> {
        let turns = sessions.iter().filter_map(|id| self.sessions.get(id));
        let places = turns.flatten().filter_map(|id| self.places.get(id));
        let days: BTreeSet<Date> = places.map(|place| place.day).collect();
        let days = days.iter().filter_map(|day| self.days.get(day));
        days.filter(|turns| turns.len() <= MOST_OF_A_DAY && self.has_several_sessions(turns))
            .map(|turns| read(snapshot, cube, turns))
            .collect()
    }

    fn has_several_sessions(&self, turns: &BTreeSet<MemoryId>) -> bool {
        let mut sessions = turns
            .iter()
            .filter_map(|id| Some(&self.places.get(id)?.session));
        let first = sessions.next();
        sessions.any(|other| Some(other) != first)
    }

    /// What the speakers of the cube come back to.
    pub(super) fn interests(&self) -> &Interests {
        &self.interests
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
