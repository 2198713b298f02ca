//! Reading a graph: whole, by name, by words.

use std::collections::HashSet;
use std::sync::Arc;

use memos_core::{Action, CubeId, Result, UserId};
use serde_json::json;

use super::board::Board;
use crate::reader::PART;
use crate::service::MemOs;
use crate::service::cubes::for_each_memory;
use crate::wire::{Graph, SearchRequest};

/// Parts that are looked at when no words of the graph hold the question as it stands.
const RECALLED: u32 = 10;

impl MemOs {
    /// The whole graph of a cube.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub fn graph(&self, who: &UserId, cube: &CubeId) -> Result<Graph> {
        Ok(self.board(who, cube)?.graph())
    }

    /// The entities of these names, with every relation that touches one of them.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub fn open_nodes(&self, who: &UserId, cube: &CubeId, names: &[String]) -> Result<Graph> {
        let names: HashSet<&str> = names.iter().map(String::as_str).collect();
        let board = self.board(who, cube)?;
        Ok(board.part(|entity| names.contains(entity.name.as_str())))
    }

    /// The entities whose name, type or observations hold the query as it stands, in whatever case;
    /// if there are none, those with parts that answer it as a question and share a word with it.
    ///
    /// # Errors
    /// `CubeNotFound`, `TooLarge` for a query that is.
    pub fn search_nodes(&self, who: &UserId, cube: &CubeId, query: &str) -> Result<Graph> {
        let board = self.board(who, cube)?;
        let needle = query.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&needle);
        let found = board.part(|entity| {
            holds(&entity.name)
                || holds(&entity.entity_type)
                || entity.observations.iter().any(|text| holds(text))
        });
        if !found.entities.is_empty() || query.trim().is_empty() {
            return Ok(found);
        }
        let names = self.recalled(who, cube, query)?;
        Ok(board.part(|entity| names.contains(&entity.name)))
    }

    fn recalled(&self, who: &UserId, cube: &CubeId, query: &str) -> Result<HashSet<String>> {
        let answer = self.search(
            who,
            &SearchRequest {
                query: query.to_owned(),
                cube_ids: vec![cube.to_string()],
                top_k: Some(RECALLED),
                filter: Some(json!({ format!("info.{PART}"): {"exists": true} })),
                explain: true,
                ..SearchRequest::default()
            },
        )?;
        let shares_a_word = |hit: &crate::wire::SearchHit| {
            let turn = hit.signals.as_ref().and_then(|signals| signals.get("turn"));
            turn.is_some_and(|signal| signal.value > 0.0)
        };
        let hits = answer.hits.into_iter().filter(shares_a_word);
        Ok(hits
            .flat_map(|hit| {
                ["entity", "from", "to"].map(|name| {
                    let value = hit.memory.info.get(name);
                    value.and_then(|value| value.as_str()).map(str::to_owned)
                })
            })
            .flatten()
            .collect())
    }

    /// The parts of a cube's graph that the caller may see.
    pub(super) fn board(&self, who: &UserId, cube: &CubeId) -> Result<Arc<Board>> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let scope = self.guard.scope(who, &header)?;
        // A branch also changes with the cube below it, whose events are not its own.
        if scope.admits_all() && header.base.is_none() {
            return self.whole_board(cube);
        }
        let mut board = Board::default();
        let snapshot = self.vault.snapshot()?;
        for_each_memory(&*snapshot, cube, |memory| {
            if scope.admits(&memory.header.governance) {
                board.put(&memory);
            }
            Ok(())
        })?;
        Ok(Arc::new(board))
    }
}
