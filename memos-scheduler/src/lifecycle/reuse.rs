//! What is used comes back.

use memos_core::{EventKind, Memory, Move, NewEvent, Result, State, UserId};

use super::{Lifecycle, Moved};

impl Lifecycle<'_> {
    /// What the use of memories means for their states. Each is given once, as it was before the
    /// use, with who used it.
    ///
    /// - What was archived or merged is active again: a new version, and an event.
    /// - A first use makes a generated memory an active one. The vault shows that by itself from the
    ///   use count, so there is an event and no write.
    /// - What is active or frozen stays as it is.
    ///
    /// The uses themselves are not among the writes. Their [`Touch`](memos_core::Write::Touch) goes
    /// into the same commit, after these writes: an updated record carries its own use count. The
    /// cause of the commit is [`Cause::Use`](memos_core::Cause::Use).
    ///
    /// # Errors
    /// Those of the numbering of versions.
    pub fn on_use<'m>(
        &self,
        used: impl IntoIterator<Item = (&'m Memory, &'m UserId)>,
    ) -> Result<Moved> {
        let mut all = Moved::default();
        for (memory, actor) in used {
            match memory.state {
                State::Archived | State::Merged => {
                    all.extend(self.change(memory, Move::Activate, actor)?);
                }
                State::Generated if memory.header.behavioural.use_count == 0 => {
                    all.events.push(NewEvent {
                        cube_id: memory.cube_id.clone(),
                        memory_id: Some(memory.id),
                        actor: actor.clone(),
                        kind: EventKind::Activated,
                    });
                }
                State::Generated | State::Activated | State::Frozen | State::Expired => {}
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use memos_core::{Cause, Commit, Timestamp, Vault, Why, Write};

    use super::*;
    use crate::lifecycle::testing::{Bench, aged, next_version};
    use crate::testing::ada;

    #[test]
    fn what_is_used_comes_back_and_the_rest_stays() {
        let now = Timestamp::from_secs(1_800_000_000);
        let expected = [
            (
                State::Generated,
                State::Activated,
                Some(EventKind::Activated),
            ),
            (State::Activated, State::Activated, None),
            (State::Merged, State::Activated, Some(EventKind::Activated)),
            (
                State::Archived,
                State::Activated,
                Some(EventKind::Activated),
            ),
            (State::Frozen, State::Frozen, None),
        ];
        for (before, after, told) in expected {
            let memory = aged(now, |m| {
                m.state = before;
                m.header.behavioural.use_count = u64::from(before != State::Generated) * 3;
            });
            let bench = Bench::with(now, std::slice::from_ref(&memory));
            let moved = Lifecycle::new(now, &next_version)
                .on_use([(&memory, &ada())])
                .unwrap();
            let kinds: Vec<_> = moved.events.iter().map(|e| e.kind).collect();
            assert_eq!(kinds, told.into_iter().collect::<Vec<_>>(), "{before}");
            let mut commit: Commit = moved.into_commit(Why::new(ada(), Cause::Use));
            commit.writes.push(Write::Touch {
                cube_id: memory.cube_id.clone(),
                id: memory.id,
                uses: 2,
                at: now,
            });
            bench.vault.commit(commit).unwrap();
            let stored = bench.memory(memory.id).unwrap();
            let behaviour = &stored.header.behavioural;
            assert_eq!(stored.state, after, "{before}");
            assert_eq!(
                behaviour.use_count,
                memory.header.behavioural.use_count + 2,
                "{before}"
            );
            let moves = before != State::Generated && before != after;
            assert_eq!(behaviour.version, 1 + u32::from(moves), "{before}");
        }
    }
}
