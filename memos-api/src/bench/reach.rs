//! Whether every turn that is evidence can still be found.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{CubeId, MemoryId, Result};
use serde::Serialize;

use super::{DEPTH, DataSet};
use crate::client::Client;
use crate::wire::{ListRequest, MemoryItem, SearchHit, SearchRequest};

/// Memories on a page, and in the longest answer.
const MOST: u32 = 1_000;

/// Turns that are evidence of some question, each asked for in its own words.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Reach {
    /// How many there are.
    pub turns: usize,
    /// Returned as a hit.
    pub found: usize,
    /// Named by a hit that says the same.
    pub folded: usize,
    /// Returned only if archived memories are asked for.
    pub archived: usize,
    /// None of these.
    pub unreachable: usize,
}

enum Found {
    AsHit,
    Folded,
    Archived,
    Not,
}

pub(super) async fn measure(data: &DataSet, client: &Client, cubes: &[CubeId]) -> Result<Reach> {
    let mut reach = Reach::default();
    for (sample, cube) in data.samples.iter().zip(cubes) {
        let stored = turns(client, cube).await?;
        let said: BTreeSet<&str> = sample
            .turns
            .iter()
            .filter_map(|turn| Some(turn.sources.first()?.reference.as_str()))
            .collect();
        // A question may name a turn that its dialogue doesn't have.
        let evidence: BTreeSet<&str> = DataSet::questions(sample)
            .flat_map(|question| question.evidence.iter().map(String::as_str))
            .filter(|id| said.contains(id))
            .collect();
        for id in evidence {
            reach.turns += 1;
            let found = match stored.get(id) {
                Some(turn) => find(client, cube, turn).await?,
                None => Found::Not,
            };
            match found {
                Found::AsHit => reach.found += 1,
                Found::Folded => reach.folded += 1,
                Found::Archived => reach.archived += 1,
                Found::Not => reach.unreachable += 1,
            }
        }
    }
    Ok(reach)
}

/// The turns of a cube by their names in the dialogue.
async fn turns(client: &Client, cube: &CubeId) -> Result<BTreeMap<String, MemoryItem>> {
    let mut turns = BTreeMap::new();
    let mut request = ListRequest {
        limit: Some(MOST),
        ..ListRequest::default()
    };
    loop {
        let page = client.list(cube, &request).await?;
        for memory in page.memories {
            let source = memory.sources.iter().find(|s| s.kind == "message");
            // What is derived from a turn names it too.
            if let Some(source) = source.filter(|_| memory.derived_from.is_empty()) {
                turns.insert(source.reference.clone(), memory);
            }
        }
        if page.next_cursor.is_none() {
            return Ok(turns);
        }
        request.cursor = page.next_cursor;
    }
}

async fn find(client: &Client, cube: &CubeId, turn: &MemoryItem) -> Result<Found> {
    let words = [Some(turn.text.as_str()), turn.caption.as_deref()];
    let Some(query) = words.into_iter().flatten().find(|w| !w.trim().is_empty()) else {
        return Ok(Found::Not);
    };
    let mut request = SearchRequest {
        query: query.to_owned(),
        cube_ids: vec![cube.to_string()],
        ..SearchRequest::default()
    };
    for top_k in [DEPTH as u32, MOST] {
        request.top_k = Some(top_k);
        let answer = client.search(&request).await?;
        if let Some(found) = among(&answer.hits, turn.id) {
            return Ok(found);
        }
    }
    request.include = Some(vec!["archived".into()]);
    let answer = client.search(&request).await?;
    Ok(match among(&answer.archived, turn.id) {
        Some(_) => Found::Archived,
        None => Found::Not,
    })
}

fn among(hits: &[SearchHit], id: MemoryId) -> Option<Found> {
    let hit = hits
        .iter()
        .find(|hit| hit.memory.id == id || hit.folded.contains(&id))?;
    Some(match hit.memory.id == id {
        true => Found::AsHit,
        false => Found::Folded,
    })
}
