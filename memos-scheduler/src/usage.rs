//! Notes which memories were returned, off the path of the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use memos_core::{
    Cause, Clock, Commit, CubeId, EventKind, Index, Memory, MemoryId, NewEvent, Result, Timestamp,
    UserId, Vault, Why, Write,
};

use crate::Residency;
use crate::lifecycle::Lifecycle;
use crate::time_machine::next_version;
use crate::work::births;

/// Uses that may wait for the next write. More than this between two writes are not counted: a use
/// count may be low after a storm, an answer is never late.
const WAITING: usize = 65_536;

struct Use {
    cube_id: CubeId,
    id: MemoryId,
    caller: UserId,
    at: Timestamp,
}

/// Collects uses and writes them in batches: use counts, last uses, and one `Accessed` event for
/// each memory of a batch. What was archived comes back by its use.
pub struct UsageLog {
    vault: Arc<dyn Vault>,
    residency: Arc<Residency>,
    index: Arc<dyn Index>,
    clock: Arc<dyn Clock>,
    waiting: ArrayQueue<Use>,
}

impl UsageLog {
    /// An empty log that writes to a vault and keeps an index in step.
    pub fn new(
        vault: Arc<dyn Vault>,
        residency: Arc<Residency>,
        index: Arc<dyn Index>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            vault,
            residency,
            index,
            clock,
            waiting: ArrayQueue::new(WAITING),
        }
    }

    /// Notes that a caller was given these memories.
    pub fn note<'a>(
        &self,
        caller: &UserId,
        memories: impl Iterator<Item = (&'a CubeId, MemoryId)>,
    ) {
        let at = self.clock.now();
        for (cube_id, id) in memories {
            let lost = self
                .waiting
                .push(Use {
                    cube_id: cube_id.clone(),
                    id,
                    caller: caller.clone(),
                    at,
                })
                .is_err();
            if lost {
                tracing::debug!("more uses than can wait; some are not counted");
                return;
            }
        }
    }

    /// Writes what has been noted so far, and returns how many memories that were.
    ///
    /// # Errors
    /// Those of [`Vault::commit`]; what was noted is lost then.
    pub fn flush(&self) -> Result<usize> {
        let mut batch: BTreeMap<(CubeId, MemoryId), (u64, Timestamp, UserId)> = BTreeMap::new();
        // At most what is waiting now, so that a busy server can't hold the loop.
        for _ in 0..self.waiting.len() {
            let Some(one) = self.waiting.pop() else { break };
            let entry = batch
                .entry((one.cube_id, one.id))
                .or_insert_with(|| (0, one.at, one.caller));
            entry.0 += 1;
            entry.1 = entry.1.max(one.at);
        }
        if batch.is_empty() {
            return Ok(0);
        }
        let mut written = 0;
        let mut in_use = Vec::with_capacity(batch.len());
        let mut put_away: BTreeMap<CubeId, Vec<Used>> = BTreeMap::new();
        for ((cube_id, id), (uses, at, actor)) in batch {
            // Of what was forgotten meanwhile there is nothing more to tell.
            let Some(memory) = self.vault.memory(&cube_id, id)? else {
                continue;
            };
            let used = Used {
                memory,
                uses,
                at,
                actor,
            };
            match used.memory.state.is_hot() {
                true => in_use.push(used),
                false => put_away.entry(cube_id).or_default().push(used),
            }
        }
        if !in_use.is_empty() {
            self.vault.commit(self.noting(&in_use)?)?;
            for used in &in_use {
                let memory = &used.memory;
                self.index
                    .touch(&memory.cube_id, memory.id, used.uses, used.at);
            }
            written += in_use.len();
        }
        for (cube, used) in put_away {
            written += used.len();
            self.residency.commit(&cube, || self.noting(&used))?;
        }
        Ok(written)
    }

    /// The commit that counts uses and brings back what was put away.
    fn noting(&self, used: &[Used]) -> Result<Commit> {
        let now = self.clock.now();
        let snapshot = self.vault.snapshot()?;
        let number = |memory: &Memory| next_version(&*snapshot, memory);
        let moved =
            Lifecycle::new(now, &number).on_use(used.iter().map(|u| (&u.memory, &u.actor)))?;
        let Some(first) = used.first() else {
            return Ok(Commit::default());
        };
        let mut commit = moved.into_commit(Why::new(first.actor.clone(), Cause::Use));
        let mut cubes = BTreeMap::new();
        for used in used {
            let cube_id = &used.memory.cube_id;
            commit.writes.push(Write::Touch {
                cube_id: cube_id.clone(),
                id: used.memory.id,
                uses: used.uses,
                at: used.at,
            });
            commit.events.push(NewEvent {
                cube_id: cube_id.clone(),
                memory_id: Some(used.memory.id),
                actor: used.actor.clone(),
                kind: EventKind::Accessed,
            });
            cubes.insert(cube_id, &used.actor);
        }
        for (cube, user) in cubes {
            let due = now.after(births::AFTER_USE);
            let task = births::sweep(cube, user, due, now);
            commit.writes.push(births::adding(task));
        }
        Ok(commit)
    }
}

