//! Notes which memories were returned, off the path of the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use memos_core::{
    Clock, Commit, CubeId, EventKind, Index, MemoryId, NewEvent, Result, Timestamp, UserId, Vault,
    Write,
};

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
/// each memory of a batch.
pub struct UsageLog {
    vault: Arc<dyn Vault>,
    index: Arc<dyn Index>,
    clock: Arc<dyn Clock>,
    waiting: ArrayQueue<Use>,
}

impl UsageLog {
    /// An empty log that writes to a vault and keeps an index in step.
    pub fn new(vault: Arc<dyn Vault>, index: Arc<dyn Index>, clock: Arc<dyn Clock>) -> Self {
        Self {
            vault,
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
        // Of what was forgotten meanwhile there is nothing more to tell.
        let mut known = Vec::with_capacity(batch.len());
        for ((cube_id, id), used) in batch {
            if self.vault.memory(&cube_id, id)?.is_some() {
                known.push((cube_id, id, used));
            }
        }
        let mut commit = Commit::default();
        for (cube_id, id, (uses, at, actor)) in &known {
            commit.writes.push(Write::Touch {
                cube_id: cube_id.clone(),
                id: *id,
                uses: *uses,
                at: *at,
            });
            commit.events.push(NewEvent {
                cube_id: cube_id.clone(),
                memory_id: Some(*id),
                actor: actor.clone(),
                kind: EventKind::Accessed,
            });
        }
        if known.is_empty() {
            return Ok(0);
        }
        self.vault.commit(commit)?;
        for (cube_id, id, (uses, at, _)) in &known {
            self.index.touch(cube_id, *id, *uses, *at);
        }
        Ok(known.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use memos_core::EventLog;

    use super::*;
    use crate::testing::{Brute, ada, adding, cube_id, memory, vault};

    #[test]
    fn uses_are_written_in_one_batch() {
        let (vault, clock) = vault();
        let memories = [memory("one", 1), memory("two", 2)];
        vault.commit(adding(&memories)).unwrap();
        let before = vault.head();
        let log = UsageLog::new(
            Arc::clone(&vault) as _,
            Arc::new(Brute::default()),
            Arc::clone(&clock) as _,
        );
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
        let events = vault.events(before, 10).unwrap();
        assert!(events.len() == 2 && events.iter().all(|e| e.kind == EventKind::Accessed));
    }

    #[test]
    fn a_use_of_what_was_forgotten_harms_nothing() {
        let (vault, clock) = vault();
        vault.commit(adding(&[memory("one", 1)])).unwrap();
        let log = UsageLog::new(Arc::clone(&vault) as _, Arc::new(Brute::default()), clock);
        let before = vault.head();
        log.note(&ada(), [(&cube_id(), MemoryId::generate())].into_iter());
        assert_eq!(log.flush().unwrap(), 0);
        assert_eq!(vault.head(), before);
    }
}
