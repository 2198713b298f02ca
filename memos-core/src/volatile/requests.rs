//! Requests that were done, by digest: a repeat within its window stores nothing.

use std::collections::HashMap;

use super::staged::Staged;
use crate::{CubeId, MemoryId, Request, Timestamp};

/// The noted requests.
#[derive(Debug, Default)]
pub(super) struct Requests {
    by_digest: HashMap<[u8; 32], Noted>,
    /// How many were left when those past their time were last cleared away.
    after_purge: usize,
}

#[derive(Debug)]
struct Noted {
    cube_id: CubeId,
    ids: Vec<MemoryId>,
    at: Timestamp,
    /// When it is none any more, by its own window.
    until: Timestamp,
}

impl Requests {
    /// What the same request made, if it was noted less than its window ago.
    pub(super) fn repeated(&self, request: &Request, now: Timestamp) -> Option<&[MemoryId]> {
        let noted = self.by_digest.get(&request.digest)?;
        (now < end(noted.at, request)).then_some(&*noted.ids)
    }

    /// Forgets what a commit makes obsolete.
    pub(super) fn forget(&mut self, staged: &Staged) {
        if [&staged.forgotten, &staged.stale]
            .iter()
            .all(|set| set.is_empty())
            && staged.dropped.is_empty()
        {
            return;
        }
        self.by_digest.retain(|_, noted| {
            let made = |id| {
                let memory = (noted.cube_id.clone(), id);
                staged.forgotten.contains(&memory) || staged.stale.contains(&memory)
            };
            !staged.dropped.contains(&noted.cube_id) && !noted.ids.iter().copied().any(made)
        });
    }

    pub(super) fn note(&mut self, request: Request, now: Timestamp) {
        // Each time they have doubled, so that it costs each request the same.
        if self.by_digest.len() >= 64.max(2 * self.after_purge) {
            self.by_digest.retain(|_, noted| now < noted.until);
            self.after_purge = self.by_digest.len();
        }
        let noted = Noted {
            until: end(now, &request),
            cube_id: request.cube_id,
            ids: request.ids,
            at: now,
        };
        self.by_digest.insert(request.digest, noted);
    }
}

fn end(at: Timestamp, request: &Request) -> Timestamp {
    let window = i64::try_from(request.window.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.micros().saturating_add(window))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn those_past_their_time_are_cleared_away() {
        let mut requests = Requests::default();
        for n in 0..10_000_u64 {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&n.to_le_bytes());
            let request = Request {
                digest,
                cube_id: "c".parse().unwrap(),
                ids: vec![],
                window: Duration::from_secs(10),
            };
            let now = Timestamp::from_secs(i64::try_from(n).unwrap());
            assert_eq!(requests.repeated(&request, now), None);
            requests.note(request.clone(), now);
            assert!(requests.repeated(&request, now.plus_secs(9)).is_some());
            assert!(requests.repeated(&request, now.plus_secs(10)).is_none());
        }
        assert!(
            requests.by_digest.len() <= 64,
            "{}",
            requests.by_digest.len()
        );
    }
}
