//! Passages: stretches of a text that are long enough to be understood and short enough to be
//! returned. Cut between paragraphs, else between sentences, lines, words, and in need anywhere.

use std::ops::Range;

/// Half words: a word counts 2, a Chinese or Japanese character 1. 120 words.
const ENOUGH: usize = 240;
/// 200 words.
const MOST: usize = 400;
/// Code and tables stay whole up to this.
const MOST_WHOLE: usize = 2 * MOST;
/// A last passage under this joins the one before it.
const TOO_FEW: usize = 80;
/// A run of letters without a space counts as a further word after so many characters.
const LONGEST_WORD: usize = 24;

/// A stretch of a text that is best kept whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
    /// Where it may be cut if it is too long.
    pub(super) kind: Kind,
}

/// What a block is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sentences.
    Prose,
    /// Lines: a list, a table, code.
    Lines,
}

/// Packs the blocks of a text, which follow one another, into passages.
pub(super) fn pack(text: &str, blocks: &[Block]) -> Vec<Range<usize>> {
    let mut packing = Packing {
        passages: Vec::new(),
        size: 0,
        last_size: 0,
    };
    for block in blocks {
        let size = size(&text[block.range.clone()]);
        let whole = match block.kind {
            Kind::Prose => size <= MOST,
            Kind::Lines => size <= MOST_WHOLE,
        };
        if whole {
            packing.add(block.range.clone(), size, true);
        } else {
            let mut first = true;
            let cut = match block.kind {
                Kind::Prose => Cut::Sentences,
                Kind::Lines => Cut::Lines,
            };
            split(text, block.range.clone(), cut, &mut |piece, size| {
                packing.add(piece, size, first);
                first = false;
            });
        }
    }
    packing
        .finish()
        .into_iter()
        .map(|range| trimmed(text, range))
        .filter(|range| !range.is_empty())
        .collect()
}

struct Packing {
    /// The last one is still growing.
    passages: Vec<Range<usize>>,
    size: usize,
    last_size: usize,
}

impl Packing {
    fn add(&mut self, piece: Range<usize>, size: usize, starts_block: bool) {
        let full = self.size + size > MOST || (starts_block && self.size >= ENOUGH);
        match self.passages.last_mut() {
            Some(passage) if !full => {
                passage.end = piece.end;
                self.size += size;
            }
            _ => {
                self.passages.push(piece);
                self.last_size = self.size;
                self.size = size;
            }
        }
    }

    fn finish(mut self) -> Vec<Range<usize>> {
        let joins = self.size < TOO_FEW && self.last_size + self.size <= MOST + TOO_FEW;
        if let [.., last_but_one, last] = self.passages.as_mut_slice()
            && joins
        {
            last_but_one.end = last.end;
            self.passages.pop();
        }
        self.passages
    }
}

/// Where a stretch that is too long may be cut, best first.
#[derive(Clone, Copy)]
enum Cut {
    Sentences,
    Lines,
    Words,
    Characters,
}

fn split(text: &str, range: Range<usize>, cut: Cut, emit: &mut dyn FnMut(Range<usize>, usize)) {
    let stretch = &text[range.clone()];
    let ends: Box<dyn Iterator<Item = usize> + '_> = match cut {
        Cut::Sentences => Box::new(sentence_ends(stretch)),
        Cut::Lines => Box::new(stretch.match_indices('\n').map(|(i, _)| i + 1)),
        Cut::Words => Box::new(
            stretch
                .match_indices(char::is_whitespace)
                .map(|(i, space)| i + space.len()),
        ),
        Cut::Characters => Box::new(
            stretch
                .char_indices()
                .skip(MOST)
                .step_by(MOST)
                .map(|(i, _)| i),
        ),
    };
    let mut start = range.start;
    for end in ends
        .map(|end| range.start + end)
        .chain(std::iter::once(range.end))
    {
        if end <= start {
            continue;
        }
        let piece = start..end;
        start = end;
        let size = size(&text[piece.clone()]);
        let finer = match cut {
            _ if size <= MOST => None,
            Cut::Sentences => Some(Cut::Lines),
            Cut::Lines => Some(Cut::Words),
            Cut::Words => Some(Cut::Characters),
            Cut::Characters => None,
        };
        match finer {
            Some(finer) => split(text, piece, finer, emit),
            None => emit(piece, size),
        }
    }
}

