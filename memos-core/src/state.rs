//! The life of a memory: its states and the one table of legal moves.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Code, Error, Result};

/// Where a memory is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Written, not used yet.
    Generated,
    /// In use.
    Activated,
    /// Consolidated with others into a newer version.
    Merged,
    /// Out of the hot index, still findable on request.
    Archived,
    /// Gone but for its audit record.
    Expired,
    /// Refuses change, keeps full history.
    Frozen,
}

/// What can be asked of a memory's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// It was referenced.
    Activate,
    /// It was consolidated with others.
    Merge,
    /// It went unused for long, or was put away.
    Archive,
    /// Its time ran out, or policy ended it.
    Expire,
    /// It must not change.
    Freeze,
    /// It may change again.
    Thaw,
    /// An earlier version came back.
    Restore,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Generated,
        Self::Activated,
        Self::Merged,
        Self::Archived,
        Self::Expired,
        Self::Frozen,
    ];

    /// The table of legal moves (MemOS, arXiv 2507.03724 §5.2 and §5.4.3). Ours are `Thaw`, since a
    /// legal hold ends one day, and `Merge` before the first use: a repeat is found when it is
    /// written.
    ///
    /// # Errors
    /// [`Code::IllegalMove`], with the moves that the state does have.
    pub fn after(self, step: Move) -> Result<Self> {
        self.next(step).ok_or_else(|| self.refuse(step))
    }

    const fn next(self, step: Move) -> Option<Self> {
        use Move as M;
        use State as S;
        Some(match (self, step) {
            (S::Generated | S::Activated, M::Activate) => S::Activated,
            (S::Generated | S::Activated, M::Merge) => S::Merged,
            (S::Generated | S::Activated | S::Merged, M::Archive) => S::Archived,
            (S::Archived, M::Expire) => S::Expired,
            (S::Generated | S::Activated | S::Merged | S::Archived, M::Freeze) => S::Frozen,
            (S::Frozen, M::Thaw) => S::Activated,
            (S::Archived | S::Merged, M::Restore | M::Activate) => S::Activated,
            _ => return None,
        })
    }

    /// Whether the memory's content may change in this state.
    pub const fn is_mutable(self) -> bool {
        matches!(self, Self::Generated | Self::Activated)
    }

    /// Whether the memory is in the hot index.
    pub const fn is_hot(self) -> bool {
        matches!(self, Self::Generated | Self::Activated | Self::Frozen)
    }

    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Activated => "activated",
            Self::Merged => "merged",
            Self::Archived => "archived",
            Self::Expired => "expired",
            Self::Frozen => "frozen",
        }
    }

    fn refuse(self, step: Move) -> Error {
        let legal: Vec<_> = Move::ALL
            .iter()
            .filter(|m| self.next(**m).is_some())
            .collect();
        let remedy = if legal.is_empty() {
            "this state is final".to_owned()
        } else {
            format!(
                "legal here: {}",
                legal
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        };
        Error::new(Code::IllegalMove, format!("{self} memory can't {step}")).remedy(remedy)
    }
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 7] = [
        Self::Activate,
        Self::Merge,
        Self::Archive,
        Self::Expire,
        Self::Freeze,
        Self::Thaw,
        Self::Restore,
    ];

    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Merge => "merge",
            Self::Archive => "archive",
            Self::Expire => "expire",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Restore => "restore",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reachable() -> std::collections::BTreeSet<State> {
        let mut seen = std::collections::BTreeSet::from([State::Generated]);
        loop {
            let more: Vec<_> = seen
                .iter()
                .flat_map(|s| Move::ALL.iter().filter_map(|m| s.after(*m).ok()))
                .filter(|s| !seen.contains(s))
                .collect();
            if more.is_empty() {
                return seen;
            }
            seen.extend(more);
        }
    }

    #[test]
    fn every_state_is_reached_and_only_expired_is_final() {
        assert_eq!(reachable().into_iter().collect::<Vec<_>>(), State::ALL);
        for state in State::ALL {
            let moves = Move::ALL
                .iter()
                .filter(|m| state.after(**m).is_ok())
                .count();
            assert_eq!(moves == 0, state == State::Expired, "{state}");
        }
    }

    #[test]
    fn frozen_leaves_only_by_thaw() {
        for step in Move::ALL {
            assert_eq!(
                State::Frozen.after(step).is_ok(),
                step == Move::Thaw,
                "{step}"
            );
        }
    }

    #[test]
    fn a_refusal_names_what_is_legal() {
        let text = State::Archived.after(Move::Merge).unwrap_err().to_string();
        assert!(text.contains("archived memory can't merge"), "{text}");
        assert!(
            text.contains("expire") && text.contains("restore"),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn the_table_is_closed(steps in proptest::collection::vec(0..Move::ALL.len(), 0..40)) {
            let mut state = State::Generated;
            for step in steps {
                match state.after(Move::ALL[step]) {
                    Ok(next) => { prop_assert!(State::ALL.contains(&next)); state = next; }
                    Err(e) => prop_assert_eq!(e.code(), Code::IllegalMove),
                }
            }
        }
    }
}
