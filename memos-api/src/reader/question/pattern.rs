//! Patterns over the words of a question.
//!
//! | element | matches |
//! |---|---|
//! | `a\|b` | one of these words |
//! | `@name` | one word of a named set |
//! | `?a\|b`, `?_` | one of these words, or any word, or nothing |
//! | `*` | up to five words |
//! | `!a\|b` | nothing, where none of these words follows |
//! | `^`, `$` | nothing, at the start or the end of a clause |
//! | `^^` | nothing, at the start of a sentence |
//!
//! No element matches a mark of punctuation: a pattern stays within one clause.

use std::ops::Range;

/// How many words `*` may pass over.
const GAP: usize = 5;
/// Words before the verb of a clause that change nothing about it.
const FILLERS: &[&str] = &[
    "please", "kindly", "so", "and", "but", "or", "also", "then", "now", "ok", "okay", "hey", "hi",
    "hello", "well", "just", "first", "next", "finally", "thanks",
];

/// The words of a question in lower case, with marks between clauses and sentences.
pub(super) struct Words(Vec<String>);

impl Words {
    /// Splits a text: contractions into their words (`what`, `'s`), marks that stand before a
    /// space into words of their own.
    pub(super) fn of(text: &str) -> Self {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let c = if c == '’' { '\'' } else { c };
            if c.is_alphanumeric() {
                word.extend(c.to_lowercase());
                continue;
            }
            let inside = !word.is_empty() && chars.peek().is_some_and(|n| n.is_alphanumeric());
            if c == '\'' && inside {
                // "don't" is "do" and "n't"; of "what's" the rest is "'s".
                let not = word.ends_with('n') && matches!(chars.peek(), Some('t' | 'T'));
                let rest = if not { word.pop() } else { None };
                words.push(std::mem::take(&mut word));
                word.extend(rest);
                word.push('\'');
                continue;
            }
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            let wide = matches!(c, '，' | '。' | '？' | '！' | '；' | '：');
            let mark = matches!(
                c,
                ',' | '.' | '?' | '!' | ';' | ':' | '\n' | '—' | '(' | ')'
            );
            if wide || (mark && !inside) {
                let sentence = matches!(c, '.' | '?' | '!' | '\n' | '。' | '？' | '！');
                words.push(if sentence { "." } else { "," }.to_owned());
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        Self(words)
    }

    fn is_mark(&self, at: usize) -> bool {
        matches!(self.0.get(at).map(String::as_str), Some("." | ","))
    }

    fn word(&self, at: usize) -> Option<&str> {
        self.0
            .get(at)
            .map(String::as_str)
            .filter(|w| !matches!(*w, "." | ","))
    }

    /// Whether only words that change nothing stand between the last mark and this word.
    fn starts_clause(&self, at: usize) -> bool {
        let before = self.0[..at]
            .iter()
            .rfind(|w| !FILLERS.contains(&w.as_str()));
        before.is_none_or(|w| matches!(w.as_str(), "." | ","))
    }

    /// The same since the last mark that ends a sentence.
    fn starts_sentence(&self, at: usize) -> bool {
        let nothing = |w: &str| w == "," || FILLERS.contains(&w);
        let before = self.0[..at].iter().rfind(|w| !nothing(w.as_str()));
        before.is_none_or(|w| w == ".")
    }

    /// From the start of the clause that a word stands in to the end of its sentence.
    pub(super) fn clause_and_rest(&self, at: usize) -> Range<usize> {
        let start = (0..at)
            .rev()
            .find(|i| self.is_mark(*i))
            .map_or(0, |i| i + 1);
        let end = (at..self.0.len())
            .find(|i| self.0[*i] == ".")
            .unwrap_or(self.0.len());
        start..end
    }

    /// The last sentence that has words.
    pub(super) fn last_sentence(&self) -> Range<usize> {
        let end = (0..self.0.len())
            .rev()
            .find(|i| !self.is_mark(*i))
            .map_or(0, |i| i + 1);
        let start = (0..end)
            .rev()
            .find(|i| self.0[*i] == ".")
            .map_or(0, |i| i + 1);
        start..end
    }

    /// All of it.
    pub(super) fn all(&self) -> Range<usize> {
        0..self.0.len()
    }
}

/// Several patterns of one meaning.
pub(super) struct Table(Vec<Vec<Element>>);

enum Element {
    Word(Vec<&'static str>),
    Maybe(Option<Vec<&'static str>>),
    Gap,
    Not(Vec<&'static str>),
    ClauseStart,
    SentenceStart,
    ClauseEnd,
}

impl Table {
    /// Reads patterns, one a line; `sets` are the words that `@name` stands for.
    pub(super) fn new(lines: &'static str, sets: &[(&str, &'static str)]) -> Self {
        let words = |text: &'static str| -> Vec<&'static str> {
            text.split('|')
                .flat_map(|word| match word.strip_prefix('@') {
                    Some(name) => sets
                        .iter()
                        .find(|(set, _)| *set == name)
                        .map(|(_, words)| words.split_whitespace().collect())
                        .unwrap_or_default(),
                    None => vec![word],
                })
                .collect()
        };
        let element = |text: &'static str| match (text, text.split_at(1)) {
            ("^", _) => Element::ClauseStart,
            ("^^", _) => Element::SentenceStart,
            ("$", _) => Element::ClauseEnd,
            ("*", _) => Element::Gap,
            ("?_", _) => Element::Maybe(None),
            (_, ("?", rest)) => Element::Maybe(Some(words(rest))),
            (_, ("!", rest)) => Element::Not(words(rest)),
            _ => Element::Word(words(text)),
        };
        let pattern = |line: &'static str| line.split_whitespace().map(element).collect();
        Self(
            lines
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .map(pattern)
                .collect(),
        )
    }

