//! Text to words, as BERT's uncased "basic" tokenisation does it: control characters dropped,
//! accents stripped (canonical decomposition without its nonspacing marks), lower case, every
//! punctuation mark and every Chinese character a word of its own.
//!
//! The rules are those of `BertNormalizer` and `BertPreTokenizer` of Hugging Face's tokenizers,
//! which made the model's training data; the golden cases in `tests/` hold us to them. One
//! difference is left: marks are not reordered canonically, which no word of a living script shows.

use std::ops::ControlFlow;

use unicode_normalization::char::decompose_canonical;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// A longer word is one unknown piece, in characters; as in BERT's WordPiece.
const LONGEST_WORD: usize = 100;

/// One word being gathered, in place: no allocation per word.
pub(crate) struct Word {
    bytes: [u8; LONGEST_WORD * 4],
    len: usize,
    chars: usize,
}

impl Word {
    fn new() -> Self {
        Self {
            bytes: [0; LONGEST_WORD * 4],
            len: 0,
            chars: 0,
        }
    }

    /// The word in UTF-8, or none if it is over-long.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        (self.chars <= LONGEST_WORD).then_some(&self.bytes[..self.len])
    }

    fn push(&mut self, c: char) {
        self.chars += 1;
        if self.chars <= LONGEST_WORD {
            self.len += c.encode_utf8(&mut self.bytes[self.len..]).len();
        }
    }

    fn push_ascii(&mut self, byte: u8) {
        self.chars += 1;
        if self.chars <= LONGEST_WORD {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
    }
}

/// Hands each word of the text to `emit`, in order, until it breaks.
pub(crate) fn split(text: &str, emit: impl FnMut(&Word) -> ControlFlow<()>) {
    let mut splitter = Splitter {
        word: Word::new(),
        emit,
        stopped: false,
    };
    for c in text.chars() {
        if c.is_ascii() {
            splitter.ascii(c as u8);
        } else {
            splitter.wide(c);
        }
        if splitter.stopped {
            return;
        }
    }
    splitter.finish_word();
}

struct Splitter<F> {
    word: Word,
    emit: F,
    stopped: bool,
}

impl<F: FnMut(&Word) -> ControlFlow<()>> Splitter<F> {
    fn ascii(&mut self, byte: u8) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => self.word.push_ascii(byte),
            b'A'..=b'Z' => self.word.push_ascii(byte.to_ascii_lowercase()),
            b' ' | b'\t' | b'\n' | b'\r' => self.finish_word(),
            _ if byte.is_ascii_control() => {}
            _ => self.alone(byte.into()),
        }
    }

    fn wide(&mut self, c: char) {
        if is_ideograph(c) {
            self.finish_word();
            decompose_canonical(c, |part| self.word.push(part));
            self.finish_word();
        } else if c.is_whitespace() {
            self.finish_word();
        } else if !is_dropped(c) {
            decompose_canonical(c, |part| self.decomposed(part));
        }
    }

    fn decomposed(&mut self, part: char) {
        if part.general_category() == GeneralCategory::NonspacingMark {
            return;
        }
        for lower in part.to_lowercase() {
            if is_punctuation(lower) {
                self.alone(lower);
            } else {
                self.word.push(lower);
            }
        }
    }

    fn alone(&mut self, c: char) {
        self.finish_word();
        self.word.push(c);
        self.finish_word();
    }

    fn finish_word(&mut self) {
        if self.word.chars > 0 && !self.stopped {
            self.stopped = (self.emit)(&self.word).is_break();
        }
        self.word.len = 0;
        self.word.chars = 0;
    }
}

/// The CJK ideograph blocks: Han characters, not kana or hangul.
fn is_ideograph(c: char) -> bool {
    matches!(
        c,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{20000}'..='\u{2A6DF}'
            | '\u{2A700}'..='\u{2B81F}'
            | '\u{2B820}'..='\u{2CEAF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{2F800}'..='\u{2FA1F}'
    )
}

/// Control, format (zero-width joiner, soft hyphen, byte order mark) and private-use characters,
/// and the replacement character.
fn is_dropped(c: char) -> bool {
    c == char::REPLACEMENT_CHARACTER
        || matches!(
            c.general_category(),
            GeneralCategory::Control | GeneralCategory::Format | GeneralCategory::PrivateUse
        )
}

fn is_punctuation(c: char) -> bool {
    // ASCII symbols such as `$` and `~` count as punctuation; those of other blocks do not.
    c.is_ascii_punctuation()
        || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Punctuation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        split(text, |word| {
            found.push(word.as_bytes().map_or_else(
                || "<over-long>".to_owned(),
                |bytes| String::from_utf8(bytes.to_vec()).unwrap(),
            ));
            ControlFlow::Continue(())
        });
        found
    }

    #[test]
    fn case_accents_and_controls_go() {
        assert_eq!(
            words("Caf\u{e9} NAI\u{308}VE \u{130}stanbul"),
            ["cafe", "naive", "istanbul"]
        );
        assert_eq!(words("a\u{200d}b\0c\u{ad}d\u{fffd}"), ["abcd"]);
        assert_eq!(words(" \t\u{a0}\u{3000}\n"), [""; 0]);
    }

    #[test]
    fn punctuation_and_ideographs_stand_alone() {
        assert_eq!(words("don't!"), ["don", "'", "t", "!"]);
        assert_eq!(
            words("我爱Rust，真的"),
            ["我", "爱", "rust", "，", "真", "的"]
        );
    }

    #[test]
    fn a_word_has_at_most_a_hundred_characters() {
        assert_eq!(words(&"é".repeat(100)), ["e".repeat(100)]);
        assert_eq!(
            words(&format!("{} b", "é".repeat(101))),
            ["<over-long>", "b"]
        );
    }

    #[test]
    fn a_break_stops_the_walk() {
        let mut seen = 0;
        split("one two three", |_| {
            seen += 1;
            if seen == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(seen, 2);
    }
}
