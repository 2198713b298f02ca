//! What a model thinks before it answers, told apart from the answer: endpoints send it as pieces of
//! their own, or the model writes it between `<think>` and `</think>` before its first word.

use memos_core::Piece;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Where the answer has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Nothing but white space, or a part of the mark, has come.
    #[default]
    Start,
    Thought,
    /// The thought has ended, and no word has come yet.
    Between,
    Text,
}

/// Sorts the pieces of an answer. Marks may come in parts; those inside an answer are its words.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    at: At,
    /// What can't be sorted yet.
    held: String,
    said: Said,
}

/// What was said so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) reasoning: String,
}

impl Thoughts {
    /// Takes the next piece of a model; `give` gets what is known to be one or the other.
    pub(super) fn take(&mut self, piece: Piece<'_>, give: &mut dyn for<'p> FnMut(Piece<'p>)) {
        match piece {
            Piece::Reasoning(thought) => self.think(thought, give),
            Piece::Text(words) => {
                self.held.push_str(words);
                while self.step(give) {}
            }
        }
    }

    /// The answer is over: what was held back is given.
    pub(super) fn end(mut self, give: &mut dyn for<'p> FnMut(Piece<'p>)) -> Said {
        let held = std::mem::take(&mut self.held);
        match self.at {
            At::Thought => self.think(&held, give),
            At::Between => {}
            At::Start | At::Text => self.speak(&held, give),
        }
        self.said
    }

    /// Sorts a part of what is held; whether the rest is to be looked at anew.
    fn step(&mut self, give: &mut dyn for<'p> FnMut(Piece<'p>)) -> bool {
        let held = std::mem::take(&mut self.held);
        match self.at {
            At::Start => {
                let begin = held.trim_start();
                if let Some(rest) = begin.strip_prefix(OPEN) {
                    (self.at, self.held) = (At::Thought, rest.to_owned());
                    return true;
                }
                if OPEN.starts_with(begin) {
                    self.held = held;
                    return false;
                }
                self.at = At::Text;
                self.speak(&held, give);
            }
            At::Thought => {
                if let Some((thought, rest)) = held.split_once(CLOSE) {
                    self.think(thought, give);
                    (self.at, self.held) = (At::Between, rest.to_owned());
                    return true;
                }
                let (thought, mark) = held.split_at(held.len() - begun(&held));
                self.think(thought, give);
                self.held = mark.to_owned();
            }
            At::Between => {
                let words = held.trim_start();
                if !words.is_empty() {
                    self.at = At::Text;
                    self.speak(words, give);
                }
            }
            At::Text => self.speak(&held, give),
        }
        false
    }

    fn think(&mut self, thought: &str, give: &mut dyn for<'p> FnMut(Piece<'p>)) {
        if !thought.is_empty() {
            self.said.reasoning.push_str(thought);
            give(Piece::Reasoning(thought));
        }
    }

    fn speak(&mut self, words: &str, give: &mut dyn for<'p> FnMut(Piece<'p>)) {
        if !words.is_empty() {
            self.said.text.push_str(words);
            give(Piece::Text(words));
        }
    }
}

/// How many bytes at the end may be the beginning of the closing mark.
fn begun(held: &str) -> usize {
    let most = CLOSE.len() - 1;
    let fits = |n: &usize| held.ends_with(&CLOSE[..*n]);
    (1..=most).rev().find(fits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of an answer in pieces of so many characters.
    fn sorted(answer: &str, size: usize) -> (Said, Vec<String>) {
        let mut thoughts = Thoughts::default();
        let mut given = Vec::new();
        let mut give = |piece: Piece<'_>| {
            given.push(match piece {
                Piece::Text(text) => format!("t:{text}"),
                Piece::Reasoning(thought) => format!("r:{thought}"),
            });
        };
        let letters: Vec<char> = answer.chars().collect();
        for part in letters.chunks(size) {
            let part: String = part.iter().collect();
            thoughts.take(Piece::Text(&part), &mut give);
        }
        let said = thoughts.end(&mut give);
        (said, given)
    }

    #[test]
    fn a_thought_before_the_answer_is_told_apart_however_it_is_cut() {
        for (answer, text, reasoning) in [
            (
                "<think>hm, 你好 </thin</think>\n\nHello you",
                "Hello you",
                "hm, 你好 </thin",
            ),
            ("\n <think>a</think>b", "b", "a"),
            ("<think></think>b", "b", ""),
            ("<think>never ends", "", "never ends"),
            ("Hello", "Hello", ""),
            ("  <thin", "  <thin", ""),
            (
                "A <think>tag</think> is a mark.",
                "A <think>tag</think> is a mark.",
                "",
            ),
            (
                "<think>a</think>b <think>c</think>",
                "b <think>c</think>",
                "a",
            ),
            ("", "", ""),
        ] {
            for size in 1..=answer.chars().count().max(1) {
                let (said, given) = sorted(answer, size);
                assert_eq!(said.text, text, "{answer} by {size}");
                assert_eq!(said.reasoning, reasoning, "{answer} by {size}");
                let joined = |kind: &str| -> String {
                    let of_kind = given.iter().filter_map(|given| given.strip_prefix(kind));
                    of_kind.collect()
                };
                assert_eq!((joined("t:"), joined("r:")), (said.text, said.reasoning));
            }
        }
    }

    #[test]
    fn what_an_endpoint_tells_apart_stays_apart() {
        let mut thoughts = Thoughts::default();
        thoughts.take(Piece::Reasoning("hm"), &mut |_| {});
        thoughts.take(Piece::Text("yes"), &mut |_| {});
        let said = thoughts.end(&mut |_| {});
        assert_eq!((said.text.as_str(), said.reasoning.as_str()), ("yes", "hm"));
    }
}
