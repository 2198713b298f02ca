//! Search.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use memos_core::{
    Code, CubeId, Error, Filter, Layers, Memory, MemoryCall, MemoryId, Moment, Result, UserId,
};

use super::condition::Conditions;
use super::namespaces::Found;
use super::{address, record};
use crate::reader;
use crate::service::shelf::{Shelf, despite_races};
use crate::service::{MemOs, relevance};
use crate::wire::{FoundItem, Item, SearchItems};

/// Namespaces that one question may go to: each is loaded into the index.
const MOST_NAMESPACES: usize = 10_000;

/// How many more memories are asked for if too few of those found are items as wanted.
const GROWTH: usize = 4;

impl MemOs {
    /// The items below a namespace prefix whose values meet the filter: those that answer the query
    /// best, or without a query those written last.
    ///
    /// # Errors
    /// `InvalidRequest` for a bad prefix, `InvalidFilter`, `TooLarge` for a limit over the most that
    /// an answer holds, and for a question to too many namespaces.
    pub fn search_items(&self, who: &UserId, search: &SearchItems) -> Result<Vec<FoundItem>> {
        address::labels(&search.prefix).map_err(|e| e.at("namespace_prefix"))?;
        let most = self.limits.memories_per_answer;
        if search.limit > most {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("{} is more than {most} items", search.limit),
            )
            .at("limit")
            .remedy("take them in parts, with offset"));
        }
        let conditions = Conditions::new(&search.filter)?;
        // A query of blanks asks nothing.
        let query = search.query.as_deref().filter(|q| !q.trim().is_empty());
        let found = match query {
            Some(query) => despite_races(|| self.answering(who, search, query, &conditions))?,
            None => self.latest_items(who, search, &conditions)?,
        };
        let read = found.iter().map(|one| &one.memory);
        self.note_reads(who, read, search.refresh);
        Ok(found
            .into_iter()
            .map(|one| FoundItem {
                item: one.item,
                score: one.score,
            })
            .collect())
    }

    fn latest_items(
        &self,
        who: &UserId,
        search: &SearchItems,
        conditions: &Conditions<'_>,
    ) -> Result<Vec<Hit>> {
        let snapshot = self.vault.snapshot()?;
        let now = self.clock.now();
        let wanted = search.offset.saturating_add(search.limit);
        // The newest first; of those written at one time the first by name.
        let mut newest = BTreeMap::new();
        for Found { cube, scope, .. } in self.namespaces_under(who, &*snapshot, &search.prefix)? {
            Shelf::Items.each(&*snapshot, &cube, |memory| {
                let item = record::item(&memory).filter(|item| {
                    scope.admits(&memory.header.governance)
                        && !self.is_over(&memory, now)
                        && conditions.admit(&item.value)
                });
                if let Some(item) = item {
                    let name = (item.namespace.clone(), item.key.clone());
                    let hit = Hit {
                        memory,
                        score: None,
                        item,
                    };
                    newest.insert((Reverse(hit.item.updated_at), name), hit);
                    if newest.len() > wanted {
                        newest.pop_last();
                    }
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(newest.into_values().skip(search.offset).collect())
    }

    fn answering(
        &self,
        who: &UserId,
        search: &SearchItems,
        query: &str,
        conditions: &Conditions<'_>,
    ) -> Result<Vec<Hit>> {
        let cubes: Vec<CubeId> = {
            let snapshot = self.vault.snapshot()?;
            let under = self.namespaces_under(who, &*snapshot, &search.prefix)?;
            under.into_iter().map(|found| found.cube).collect()
        };
        if cubes.len() > MOST_NAMESPACES {
            return Err(Error::new(
                Code::TooLarge,
                format!("the question goes to {} namespaces", cubes.len()),
            )
            .at("namespace_prefix")
            .remedy(format!(
                "name more labels, so that it goes to at most {MOST_NAMESPACES}"
            )));
        }
        if cubes.is_empty() || search.limit == 0 {
            return Ok(Vec::new());
        }
        let wanted = search.offset.saturating_add(search.limit);
        let mut call = self.call_for_items(who, query, cubes, conditions)?;
        call.top_k = wanted;
        loop {
            let found = self.operator.search(&call)?;
            let all = found.hits.len() < call.top_k;
            let relevance = relevance::of(
                found.hits.iter().map(|h| &h.signals),
                self.operator.weights(),
            );
            let scored = found.hits.into_iter().zip(relevance);
            let mut hits = self.as_wanted(scored, conditions)?;
            if all || hits.len() >= wanted {
                hits.truncate(wanted);
                return Ok(hits.into_iter().skip(search.offset).collect());
            }
            call.top_k = call.top_k.saturating_mul(GROWTH);
        }
    }

    fn call_for_items(
        &self,
        who: &UserId,
        query: &str,
        cubes: Vec<CubeId>,
        conditions: &Conditions<'_>,
    ) -> Result<MemoryCall> {
        let most = self.limits.question_bytes;
        if query.len() > most {
            return Err(Error::new(
                Code::TooLarge,
                format!("the query has {} bytes, more than {most}", query.len()),
            )
            .at("query")
            .remedy("ask with the words that matter"));
        }
        let asked_at = Moment::from(self.clock.now());
        Ok(MemoryCall {
            caller: who.clone(),
            question: query.to_owned(),
            cubes,
            types: Vec::new(),
            intent: reader::question::intent(query),
            asked_at,
            window: reader::time::window(query, asked_at),
            within: None,
            filter: Some(Filter::parse(&conditions.roughly())?),
            top_k: 0,
            valid_at: None,
            layers: Layers::Evidence,
        })
    }

    /// The items among the hits, in their order. What the operator folds, since it says the same, is
    /// an item of its own all the same, behind the one that it was folded into.
    fn as_wanted(
        &self,
        hits: impl Iterator<Item = (memos_scheduler::Hit, f64)>,
        conditions: &Conditions<'_>,
    ) -> Result<Vec<Hit>> {
        let now = self.clock.now();
        let mut seen: HashSet<(CubeId, MemoryId)> = HashSet::new();
        let mut wanted = Vec::new();
        for (hit, score) in hits {
            let cube = hit.memory.cube_id.clone();
            let mut alike = vec![hit.memory];
            for id in hit.folded {
                alike.extend(self.vault.memory(&cube, id)?);
            }
            for memory in alike {
                let item = record::item(&memory).filter(|item| {
                    conditions.admit(&item.value)
                        && !self.is_over(&memory, now)
                        && seen.insert((memory.cube_id.clone(), memory.id))
                });
                if let Some(item) = item {
                    wanted.push(Hit {
                        score: Some(score),
                        memory,
                        item,
                    });
                }
            }
        }
        Ok(wanted)
    }
}

/// An item that is an answer, and its memory.
struct Hit {
    memory: Memory,
    item: Item,
    score: Option<f64>,
}
