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

/// A text that says something: models fill every optional field, and a blank one is as good as none.
pub(super) fn named<T: AsRef<str>>(name: Option<T>) -> Option<T> {
    name.filter(|name| !name.as_ref().trim().is_empty())
}

/// A name that says something, without blanks around it.
pub(super) fn name_of(name: Option<String>) -> Option<String> {
    named(name).map(|name| name.trim().to_owned())
}

impl Home {
    /// The cube that is named; else that of the user; else the default one.
    pub(super) fn of(cube: Option<&str>, user: Option<&str>) -> Self {
        let user = named(user).map(str::trim);
        Self {
            cube: cube_of(named(cube).map(str::trim).or(user).unwrap_or(DEFAULT_CUBE)),
            user: user.map(str::to_owned),
        }
    }

    /// The user of who names none: a cube without a user is one's own.
    pub(super) fn own_user(&self) -> String {
        let user = self.user.clone();
        user.unwrap_or_else(|| self.cube.to_string())
    }
}

/// What is remembered of a client until it leaves.
#[derive(Debug, Default)]
pub(super) struct Client {
    cubes: Mutex<Registered>,
    /// What was said in chats, by user.
    chats: Mutex<HashMap<String, Vec<PromptMessage>>>,
}

/// The cubes that it took onto its list, and off it.
#[derive(Debug, Default)]
struct Registered {
    on: BTreeSet<(String, CubeId)>,
    off: BTreeSet<CubeId>,
}

impl Client {
    pub(super) fn unregister(&self, cube: &CubeId) {
        let mut cubes = self.cubes();
        cubes.on.retain(|(_, on)| on != cube);
        cubes.off.insert(cube.clone());
    }

    /// For a user, beside those that are the user's anyway.
    pub(super) fn register(&self, user: &str, cube: &CubeId) {
        let mut cubes = self.cubes();
        cubes.off.remove(cube);
        cubes.on.insert((user.to_owned(), cube.clone()));
    }

    pub(super) fn has_unregistered(&self, cube: &CubeId) -> bool {
        self.cubes().off.contains(cube)
    }

    /// The cubes that were registered for a user.
    pub(super) fn registered(&self, user: &str) -> Vec<CubeId> {
        let cubes = self.cubes();
        let of_user = cubes.on.iter().filter(|(of, _)| of == user);
        of_user.map(|(_, cube)| cube.clone()).collect()
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

    fn cubes(&self) -> MutexGuard<'_, Registered> {
        self.cubes.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!(of(None, Some(" ada ")), "ada");
        assert_eq!(
            Home::of(Some("notes"), Some("ada")).user.as_deref(),
            Some("ada")
        );
    }
}
