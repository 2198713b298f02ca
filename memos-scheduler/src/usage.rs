//! Notes which memories were returned, off the path of the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use memos_core::{
    Clock, Commit, CubeId, EventKind, MemoryId, NewEvent, Result, Timestamp, UserId, Vault, Write,
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
    clock: Arc<dyn Clock>,
    waiting: ArrayQueue<Use>,
}

impl UsageLog {
    /// An empty log that writes to a vault.
    pub fn new(vault: Arc<dyn Vault>, clock: Arc<dyn Clock>) -> Self {
        Self {
            vault,
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
        let mut commit = Commit::default();
        let count = batch.len();
        for ((cube_id, id), (uses, at, actor)) in batch {
            commit.writes.push(Write::Touch {
                cube_id: cube_id.clone(),
                id,
                uses,
                at,
            });
            commit.events.push(NewEvent {
                cube_id,
                memory_id: Some(id),
                actor,
                kind: EventKind::Accessed,
            });
        }
        self.vault.commit(commit)?;
        Ok(count)
    }
}
