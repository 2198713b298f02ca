//! Terms of a text for statistics over a conversation: what it is about, without function words.

use std::collections::HashSet;
use std::sync::LazyLock;

const TABLE: &str = include_str!("tables/stop.txt");

/// Function words of English, and function characters of Chinese.
struct Stop {
    english: HashSet<&'static str>,
    chinese: HashSet<char>,
}

static STOP: LazyLock<Stop> = LazyLock::new(|| {
    let mut stop = Stop {
        english: HashSet::new(),
        chinese: HashSet::new(),
    };
    let mut chinese = false;
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        match line {
            "[english]" => chinese = false,
            "[chinese]" => chinese = true,
            _ if chinese => stop.chinese.extend(line.chars().filter(|c| is_han(*c))),
            _ => stop.english.extend(line.split_whitespace()),
        }
    }
    stop
});

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// A word as written, or Han characters that stand together.
    pub(super) text: &'a str,
    /// First byte.
    pub(super) start: usize,
    /// Whether it is of Han characters.
    pub(super) han: bool,
}

impl Piece<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Whether a character is a Han character of the blocks in common use.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
}

/// Whether Han characters, at two to a word, outweigh letters, at five to a word.
pub(super) fn is_mostly_han(text: &str) -> bool {
    let (mut han, mut letters) = (0_usize, 0_usize);
    for c in text.chars().take(400) {
        if is_han(c) {
            han += 1;
        } else {
            letters += usize::from(c.is_alphabetic());
        }
    }
    5 * han > 2 * letters
}

/// Words and runs of Han characters, in order.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found: Vec<Piece<'_>> = Vec::with_capacity(text.len() / 6);
    let mut open: Option<(usize, bool)> = None;
    let mut close = |open: &mut Option<(usize, bool)>, end: usize| {
        if let Some((start, han)) = open.take() {
            found.push(Piece {
                text: &text[start..end],
                start,
                han,
            });
        }
    };
    for (at, c) in text.char_indices() {
        let kind = if is_han(c) {
            Some(true)
        } else if c.is_alphanumeric() {
            Some(false)
        } else {
            None
        };
        if open.map(|(_, han)| han) != kind {
            close(&mut open, at);
            open = kind.map(|han| (at, han));
        }
    }
    close(&mut open, text.len());
    found
}

/// Whether a word, in lower case, names nothing.
pub(super) fn is_stop_word(word: &str) -> bool {
    STOP.english.contains(word)
}

/// Whether a Han character does the work of grammar.
pub(super) fn is_stop_character(c: char) -> bool {
    STOP.chinese.contains(&c)
}

/// A word in lower case without its plural: the S-stemmer (Harman, "How effective is suffixing?",
/// JASIS 1991), which keeps terms readable.
pub(super) fn stem(word: &str) -> String {
    let mut word = word.to_lowercase();
    if word.len() > 3 && word.is_ascii() {
        if word.ends_with("ies") && !word.ends_with("eies") && !word.ends_with("aies") {
            word.truncate(word.len() - 3);
            word.push('y');
        } else if ["ches", "shes", "sses", "xes", "zes"]
            .iter()
            .any(|e| word.ends_with(e))
        {
            word.truncate(word.len() - 2);
        } else if word.ends_with('s') && !["us", "ss", "is"].iter().any(|e| word.ends_with(e)) {
            word.pop();
        }
    }
    word
}

/// The terms of a text, in order: stems of words, pairs of Han characters.
pub(super) fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for piece in pieces(text) {
        if piece.han {
            let chars: Vec<char> = piece.text.chars().collect();
            let pairs = chars
                .windows(2)
                .filter(|p| !p.iter().any(|c| is_stop_character(*c)));
            terms.extend(pairs.map(|pair| pair.iter().collect::<String>()));
            if let [one] = chars[..]
                && !is_stop_character(one)
            {
                terms.push(one.to_string());
            }
            continue;
        }
        let lower = piece.text.to_lowercase();
        let figures = lower.bytes().all(|b| b.is_ascii_digit());
        if lower.chars().count() > 1 && !figures && !is_stop_word(&lower) {
            terms.push(stem(&lower));
        }
    }
    terms
}

/// Length in words; two Han characters count as one.
pub(super) fn word_count(text: &str) -> usize {
    let (mut words, mut han) = (0, 0_usize);
    for piece in pieces(text) {
        if piece.han {
            han += piece.text.chars().count();
        } else {
            words += 1;
        }
    }
    words + han.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_what_a_text_is_about() {
        assert_eq!(
            terms("The kids were painting two boxes of berries, weren't they?"),
            ["painting", "box", "berry"]
        );
        assert_eq!(terms("我去爬山了"), ["爬山"]);
        assert_eq!(terms("用Python写诗"), ["python", "写诗"]);
    }

    #[test]
    fn stems_stay_words() {
        for (word, expected) in [
            ("Cities", "city"),
            ("classes", "class"),
            ("buses", "buse"),
            ("glass", "glass"),
            ("bus", "bus"),
            ("horses", "horse"),
            ("tennis", "tennis"),
        ] {
            assert_eq!(stem(word), expected);
        }
    }

    #[test]
    fn length_is_alike_in_both_scripts() {
        assert_eq!(word_count("I have a cat"), 4);
        assert_eq!(word_count("我有一只猫咪"), 3);
        assert!(is_mostly_han("我用 Python 写代码") && !is_mostly_han("I said 你好 to them"));
    }
}
