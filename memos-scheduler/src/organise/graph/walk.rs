//! Walks over the graph: from a memory to its neighbours, from a question's entities to memories.

use std::collections::{BTreeMap, HashMap, HashSet};

use memos_core::MemoryId;

use super::{Entry, Graph, fold};

/// How many memories of one entity a walk looks at, the latest.
const MOST_OF_ENTITY: usize = 200;
/// What the memories right before and after in the session weigh, and those one further.
const BESIDE: [f32; 2] = [0.6, 0.3];
/// What a memory that this one was made from, or that was made from it, weighs.
const DERIVED: f32 = 1.0;
/// What a memory that took this one's place, or whose place it took, weighs.
const REPLACED: f32 = 1.0;
/// What any other link weighs.
const LINKED: f32 = 0.8;
/// How much a step over a related entity takes off, and how many related entities are tried.
const STEP: f32 = 0.5;
const MOST_RELATED: usize = 8;
/// Longest name that is looked for in a question, in bytes.
const LONGEST_NAME: usize = 80;

/// Why a memory is another's neighbour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// Both name it.
    Entity(String),
    /// They stand side by side in a session.
    Session,
    /// One was made from the other.
    Derived,
    /// One took the other's place.
    Replaced,
    /// They are linked otherwise.
    Linked,
}

/// A memory near another.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Which one.
    pub id: MemoryId,
    /// How near: the sum over its ties.
    pub weight: f32,
    /// Why.
    pub ties: Vec<Tie>,
}

/// A memory that the entities of a question lead to.
#[derive(Clone, Debug, PartialEq)]
pub struct PathHit {
    /// Which one.
    pub id: MemoryId,
    /// How strongly: the sum over the question's entities.
    pub weight: f32,
    /// Names on the way: the question's own, or its own and the one in between.
    pub steps: Vec<Vec<String>>,
}