    /// Where in the range the patterns match, by their first word.
    pub(super) fn starts<'a>(
        &'a self,
        words: &'a Words,
        range: Range<usize>,
    ) -> impl Iterator<Item = usize> + 'a {
        let end = range.end;
        range.filter(move |at| {
            !words.is_mark(*at) && self.0.iter().any(|p| follows(p, words, *at, end))
        })
    }

    /// Whether a pattern matches inside the range.
    pub(super) fn is_in(&self, words: &Words, range: Range<usize>) -> bool {
        self.starts(words, range).next().is_some()
    }
}

fn follows(pattern: &[Element], words: &Words, at: usize, end: usize) -> bool {
    let Some((element, rest)) = pattern.split_first() else {
        return true;
    };
    let word = (at < end).then(|| words.word(at)).flatten();
    let is_one = |set: &[&str]| word.is_some_and(|w| set.contains(&w));
    match element {
        // The cheap test first: most words match no pattern.
        Element::ClauseStart => follows(rest, words, at, end) && words.starts_clause(at),
        Element::SentenceStart => follows(rest, words, at, end) && words.starts_sentence(at),
        Element::ClauseEnd => word.is_none() && follows(rest, words, at, end),
        Element::Not(set) => !is_one(set) && follows(rest, words, at, end),
        Element::Word(set) => is_one(set) && follows(rest, words, at + 1, end),
        Element::Maybe(set) => {
            let takes = set.as_ref().map_or(word.is_some(), |set| is_one(set));
            (takes && follows(rest, words, at + 1, end)) || follows(rest, words, at, end)
        }
        Element::Gap => (0..=GAP)
            .take_while(|n| *n == 0 || (at + n <= end && words.word(at + n - 1).is_some()))
            .any(|n| follows(rest, words, at + n, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &'static str, text: &str) -> bool {
        let words = Words::of(text);
        Table::new(pattern, &[("colour", "red blue")]).is_in(&words, words.all())
    }

    #[test]
    fn words_are_split_at_contractions_and_marks() {
        assert_eq!(
            Words::of("What’s on 3.5, e.g.? I don't… 'quote' x-ray").0,
            [
                "what", "'s", "on", "3", "5", ",", "e", "g", ".", ".", "i", "do", "n't", "quote",
                "x", "ray"
            ]
        );
    }

    #[test]
    fn every_element_matches_what_it_says() {
        for (pattern, text, expected) in [
            ("a|b c", "x b c", true),
            ("a c", "a, c", false),
            ("the @colour car", "the blue car", true),
            ("a ?_ c", "a b c", true),
            ("a ?_ c", "a c", true),
            ("a ?b c", "a x c", false),
            ("a * c", "a 1 2 3 4 5 c", true),
            ("a * c", "a 1 2 3 4 5 6 c", false),
            ("a * c", "a. c", false),
            ("a !b", "a b", false),
            ("a !b", "a", true),
            ("^ a", "so, please a", true),
            ("^ a", "x a", false),
            ("^^ a", "x. ok, a", true),
            ("^^ a", "x, a", false),
            ("a $", "b a?", true),
            ("a $", "a b", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn ranges_follow_the_marks() {
        let words = Words::of("One two. Three, four five, six? Seven.");
        let five = words.0.iter().position(|w| w == "five").unwrap();
        let range = words.clause_and_rest(five);
        assert_eq!(words.0[range].join(" "), "four five , six");
        assert_eq!(words.0[words.last_sentence()].join(" "), "seven");
        assert_eq!(Words::of("?!").last_sentence(), 0..0);
    }
}
