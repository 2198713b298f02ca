//! The graph of one cube, put together from its parts.

use std::collections::{BTreeMap, HashMap, HashSet};

use memos_core::{Memory, MemoryId};

use crate::reader::Note;
use crate::wire::{Graph, GraphEntity, GraphRelation};

/// The parts by age. What says the same twice counts once: an import may repeat what was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Board {
    notes: BTreeMap<MemoryId, Note>,
}

/// What a part says. An entity says its name: of two types the older one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meaning<'a> {
    Entity(&'a str),
    Observation(&'a str, &'a str),
    Relation(&'a GraphRelation),
}

impl<'a> From<&'a Note> for Meaning<'a> {
    fn from(note: &'a Note) -> Self {
        match note {
            Note::Entity { name, .. } => Self::Entity(name),
            Note::Observation { entity, text } => Self::Observation(entity, text),
            Note::Relation(relation) => Self::Relation(relation),
        }
    }
}

impl Board {
    /// Takes in what a memory is now.
    pub(super) fn put(&mut self, memory: &Memory) {
        match Note::of(memory) {
            Some(note) => self.notes.insert(memory.id, note),
            None => self.notes.remove(&memory.id),
        };
    }

    pub(super) fn remove(&mut self, id: MemoryId) {
        self.notes.remove(&id);
    }

    /// Names of entities, the oldest first; a name may come twice.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.notes.values().filter_map(|note| match note {
            Note::Entity { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }

    /// Entities with what was observed of them.
    pub(super) fn observations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.notes.values().filter_map(|note| match note {
            Note::Observation { entity, text } => Some((entity.as_str(), text.as_str())),
            _ => None,
        })
    }

    pub(super) fn relations(&self) -> impl Iterator<Item = &GraphRelation> {
        self.notes.values().filter_map(|note| match note {
            Note::Relation(relation) => Some(relation),
            _ => None,
        })
    }

    /// The parts by what they say, each the oldest that says it.
    pub(super) fn by_meaning(&self) -> HashMap<Meaning<'_>, MemoryId> {
        let youngest_first = self.notes.iter().rev();
        youngest_first
            .map(|(id, note)| (Meaning::from(note), *id))
            .collect()
    }

    pub(super) fn ids_of(&self, wanted: impl Fn(&Note) -> bool) -> Vec<MemoryId> {
        let wanted = self.notes.iter().filter(|(_, note)| wanted(note));
        wanted.map(|(id, _)| *id).collect()
    }

    /// The whole graph.
    pub(super) fn graph(&self) -> Graph {
        let mut at: HashMap<&str, usize> = HashMap::new();
        let mut entities: Vec<GraphEntity> = Vec::new();
        for note in self.notes.values() {
            if let Note::Entity { name, kind } = note
                && !at.contains_key(name.as_str())
            {
                at.insert(name, entities.len());
                entities.push(GraphEntity {
                    name: name.clone(),
                    entity_type: kind.clone(),
                    observations: Vec::new(),
                });
            }
        }
        let mut seen = HashSet::new();
        for (entity, text) in self.observations() {
            if let Some(at) = at.get(entity)
                && seen.insert((entity, text))
            {
                entities[*at].observations.push(text.to_owned());
            }
        }
        let mut seen = HashSet::new();
        let relations = self.relations().filter(|one| seen.insert(*one)).cloned();
        Graph {
            relations: relations.collect(),
            entities,
        }
    }

    /// The graph of the entities that are wanted, with every relation that touches one of them.
    pub(super) fn part(&self, wanted: impl Fn(&GraphEntity) -> bool) -> Graph {
        let mut graph = self.graph();
        graph.entities.retain(|entity| wanted(entity));
        let names: HashSet<&str> = graph.entities.iter().map(|e| e.name.as_str()).collect();
        graph
            .relations
            .retain(|r| names.contains(r.from.as_str()) || names.contains(r.to.as_str()));
        graph
    }
}
