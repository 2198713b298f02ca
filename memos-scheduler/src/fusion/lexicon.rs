//! The words of `lexicon.txt`, by section.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::token::{Kind, Token, tokens};

/// A set of words and phrases.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// By their first word, longest first.
    by_first: HashMap<Box<str>, Vec<Vec<Box<str>>>>,
}

/// Stands for a number in a phrase of the lexicon.
const NUMBER: &str = "#";

impl Words {
    fn add(&mut self, phrase: &str) {
        let words = spelled(phrase);
        if let Some(first) = words.first() {
            let phrases = self.by_first.entry(first.clone()).or_default();
            phrases.push(words);
            phrases.sort_by_key(|p| std::cmp::Reverse(p.len()));
        }
    }

    /// Length of the longest phrase that stands at the start; 0 if none does.
    pub(super) fn at(&self, tokens: &[Token]) -> usize {
        let Some(first) = tokens.first() else {
            return 0;
        };
        let fits = |phrase: &Vec<Box<str>>| {
            phrase.len() <= tokens.len() && phrase.iter().zip(tokens).all(|(w, t)| is(w, t))
        };
        let longest = |key: &str| {
            let phrases = self.by_first.get(key)?;
            phrases.iter().find(|p| fits(p)).map(Vec::len)
        };
        let number = (first.kind == Kind::Number).then(|| longest(NUMBER));
        longest(&first.text).max(number.flatten()).unwrap_or(0)
    }

    /// Whether a phrase of the set stands anywhere.
    pub(super) fn within(&self, tokens: &[Token]) -> bool {
        (0..tokens.len()).any(|i| self.at(&tokens[i..]) > 0)
    }

    /// Whether a word is a phrase of the set.
    pub(super) fn has(&self, word: &str) -> bool {
        self.by_first
            .get(word)
            .is_some_and(|phrases| phrases.iter().any(|p| p.len() == 1))
    }

    /// The text without the phrases of the set.
    pub(super) fn strip(&self, tokens: &[Token]) -> Vec<Token> {
        let (mut out, mut i) = (Vec::with_capacity(tokens.len()), 0);
        while i < tokens.len() {
            match self.at(&tokens[i..]) {
                0 => {
                    out.push(tokens[i].clone());
                    i += 1;
                }
                len => i += len,
            }
        }
        out
    }

    /// How many tokens at the start are phrases of the set.
    pub(super) fn run(&self, tokens: &[Token]) -> usize {
        let mut i = 0;
        loop {
            match self.at(&tokens[i..]) {
                0 => return i,
                len => i += len,
            }
        }
    }
}

/// The words of a phrase as [`tokens`] spells them.
pub(super) fn spelled(phrase: &str) -> Vec<Box<str>> {
    let mut words = Vec::new();
    for part in phrase.split_whitespace() {
        if matches!(part, NUMBER | ":" | "?" | "!" | "'s") {
            words.push(part.into());
        } else {
            words.extend(tokens(part).into_iter().map(|t| t.text));
        }
    }
    words
}

fn is(word: &str, token: &Token) -> bool {
    token.is(word) || (word == NUMBER && token.kind == Kind::Number)
}

/// All sections.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    sections: HashMap<&'static str, Words>,
    /// Each name of a relation with the one that stands for all.
    relations: Vec<(Vec<Box<str>>, Box<str>)>,
    empty: Words,
}

/// Read once.
pub(super) static LEXICON: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("lexicon.txt")));

impl Lexicon {
    fn read(text: &'static str) -> Self {
        let mut lexicon = Self::default();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(';') {
                continue;
            }
            if let Some(head) = line.strip_prefix('[') {
                section = head.split(']').next().unwrap_or_default();
                lexicon.sections.entry(section).or_default();
                continue;
            }
            for entry in line.split('|').map(str::trim) {
                let mut names = entry.split('=').map(str::trim);
                let first = names.next().unwrap_or_default();
                for name in std::iter::once(first).chain(names) {
                    lexicon.sections.entry(section).or_default().add(name);
                    if section == "relation" {
                        lexicon.relations.push((spelled(name), first.into()));
                    }
                }
            }
        }
        lexicon
            .relations
            .sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        lexicon
    }

    /// A section; an empty one if there is none of that name, which a test rules out.
    pub(super) fn section(&self, name: &str) -> &Words {
        self.sections.get(name).unwrap_or(&self.empty)
    }

    /// The relation that is named at the start, and by how many tokens.
    pub(super) fn relation(&self, tokens: &[Token]) -> Option<(&str, usize)> {
        let (words, name) = self.relations.iter().find(|(words, _)| {
            words.len() <= tokens.len() && words.iter().zip(tokens).all(|(w, t)| t.is(w))
        })?;
        Some((name, words.len()))
    }
}

/// A section of the lexicon.
pub(super) fn words(section: &str) -> &'static Words {
    LEXICON.section(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_counts() {
        assert_eq!(words("time").at(&tokens("last month I")), 2);
        assert_eq!(words("time").at(&tokens("3月14号见")), 4);
        assert_eq!(words("time").at(&tokens("3 weeks ago")), 3);
        assert_eq!(words("filler").strip(&tokens("the a cat")).len(), 1);
    }

    #[test]
    fn names_of_one_relation_are_one() {
        let of = |text: &str| {
            LEXICON
                .relation(&tokens(text))
                .map(|(name, len)| (name.to_owned(), len))
        };
        assert_eq!(of("mum said"), Some(("mother".into(), 1)));
        assert_eq!(of("姐姐说"), Some(("姐姐".into(), 2)));
        assert_eq!(of("姐说"), Some(("姐姐".into(), 1)));
        assert_eq!(of("table"), None);
    }
}
