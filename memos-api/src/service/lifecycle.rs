//! The states of a memory, changed by hand.

use memos_core::{Action, Code, CubeId, Error, Memory, MemoryId, Move, Result, State, UserId, Why};
use memos_scheduler::lifecycle::Lifecycle;
use memos_scheduler::work::births;

use super::MemOs;
use super::change::named;
use crate::wire::{MemoryItem, MoveRequest};

/// The moves that a caller may ask for: merging is the work of fusion.
const MOVES: [Move; 6] = [
    Move::Activate,
    Move::Archive,
    Move::Restore,
    Move::Freeze,
    Move::Thaw,
    Move::Expire,
];

impl MemOs {
    /// Moves a memory to another state. What expires is returned as it was.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`, `Forbidden`; `IllegalMove` if its state has no such move;
    /// `InvalidRequest` for a move that is none.
    pub fn change_state(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        request: &MoveRequest,
    ) -> Result<MemoryItem> {
        let step = named(&MOVES, Move::as_str, &request.step).map_err(|e| e.at("/move"))?;
        if request.reason.as_ref().is_some_and(|why| why.len() > 1_024) {
            return Err(
                Error::new(Code::TooLarge, "the reason has more than 1024 bytes")
                    .at("/reason")
                    .remedy("say it in a sentence"),
            );
        }
        let action = match step {
            Move::Expire => Action::Forget,
            _ => Action::Write,
        };
        let mut moved: Option<Memory> = None;
        self.residency.commit(cube, || {
            let memory = self.writable(who, action, cube, id)?;
            let next_version = |memory: &Memory| self.next_version(memory);
            let lifecycle = Lifecycle::new(self.clock.now(), &next_version);
            let mut made = match step {
                // Who ends a memory means all of its way there.
                Move::Expire => lifecycle.end(&memory, who)?,
                _ => lifecycle.change(&memory, step, who)?,
            };
            moved = Some(match made.memories.first() {
                Some(after) => after.clone(),
                None if step == Move::Expire => Memory {
                    state: State::Expired,
                    ..memory
                },
                None => memory,
            });
            // What thaws or is put away may have its time run out next.
            let now = self.clock.now();
            if let Some(due) = self.policy.next_sweep(&made.memories, now) {
                made.writes
                    .push(births::adding(births::sweep(cube, who, due, now)));
            }
            let mut why = Why::call(who.clone());
            why.detail.clone_from(&request.reason);
            Ok(made.into_commit(why))
        })?;
        moved
            .map(MemoryItem::from)
            .ok_or_else(|| Error::new(Code::Internal, "the move was not made"))
    }
}
