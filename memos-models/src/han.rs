//! Chinese text to words: greedy, longest match first, by a table of Han characters and words.
//!
//! Chinese is written without spaces. At each Han character the longest word of the table that
//! starts there is taken (forward maximum matching); a character that starts none stays with the
//! text around it.

use std::ops::ControlFlow;

use crate::{
    table::StaticTable,
    tokenizer::PieceId,
    vocabulary::{Hash, LONGEST_PIECE, Place},
};

/// A stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch<'t> {
    /// A word of the table.
    Word {
        /// Which.
        id: PieceId,
        /// Its length in characters.
        chars: usize,
    },
    /// What lies between such words: other scripts, and Han characters that the table lacks.
    Other(&'t str),
}

/// Hands the stretches of the text to `emit`, in order, until it breaks.
pub(crate) fn split<'t>(
    text: &'t str,
    table: &StaticTable,
    mut emit: impl FnMut(Stretch<'t>) -> ControlFlow<()>,
) {
    // Where the stretch begins that no word covers yet, and where to look for the next word.
    let (mut other, mut at) = (0, 0);
    while let Some(skipped) = text.as_bytes()[at..].iter().position(|&b| may_start_han(b)) {
        at += skipped;
        let Some((id, chars, len)) = longest(&text[at..], table) else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let before = &text[other..at];
        if !before.is_empty() && emit(Stretch::Other(before)).is_break() {
            return;
        }
        if emit(Stretch::Word { id, chars }).is_break() {
            return;
        }
        at += len;
        other = at;
    }
    if other < text.len() {
        // The last stretch: whether it breaks makes no difference.
        let _ = emit(Stretch::Other(&text[other..]));
    }
}

/// The longest word that the text begins with, its length in characters and in bytes.
fn longest(text: &str, table: &StaticTable) -> Option<(PieceId, usize, usize)> {
    let longest = table.longest_piece().min(LONGEST_PIECE);
    let mut hash = Place::Start.seed();
    let mut found = None;
    let mut len = 0;
    for (before, c) in text.chars().take_while(|&c| is_han(c)).enumerate() {
        let start = len;
        len += c.len_utf8();
        if len > longest {
            break;
        }
        hash = text.as_bytes()[start..len]
            .iter()
            .fold(hash, |hash: Hash, &byte| hash.push(byte));
        if let Some(id) = table.find(hash.finish(), &text.as_bytes()[..len], Place::Start) {
            found = Some((PieceId(id), before + 1, len));
        }
    }
    found
}

/// Whether a byte may be the first of a Han character's three: true for no byte inside a character.
fn may_start_han(byte: u8) -> bool {
    matches!(byte, 0xE3..=0xE9)
}

/// The unified ideographs of the Basic Multilingual Plane, which all common words are written with.
fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TableParts;

    /// 中, 中国, 中国人民, 民: a word whose prefix of three characters is none.
    fn table() -> StaticTable {
        let parts = TableParts {
            model_id: "test@1",
            dimension: 1,
            vocabulary: &["中", "中国", "中国人民", "民"],
            scales: &[1.0; 4],
            rows: &[1; 4],
        };
        StaticTable::open(parts.pack().unwrap()).unwrap()
    }

    fn stretches<'t>(text: &'t str, table: &'t StaticTable) -> Vec<&'t str> {
        let mut found = Vec::new();
        split(text, table, |stretch| {
            found.push(match stretch {
                Stretch::Word { id, chars } => {
                    let word = table.piece(id);
                    assert_eq!(word.chars().count(), chars);
                    word
                }
                Stretch::Other(text) => text,
            });
            ControlFlow::Continue(())
        });
        found
    }

    #[test]
    fn the_longest_word_is_taken() {
        let table = table();
        for (text, expected) in [
            ("", &[][..]),
            ("China", &["China"]),
            ("中国人民", &["中国人民"]),
            ("中国人 中民", &["中国", "人 ", "中", "民"]),
            ("in 中国, 民中", &["in ", "中国", ", ", "民", "中"]),
            ("人人民x人", &["人人", "民", "x人"]),
            ("、中ー", &["、", "中", "ー"]),
            ("𠀀中é", &["𠀀", "中", "é"]),
        ] {
            assert_eq!(stretches(text, &table), expected, "{text:?}");
        }
    }

    #[test]
    fn the_bundled_words_segment_sentences() {
        let embedder = crate::StaticEmbedder::bundled();
        for (text, expected) in [
            ("我们明天去北京大学看病。", "我们|明天|去|北京大学|看病|。"),
            (
                "她在上海的医院工作了三年",
                "她|在|上海|的|医院|工作|了|三年",
            ),
            ("用Rust写程序，很快！", "用|Rust|写|程序|，|很快|！"),
            ("東京へ行く", "東|京|へ|行|く"),
        ] {
            let found = stretches(text, embedder.han_table()).join("|");
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_break_stops_the_walk() {
        let table = table();
        for stop in 1..4 {
            let mut seen = 0;
            split("a中b民c", &table, |_| {
                seen += 1;
                if seen == stop {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            assert_eq!(seen, stop);
        }
    }

    proptest! {
        #[test]
        fn the_stretches_are_the_text(text in "[中国人民a é、]{0,12}|\\PC{0,12}") {
            let table = table();
            prop_assert_eq!(stretches(&text, &table).concat(), text);
        }
    }
}
