//! The graph of a cube: what memories name, and how they hang together.
//!
//! Nodes are entities (names of the headers) and memories; entities are joined where one turn or
//! one session names both, memories by shared entities, by standing side by side in a session, by
//! derivation and by taking each other's place. It is kept up to date memory by memory and holds
//! the latest [`GraphLimits::memories`].

mod walk;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use memos_core::{LinkKind, Memory, MemoryId, Timestamp};

pub use walk::{Neighbour, PathHit, Tie};

/// Sessions of an entity that are looked through for what else they name.
const MOST_SESSIONS: usize = 500;
/// Weight of being named together no more often than by chance.
const PLAIN: f32 = 0.1;

/// How large a [`Graph`] may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphLimits {
    /// Memories; of more, the earliest by id leave.
    pub memories: usize,
    /// Entities that are read of one memory.
    pub entities_per_memory: usize,
    /// A session that names more entities than this joins only those of one turn.
    pub entities_per_session: usize,
}

impl Default for GraphLimits {
    fn default() -> Self {
        Self {
            memories: 200_000,
            entities_per_memory: 32,
            entities_per_session: 128,
        }
    }
}

/// An entity of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityNode {
    /// Its name, as first written.
    pub name: String,
    /// Memories that name it.
    pub count: usize,
    /// When one of them was first said.
    pub first_seen: Timestamp,
    /// When one of them was last said.
    pub last_seen: Timestamp,
}

/// What is kept of a memory.
#[derive(Clone, Debug)]
struct Entry {
    entities: Vec<u32>,
    session: u32,
    said_at: Timestamp,
    derived_from: Vec<MemoryId>,
    /// What it took the place of, or what took its place.
    replaced: Vec<MemoryId>,
    linked: Vec<MemoryId>,
}

#[derive(Clone, Debug)]
struct Entity {
    name: String,
    memories: BTreeSet<(Timestamp, MemoryId)>,
    /// How many turns name it together with another.
    together: HashMap<u32, u32>,
    /// In how many turns of a session it stands.
    sessions: HashMap<u32, u32>,
}

#[derive(Clone, Debug, Default)]
struct Session {
    id: String,
    turns: BTreeSet<(Timestamp, MemoryId)>,
    entities: BTreeMap<u32, u32>,
}

/// The entity graph of a cube.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    limits: GraphLimits,
    memories: BTreeMap<MemoryId, Entry>,
    /// Numbers of entities by their name in lower case.
    numbers: HashMap<String, u32>,
    entities: HashMap<u32, Entity>,
    next_entity: u32,
    session_numbers: HashMap<String, u32>,
    sessions: HashMap<u32, Session>,
    next_session: u32,
    /// Memories that point at one, by derivation, replacement or link.
    back: HashMap<MemoryId, BTreeSet<MemoryId>>,
}

