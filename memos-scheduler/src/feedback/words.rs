//! The words of `words.txt`, by section.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::token::{Token, tokens};

/// A set of words and phrases.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// As tokens, in the order of the file.
    phrases: Vec<Vec<Box<str>>>,
}

impl Words {
    /// Length of the longest phrase that stands at the start; 0 if none does.
    pub(super) fn at(&self, tokens: &[Token]) -> usize {
        self.phrase_at(tokens).map_or(0, <[_]>::len)
    }

    /// The longest phrase that stands at the start.
    fn phrase_at(&self, tokens: &[Token]) -> Option<&[Box<str>]> {
        let fits = |phrase: &&Vec<Box<str>>| {
            let here = tokens.get(..phrase.len());
            here.is_some_and(|here| phrase.iter().zip(here).all(|(w, t)| *w == t.text))
        };
        let fitting = self.phrases.iter().filter(fits);
        fitting.max_by_key(|phrase| phrase.len()).map(Vec::as_slice)
    }

    /// Whether a token is a word of the set.
    pub(super) fn has(&self, token: &Token) -> bool {
        self.at(std::slice::from_ref(token)) == 1
    }

    /// Whether one of several tokens is a word of the set.
    pub(super) fn any_of(&self, tokens: &[Token]) -> bool {
        tokens.iter().any(|token| self.has(token))
    }

    /// The phrases of the set that stand in a text.
    pub(super) fn within<'a>(
        &'a self,
        tokens: &'a [Token],
    ) -> impl Iterator<Item = &'a [Box<str>]> {
        (0..tokens.len()).filter_map(|i| self.phrase_at(&tokens[i..]))
    }

    /// Where in the list a word stands.
    pub(super) fn position(&self, word: &str) -> Option<usize> {
        self.phrases
            .iter()
            .position(|p| p.len() == 1 && &*p[0] == word)
    }
}

/// The words of a section.
pub(super) fn words(section: &str) -> &'static Words {
    static SECTIONS: LazyLock<HashMap<&str, Words>> =
        LazyLock::new(|| read(include_str!("words.txt")));
    SECTIONS
        .get(section)
        .expect("a test asks for every section that the code names")
}

fn read(text: &'static str) -> HashMap<&'static str, Words> {
    let mut sections: HashMap<&str, Words> = HashMap::new();
    let mut name = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('@') {
            name = section;
        }
        let words = if line.starts_with('@') { "" } else { line };
        let section = sections.entry(name).or_default();
        for phrase in words.split_whitespace() {
            let spelled = tokens(&phrase.replace('_', " "));
            section
                .phrases
                .push(spelled.into_iter().map(|t| t.text).collect());
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_words() {
        for section in [
            "opener", "stop", "function", "negator", "third", "first", "elliptic", "weekday",
            "month", "clock", "ordinal", "emphasis",
        ] {
            assert!(!words(section).phrases.is_empty(), "{section}");
        }
    }

    #[test]
    fn phrases_are_found_longest_first() {
        let text = tokens("hold on, 不好意思");
        assert_eq!(words("opener").at(&text), 2);
        assert_eq!(words("opener").at(&text[3..]), 4);
        assert_eq!(words("weekday").within(&tokens("周一和星期二")).count(), 2);
        assert_eq!(words("ordinal").position("third"), Some(2));
    }
}
