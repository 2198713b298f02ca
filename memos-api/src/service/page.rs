//! Pages by number, with totals, over several cubes: for faces that turn pages rather than follow a
//! cursor.

use std::collections::BTreeSet;

use memos_core::{
    Code, CubeId, Filter, MemoryId, Result, Scope, Snapshot, Subject, Timestamp, UserId,
};

use super::MemOs;
use super::cubes::for_each_memory;
use crate::wire::MemoryItem;

/// Which memories come first: by when the system learned them, unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The last ones.
    #[default]
    Newest,
    /// The first ones.
    Oldest,
    /// Those that were said last; of what was said at once, what was learned last.
    LastSaid,
}

/// Some of the memories that there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Those of this page, in order.
    pub memories: Vec<MemoryItem>,
    /// How many there are on all pages.
    pub total: usize,
}

impl MemOs {
    /// The memories of some cubes that the caller may see and the filter admits, in one order over
    /// all of them: up to `limit` after the first `offset`, or all that follow. A cube that is not
    /// there, or not for the caller, is empty; one that is named twice counts once. All is of one
    /// instant.
    ///
    /// What is counted costs a look at each memory and, while the answer is made, the room of its
    /// id; only those of the page are held as a whole.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn page(
        &self,
        who: &UserId,
        cubes: &[CubeId],
        filter: Option<&Filter>,
        order: Order,
        offset: usize,
        limit: Option<usize>,
    ) -> Result<Page> {
        let snapshot = self.vault.snapshot()?;
        let mut found: Vec<(Timestamp, MemoryId, &CubeId)> = Vec::new();
        for cube in cubes.iter().collect::<BTreeSet<_>>() {
            let Some(scope) = self.scope_in(&*snapshot, who, cube)? else {
                continue;
            };
            for_each_memory(&*snapshot, cube, |memory| {
                let wanted = scope.admits(&memory.header.governance)
                    && filter.is_none_or(|f| f.matches(&Subject::from(&memory)));
                if wanted {
                    let said = match order {
                        Order::LastSaid => memory.header.descriptive.said_at.at(),
                        Order::Newest | Order::Oldest => Timestamp::MIN,
                    };
                    found.push((said, memory.id, cube));
                }
                Ok(())
            })?;
        }
        // Ids sort by when they were made.
        found.sort_unstable();
        if order != Order::Oldest {
            found.reverse();
        }
        let mut memories = Vec::new();
        let page = found.iter().skip(offset);
        for (_, id, cube) in page.take(limit.unwrap_or(usize::MAX)) {
            memories.extend(snapshot.memory(cube, *id)?.map(MemoryItem::from));
        }
        Ok(Page {
            memories,
            total: found.len(),
        })
    }

    /// What the caller may see in a cube, if he may know of it.
    fn scope_in(
        &self,
        snapshot: &dyn Snapshot,
        who: &UserId,
        cube: &CubeId,
    ) -> Result<Option<Scope>> {
        let Some(header) = snapshot.cube(cube)? else {
            return Ok(None);
        };
        match self.guard.scope(who, &header) {
            Ok(scope) => Ok(Some(scope)),
            Err(error) if error.code() == Code::CubeNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
