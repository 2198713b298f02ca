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

    /// Requests that made one of these memories, or anything in one of these cubes: what they
    /// answered does not hold any more.
    pub(super) fn that_made(
        &self,
        memories: &BTreeSet<(CubeId, MemoryId)>,
        cubes: &BTreeSet<CubeId>,
    ) -> Vec<Digest> {
        let mut digests = Vec::new();
        for (cube, id) in memories {
            let made_it = self.by_memory.get(id).into_iter().flatten();
            digests.extend(
                made_it.filter(|d| self.by_digest.get(*d).is_some_and(|n| n.cube_id == *cube)),
            );
        }
        if !cubes.is_empty() {
            let in_cubes = self
                .by_digest
                .iter()
                .filter(|(_, n)| cubes.contains(&n.cube_id));
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
}

/// When a request of this window, noted then, is none any more.
pub(super) fn end(at: Timestamp, window: Duration) -> Timestamp {
    let micros = i64::try_from(window.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.micros().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cube_id, id};
    use super::*;

    fn noted(requests: &mut Requests, digest: u8, number: u64, until: i64) {
        let noted = Noted {
            cube_id: cube_id("a"),
            ids: vec![id(number), id(1000)],
            at: Timestamp::from_secs(0),
            until: Timestamp::from_secs(until),
        };
        requests.note([digest; 32], noted);
    }

    #[test]
    fn the_oldest_go_first_and_a_few_at_a_time() {
        let mut requests = Requests::default();
        for n in 0..100 {
            noted(&mut requests, n, u64::from(n), 100 - i64::from(n));
        }
        assert_eq!(requests.expired(Timestamp::from_secs(0)).count(), 0);
        let due: Vec<_> = requests.expired(Timestamp::from_secs(2)).collect();
        assert_eq!(due, [[99; 32], [98; 32]]);
        let mut left = 100;
        while left > 0 {
            let forget: Vec<_> = requests.expired(Timestamp::from_secs(100)).collect();
            assert!(!forget.is_empty() && forget.len() <= PURGE_PER_COMMIT);
            left -= forget.len();
            requests.apply(RequestChanges { forget, note: None });
        }
        assert!(requests.by_digest.is_empty());
        assert!(requests.by_end.is_empty());
        assert!(requests.by_memory.is_empty(), "nothing is held for ever");
    }

    #[test]
    fn a_memory_of_that_id_in_another_cube_is_another() {
        let mut requests = Requests::default();
        noted(&mut requests, 1, 1, 9);
        let gone = |cube: &str| BTreeSet::from([(cube_id(cube), id(1))]);
        assert!(requests.that_made(&gone("b"), &BTreeSet::new()).is_empty());
        assert_eq!(requests.that_made(&gone("a"), &BTreeSet::new()), [[1; 32]]);
        let cubes = BTreeSet::from([cube_id("a")]);
        assert_eq!(requests.that_made(&BTreeSet::new(), &cubes), [[1; 32]]);
    }

    #[test]
    fn a_digest_noted_again_replaces_the_first() {
        let mut requests = Requests::default();
        noted(&mut requests, 1, 1, 9);
        noted(&mut requests, 1, 2, 19);
        assert_eq!(requests.by_end.len(), 1);
        assert!(!requests.by_memory.contains_key(&id(1)));
        assert_eq!(requests.expired(Timestamp::from_secs(9)).count(), 0);
    }
}
