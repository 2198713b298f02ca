//! Requests that were done, by digest, in memory: which are known, and which may be forgotten.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use memos_core::{CubeId, MemoryId, Request, Timestamp};

use super::codec::Noted;

type Digest = [u8; 32];

/// How many requests past their time one commit clears away at most: a commit's cost stays bounded.
const PURGE_PER_COMMIT: usize = 32;

/// The noted requests, as in the tree.
#[derive(Debug, Default)]
pub(super) struct Requests {
    by_digest: HashMap<Digest, Noted>,
    by_end: BTreeSet<(Timestamp, Digest)>,
    by_memory: HashMap<MemoryId, Vec<Digest>>,
}

/// What a commit changes in them, once it is applied.
#[derive(Debug, Default)]
pub(super) struct RequestChanges {
    pub(super) forget: Vec<Digest>,
    pub(super) note: Option<(Digest, Noted)>,
}

impl Requests {
    /// What the same request made, if it was noted less than its window ago.
    pub(super) fn repeated(&self, request: &Request, now: Timestamp) -> Option<&[MemoryId]> {
        let noted = self.by_digest.get(&request.digest)?;
        (now < end(noted.at, request.window)).then_some(&noted.ids[..])
    }

    /// Requests that made one of these memories, in one of these cubes: their ids are dead.
    pub(super) fn that_made<'a>(
        &self,
        memories: impl IntoIterator<Item = &'a MemoryId>,
        cubes: &BTreeSet<CubeId>,
    ) -> Vec<Digest> {
        let mut digests: Vec<_> = memories
            .into_iter()
            .filter_map(|id| self.by_memory.get(id))
            .flatten()
            .copied()
            .collect();
        if !cubes.is_empty() {
            let in_cubes = self.by_digest.iter().filter(|(_, n)| cubes.contains(&n.cube_id));
            digests.extend(in_cubes.map(|(digest, _)| *digest));
        }
        digests
    }

    /// The oldest requests past their time.
    pub(super) fn expired(&self, now: Timestamp) -> impl Iterator<Item = Digest> {
        self.by_end
            .iter()
            .take_while(move |(until, _)| *until <= now)
            .take(PURGE_PER_COMMIT)
            .map(|(_, digest)| *digest)
    }

    pub(super) fn apply(&mut self, changes: RequestChanges) {
        for digest in changes.forget {
            self.forget(&digest);
        }
        if let Some((digest, noted)) = changes.note {
            self.note(digest, noted);
        }
    }

    pub(super) fn note(&mut self, digest: Digest, noted: Noted) {
        self.forget(&digest);
        self.by_end.insert((noted.until, digest));
        for id in &noted.ids {
            self.by_memory.entry(*id).or_default().push(digest);
        }
        self.by_digest.insert(digest, noted);
    }

    fn forget(&mut self, digest: &Digest) {
        let Some(noted) = self.by_digest.remove(digest) else {
            return;
        };
        self.by_end.remove(&(noted.until, *digest));
        for id in &noted.ids {
            if let Some(digests) = self.by_memory.get_mut(id) {
                digests.retain(|d| d != digest);
                if digests.is_empty() {
                    self.by_memory.remove(id);
                }
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.by_digest.len(), self.by_end.len());
        self.by_digest.len()
    }
}

/// When a request of this window, noted then, is none any more.
pub(super) fn end(at: Timestamp, window: Duration) -> Timestamp {
    let micros = i64::try_from(window.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.micros().saturating_add(micros))
}
