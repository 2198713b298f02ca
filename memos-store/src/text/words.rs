//! Splitting and normalising.

use std::cell::RefCell;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use super::script::{Class, class};
use super::stop::{is_stop_character, is_stop_word};

/// The terms of a text, in order, with how many words it has.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    buffer: String,
    /// End of each term in the buffer, and the half words before it.
    terms: Vec<(u32, u32)>,
    /// An unspaced character is half a word.
    half_words: u32,
}

impl Terms {
    /// Each term with the number of words before it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        let starts = std::iter::once(0).chain(self.terms.iter().map(|(end, _)| *end));
        starts
            .zip(&self.terms)
            .map(|(start, (end, before))| (&self.buffer[start as usize..*end as usize], before / 2))
    }

    /// Words without stop words; two unspaced characters count as one.
    pub(crate) fn words(&self) -> usize {
        self.half_words.div_ceil(2) as usize
    }

    fn push(&mut self, term: &str) {
        self.buffer.push_str(term);
        self.terms.push((self.buffer.len() as u32, self.half_words));
    }

    fn push_chars(&mut self, chars: &[char]) {
        self.buffer.extend(chars);
        self.terms.push((self.buffer.len() as u32, self.half_words));
    }
}

thread_local! {
    static STEMMER: RefCell<Stemmer> = RefCell::new(Stemmer::create(Algorithm::English));
}

/// The index terms of a text.
pub(crate) fn terms(text: &str) -> Terms {
    let mut out = Terms {
        buffer: String::with_capacity(text.len()),
        ..Terms::default()
    };
    for_each_run(text, |run| match run {
        Run::Word(word) => {
            if is_stop_word(word) {
                return;
            }
            if word.bytes().all(|b| b.is_ascii_lowercase()) {
                STEMMER.with_borrow(|s| out.push(&s.stem(word)));
            } else {
                out.push(word);
            }
            out.half_words += 2;
        }
        Run::Counted(number, unit) => {
            let mut term = String::with_capacity(number.len() + 3);
            term.push_str(number);
            term.push(unit);
            out.push(&term);
        }
        Run::Unspaced(chars) => {
            for (i, c) in chars.iter().enumerate() {
                if !is_stop_character(*c) {
                    out.push_chars(&chars[i..=i]);
                }
                if let Some(next) = chars.get(i + 1)
                    && !(is_stop_character(*c) && is_stop_character(*next))
                {
                    out.push_chars(&chars[i..i + 2]);
                }
                out.half_words += 1;
            }
        }
    });
    out
}

/// Number of words, stop words too; two unspaced characters count as one.
pub(crate) fn word_count(text: &str) -> usize {
    let (mut words, mut chars) = (0, 0);
    for_each_run(text, |run| match run {
        Run::Word(_) | Run::Counted(..) => words += 1,
        Run::Unspaced(c) => chars += c.len(),
    });
    words + chars.div_ceil(2)
}

/// Whether a text names somebody: one of the name's words as a word, or an unspaced name anywhere.
pub(crate) fn contains_name(text: &str, name: &str) -> bool {
    let parts = name_parts(name);
    let mut found = false;
    for_each_run(text, |run| match run {
        Run::Word(word) => found |= parts.iter().any(|p| p == word),
        Run::Unspaced(chars) => {
            found |= parts
                .iter()
                .any(|p| chars.iter().collect::<String>().contains(p.as_str()));
        }
        Run::Counted(..) => {}
    });
    found
}

/// A text, normalised, without the words of some names.
pub(crate) fn without_names(text: &str, names: &[&str]) -> String {
    if names.is_empty() {
        return text.to_owned();
    }
    let parts: Vec<String> = names.iter().flat_map(|n| name_parts(n)).collect();
    let mut kept = String::with_capacity(text.len());
    for_each_run(text, |run| match run {
        Run::Word(word) if parts.iter().any(|p| p == word) => {}
        Run::Word(word) => {
            kept.push(' ');
            kept.push_str(word);
        }
        Run::Counted(..) => {}
        Run::Unspaced(chars) => {
            let mut run: String = chars.iter().collect();
            for part in &parts {
                run = run.replace(part.as_str(), " ");
            }
            kept.push_str(&run);
        }
    });
    kept
}

/// The words of a name that can stand for it.
fn name_parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for_each_run(name, |run| match run {
        Run::Word(word) if !is_stop_word(word) => parts.push(word.to_owned()),
        Run::Unspaced(chars) if chars.len() > 1 => parts.push(chars.iter().collect()),
        _ => {}
    });
    parts
}

