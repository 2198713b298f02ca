//! Where the value of a field comes from: what people said of themselves, and the memories that say so.
//! A value goes when all of its memories are gone; one that was set by hand has none, and stays.

use memos_core::MemoryId;
use serde::{Deserialize, Serialize};

use super::fields::Leaf;

/// Memories that are kept for one value, the last ones.
const MEMORIES: usize = 32;

/// Earlier values of a field that holds one thing: if the last is withdrawn, the one before holds.
const EARLIER: usize = 8;

/// What filled a field, or a part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Saying {
    pub(super) value: String,
    pub(super) from: Vec<MemoryId>,
}

impl Leaf {
    /// Takes in what memories say; whether something changed. What was heard from them before is no
    /// news. `several` things stand beside each other, one thing takes the place of another.
    pub(super) fn hear(&mut self, value: &str, from: &[MemoryId], several: bool) -> bool {
        let parts: Vec<&str> = match several {
            true => value.split(", ").collect(),
            false => vec![value],
        };
        let mut changed = false;
        for part in parts {
            let known = self.words().unwrap_or_default();
            let is_known = match several {
                true => known.split(", ").any(|one| is_same(one, part)),
                false => is_same(&known, part),
            };
            let mut saying = match self.said.iter().position(|s| is_same(&s.value, part)) {
                Some(at) if from.iter().all(|id| self.said[at].from.contains(id)) => continue,
                Some(at) => self.said.remove(at),
                // It was set by hand.
                None if is_known => continue,
                None => Saying {
                    value: part.to_owned(),
                    from: Vec::new(),
                },
            };
            saying.from.retain(|id| !from.contains(id));
            saying.from.extend(from);
            let skip = saying.from.len().saturating_sub(MEMORIES);
            saying.from.drain(..skip);
            self.said.push(saying);
            if !several && self.said.len() > EARLIER {
                self.said.remove(0);
            }
            if !is_known {
                let all = match several && !known.is_empty() {
                    true => format!("{known}, {part}"),
                    false => part.to_owned(),
                };
                self.value = all.into();
            }
            changed = true;
        }
        changed
    }

    /// Takes back what is said no more; whether something changed.
    pub(super) fn withdraw(&mut self, is_gone: impl Fn(&str, MemoryId) -> bool) -> bool {
        let (mut changed, mut gone) = (false, Vec::new());
        self.said.retain_mut(|Saying { value, from }| {
            let before = from.len();
            from.retain(|id| !is_gone(value, *id));
            changed |= from.len() < before;
            if from.is_empty() {
                gone.push(std::mem::take(value));
            }
            !from.is_empty()
        });
        for value in gone {
            self.unsay(&value);
        }
        changed
    }

    fn unsay(&mut self, value: &str) {
        let known = self.words().unwrap_or_default();
        let left = if is_same(&known, value) {
            let before = self.said.last();
            before.map(|said| said.value.clone()).unwrap_or_default()
        } else {
            let others = known.split(", ").filter(|one| !is_same(one, value));
            others.collect::<Vec<_>>().join(", ")
        };
        // One thing may be written with a comma.
        let holds = self.said.iter().any(|said| is_same(&said.value, &known));
        if left != known && !holds {
            self.value = left.into();
        }
    }
}

pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(value: &str) -> Leaf {
        Leaf {
            value: value.into(),
            updatable: true,
            said: Vec::new(),
        }
    }

    fn ids<const N: usize>() -> [MemoryId; N] {
        std::array::from_fn(|_| MemoryId::generate())
    }

    #[test]
    fn one_thing_takes_the_place_of_another_and_gives_it_back() {
        let [first, second, again] = ids();
        let mut home = leaf("");
        assert!(home.hear("Oslo", &[first], false) && home.hear("Rome", &[second], false));
        assert!(!home.hear("Oslo", &[first], false), "a retry is no news");
        assert_eq!(home.value, "Rome");
        assert!(home.hear("Oslo", &[again], false));
        assert_eq!(home.value, "Oslo");
        assert!(home.withdraw(|_, id| id == again));
        assert_eq!(home.value, "Oslo", "the first memory still says so");
        assert!(home.withdraw(|_, id| id == first));
        assert_eq!(home.value, "Rome");
        assert!(home.withdraw(|_, _| true) && !home.withdraw(|_, _| true));
        assert_eq!(home.words(), None);
    }

    #[test]
    fn several_things_go_one_by_one() {
        let [first, second] = ids();
        let mut hobbies = leaf("chess");
        assert!(hobbies.hear("camping, sailing", &[first], true));
        assert!(hobbies.hear("Camping", &[second], true));
        assert!(
            !hobbies.hear("Chess", &[second], true),
            "it was set by hand"
        );
        assert_eq!(hobbies.value, "chess, camping, sailing");
        assert!(hobbies.withdraw(|_, id| id == first));
        assert_eq!(hobbies.value, "chess, camping");
        assert!(hobbies.withdraw(|_, id| id == second));
        assert_eq!(hobbies.value, "chess");
    }

    #[test]
    fn what_was_set_by_hand_stays() {
        let [id] = ids();
        let mut home = leaf("Oslo");
        assert!(!home.hear("oslo", &[id], false) && !home.withdraw(|_, _| true));
        assert_eq!(home.value, "Oslo");
    }
}
