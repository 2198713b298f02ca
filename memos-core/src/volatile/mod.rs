//! A vault in memory: for tests, simulations and uses that keep nothing.

mod records;
mod requests;
mod staged;
mod view;
mod writes;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use self::records::Records;
use self::requests::Requests;
use self::staged::{Stage, Stamp};
use self::view::View;
use crate::{
    Cause, ChangeSeq, Clock, Commit, Committed, CubeId, Event, EventLog, EventSeq, MemCube, Memory,
    MemoryId, NewEvent, Result, Snapshot, SystemClock, Task, TaskId, Timestamp, Vault, Why,
};

/// A [`Vault`] and [`EventLog`] that keeps everything in memory and nothing on the disk; beside
/// that it does exactly what a durable one does.
///
/// A snapshot costs nothing to take; the first commit after it copies the lists (not the memories)
/// that it changes. Events are kept as long as the vault.
pub struct VolatileVault {
    clock: Arc<dyn Clock>,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    records: Arc<Records>,
    requests: Requests,
    events: Vec<Event>,
    cursors: BTreeMap<String, EventSeq>,
    last_change: ChangeSeq,
    /// When events or changes were last written: time does not go back behind it.
    last_commit: Option<Timestamp>,
}

impl VolatileVault {
    /// An empty vault that takes the time of its events and requests from this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            inner: RwLock::default(),
        }
    }

    // A lock is poisoned only by a panic inside it, and a commit changes nothing before it has
    // done everything that can fail.
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for VolatileVault {
    /// On the system's clock.
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl std::fmt::Debug for VolatileVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VolatileVault")
            .field("head", &self.read().head())
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn head(&self) -> EventSeq {
        EventSeq(self.events.len() as u64)
    }

    fn append(&mut self, events: Vec<NewEvent>, at: Timestamp, cause: Cause, detail: Option<&str>) {
        for event in events {
            let seq = self.head().next();
            self.events.push(Event {
                seq,
                at,
                cube_id: event.cube_id,
                memory_id: event.memory_id,
                actor: event.actor,
                kind: event.kind,
                cause,
                detail: detail.map(str::to_owned),
            });
        }
    }
}

impl Vault for VolatileVault {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        let why = Why::of(&commit);
        let mut inner = self.write();
        let inner = &mut *inner;
        let now = self.clock.now();
        let now = inner.last_commit.map_or(now, |last| now.max(last));
        if let Some(request) = &commit.request
            && let Some(ids) = inner.requests.repeated(request, now)
        {
            return Ok(Committed::Repeated(ids.to_vec()));
        }
        let stamp = Stamp {
            last: inner.last_change,
            at: now,
            why: why.clone(),
        };
        let mut stage = Stage::over(&inner.records, stamp);
        for write in commit.writes {
            stage.write(write)?;
        }
        let staged = stage.finish()?;

        inner.requests.forget(&staged);
        if let Some(request) = commit.request {
            inner.requests.note(request, now);
        }
        if staged.last_change.is_some() || !commit.events.is_empty() {
            inner.last_commit = Some(now);
        }
        inner.last_change = staged.last_change.unwrap_or(inner.last_change);
        Arc::make_mut(&mut inner.records).apply(staged);
        inner.append(commit.events, now, why.cause, why.detail.as_deref());
        Ok(Committed::Done(inner.head()))
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let inner = self.read();
        Ok(Box::new(View {
            seq: inner.head(),
            records: Arc::clone(&inner.records),
            last_change: inner.last_change,
        }))
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        Ok(self.read().records.cube(id).cloned())
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        Ok(self.read().records.memory(cube, id).cloned())
    }

    fn task(&self, id: TaskId) -> Result<Option<Task>> {
        Ok(self.read().records.task(id).cloned())
    }

    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>> {
        Ok(self.read().records.cubes_of(id).cloned().collect())
    }

    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        Ok(self.read().records.made_from(cube, id))
    }
}

impl EventLog for VolatileVault {
    fn head(&self) -> EventSeq {
        self.read().head()
    }

    fn events(&self, after: EventSeq, limit: usize) -> Result<Vec<Event>> {
        let inner = self.read();
        // Event number n stands at place n - 1.
        let start = usize::try_from(after.0).unwrap_or(usize::MAX);
        let rest = inner.events.get(start..).unwrap_or_default();
        Ok(rest.iter().take(limit).cloned().collect())
    }

    fn cursor(&self, subscriber: &str) -> Result<EventSeq> {
        Ok(self
            .read()
            .cursors
            .get(subscriber)
            .copied()
            .unwrap_or_default())
    }

    fn advance(&self, subscriber: &str, seq: EventSeq) -> Result<()> {
        self.write().cursors.insert(subscriber.to_owned(), seq);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_conforms() {
        crate::conformance::check_vault(VolatileVault::new);
    }
}
