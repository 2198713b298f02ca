//! One question put to several kinds of memories: facts, preferences, tools, … each with a limit of
//! its own.

use std::collections::BTreeSet;

use memos_core::{CubeId, Filter, Layers, MemoryCall, MemoryId, Result, SemanticType, UserId};
use memos_scheduler::Hit;
use serde_json::Value;

use super::search::valid_time;
use super::{MemOs, relevance};
use crate::wire::{MemoryItem, SearchRequest, TimeItem};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    pub(crate) query: String,
    /// Where to look; a cube that is not there, or not for the caller, is passed over.
    pub(crate) cubes: Vec<CubeId>,
    /// Which memories of all kinds.
    pub(crate) filter: Option<Value>,
    /// Memories of this session come a little earlier.
    pub(crate) session: Option<String>,
    /// Only memories of at least this relevance.
    pub(crate) relevance: f64,
}

/// Memories of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) types: Vec<SemanticType>,
    pub(crate) layers: Layers,
    /// How many at most.
    pub(crate) limit: usize,
    /// Which of them, beside what the question says.
    pub(crate) filter: Option<Filter>,
}

/// A memory that answers.
#[derive(Clone, Debug)]
pub(crate) struct KindHit {
    pub(crate) memory: MemoryItem,
    /// How much it has to do with the question, 0 to 1.
    pub(crate) relevance: f64,
    /// The time that answers the question best.
    pub(crate) time: Option<TimeItem>,
}

/// What being of the session in hand adds to a relevance.
const SAME_SESSION: f64 = 0.05;

/// So many times as many are asked for at most, since copies of one memory are shown once.
const COPIES: usize = 4;

impl Kind {
    /// Whether raw evidence has the first claim on the places: what people said is better evidence
    /// than what was made from it. Of other kinds both layers say the same sort of thing.
    fn puts_evidence_first(&self) -> bool {
        self.types.contains(&SemanticType::Message)
    }
}

impl MemOs {
    /// What answers a question, for each kind: the most relevant first, and what several cubes have a
    /// copy of once.
    ///
    /// # Errors
    /// As [`search`](Self::search), but that cubes need not be there.
    pub(crate) fn recall_by_kind(
        &self,
        who: &UserId,
        question: &Question,
        kinds: &[Kind],
    ) -> Result<Vec<Vec<KindHit>>> {
        let mut cubes = Vec::new();
        for cube in &question.cubes {
            if self.exists(who, cube)? {
                cubes.push(cube.to_string());
            }
        }
        let nothing_there = cubes.is_empty();
        let request = SearchRequest {
            query: question.query.clone(),
            cube_ids: match nothing_there {
                // The rest of the request is checked all the same.
                true => vec!["none".to_owned()],
                false => cubes,
            },
            filter: question.filter.clone(),
            ..SearchRequest::default()
        };
        let call = self.call(who, &request, 1)?;
        let mut answer = Vec::with_capacity(kinds.len());
        for kind in kinds {
            if nothing_there || kind.limit == 0 {
                answer.push(Vec::new());
                continue;
            }
            let mut call = call.clone();
            call.types.clone_from(&kind.types);
            call.layers = kind.layers;
            call.filter = match (call.filter, kind.filter.clone()) {
                (Some(asked), Some(own)) => Some(asked.and(own)),
                (asked, own) => asked.or(own),
            };
            let mut recalled = self.of_kind(&call, question, kind)?;
            recalled.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
            let used: Vec<(CubeId, MemoryId)> = recalled
                .iter()
                .filter_map(|hit| {
                    Some((
                        CubeId::new(hit.memory.cube_id.as_str()).ok()?,
                        hit.memory.id,
                    ))
                })
                .collect();
            self.usage
                .note(who, used.iter().map(|(cube, id)| (cube, *id)));
            answer.push(recalled);
        }
        Ok(answer)
    }

    /// What has a place among the memories of one kind.
    fn of_kind(&self, call: &MemoryCall, question: &Question, kind: &Kind) -> Result<Vec<KindHit>> {
        let mut call = call.clone();
        let copies = call.cubes.len().clamp(1, COPIES);
        // What is of the session may come from behind.
        let more = copies.max(1 + usize::from(question.session.is_some()));
        call.top_k = kind.limit.saturating_mul(more);
        let found = self.operator.search(&call)?;
        let mut recalled: Vec<KindHit> = Vec::new();
        for hits in [found.hits, found.derived] {
            recalled.extend(self.weighed(hits, &call.question, question.session.as_deref()));
        }
        recalled.retain(|hit| hit.relevance >= question.relevance);
        if !kind.puts_evidence_first() {
            // Stable: evidence stays before what is as relevant.
            recalled.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        }
        let mut said = BTreeSet::new();
        recalled.retain(|KindHit { memory, .. }| {
            said.insert((memory.text.clone(), memory.session_id.clone()))
        });
        recalled.truncate(kind.limit);
        Ok(recalled)
    }

    /// The hits of one layer, the most relevant first.
    fn weighed(&self, hits: Vec<Hit>, question: &str, session: Option<&str>) -> Vec<KindHit> {
        let weights = self.operator.weights();
        let relevance = relevance::of(hits.iter().map(|hit| &hit.signals), weights);
        let mut weighed: Vec<KindHit> = hits
            .into_iter()
            .zip(relevance)
            .map(|(hit, relevance)| KindHit {
                time: valid_time(&hit, question),
                memory: hit.memory.into(),
                relevance,
            })
            .collect();
        for hit in &mut weighed {
            if session.is_some() && hit.memory.session_id.as_deref() == session {
                hit.relevance = relevance::rounded((hit.relevance + SAME_SESSION).min(1.0));
            }
        }
        weighed.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        weighed
    }

    /// Memories of a cube by their ids; those that are not there, or not for the caller, are left out.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub(crate) fn known(
        &self,
        who: &UserId,
        cube: &CubeId,
        ids: &[MemoryId],
    ) -> Result<Vec<MemoryItem>> {
        let mut known = Vec::with_capacity(ids.len());
        for id in ids {
            match self.memory(who, cube, *id) {
                Ok(memory) => known.push(memory),
                Err(error) if super::locate::is_hidden(error.code()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(known)
    }
}
