//! What a cube is about: entities, topics, and what a memory is tied to; and refinement on request.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use memos_core::{
    Action, Code, Commit, CubeId, Error, Memory, MemoryId, Origin, Result, Task, UserId,
};
use memos_scheduler::organise::{Graph, GraphLimits, Tie, layers};
use memos_scheduler::work::births;

use super::MemOs;
use super::cubes::for_each_memory;
use crate::reader::entity::{EntityKind, entities};
use crate::wire::{
    ConceptItem, EntityItem, EntityList, RelatedItem, RelatedList, TaskCounts, TaskItem, TaskPage,
    TopicItem, TopicList,
};

/// Names beside an entity.
const RELATED: usize = 8;

/// Mentions by which it is told what a name is a name of.
const VOTES: usize = 16;

impl MemOs {
    /// What a cube speaks of, the most named first, of what the caller may read. It reads the cube.
    ///
    /// # Errors
    /// `CubeNotFound`, `InvalidRequest` for a bad limit.
    pub fn entities(&self, who: &UserId, cube: &CubeId, limit: Option<u32>) -> Result<EntityList> {
        let limit = self.page_size(limit)?;
        let memories = self.readable(who, cube)?;
        let graph = graph_of(&memories);
        let mut names: BTreeSet<String> = BTreeSet::new();
        for memory in &memories {
            names.extend(memory.header.descriptive.entities.iter().cloned());
        }
        // Spellings of one name are one entity.
        let mut nodes: BTreeMap<String, _> = BTreeMap::new();
        for node in names.iter().filter_map(|name| graph.entity(name)) {
            nodes.insert(node.name.clone(), node);
        }
        let mut nodes: Vec<_> = nodes.into_values().collect();
        nodes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        nodes.truncate(limit);
        let kinds = kinds(nodes.iter().map(|node| node.name.as_str()), &memories);
        let entities = nodes.into_iter().map(|node| EntityItem {
            kind: kinds
                .get(&node.name.to_lowercase())
                .map(|kind| kind.as_str().to_owned()),
            related: graph
                .related(&node.name, RELATED)
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
            name: node.name,
            count: node.count,
            first_seen: node.first_seen,
            last_seen: node.last_seen,
        });
        Ok(EntityList {
            entities: entities.collect(),
        })
    }

    /// The topics of a cube, of what the caller may read. It reads the cube.
    ///
    /// # Errors
    /// `CubeNotFound`, `InvalidRequest` for a bad limit.
    pub fn topics(&self, who: &UserId, cube: &CubeId, limit: Option<u32>) -> Result<TopicList> {
        let limit = self.page_size(limit)?;
        let tree = layers(&self.readable(who, cube)?);
        let topics = tree.topics.into_iter().take(limit).map(|topic| TopicItem {
            label: topic.label,
            sessions: topic.sessions,
            concepts: topic
                .concepts
                .into_iter()
                .map(|concept| ConceptItem {
                    name: concept.name,
                    memories: concept.memories,
                })
                .collect(),
        });
        Ok(TopicList {
            topics: topics.collect(),
        })
    }

    /// The memories that one is tied to, the strongest tie first. It reads the cube.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`, `InvalidRequest` for a bad limit.
    pub fn related(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        limit: Option<u32>,
    ) -> Result<RelatedList> {
        let limit = self.page_size(limit)?;
        self.memory(who, cube, id)?;
        let memories = self.readable(who, cube)?;
        let graph = graph_of(&memories);
        let mut by_id: BTreeMap<MemoryId, Memory> =
            memories.into_iter().map(|m| (m.id, m)).collect();
        let near = graph.neighbours(id, limit, |_| true);
        let related = near.into_iter().filter_map(|neighbour| {
            let memory = by_id.remove(&neighbour.id)?;
            // The tie that says most: what it was made from or replaced before what it stands beside.
            let tie = neighbour.ties.into_iter().max_by_key(strength)?;
            let (kind, by) = match tie {
                Tie::Entity(name) => ("same_entity", Some(name)),
                Tie::Session => ("same_session", None),
                Tie::Derived => ("derived", None),
                Tie::Replaced => ("replaced", None),
                Tie::Linked => ("linked", None),
            };
            Some(RelatedItem {
                kind: kind.to_owned(),
                by,
                memory: memory.into(),
            })
        });
        Ok(RelatedList {
            related: related.collect(),
        })
    }

