//! Get, and what a read means for how long items live.

use memos_core::{Action, Code, Error, Lifespan, Memory, Result, Timestamp, UserId};
use memos_scheduler::lifecycle::Vitals;

use super::{address, record};
use crate::service::MemOs;
use crate::wire::{Item, ItemAddress};

/// The share of its time to live by which an item's end may be early, so that not every read of a
/// busy item is a write.
const SLACK: i64 = 60;

impl MemOs {
    /// The item at an address, if there is one that the caller may read. With `refresh` the read is a
    /// use: an item with a time to live has it again from now on.
    ///
    /// # Errors
    /// `InvalidRequest` for a bad address.
    pub fn get_item(&self, who: &UserId, at: &ItemAddress, refresh: bool) -> Result<Option<Item>> {
        let (cube, id) = address::place(at)?;
        let header = match self.visible_cube(who, Action::Read, &cube) {
            Ok(header) => header,
            Err(error) if is_hidden(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(memory) = self.vault.memory(&cube, id)? else {
            return Ok(None);
        };
        match self.guard.memory(who, Action::Read, &header, &memory) {
            Err(error) if is_hidden(&error) => return Ok(None),
            read => read?,
        }
        if self.is_over(&memory, self.clock.now()) {
            return Ok(None);
        }
        let item = record::item(&memory);
        if item.is_some() {
            self.note_reads(who, [&memory], refresh);
        }
        Ok(item)
    }

    /// Notes that items were read. What lives while it is used is not used by who does not want to
    /// refresh it.
    pub(super) fn note_reads<'m>(
        &self,
        who: &UserId,
        read: impl IntoIterator<Item = &'m Memory>,
        refresh: bool,
    ) {
        let now = self.clock.now();
        let used: Vec<&Memory> = read
            .into_iter()
            .filter(|m| refresh || unused_seconds(m).is_none())
            .collect();
        self.usage
            .note(who, used.iter().map(|m| (&m.cube_id, m.id)));
        if used.iter().any(|m| is_stale(m, now))
            && let Err(error) = self.usage.flush()
        {
            // The reader has what it asked for.
            tracing::warn!(%error, "items were not refreshed");
        }
    }
}

pub(super) fn is_hidden(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::CubeNotFound | Code::MemoryNotFound | Code::Forbidden
    )
}

fn unused_seconds(memory: &Memory) -> Option<u64> {
    match memory.header.governance.lifespan {
        Lifespan::Unused { seconds } => Some(seconds),
        _ => None,
    }
}

/// Whether so much of its time has passed since the last sign of life that its use must be written
/// before the answer.
fn is_stale(memory: &Memory, now: Timestamp) -> bool {
    let Some(seconds) = unused_seconds(memory) else {
        return false;
    };
    let vitals = Vitals::from(memory);
    let last = vitals
        .last_used
        .unwrap_or(vitals.created_at)
        .max(vitals.updated_at);
    let passed = now.micros().saturating_sub(last.micros());
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    passed >= seconds.saturating_mul(1_000_000 / SLACK)
}
