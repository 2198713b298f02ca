//! Whether a sentence looks back or ahead, from the cue nearest to the time that it names.

use super::lexicon::{Cue, Sense};
use super::matcher::Matcher;
use super::token::{BREAK, Kind};

/// Which way a sentence looks. Memories mostly look back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tense {
    Past,
    Future,
}

/// How far from the expression a cue may stand, in tokens.
const REACH: usize = 14;

impl Matcher<'_> {
    fn ends_sentence(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else {
            return true;
        };
        token.symbol == BREAK
            || token.kind == Kind::Mark
                && matches!(
                    token.text(self.text),
                    "." | "!" | "?" | ";" | "。" | "！" | "？" | "；"
                )
    }

    fn cue(&self, at: usize) -> Option<Cue> {
        let known = self.senses(at).find_map(|(s, _)| match s {
            Sense::Cue(cue) => Some(cue),
            _ => None,
        });
        let token = self.tokens.get(at)?;
        known.or_else(|| {
            let text = token.text(self.text);
            let is_past = token.kind == Kind::Word && text.len() > 3 && text.ends_with("ed");
            (is_past && !self.is_participle(at)).then_some(Cue::Past)
        })
    }

    /// "-ed" right after "-ing" or a present form of "be" is no past: "is getting married", "is
    /// planned for March".
    fn is_participle(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        let is_be = self
            .senses(before)
            .any(|(s, _)| matches!(s, Sense::Cue(Cue::Be)));
        is_be || self.tokens[before].text(self.text).ends_with("ing")
    }

    /// "-ing" after a form of "be", as in "I'm leaving on Friday".
    fn is_ing_after(&self, at: usize) -> bool {
        (at + 1..=at + 3).any(|i| {
            self.tokens.get(i).is_some_and(|t| {
                t.kind == Kind::Word && t.end - t.start > 4 && t.text(self.text).ends_with("ing")
            })
        })
    }

    /// The cues of the sentence around the tokens `from..to`, nearest first.
    fn cues(&self, from: usize, to: usize) -> impl Iterator<Item = (usize, Cue)> + '_ {
        let left = (1..=REACH)
            .map_while(move |d| from.checked_sub(d))
            .take_while(|&i| !self.ends_sentence(i))
            .count();
        let right = (0..REACH)
            .map(|d| to + d)
            .take_while(|&i| !self.ends_sentence(i))
            .count();
        (0..left.max(right)).flat_map(move |d| {
            let before = (d < left).then(|| from - 1 - d);
            let after = (d < right).then_some(to + d);
            [before, after]
                .into_iter()
                .flatten()
                .filter_map(|i| Some((i, self.cue(i)?)))
        })
    }

    /// What the nearest cue says, if there is one.
    pub(super) fn tense(&self, from: usize, to: usize) -> Option<Tense> {
        self.cues(from, to).find_map(|(at, cue)| match cue {
            Cue::Past => Some(Tense::Past),
            Cue::Future => Some(Tense::Future),
            Cue::Be => self.is_ing_after(at).then_some(Tense::Future),
            Cue::Perfect | Cue::Habit => None,
        })
    }

    /// Whether the sentence tells of a habit.
    pub(super) fn is_habit(&self, from: usize, to: usize) -> bool {
        self.cues(from, to).any(|(_, cue)| cue == Cue::Habit)
    }

    /// Whether the verb before the expression is a perfect: "have lived here for three years".
    pub(super) fn is_perfect(&self, from: usize) -> bool {
        (1..=REACH)
            .map_while(|d| from.checked_sub(d))
            .take_while(|&i| !self.ends_sentence(i))
            .filter_map(|i| self.cue(i))
            .find(|cue| matches!(cue, Cue::Perfect | Cue::Future) || *cue == Cue::Be)
            .is_some_and(|cue| cue == Cue::Perfect)
    }
}
