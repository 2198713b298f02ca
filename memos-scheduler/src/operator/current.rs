//! What holds now, before what it took the place of, also where the question's words find only the
//! old: "Where does Tom live?" is nearer to "I live in Athens" than to "I moved to Lisbon".

use std::collections::{HashMap, HashSet};

use memos_core::{CubeId, Memory, MemoryCall, MemoryId, Result, Scope, Signals, Subject};

use super::{Hit, Records};

/// Longest chain of supersession that is followed.
const LONGEST: usize = 16;

/// The hits with what is current before each that was superseded, at most as many as were asked for.
/// What is brought in has the score of the one that it stands before and no signals of its own.
pub(super) fn with_current(
    hits: Vec<Hit>,
    call: &MemoryCall,
    scopes: &[Scope],
    records: &Records<'_>,
) -> Result<Vec<Hit>> {
    let is_superseded = |hit: &Hit| hit.memory.header.behavioural.superseded_by.is_some();
    if call.valid_at.is_some() || call.within.is_some() || !hits.iter().any(is_superseded) {
        return Ok(hits);
    }
    let mut places: HashMap<(CubeId, MemoryId), usize> = HashMap::new();
    for (place, hit) in hits.iter().enumerate() {
        let ids = std::iter::once(hit.memory.id).chain(hit.folded.iter().copied());
        places.extend(ids.map(|id| ((hit.memory.cube_id.clone(), id), place)));
    }
    let mut brought: HashSet<(CubeId, MemoryId)> = HashSet::new();
    let mut left: Vec<Option<Hit>> = hits.into_iter().map(Some).collect();
    let mut all = Vec::with_capacity(left.len() + 1);
    for place in 0..left.len() {
        let Some(hit) = left[place].take() else {
            continue;
        };
        if let Some(current) = current_of(&hit.memory, records)? {
            let id = (current.cube_id.clone(), current.id);
            match places.get(&id) {
                // It is among the hits; if it comes later, it comes now.
                Some(later) => all.extend(left[*later].take()),
                None if may_answer(&current, &hit.memory, call, scopes) && brought.insert(id) => {
                    all.push(Hit {
                        memory: current,
                        score: hit.score,
                        signals: Signals::default(),
                        folded: Vec::new(),
                    });
                }
                None => {}
            }
        }
        all.push(hit);
    }
    all.truncate(call.top_k);
    Ok(all)
}

/// The end of the chain of what took a memory's place; none if nothing did, or if it is gone.
fn current_of(memory: &Memory, records: &Records<'_>) -> Result<Option<Memory>> {
    let mut next = memory.header.behavioural.superseded_by;
    let mut current = None;
    for _ in 0..LONGEST {
        let Some(id) = next else {
            return Ok(current);
        };
        let Some(successor) = records(&memory.cube_id, id)? else {
            return Ok(current);
        };
        next = successor.header.behavioural.superseded_by;
        current = Some(successor);
    }
    Ok(None)
}

/// Whether the call could have found it by itself.
fn may_answer(current: &Memory, old: &Memory, call: &MemoryCall, scopes: &[Scope]) -> bool {
    let header = &current.header;
    current.state.is_hot()
        && current.layer() == old.layer()
        && scopes
            .iter()
            .any(|s| s.cube_id == current.cube_id && s.admits(&header.governance))
        && (call.types.is_empty() || call.types.contains(&header.descriptive.semantic_type))
        && call
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(&Subject::from(current)))
}
