//! Over many cubes: for callers that ask for all that they can see, not for a place.

use memos_core::{Action, Code, CubeId, Error, Filter, Memory, MemoryId, Result, Subject, UserId};

use super::MemOs;
use super::cubes::{SCAN, for_each_memory};
use crate::wire::{SearchHit, SearchRequest, SearchResponse};

/// How many older memories may hang together by what took their place.
const MOST_LINKED: usize = 1_000;

impl MemOs {
    /// The cubes that the caller can see, by id, without what-if branches: what those hold besides
    /// is what their bases hold.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn all_cubes(&self, who: &UserId) -> Result<Vec<CubeId>> {
        let snapshot = self.vault.snapshot()?;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let cubes = snapshot.cubes(after.as_ref(), SCAN)?;
            let Some(last) = cubes.last() else {
                return Ok(found);
            };
            after = Some(last.id.clone());
            let seen = cubes.into_iter().filter(|cube| {
                cube.base.is_none() && self.guard.cube(who, Action::Read, cube).is_ok()
            });
            found.extend(seen.map(|cube| cube.id));
        }
    }

    /// Shows each memory of some cubes that the caller may read and the filter admits, all of one
    /// instant; cube by cube, oldest first. A cube that is not there, or not for the caller, is empty.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn visit(
        &self,
        who: &UserId,
        cubes: &[CubeId],
        filter: Option<&Filter>,
        mut each: impl FnMut(&Memory),
    ) -> Result<()> {
        let snapshot = self.vault.snapshot()?;
        for id in cubes {
            let Some(cube) = snapshot.cube(id)? else {
                continue;
            };
            let scope = match self.guard.scope(who, &cube) {
                Ok(scope) => scope,
                Err(error) if error.code() == Code::CubeNotFound => continue,
                Err(error) => return Err(error),
            };
            for_each_memory(&*snapshot, id, |memory| {
                let wanted = scope.admits(&memory.header.governance)
                    && filter.is_none_or(|f| f.matches(&Subject::from(&memory)));
                if wanted {
                    each(&memory);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// As [`search`](Self::search), in any number of cubes; those that are not there hold nothing.
    /// More than one search may look in are asked in parts, and the parts are merged by relevance.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn search_many(
        &self,
        who: &UserId,
        cubes: &[CubeId],
        request: &SearchRequest,
    ) -> Result<SearchResponse> {
        let mut there = Vec::new();
        for cube in cubes {
            if self.exists(who, cube)? {
                there.push(cube.to_string());
            }
        }
        let mut all: Option<SearchResponse> = None;
        for part in there.chunks(self.limits.cubes_per_search.max(1)) {
            let found = self.search(
                who,
                &SearchRequest {
                    cube_ids: part.to_vec(),
                    ..request.clone()
                },
            )?;
            all = Some(match all {
                None => found,
                Some(before) => merged(before, found, request.top_k),
            });
        }
        match all {
            Some(found) => Ok(found),
            // What is wrong with the question is told also where nothing can answer it.
            None => self.search_nothing(who, request),
        }
    }

    fn search_nothing(&self, who: &UserId, request: &SearchRequest) -> Result<SearchResponse> {
        let nowhere = SearchRequest {
            cube_ids: vec!["nowhere".to_owned()],
            ..request.clone()
        };
        self.call(who, &nowhere, 1)?;
        Ok(SearchResponse {
            hits: Vec::new(),
            derived: Vec::new(),
            archived: Vec::new(),
            steps: Vec::new(),
            degraded: Vec::new(),
            call: None,
        })
    }

    /// The older memories whose place a memory took, and those whose place they took, and so on.
    ///
    /// # Errors
    /// `CubeNotFound`; `TooLarge` if there are more than a thousand.
    pub fn superseded(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        let mut places = Vec::new();
        self.visit(who, std::slice::from_ref(cube), None, |memory| {
            places.extend(
                memory
                    .header
                    .behavioural
                    .superseded_by
                    .map(|by| (by, memory.id)),
            );
        })?;
        let mut found = vec![id];
        let mut next = 0;
        while let Some(newer) = found.get(next).copied() {
            next += 1;
            for (_, older) in places.iter().filter(|(by, _)| *by == newer) {
                if !found.contains(older) {
                    found.push(*older);
                }
            }
            if found.len() > MOST_LINKED {
                return Err(Error::new(
                    Code::TooLarge,
                    format!("memory {id} took the place of more than {MOST_LINKED} others"),
                )
                .remedy("forget them by a filter"));
            }
        }
        found.remove(0);
        Ok(found)
    }
}

fn merged(mut one: SearchResponse, other: SearchResponse, top_k: Option<u32>) -> SearchResponse {
    let most = top_k.map_or(one.hits.len().max(other.hits.len()), |k| k as usize);
    let join = |into: &mut Vec<SearchHit>, more: Vec<SearchHit>| {
        into.extend(more);
        // Stable: hits of one part stay in its order.
        into.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        into.truncate(most);
    };
    join(&mut one.hits, other.hits);
    join(&mut one.derived, other.derived);
    one.archived.extend(other.archived);
    for part in other.degraded {
        if !one.degraded.contains(&part) {
            one.degraded.push(part);
        }
    }
    one
}