/// Ends of sentences: after a mark and its closing quotes, if a space follows that is not followed
/// by a small letter ("e.g. this"), or at once after a Chinese or Japanese mark.
fn sentence_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while let Some((_, c)) = chars.next() {
            let wide = matches!(c, '。' | '！' | '？' | '；');
            if !wide && !matches!(c, '.' | '!' | '?' | '…') {
                continue;
            }
            while chars
                .next_if(|(_, c)| {
                    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
                        || matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '」' | '』' | '）')
                })
                .is_some()
            {}
            let mut spaced = false;
            while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {
                spaced = true;
            }
            match chars.peek() {
                Some((i, next)) if wide || (spaced && !next.is_lowercase()) => return Some(*i),
                _ => {}
            }
        }
        None
    })
}

/// The size of a text in half words.
fn size(text: &str) -> usize {
    let mut size = 0;
    let mut run = 0;
    for c in text.chars() {
        if is_ideograph(c) {
            size += 1;
            run = 0;
        } else if c.is_whitespace() {
            run = 0;
        } else {
            if run % LONGEST_WORD == 0 {
                size += 2;
            }
            run += 1;
        }
    }
    size
}

/// Whether a character is about half a word by itself.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Without blank lines before it and space after it; the indent of its first line stays.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let stretch = &text[range.clone()];
    let end = stretch.trim_end().len();
    let words = end - stretch[..end].trim_start().len();
    let start = stretch[..words].rfind('\n').map_or(0, |i| i + 1);
    range.start + start..range.start + end
}

/// Numbers of lines, for byte positions that only grow.
pub(super) struct Lines<'a> {
    text: &'a str,
    position: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            position: 0,
            line: 1,
        }
    }

    /// The line, from 1, of a position at or after the last one asked for.
    pub(super) fn at(&mut self, position: usize) -> usize {
        let passed = &self.text.as_bytes()[self.position.min(position)..position];
        self.line += passed.iter().filter(|b| **b == b'\n').count();
        self.position = position;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(text: &str) -> Vec<&str> {
        let block = Block {
            range: 0..text.len(),
            kind: Kind::Prose,
        };
        pack(text, &[block]).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn sentences_end_where_readers_would_say() {
        let text = "It cost 3.50 e.g. at noon. “Why?” she asked. Then… Nothing";
        let mut start = 0;
        let mut found: Vec<_> = sentence_ends(text)
            .map(|end| text[std::mem::replace(&mut start, end)..end].trim())
            .collect();
        found.push(&text[start..]);
        assert_eq!(
            found,
            [
                "It cost 3.50 e.g. at noon.",
                "“Why?” she asked.",
                "Then…",
                "Nothing"
            ]
        );
        let text = "他说：“走吧！”然后走了。真的？是";
        assert_eq!(sentence_ends(text).count(), 3);
    }

    #[test]
    fn long_prose_is_cut_between_sentences_near_the_size() {
        let text = "The river was high and nobody crossed it that day. ".repeat(100);
        let passages = prose(&text);
        assert!(passages.len() >= 5);
        for passage in &passages {
            let words = passage.split_whitespace().count();
            assert!((100..=200).contains(&words), "{words}");
            assert!(passage.starts_with("The") && passage.ends_with("day."));
        }
    }

    #[test]
    fn chinese_prose_is_cut_between_sentences() {
        let text = "昨天的雨下得很大，河水涨得很高，没有人敢过桥。".repeat(60);
        for passage in prose(&text) {
            let chars = passage.chars().count();
            assert!((200..=450).contains(&chars), "{chars}");
            assert!(passage.ends_with('。'));
        }
    }

    #[test]
    fn a_text_without_any_place_to_cut_is_cut_all_the_same() {
        for text in ["中".repeat(5000), "x".repeat(50_000), "a ".repeat(5000)] {
            let passages = prose(&text);
            assert!(passages.len() > 4, "{}", passages.len());
            assert!(passages.iter().all(|p| size(p) <= MOST + TOO_FEW));
        }
    }

    #[test]
    fn lines_are_counted_once() {
        let mut lines = Lines::new("a\nb\n\nc");
        assert_eq!([lines.at(0), lines.at(2), lines.at(5)], [1, 2, 4]);
    }
}
