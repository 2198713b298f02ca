//! Memories: list and read.

use memos_core::{Action, CubeId, Error, Filter, MemoryId, Result, Subject, UserId};

use super::MemOs;
use super::cubes::{SCAN, bad_cursor};
use crate::wire::{ListRequest, MemoryItem, MemoryPage};

impl MemOs {
    /// A page of a cube's memories, oldest first: those that the caller may see and the filter
    /// admits.
    ///
    /// # Errors
    /// `CubeNotFound`, `InvalidFilter`, `InvalidRequest` for a bad cursor or limit.
    pub fn list(&self, who: &UserId, cube: &CubeId, request: &ListRequest) -> Result<MemoryPage> {
        let scope = self
            .guard
            .scope(who, &self.visible_cube(who, Action::Read, cube)?)?;
        let filter = request
            .filter
            .as_deref()
            .map(Filter::from_json_text)
            .transpose()?;
        let limit = self.page_size(request.limit)?;
        let mut after = request
            .cursor
            .as_deref()
            .map(|c| c.parse::<MemoryId>().map_err(|e| bad_cursor(&e)))
            .transpose()?;
        let snapshot = self.vault.snapshot()?;
        let mut memories: Vec<MemoryItem> = Vec::new();
        loop {
            let scanned = snapshot.memories(cube, after, SCAN)?;
            let Some(last) = scanned.last() else {
                return Ok(MemoryPage {
                    memories,
                    next_cursor: None,
                });
            };
            after = Some(last.id);
            for memory in scanned {
                let wanted = scope.admits(&memory.header.governance)
                    && filter
                        .as_ref()
                        .is_none_or(|f| f.matches(&Subject::from(&memory)));
                if !wanted {
                    continue;
                }
                if memories.len() == limit {
                    let next_cursor = memories.last().map(|m| m.id.to_string());
                    return Ok(MemoryPage {
                        memories,
                        next_cursor,
                    });
                }
                memories.push(memory.into());
            }
        }
    }

    /// One memory.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`.
    pub fn memory(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<MemoryItem> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let memory = self
            .vault
            .memory(cube, id)?
            .ok_or_else(|| Error::memory_not_found(cube, id))?;
        self.guard.memory(who, Action::Read, &header, &memory)?;
        Ok(memory.into())
    }
}
