//! What fusion knows of one cube: near-duplicate signatures, and which memories speak of what.

use std::collections::{BTreeSet, HashMap};

use memos_core::{Memory, MemoryId};

use super::signatures::Signatures;
use super::statement::{Claim, Statement};
use crate::recent_cubes::Knowledge;

/// Most memories that one key gives, newest first.
const CROWD: usize = 64;

/// Most words of one text that it is found by.
const MOST_TERMS: usize = 256;

/// By what a memory is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    /// It says something about an attribute of a subject.
    Slot(Box<str>),
    /// It holds a word.
    Term(Box<str>),
    /// It tells of a change of something that this word names.
    Shift(Box<str>),
}

/// Which memories of a cube may have to do with a statement; some 2 kB for each memory.
#[derive(Debug, Default)]
pub(super) struct CubeState {
    signatures: Signatures,
    postings: HashMap<Key, BTreeSet<MemoryId>>,
    keys: HashMap<MemoryId, Vec<Key>>,
}

impl Knowledge for CubeState {
    fn put(&mut self, memory: &Memory) {
        self.remove(memory.id);
        let current = memory.state.is_hot() && memory.header.behavioural.superseded_by.is_none();
        let Some(statement) = Statement::of(memory).filter(|_| current) else {
            return;
        };
        self.signatures.add(memory.id, &statement.gist);
        let keys = keys(&statement);
        for key in &keys {
            self.postings
                .entry(key.clone())
                .or_default()
                .insert(memory.id);
        }
        self.keys.insert(memory.id, keys);
    }

    fn remove(&mut self, id: MemoryId) {
        self.signatures.remove(id);
        for key in self.keys.remove(&id).unwrap_or_default() {
            if let Some(ids) = self.postings.get_mut(&key) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.postings.remove(&key);
                }
            }
        }
    }
}

impl CubeState {
    /// The memories that a statement may have to do with.
    pub(super) fn candidates(&self, id: MemoryId, statement: &Statement) -> BTreeSet<MemoryId> {
        let near = self.signatures.candidates(&statement.gist, CROWD);
        let mut found: BTreeSet<MemoryId> = near.into_iter().map(|(id, _)| id).collect();
        for key in keys(statement) {
            let key = match key {
                Key::Slot(_) => key,
                Key::Term(word) => Key::Shift(word),
                Key::Shift(_) => continue,
            };
            if let Some(ids) = self.postings.get(&key) {
                found.extend(ids.iter().rev().take(CROWD));
            }
        }
        for shift in &statement.shifts {
            found.extend(self.holding(shift.keys()));
        }
        found.remove(&id);
        found
    }

    /// Whether it knows nothing of any memory.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.postings.is_empty() && self.signatures.is_empty()
    }

    /// The newest memories that hold all of these words.
    fn holding(&self, words: Vec<Box<str>>) -> Vec<MemoryId> {
        let lists: Option<Vec<&BTreeSet<MemoryId>>> = words
            .into_iter()
            .map(|word| self.postings.get(&Key::Term(word)))
            .collect();
        let mut lists = lists.unwrap_or_default();
        lists.sort_by_key(|ids| ids.len());
        let Some((rarest, rest)) = lists.split_first() else {
            return Vec::new();
        };
        let in_all = |id: &&MemoryId| rest.iter().all(|ids| ids.contains(id));
        rarest
            .iter()
            .rev()
            .filter(in_all)
            .take(CROWD)
            .copied()
            .collect()
    }
}

/// The keys of a statement, each once. Who is no person is found by signature alone.
fn keys(statement: &Statement) -> Vec<Key> {
    if !statement.is_persons() {
        return Vec::new();
    }
    let slots = statement.claims.iter().map(|c| Key::Slot(slot(c)));
    let terms = statement.terms(MOST_TERMS).into_iter().map(Key::Term);
    let shifts = statement
        .shifts
        .iter()
        .flat_map(|s| s.keys())
        .map(Key::Shift);
    let all: BTreeSet<Key> = slots.chain(terms).chain(shifts).collect();
    all.into_iter().collect()
}

fn slot(claim: &Claim) -> Box<str> {
    format!("{} {:?} {:?}", claim.attribute, claim.subject, claim.topic).into()
}