    /// Queues the evidence of a cube from which no model has derived anything yet.
    ///
    /// # Errors
    /// `CubeNotFound`, `Forbidden`; `InvalidRequest` without a language model.
    pub fn refine(&self, who: &UserId, cube: &CubeId) -> Result<TaskPage> {
        self.visible_cube(who, Action::Write, cube)?;
        if self.model.is_none() {
            return Err(
                Error::new(Code::InvalidRequest, "no language model is configured")
                    .at("llm.base_url")
                    .remedy("set MEMOS_LLM_BASE_URL and MEMOS_LLM_MODEL, and restart"),
            );
        }
        let memories = self.readable(who, cube)?;
        let read: HashSet<MemoryId> = memories
            .iter()
            .filter(|m| by_model(m))
            .flat_map(|m| m.header.behavioural.derived_from.iter().copied())
            .collect();
        let unread: Vec<Memory> = memories
            .into_iter()
            .filter(|m| m.state.is_hot() && !read.contains(&m.id))
            .collect();
        let now = self.clock.now();
        let tasks: Vec<Task> = births::by_session(&unread)
            .into_iter()
            .map(|(session, ids)| births::refine(cube, who, &session, ids, now))
            .collect();
        self.vault.commit(Commit {
            writes: tasks.iter().cloned().map(births::adding).collect(),
            ..Commit::default()
        })?;
        Ok(TaskPage {
            counts: TaskCounts {
                waiting: tasks.len() as u64,
                ..TaskCounts::default()
            },
            tasks: tasks.into_iter().map(TaskItem::from).collect(),
            next_cursor: None,
        })
    }

    /// Every memory of a cube that the caller may read.
    fn readable(&self, who: &UserId, cube: &CubeId) -> Result<Vec<Memory>> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let scope = self.guard.scope(who, &header)?;
        let mut memories = Vec::new();
        for_each_memory(&*self.vault.snapshot()?, cube, |memory| {
            if scope.admits(&memory.header.governance) {
                memories.push(memory);
            }
            Ok(())
        })?;
        Ok(memories)
    }
}

/// What some names are names of, by the names in lower case: what most memories say, each read by the
/// words around the name.
fn kinds<'a>(
    names: impl Iterator<Item = &'a str>,
    memories: &[Memory],
) -> BTreeMap<String, EntityKind> {
    let mut votes: BTreeMap<String, BTreeMap<EntityKind, usize>> = names
        .map(|name| (name.to_lowercase(), BTreeMap::new()))
        .collect();
    for memory in memories {
        let named = &memory.header.descriptive.entities;
        let is_open = |name: &String| {
            let of_name = votes.get(&name.to_lowercase());
            of_name.is_some_and(|kinds| kinds.values().sum::<usize>() < VOTES)
        };
        let Some(plain) = memory
            .payload
            .plaintext()
            .filter(|_| named.iter().any(is_open))
        else {
            continue;
        };
        for mention in entities(&plain.text, plain.turn.speaker.as_deref()) {
            // Dates are no names of the header: "May" there is somebody.
            if mention.kind != EntityKind::Date
                && let Some(kinds) = votes.get_mut(&mention.name.to_lowercase())
            {
                *kinds.entry(mention.kind).or_default() += 1;
            }
        }
    }
    let most = |kinds: BTreeMap<EntityKind, usize>| {
        let most = kinds.into_iter().rev().max_by_key(|(_, count)| *count);
        most.map(|(kind, _)| kind)
    };
    votes
        .into_iter()
        .filter_map(|(name, kinds)| Some((name, most(kinds)?)))
        .collect()
}

fn graph_of(memories: &[Memory]) -> Graph {
    let mut graph = Graph::new(GraphLimits::default());
    memories.iter().for_each(|memory| graph.put(memory));
    graph
}

const fn strength(tie: &Tie) -> u8 {
    match tie {
        Tie::Session => 0,
        Tie::Entity(_) => 1,
        Tie::Linked => 2,
        Tie::Derived => 3,
        Tie::Replaced => 4,
    }
}

/// Whether a model derived it.
fn by_model(memory: &Memory) -> bool {
    let described = &memory.header.descriptive;
    let rule = described.info.0.get("rule").and_then(|rule| rule.as_str());
    described.origin == Origin::Inference && rule.is_some_and(|rule| rule.starts_with("llm:"))
}
