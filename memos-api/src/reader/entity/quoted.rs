//! Titles of works: in 《》 always, in quotation marks if they are written like a title.

use super::lexicon::Mark;
use super::word::{Gap, Word};
use super::{EntityKind, Span, Spans};

/// Longest title in bytes.
const LONGEST: usize = 90;
/// Longest title in words.
const MOST_WORDS: usize = 8;
/// How far back a word may say what is quoted.
const REACH: usize = 5;

pub(super) fn find(text: &str, words: &[Word<'_>], spans: &mut Spans) {
    if text.contains('《') {
        for (start, _) in text.match_indices('《') {
            let inner = start + '《'.len_utf8();
            // No further than a title can reach.
            let mut reach = text.len().min(inner + LONGEST + '》'.len_utf8());
            while !text.is_char_boundary(reach) {
                reach -= 1;
            }
            if let Some(length) = text[inner..reach]
                .find('》')
                .filter(|n| (1..=LONGEST).contains(n))
                && !text[inner..inner + length].trim().is_empty()
            {
                spans.push(span(inner, inner + length));
            }
        }
    }
    if !text.contains(['"', '“']) {
        return;
    }
    let mut from = 0;
    while let Some(at) = text[from..].find(['"', '“']) {
        let open = from + at;
        let inner = open + text[open..].chars().next().map_or(1, char::len_utf8);
        let Some(length) = text[inner..].find(['"', '”']) else {
            return;
        };
        let close = inner + length;
        from = close + text[close..].chars().next().map_or(1, char::len_utf8);
        let trimmed = text[inner..close].trim_end_matches([',', '.', '，', '。']);
        let end = inner + trimmed.len();
        if length <= LONGEST && is_title(trimmed, inner, end, words) {
            spans.push(span(inner, end));
        }
    }
}

fn span(start: usize, end: usize) -> Span {
    Span {
        start,
        end,
        kind: EntityKind::Thing,
        rank: 0,
    }
}

fn is_title(quoted: &str, start: usize, end: usize, words: &[Word<'_>]) -> bool {
    if quoted.is_empty() || quoted.contains(['.', '!', '?', '\n', ',']) {
        return false;
    }
    let first = words.partition_point(|w| w.start < start);
    let last = words.partition_point(|w| w.start < end);
    let inside = &words[first..last];
    if inside.is_empty() || inside.len() > MOST_WORDS || inside.iter().any(|w| w.has(Mark::Weekday))
    {
        return false;
    }
    // Every word of weight has a capital; the short ones between need none.
    let like_a_title = inside.first().is_some_and(|w| w.capital || w.number)
        && inside
            .iter()
            .all(|w| w.capital || w.number || w.text.len() <= 3);
    let before = &words[first.saturating_sub(REACH)..first];
    let announced = before
        .iter()
        .rev()
        .scan(true, |same, w| {
            let mine = *same;
            *same &= w.gap != Gap::Sentence;
            mine.then_some(w)
        })
        .any(|w| w.has(Mark::Media));
    let weight = inside
        .iter()
        .filter(|w| w.capital && !w.is_ordinary())
        .count();
    like_a_title && (announced || (inside.len() > 1 && weight > 0))
}
