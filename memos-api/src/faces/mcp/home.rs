//! What a client works on, and what is remembered of it while it is there.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use memos_core::{CubeId, PromptMessage, Role};

use crate::faces::kit::cube_of;

/// The cube of clients that name neither cube nor user.
const DEFAULT_CUBE: &str = "default";

/// Messages of a chat that the model sees again.
const HISTORY: usize = 20;

/// Where calls go that name no cube.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) cube: CubeId,
    /// The user whose memories they are, if one is named. It is kept with each memory.
    pub(super) user: Option<String>,
}

impl Home {
    /// The cube that is named; else that of the user; else the default one.
    pub(super) fn of(cube: Option<&str>, user: Option<&str>) -> Self {
        let named = |name: &&str| !name.trim().is_empty();
        let user = user.filter(named);
        Self {
            cube: cube_of(cube.filter(named).or(user).unwrap_or(DEFAULT_CUBE)),
            user: user.map(str::to_owned),
        }
    }
}

/// What is remembered of a client until it leaves.
#[derive(Debug, Default)]
pub(super) struct Client {
    /// Cubes that it took off its list.
    unregistered: Mutex<BTreeSet<CubeId>>,
    /// What was said in chats, by user.
    chats: Mutex<HashMap<String, Vec<PromptMessage>>>,
}

impl Client {
    pub(super) fn unregister(&self, cube: &CubeId) {
        self.cubes().insert(cube.clone());
    }

    pub(super) fn register(&self, cube: &CubeId) {
        self.cubes().remove(cube);
    }

    pub(super) fn has_unregistered(&self, cube: &CubeId) -> bool {
        self.cubes().contains(cube)
    }

    /// What was said in chats with a user, oldest first.
    pub(super) fn history(&self, user: &str) -> Vec<PromptMessage> {
        self.chats().get(user).cloned().unwrap_or_default()
    }

    pub(super) fn talked(&self, user: &str, question: String, answer: &str) {
        let mut chats = self.chats();
        let said = chats.entry(user.to_owned()).or_default();
        for (role, content) in [(Role::User, question), (Role::Assistant, answer.to_owned())] {
            said.push(PromptMessage { role, content });
        }
        let old = said.len().saturating_sub(HISTORY);
        said.drain(..old);
    }

    pub(super) fn clear_history(&self, user: &str) {
        self.chats().remove(user);
    }

    fn chats(&self) -> MutexGuard<'_, HashMap<String, Vec<PromptMessage>>> {
        self.chats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cubes(&self) -> MutexGuard<'_, BTreeSet<CubeId>> {
        self.unregistered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cube_goes_before_a_user() {
        let of = |cube, user| Home::of(cube, user).cube.to_string();
        assert_eq!(of(None, None), "default");
        assert_eq!(of(None, Some("ada")), "ada");
        assert_eq!(of(Some("notes"), Some("ada")), "notes");
        assert_eq!(of(Some(""), Some(" ")), "default");
        assert_eq!(
            Home::of(Some("notes"), Some("ada")).user.as_deref(),
            Some("ada")
        );
    }
}