impl Graph {
    /// An empty graph of a size.
    pub fn new(limits: GraphLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// How many memories it holds.
    pub fn len(&self) -> usize {
        self.memories.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.memories.is_empty()
    }

    /// Adds a memory, or takes in what changed in it.
    pub fn put(&mut self, memory: &Memory) {
        self.remove(memory.id);
        let described = &memory.header.descriptive;
        let session = memory
            .payload
            .plaintext()
            .map_or("", |p| &p.turn.session_id);
        let session = self.session_number(session);
        let said_at = described.said_at.at();
        let mut entities: Vec<u32> = described
            .entities
            .iter()
            .filter(|name| !name.trim().is_empty())
            .take(self.limits.entities_per_memory)
            .map(|name| self.entity_number(name))
            .collect();
        entities.sort_unstable();
        entities.dedup();
        let behavioural = &memory.header.behavioural;
        let links = |wanted: fn(LinkKind) -> bool| {
            let links = behavioural.links.iter().filter(move |l| wanted(l.kind));
            links.map(|l| l.to)
        };
        let entry = Entry {
            session,
            said_at,
            derived_from: behavioural.derived_from.clone(),
            replaced: behavioural
                .superseded_by
                .into_iter()
                .chain(links(|k| {
                    matches!(k, LinkKind::Supersedes | LinkKind::Corrects)
                }))
                .collect(),
            linked: links(|k| !matches!(k, LinkKind::Supersedes | LinkKind::Corrects)).collect(),
            entities,
        };
        for to in entry.points_at() {
            self.back.entry(to).or_default().insert(memory.id);
        }
        self.join(memory.id, &entry);
        self.memories.insert(memory.id, entry);
        while self.memories.len() > self.limits.memories {
            let Some(first) = self.memories.keys().next().copied() else {
                break;
            };
            self.remove(first);
        }
    }

    /// Takes a memory out; one that is not there is no error.
    pub fn remove(&mut self, id: MemoryId) {
        let Some(entry) = self.memories.remove(&id) else {
            return;
        };
        for to in entry.points_at() {
            if let Some(from) = self.back.get_mut(&to) {
                from.remove(&id);
                if from.is_empty() {
                    self.back.remove(&to);
                }
            }
        }
        self.part(id, &entry);
    }

    /// An entity by its name, whatever its case.
    pub fn entity(&self, name: &str) -> Option<EntityNode> {
        let entity = self.entities.get(self.numbers.get(&fold(name))?)?;
        Some(EntityNode {
            name: entity.name.clone(),
            count: entity.memories.len(),
            first_seen: entity.memories.first()?.0,
            last_seen: entity.memories.last()?.0,
        })
    }

    /// The entities that a text names, the longest names first; none inside a longer one.
    pub fn named_in(&self, text: &str) -> Vec<String> {
        walk::named_in(self, text)
    }

    /// The entities named together with one, strongest tie first: how much more often sessions name
    /// both than by chance (positive pointwise mutual information; Church and Hanks, 1990), times
    /// the logarithm of the number of turns that do.
    pub fn related(&self, name: &str, limit: usize) -> Vec<(String, f32)> {
        let Some(number) = self.numbers.get(&fold(name)) else {
            return Vec::new();
        };
        let mut related = self.ties(*number);
        related.truncate(limit);
        related
            .into_iter()
            .filter_map(|(other, weight)| Some((self.entities.get(&other)?.name.clone(), weight)))
            .collect()
    }

    /// Other entities by their tie with one, strongest first.
    fn ties(&self, number: u32) -> Vec<(u32, f32)> {
        let Some(entity) = self.entities.get(&number) else {
            return Vec::new();
        };
        let mut sessions: BTreeMap<u32, u32> = BTreeMap::new();
        let named = entity.sessions.keys().filter_map(|n| self.sessions.get(n));
        let small = named.filter(|s| s.entities.len() <= self.limits.entities_per_session);
        for session in small.take(MOST_SESSIONS) {
            for other in session.entities.keys().filter(|o| **o != number) {
                *sessions.entry(*other).or_default() += 1;
            }
        }
        for other in entity.together.keys() {
            sessions.entry(*other).or_insert(1);
        }
        let all = self.sessions.len().max(1) as f32;
        let mut ties: Vec<(u32, &str, f32)> = sessions
            .into_iter()
            .filter_map(|(other, both)| {
                let there = self.entities.get(&other)?;
                let chance = entity.sessions.len() as f32 * there.sessions.len() as f32;
                let pmi = (both as f32 * all / chance.max(1.0)).ln().max(0.0);
                let turns = entity.together.get(&other).copied().unwrap_or_default();
                let weight = (1.0 + (1 + turns) as f32).ln() * (PLAIN + pmi);
                Some((other, there.name.as_str(), weight))
            })
            .collect();
        ties.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.1.cmp(b.1)));
        ties.into_iter()
            .map(|(other, _, weight)| (other, weight))
            .collect()
    }

    /// How telling an entity is: `ln(1 + memories / its memories)`, 0 if nothing names it.
    fn idf(&self, number: u32) -> f32 {
        self.entities.get(&number).map_or(0.0, |e| {
            (1.0 + self.memories.len() as f32 / e.memories.len().max(1) as f32).ln()
        })
    }

    fn session_number(&mut self, id: &str) -> u32 {
        if let Some(number) = self.session_numbers.get(id) {
            return *number;
        }
        let number = self.next_session;
        self.next_session += 1;
        self.session_numbers.insert(id.to_owned(), number);
        let session = Session {
            id: id.to_owned(),
            ..Session::default()
        };
        self.sessions.insert(number, session);
        number
    }

    fn entity_number(&mut self, name: &str) -> u32 {
        let key = fold(name);
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.next_entity;
        self.next_entity += 1;
        self.numbers.insert(key, number);
        let entity = Entity {
            name: name.to_owned(),
            memories: BTreeSet::new(),
            together: HashMap::new(),
            sessions: HashMap::new(),
        };
        self.entities.insert(number, entity);
        number
    }

    /// Counts a memory at its entities and session.
    fn join(&mut self, id: MemoryId, entry: &Entry) {
        for one in &entry.entities {
            if let Some(session) = self.sessions.get_mut(&entry.session) {
                *session.entities.entry(*one).or_default() += 1;
            }
            if let Some(entity) = self.entities.get_mut(one) {
                entity.memories.insert((entry.said_at, id));
                *entity.sessions.entry(entry.session).or_default() += 1;
            }
        }
        for (one, other) in pairs(&entry.entities) {
            self.tie(one, other, 1);
        }
        if let Some(session) = self.sessions.get_mut(&entry.session) {
            session.turns.insert((entry.said_at, id));
        }
    }

    /// Undoes [`join`](Self::join).
    fn part(&mut self, id: MemoryId, entry: &Entry) {
        for (one, other) in pairs(&entry.entities) {
            self.tie(one, other, -1);
        }
        for one in &entry.entities {
            if let Some(session) = self.sessions.get_mut(&entry.session)
                && let Some(count) = session.entities.get_mut(one)
            {
                *count -= 1;
                if *count == 0 {
                    session.entities.remove(one);
                }
            }
            let Some(entity) = self.entities.get_mut(one) else {
                continue;
            };
            entity.memories.remove(&(entry.said_at, id));
            if let Some(count) = entity.sessions.get_mut(&entry.session) {
                *count -= 1;
                if *count == 0 {
                    entity.sessions.remove(&entry.session);
                }
            }
            if entity.memories.is_empty() {
                let key = fold(&entity.name);
                self.numbers.remove(&key);
                self.entities.remove(one);
            }
        }
        if let Some(session) = self.sessions.get_mut(&entry.session) {
            session.turns.remove(&(entry.said_at, id));
            if session.turns.is_empty() {
                self.session_numbers.remove(&session.id);
                self.sessions.remove(&entry.session);
            }
        }
    }

    fn tie(&mut self, one: u32, other: u32, change: i32) {
        for (from, to) in [(one, other), (other, one)] {
            if let Some(entity) = self.entities.get_mut(&from) {
                let turns = entity.together.entry(to).or_default();
                *turns = turns.saturating_add_signed(change);
                if *turns == 0 {
                    entity.together.remove(&to);
                }
            }
        }
    }
}

impl Entry {
    fn points_at(&self) -> impl Iterator<Item = MemoryId> {
        let all = self
            .derived_from
            .iter()
            .chain(&self.replaced)
            .chain(&self.linked);
        all.copied()
    }
}

fn pairs(of: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    of.iter()
        .enumerate()
        .flat_map(move |(i, one)| of[i + 1..].iter().map(|other| (*one, *other)))
}

/// A name as the key that it is found by.
fn fold(name: &str) -> String {
    name.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

#[cfg(test)]
mod tests;