impl Graph {
    /// The memories nearest to one, among those that `admits` lets through: whoever asks may not
    /// see all of a cube.
    pub fn neighbours(
        &self,
        id: MemoryId,
        limit: usize,
        admits: impl Fn(MemoryId) -> bool,
    ) -> Vec<Neighbour> {
        let Some(entry) = self.memories.get(&id) else {
            return Vec::new();
        };
        let mut near: BTreeMap<MemoryId, (f32, Vec<Tie>)> = BTreeMap::new();
        let mut add = |other: MemoryId, weight: f32, tie: Tie| {
            if other != id && self.memories.contains_key(&other) && admits(other) {
                let (sum, ties) = near.entry(other).or_default();
                *sum += weight;
                ties.push(tie);
            }
        };
        // What everything names ties nothing: the weight of a name over that of the rarest.
        let rarest = (1.0 + self.memories.len() as f32)
            .ln()
            .max(f32::MIN_POSITIVE);
        for number in &entry.entities {
            let Some(entity) = self.entities.get(number) else {
                continue;
            };
            let weight = self.idf(*number) / rarest;
            for (_, other) in entity.memories.iter().rev().take(MOST_OF_ENTITY) {
                add(*other, weight, Tie::Entity(entity.name.clone()));
            }
        }
        for (other, weight) in self.beside(id, entry) {
            add(other, weight, Tie::Session);
        }
        for (others, weight, tie) in [
            (&entry.derived_from, DERIVED, Tie::Derived),
            (&entry.replaced, REPLACED, Tie::Replaced),
            (&entry.linked, LINKED, Tie::Linked),
        ] {
            for other in others {
                add(*other, weight, tie.clone());
            }
        }
        for from in self.back.get(&id).into_iter().flatten() {
            let Some(pointing) = self.memories.get(from) else {
                continue;
            };
            // One that each names is one tie.
            if pointing.derived_from.contains(&id) && !entry.derived_from.contains(from) {
                add(*from, DERIVED, Tie::Derived);
            }
            if pointing.replaced.contains(&id) && !entry.replaced.contains(from) {
                add(*from, REPLACED, Tie::Replaced);
            }
            if pointing.linked.contains(&id) && !entry.linked.contains(from) {
                add(*from, LINKED, Tie::Linked);
            }
        }
        let mut found: Vec<Neighbour> = near
            .into_iter()
            .map(|(id, (weight, ties))| Neighbour { id, weight, ties })
            .collect();
        found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.id.cmp(&b.id)));
        found.truncate(limit);
        found
    }

    fn beside(&self, id: MemoryId, entry: &Entry) -> Vec<(MemoryId, f32)> {
        let Some(session) = self.sessions.get(&entry.session) else {
            return Vec::new();
        };
        let here = (entry.said_at, id);
        let before = session.turns.range(..here).rev().zip(BESIDE);
        let after = session.turns.range(here..).skip(1).zip(BESIDE);
        before
            .chain(after)
            .map(|((_, other), weight)| (*other, weight))
            .collect()
    }

    /// The memories that the entities of a question lead to, directly or over one entity that is
    /// often named together with it, among those that `admits` lets through. A memory that several
    /// of the entities lead to stands before those that one leads to.
    pub fn path(
        &self,
        entities: &[&str],
        limit: usize,
        admits: impl Fn(MemoryId) -> bool,
    ) -> Vec<PathHit> {
        let starts: Vec<u32> = {
            let mut seen = HashSet::new();
            let numbers = entities
                .iter()
                .filter_map(|name| self.numbers.get(&fold(name)));
            numbers.copied().filter(|n| seen.insert(*n)).collect()
        };
        let mut found: HashMap<MemoryId, (f32, Vec<Vec<String>>)> = HashMap::new();
        for start in &starts {
            // The best way from this entity to each memory.
            let mut best: BTreeMap<MemoryId, (f32, Vec<String>)> = BTreeMap::new();
            self.reach(*start, self.idf(*start), &[], &mut best);
            let ties = self.ties(*start);
            let strongest = ties.first().map_or(1.0, |(_, w)| *w);
            for (other, tie) in ties.into_iter().take(MOST_RELATED) {
                if starts.contains(&other) {
                    continue;
                }
                let weight = STEP * tie / strongest * self.idf(other);
                self.reach(other, weight, &[*start], &mut best);
            }
            for (id, (weight, way)) in best {
                if admits(id) {
                    let (sum, steps) = found.entry(id).or_default();
                    *sum += weight;
                    steps.push(way);
                }
            }
        }
        let mut hits: Vec<PathHit> = found
            .into_iter()
            .map(|(id, (weight, steps))| PathHit { id, weight, steps })
            .collect();
        hits.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.id.cmp(&b.id)));
        hits.truncate(limit);
        hits
    }

    fn reach(
        &self,
        entity: u32,
        weight: f32,
        over: &[u32],
        best: &mut BTreeMap<MemoryId, (f32, Vec<String>)>,
    ) {
        let Some(node) = self.entities.get(&entity) else {
            return;
        };
        let names = over
            .iter()
            .chain([&entity])
            .filter_map(|n| self.entities.get(n));
        let way: Vec<String> = names.map(|e| e.name.clone()).collect();
        for (_, id) in node.memories.iter().rev().take(MOST_OF_ENTITY) {
            let known = best.get(id).map_or(0.0, |(w, _)| *w);
            if weight > known {
                best.insert(*id, (weight, way.clone()));
            }
        }
    }
}

/// The entities that stand in a text as words of their own.
pub(super) fn named_in(graph: &Graph, text: &str) -> Vec<String> {
    let folded = fold(text);
    // Where words may begin and end; in Chinese every character may.
    let mut starts: Vec<usize> = Vec::new();
    let mut previous: Option<char> = None;
    for (at, c) in folded.char_indices() {
        let inside = previous.is_some_and(|p| p.is_alphanumeric() && is_spaced(p));
        if c.is_alphanumeric() && !(inside && is_spaced(c)) {
            starts.push(at);
        }
        previous = Some(c);
    }
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for start in starts {
        if found.last().is_some_and(|(_, end, _)| *end > start) {
            continue;
        }
        let ends = folded[start..]
            .char_indices()
            .map(|(at, c)| start + at + c.len_utf8());
        let ends: Vec<usize> = ends.take_while(|end| end - start <= LONGEST_NAME).collect();
        let name = ends.into_iter().rev().find_map(|end| {
            let cut = folded[end..]
                .chars()
                .next()
                .is_some_and(|c| c.is_alphanumeric() && is_spaced(c))
                && folded[..end].chars().next_back().is_some_and(is_spaced);
            let number = (!cut)
                .then(|| graph.numbers.get(&folded[start..end]))
                .flatten()?;
            Some((end, graph.entities.get(number)?.name.clone()))
        });
        if let Some((end, name)) = name {
            found.push((start, end, name));
        }
    }
    found.sort_by_key(|(start, end, _)| (std::cmp::Reverse(end - start), *start));
    let mut names: Vec<String> = Vec::new();
    for (_, _, name) in found {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether a character belongs to a script that puts spaces between words.
fn is_spaced(c: char) -> bool {
    !matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3041..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}
