//! One hit for what several memories say, and the current one before those it took the place of.

use std::collections::{BTreeMap, HashMap};

use memos_core::{Candidate, CubeId, LinkKind, Memory, MemoryId};

use super::Hit;

/// Hits in the making, from records that come best first.
#[derive(Default)]
pub(super) struct Folding {
    hits: Vec<Hit>,
    /// Which hit says what a speaker said word for word in a session.
    said: HashMap<Said, usize>,
    /// Which hit stands for a memory: the hit itself, what is folded into it, and what either is a
    /// duplicate of.
    stands_for: HashMap<(CubeId, MemoryId), usize>,
}

/// The words of one speaker in one session.
#[derive(PartialEq, Eq, Hash)]
struct Said {
    cube: CubeId,
    fingerprint: u64,
    session: String,
    speaker: Option<String>,
}

impl Folding {
    /// How many hits there are.
    pub(super) fn len(&self) -> usize {
        self.hits.len()
    }

    /// Takes the next best: into a hit that says the same, or as a hit of its own.
    pub(super) fn take(&mut self, candidate: Candidate, memory: Memory) {
        let cube = candidate.cube_id;
        let said = Said::of(&cube, &memory);
        let alike: Vec<(CubeId, MemoryId)> = std::iter::once(memory.id)
            .chain(duplicates(&memory))
            .map(|id| (cube.clone(), id))
            .collect();
        let repeated = said.as_ref().and_then(|s| self.said.get(s)).copied();
        let at = repeated.or_else(|| {
            let known = alike.iter().filter_map(|id| self.stands_for.get(id));
            known.min().copied()
        });
        let at = if let Some(at) = at {
            self.hits[at].folded.push(memory.id);
            at
        } else {
            self.hits.push(Hit {
                memory,
                score: candidate.score,
                signals: candidate.signals,
                folded: Vec::new(),
            });
            self.hits.len() - 1
        };
        if let Some(said) = said {
            self.said.entry(said).or_insert(at);
        }
        for id in alike {
            self.stands_for.entry(id).or_insert(at);
        }
    }

    /// The hits, best first. With `current_first`, those of a chain of supersession trade places:
    /// what is current gets the first place that the chain has, and so on back in time.
    pub(super) fn hits(mut self, current_first: bool) -> Vec<Hit> {
        if !current_first {
            return self.hits;
        }
        let order = self.current_first();
        let mut from: Vec<Option<Hit>> = self.hits.drain(..).map(Some).collect();
        order.iter().filter_map(|at| from[*at].take()).collect()
    }

    /// For each place, the hit that belongs there.
    fn current_first(&self) -> Vec<usize> {
        let successor = |(at, hit): (usize, &Hit)| {
            let by = hit.memory.header.behavioural.superseded_by?;
            let to = *self.stands_for.get(&(hit.memory.cube_id.clone(), by))?;
            (to != at).then_some(to)
        };
        let successor: Vec<Option<usize>> = self.hits.iter().enumerate().map(successor).collect();
        let mut order: Vec<usize> = (0..self.hits.len()).collect();
        if successor.iter().all(Option::is_none) {
            return order;
        }
        // Hits by the one at the end of their chain, each with the steps to it.
        let mut chains: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for at in 0..successor.len() {
            if let Some((end, steps)) = end_of_chain(&successor, at) {
                chains.entry(end).or_default().push((steps, at));
            }
        }
        for mut chain in chains.into_values() {
            let places: Vec<usize> = chain.iter().map(|(_, at)| *at).collect();
            chain.sort_unstable();
            for (place, (_, at)) in places.into_iter().zip(chain) {
                order[place] = at;
            }
        }
        order
    }
}

impl Said {
    /// `None` if the content has no fingerprint.
    fn of(cube: &CubeId, memory: &Memory) -> Option<Self> {
        let fingerprint = memory.header.behavioural.fingerprint;
        let turn = memory.payload.plaintext().map(|p| &p.turn);
        (fingerprint != 0).then(|| Self {
            cube: cube.clone(),
            fingerprint,
            session: turn.map_or_else(String::new, |t| t.session_id.clone()),
            speaker: turn.and_then(|t| t.speaker.clone()),
        })
    }
}

fn duplicates(memory: &Memory) -> impl Iterator<Item = MemoryId> {
    let links = &memory.header.behavioural.links;
    links
        .iter()
        .filter(|l| l.kind == LinkKind::DuplicateOf)
        .map(|l| l.to)
}

/// Where a chain of successors ends, and after how many steps; `None` if it goes round in a circle.
fn end_of_chain(successor: &[Option<usize>], mut at: usize) -> Option<(usize, usize)> {
    for steps in 0..=successor.len() {
        match successor[at] {
            Some(to) => at = to,
            None => return Some((at, steps)),
        }
    }
    None
}