enum Run<'a> {
    /// A word of a spaced script, lower case, without accents.
    Word(&'a str),
    /// Digits and the unspaced unit right after them, such as 5月.
    Counted(&'a str, char),
    /// Characters of an unspaced script that stand together.
    Unspaced(&'a [char]),
}

fn for_each_run(text: &str, mut each: impl FnMut(Run<'_>)) {
    let mut word = String::new();
    let mut unspaced: Vec<char> = Vec::new();
    let mut step = |c: Option<char>| {
        let kind = c.map_or(Class::Break, class);
        if kind == Class::Mark {
            return;
        }
        if kind != Class::Unspaced && !unspaced.is_empty() {
            each(Run::Unspaced(&unspaced));
            unspaced.clear();
        }
        if kind != Class::Spaced && !word.is_empty() {
            match c {
                Some(unit)
                    if kind == Class::Unspaced && word.bytes().all(|b| b.is_ascii_digit()) =>
                {
                    each(Run::Counted(&word, unit));
                }
                _ => {}
            }
            each(Run::Word(&word));
            word.clear();
        }
        match (kind, c) {
            (Class::Spaced, Some(c)) => word.push(c),
            (Class::Unspaced, Some(c)) => unspaced.push(c),
            _ => {}
        }
    };
    if text.is_ascii() {
        text.bytes()
            .for_each(|b| step(Some(char::from(b.to_ascii_lowercase()))));
    } else {
        // NFKD folds full-width forms and splits accents off, which `Mark` then drops; it also
        // splits Hangul syllables into letters and voiced Kana into two, so those stay as they are.
        for c in text.chars() {
            if matches!(u32::from(c), 0x3041..=0x30FF | 0xAC00..=0xD7AF) {
                step(Some(c));
            } else {
                std::iter::once(c)
                    .nfkd()
                    .flat_map(char::to_lowercase)
                    .for_each(|c| step(Some(c)));
            }
        }
    }
    step(None);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Vec<String> {
        terms(text).iter().map(|(t, _)| t.to_owned()).collect()
    }

    #[test]
    fn english_is_stemmed_without_stop_words() {
        assert_eq!(list("The cats were running, weren't they?"), ["cat", "run"]);
        assert_eq!(list("Café ÀÉÎ v2 C3PO"), ["cafe", "aei", "v2", "c3po"]);
    }

    #[test]
    fn chinese_becomes_characters_and_pairs() {
        assert_eq!(list("我的猫咪"), ["的猫", "猫", "猫咪", "咪"]);
        assert_eq!(
            list("2023年5月8日"),
            ["2023年", "2023", "年", "5月", "5", "月", "8日", "8", "日"]
        );
    }

    #[test]
    fn other_scripts_by_unicode_rules() {
        assert_eq!(list("Мама мыла раму"), ["мама", "мыла", "раму"]);
        assert_eq!(list("ＡＢＣ１２"), ["abc12"]);
        assert!(list("한국어").contains(&"한국".to_owned()));
        assert!(list("東京タワー").contains(&"京タ".to_owned()));
    }

    #[test]
    fn names_are_found_as_words() {
        assert!(contains_name(
            "What did Charlotte's sister say?",
            "Charlotte Smith"
        ));
        assert!(!contains_name("What did Char say?", "Charlotte"));
        assert!(contains_name("林晓什么时候搬家?", "林晓"));
        assert!(!contains_name("晓得了", "林晓"));
    }

    #[test]
    fn names_are_taken_out() {
        let topic = |text: &str, names: &[&str]| {
            terms(&without_names(text, names))
                .iter()
                .map(|(t, _)| t.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            topic("When did Ada's cat run?", &["Ada King"]),
            ["cat", "run"]
        );
        assert_eq!(
            topic("许一鸣5月养猫", &["许一鸣"]),
            ["5月", "5", "月", "月养", "养", "养猫", "猫"]
        );
        assert_eq!(topic("Ada", &[]), ["ada"]);
    }

    #[test]
    fn words_are_counted_alike_in_both_scripts() {
        assert_eq!(word_count("I have a cat"), 4);
        assert_eq!(word_count("我有一只猫咪"), 3);
    }

    proptest! {
        #[test]
        fn any_text_splits(text in "\\PC{0,60}") {
            let found = terms(&text);
            prop_assert!(found.iter().all(|(t, _)| !t.is_empty()));
            let _ = word_count(&text);
        }
    }
}
