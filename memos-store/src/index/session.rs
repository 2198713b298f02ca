//! A session: its turns in order, and the windows that they see.

use memos_core::{MemoryId, Moment, Role};

/// Slot of a turn in its cube.
pub(crate) type Slot = u32;

/// Turns before and after a turn that its window takes in.
pub(crate) const BEFORE: usize = 2;
pub(crate) const AFTER: usize = 1;

/// One sitting of a dialogue, or one document.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Ordered by time, then id.
    pub(crate) turns: Vec<Turn>,
    /// Turns by an assistant without a name of its own.
    assistants: usize,
    /// Terms of all turns.
    pub(crate) terms: u64,
    /// Terms of all windows.
    pub(crate) window_terms: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) slot: Slot,
    pub(crate) order: (Moment, MemoryId),
    pub(crate) is_user: bool,
    pub(crate) is_assistant: bool,
    /// Number of the exchange: a user turn and the replies after it.
    exchange: u32,
}

impl Session {
    /// Where a turn of this order stands or belongs.
    pub(crate) fn place(&self, order: (Moment, MemoryId)) -> usize {
        self.turns.partition_point(|t| t.order < order)
    }

    /// Puts a turn at its [`place`](Self::place).
    pub(crate) fn insert(&mut self, at: usize, turn: Turn) {
        self.assistants += usize::from(turn.is_assistant);
        self.turns.insert(at, turn);
        self.number_exchanges(at);
    }

    /// Takes the turn at a position out.
    pub(crate) fn remove(&mut self, at: usize) {
        let turn = self.turns.remove(at);
        self.assistants -= usize::from(turn.is_assistant);
        self.number_exchanges(at);
    }

    /// Whether it is a chat of a user with an assistant, not of people.
    pub(crate) fn has_roles(&self) -> bool {
        self.assistants > 0
    }

    /// Positions whose windows take in the turn at `at`.
    pub(crate) fn seen_from(&self, at: usize) -> impl Iterator<Item = usize> {
        let last = (at + BEFORE).min(self.turns.len().saturating_sub(1));
        (at.saturating_sub(AFTER)..=last).filter(move |t| self.shares_window(*t, at))
    }

    /// Positions that the window of the turn at `at` takes in.
    pub(crate) fn window(&self, at: usize) -> impl Iterator<Item = usize> {
        let last = (at + AFTER).min(self.turns.len().saturating_sub(1));
        (at.saturating_sub(BEFORE)..=last).filter(move |u| self.shares_window(at, *u))
    }

    fn shares_window(&self, a: usize, b: usize) -> bool {
        !self.has_roles() || self.turns[a].exchange == self.turns[b].exchange
    }

    fn number_exchanges(&mut self, from: usize) {
        let mut exchange = if from == 0 {
            0
        } else {
            self.turns[from - 1].exchange
        };
        for turn in &mut self.turns[from..] {
            exchange += u32::from(turn.is_user);
            turn.exchange = exchange;
        }
    }
}

impl Turn {
    pub(crate) fn new(
        slot: Slot,
        order: (Moment, MemoryId),
        role: Option<Role>,
        speaker: Option<&str>,
    ) -> Self {
        let named = speaker.is_some_and(|s| !is_role_word(s));
        Self {
            slot,
            order,
            is_user: role == Some(Role::User),
            is_assistant: role == Some(Role::Assistant) && !named,
            exchange: 0,
        }
    }
}

/// Speakers that are roles, not names.
pub(crate) fn is_role_word(speaker: &str) -> bool {
    const WORDS: &[&str] = &[
        "user",
        "assistant",
        "human",
        "ai",
        "bot",
        "model",
        "agent",
        "system",
        "用户",
        "助手",
    ];
    WORDS.contains(&speaker.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use memos_core::Timestamp;

    use super::*;

    fn session(roles: &[Option<Role>]) -> Session {
        let mut session = Session::default();
        for (slot, role) in roles.iter().enumerate() {
            let order = (
                Moment::from(Timestamp::from_secs(slot as i64)),
                MemoryId::generate(),
            );
            session.insert(slot, Turn::new(slot as u32, order, *role, None));
        }
        session
    }

    #[test]
    fn windows_of_people_reach_two_back_and_one_on() {
        let s = session(&[None; 6]);
        assert_eq!(s.window(3).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(s.window(0).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(s.seen_from(3).collect::<Vec<_>>(), [2, 3, 4, 5]);
    }

    #[test]
    fn windows_of_chats_keep_to_the_exchange() {
        let (u, a) = (Some(Role::User), Some(Role::Assistant));
        let s = session(&[u, a, u, a, a]);
        assert_eq!(s.window(2).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(s.window(1).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(s.seen_from(2).collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    fn a_late_turn_takes_its_place() {
        let mut s = session(&[None; 3]);
        let early = (Moment::from(Timestamp::from_secs(-5)), MemoryId::generate());
        assert_eq!(s.place(early), 0);
        s.insert(0, Turn::new(9, early, None, None));
        s.remove(1);
        assert_eq!(
            s.turns.iter().map(|t| t.slot).collect::<Vec<_>>(),
            [9, 1, 2]
        );
    }
}
