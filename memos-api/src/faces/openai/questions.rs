//! What was asked last in a conversation that the model's server keeps. When a tool's result comes to it,
//! the request says only from which response it goes on: the question is the one that led there.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Most conversations whose question is known. Who comes later with a tool's result is a new one.
const MOST: usize = 1_000;

/// Longest question that is kept, in bytes.
const LONGEST: usize = 8_000;

/// Questions by the names of responses and conversations.
#[derive(Default)]
pub(super) struct Questions(Mutex<Known>);

#[derive(Default)]
struct Known {
    words: HashMap<String, String>,
    /// The names, those noted longest ago first.
    order: VecDeque<String>,
}

impl Questions {
    /// Notes what a response answers.
    pub(super) fn note(&self, name: String, words: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut end = words.len().min(LONGEST);
        while !words.is_char_boundary(end) {
            end -= 1;
        }
        if known
            .words
            .insert(name.clone(), words[..end].to_owned())
            .is_none()
        {
            known.order.push_back(name);
        }
        while known.order.len() > MOST {
            if let Some(oldest) = known.order.pop_front() {
                known.words.remove(&oldest);
            }
        }
    }

    /// What was asked where a request goes on.
    pub(super) fn of(&self, names: &[String]) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().find_map(|name| known.words.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_questions_are_known_within_bounds() {
        let questions = Questions::default();
        for i in 0..MOST + 10 {
            questions.note(format!("resp_{i}"), &format!("{i}?"));
        }
        questions.note("conv".to_owned(), "old?");
        questions.note("conv".to_owned(), &"字".repeat(LONGEST));
        let of = |name: &str| questions.of(&["none".to_owned(), name.to_owned()]);
        assert_eq!(of("resp_5"), None);
        assert_eq!(of("resp_1000").as_deref(), Some("1000?"));
        assert!(of("conv").unwrap().len() <= LONGEST);
        assert_eq!(questions.0.lock().unwrap().words.len(), MOST);
    }
}
