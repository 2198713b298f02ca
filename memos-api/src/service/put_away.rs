//! All memories of a cube put away under a name, and brought back by it.

use memos_core::{Action, CubeId, Memory, Move, Result, State, UserId, Why};
use memos_scheduler::lifecycle::{Lifecycle, Moved};
use memos_scheduler::work::births;

use super::MemOs;
use super::cubes::for_each_memory;

/// Where a memory keeps the name under which it was put away.
pub(crate) const RECORD: &str = "delete_record_id";

/// Memories that one commit moves.
const BATCH: usize = 500;

impl MemOs {
    /// Archives every memory of a cube that is in use, under a name that
    /// [`bring_back`](Self::bring_back) knows them by; how many.
    ///
    /// # Errors
    /// `CubeNotFound`, `Forbidden`; `IllegalMove` if one is frozen, and nothing is moved then.
    pub fn put_away(&self, who: &UserId, cube: &CubeId, record: &str) -> Result<usize> {
        self.visible_cube(who, Action::Write, cube)?;
        let ids = self.ids_where(cube, |memory| memory.state.is_hot())?;
        for id in &ids {
            if let Some(memory) = self.vault.memory(cube, *id)? {
                memory.state.after(Move::Archive)?;
            }
        }
        self.move_all(who, cube, &ids, record, |memory| {
            if !memory.state.is_hot() {
                return None;
            }
            let info = &mut memory.header.descriptive.info.0;
            info.insert(RECORD.to_owned(), record.into());
            Some(Move::Archive)
        })
    }

    /// Brings back what was put away under a name; how many memories.
    ///
    /// # Errors
    /// `CubeNotFound`, `Forbidden`.
    pub fn bring_back(&self, who: &UserId, cube: &CubeId, record: &str) -> Result<usize> {
        self.visible_cube(who, Action::Write, cube)?;
        let is_of_record = |memory: &Memory| {
            let info = &memory.header.descriptive.info.0;
            memory.state == State::Archived
                && info.get(RECORD).and_then(|r| r.as_str()) == Some(record)
        };
        let ids = self.ids_where(cube, is_of_record)?;
        self.move_all(who, cube, &ids, record, |memory| {
            if !is_of_record(memory) {
                return None;
            }
            memory.header.descriptive.info.0.remove(RECORD);
            Some(Move::Restore)
        })
    }

    fn ids_where(
        &self,
        cube: &CubeId,
        wanted: impl Fn(&Memory) -> bool,
    ) -> Result<Vec<memos_core::MemoryId>> {
        let mut ids = Vec::new();
        for_each_memory(&*self.vault.snapshot()?, cube, |memory| {
            if wanted(&memory) {
                ids.push(memory.id);
            }
            Ok(())
        })?;
        Ok(ids)
    }

    fn move_all(
        &self,
        who: &UserId,
        cube: &CubeId,
        ids: &[memos_core::MemoryId],
        record: &str,
        step: impl Fn(&mut Memory) -> Option<Move>,
    ) -> Result<usize> {
        let mut count = 0;
        for batch in ids.chunks(BATCH) {
            let mut moved_now = 0;
            self.residency.commit(cube, || {
                let header = self.visible_cube(who, Action::Write, cube)?;
                let next_version = |memory: &Memory| self.next_version(memory);
                let now = self.clock.now();
                let lifecycle = Lifecycle::new(now, &next_version);
                let mut all = Moved::default();
                for id in batch {
                    let Some(mut memory) = self.vault.memory(cube, *id)? else {
                        continue;
                    };
                    self.guard.memory(who, Action::Write, &header, &memory)?;
                    if let Some(step) = step(&mut memory) {
                        let moved = lifecycle.change(&memory, step, who)?;
                        all.writes.extend(moved.writes);
                        all.events.extend(moved.events);
                        all.memories.extend(moved.memories);
                    }
                }
                moved_now = all.memories.len();
                if let Some(due) = self.policy.next_sweep(&all.memories, now) {
                    let sweep = births::sweep(cube, who, due, now);
                    all.writes.push(births::adding(sweep));
                }
                let mut why = Why::call(who.clone());
                why.detail = Some(format!("record {record}"));
                Ok(all.into_commit(why))
            })?;
            count += moved_now;
        }
        Ok(count)
    }
}
