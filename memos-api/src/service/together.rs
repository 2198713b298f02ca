//! What came in together: the memories that one request added.

use memos_core::{Action, ChangeSeq, CubeId, Error, MemoryId, Result, UserId};

use super::MemOs;
use crate::wire::MemoryItem;

/// Changes read at a time.
const PAGE: usize = 256;

impl MemOs {
    /// The memories that the request added whose first memory this is, in its order, without those
    /// that were forgotten since.
    ///
    /// # Errors
    /// `CubeNotFound`; `MemoryNotFound` if it is not there, or another one came before it in the same
    /// request.
    pub fn added_together(
        &self,
        who: &UserId,
        cube: &CubeId,
        first: MemoryId,
    ) -> Result<Vec<MemoryItem>> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let snapshot = self.vault.snapshot()?;
        let unknown = || Error::memory_not_found(cube, first);
        let birth = snapshot
            .history(cube, first)?
            .into_iter()
            .find(|change| change.before.is_none())
            .ok_or_else(unknown)?;
        let born = snapshot
            .memory(cube, first)?
            .ok_or_else(unknown)?
            .header
            .descriptive
            .created_at;
        let before = birth.seq.0.checked_sub(2).map(ChangeSeq);
        if let Some(before) = before {
            let one = snapshot.changes(cube, before, 1)?;
            let is_kin = one.iter().any(|change| {
                change.seq < birth.seq && change.at == birth.at && change.before.is_none()
            });
            if is_kin {
                return Err(unknown());
            }
        }
        let mut found = Vec::new();
        let mut after = ChangeSeq(birth.seq.0.saturating_sub(1));
        loop {
            let page = snapshot.changes(cube, after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = last.seq;
            for change in page {
                if change.at != birth.at || change.before.is_some() || change.why != birth.why {
                    return Ok(found);
                }
                let Some(memory) = snapshot.memory(cube, change.memory_id)? else {
                    continue;
                };
                let together = memory.header.descriptive.created_at == born;
                let may = self.guard.memory(who, Action::Read, &header, &memory);
                if together && may.is_ok() {
                    found.push(memory.into());
                }
            }
        }
    }
}