/// A memory that was used, as it was before.
struct Used {
    memory: Memory,
    uses: u64,
    at: Timestamp,
    actor: UserId,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use memos_core::EventLog;

    use super::*;
    use crate::testing::{Brute, Letters, ada, adding, cube_id, memory, vault};

    fn usage_log(
        vault: &Arc<memos_core::VolatileVault>,
        clock: &Arc<memos_core::ManualClock>,
    ) -> UsageLog {
        let index = Arc::new(Brute::default());
        let residency = Residency::new(
            Arc::clone(vault) as _,
            Arc::clone(&index) as _,
            Arc::new(Letters::default()),
        );
        UsageLog::new(
            Arc::clone(vault) as _,
            Arc::new(residency),
            index,
            Arc::clone(clock) as _,
        )
    }

    #[test]
    fn uses_are_written_in_one_batch() {
        let (vault, clock) = vault();
        let memories = [memory("one", 1), memory("two", 2)];
        vault.commit(adding(&memories)).unwrap();
        let before = vault.head();
        let log = usage_log(&vault, &clock);
        let note = |ids: &[usize]| {
            let cube = cube_id();
            log.note(&ada(), ids.iter().map(|i| (&cube, memories[*i].id)));
        };
        note(&[0, 1]);
        clock.advance(Duration::from_secs(5));
        note(&[0]);
        assert_eq!(log.flush().unwrap(), 2);
        assert_eq!(log.flush().unwrap(), 0);
        let behaviour = |i: usize| {
            vault
                .memory(&cube_id(), memories[i].id)
                .unwrap()
                .unwrap()
                .header
                .behavioural
        };
        assert_eq!((behaviour(0).use_count, behaviour(1).use_count), (2, 1));
        assert_eq!(behaviour(0).last_used, Some(clock.now()));
        assert!(behaviour(1).last_used < behaviour(0).last_used);
        let told: Vec<_> = vault
            .events(before, 10)
            .unwrap()
            .into_iter()
            .map(|e| e.kind)
            .collect();
        let (activated, accessed) = (EventKind::Activated, EventKind::Accessed);
        assert_eq!(told, [activated, activated, accessed, accessed]);
    }

    #[test]
    fn what_was_archived_comes_back_by_its_use() {
        let (vault, clock) = vault();
        let mut archived = memory("one", 1);
        archived.state = memos_core::State::Archived;
        vault.commit(adding(&[archived.clone()])).unwrap();
        let log = usage_log(&vault, &clock);
        log.note(&ada(), [(&cube_id(), archived.id)].into_iter());
        assert_eq!(log.flush().unwrap(), 1);
        let back = vault.memory(&cube_id(), archived.id).unwrap().unwrap();
        assert_eq!(back.state, memos_core::State::Activated);
        assert_eq!(back.header.behavioural.use_count, 1);
    }

    #[test]
    fn a_use_of_what_was_forgotten_harms_nothing() {
        let (vault, clock) = vault();
        vault.commit(adding(&[memory("one", 1)])).unwrap();
        let log = usage_log(&vault, &clock);
        let before = vault.head();
        log.note(&ada(), [(&cube_id(), MemoryId::generate())].into_iter());
        assert_eq!(log.flush().unwrap(), 0);
        assert_eq!(vault.head(), before);
    }
}
