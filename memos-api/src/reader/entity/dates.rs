//! Months, weekdays, holidays and dates in figures. What they mean is the time resolver's work;
//! here they are names, and keep their words from being taken for other names.

use super::lexicon::{CHINESE_WORDS, Mark};
use super::word::{Gap, Word};
use super::{EntityKind, Span, Spans};

pub(super) fn find(text: &str, words: &[Word<'_>], spans: &mut Spans) {
    let mut at = 0;
    while at < words.len() {
        let next = english(text, words, at);
        if let Some((first, last)) = next {
            push(spans, words[first].start, words[last].end);
            at = last + 1;
        } else {
            at += 1;
        }
    }
    if text.contains(['年', '月', '日', '号', '节', '周', '期', '旦', '夕', '一']) {
        chinese(text, spans);
    }
}

fn push(spans: &mut Spans, start: usize, end: usize) {
    spans.push_if_free(Span {
        start,
        end,
        kind: EntityKind::Date,
        rank: 1,
    });
}

/// First and last word of the date that begins at a word.
fn english(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, usize)> {
    let word = &words[at];
    if word.number && is_iso(word) {
        return Some((at, at));
    }
    if word.capital && word.has(Mark::Weekday) {
        return Some((at, at));
    }
    for length in (0..3).rev() {
        let last = at + length;
        if word.capital && last < words.len() && (at..last).all(|i| words[i + 1].gap == Gap::Space)
        {
            let whole = &text[word.start..words[last].end];
            if super::lexicon::ENGLISH_WORDS
                .marks(whole)
                .has(Mark::Holiday)
            {
                return Some((at, last));
            }
        }
    }
    if is_day(word.text) && words.get(at + 1).is_some_and(|w| w.has(Mark::Month)) {
        return Some((at, with_year(text, words, at + 1)));
    }
    if !(word.capital && word.has(Mark::Month)) {
        return None;
    }
    if words
        .get(at + 1)
        .is_some_and(|w| w.gap == Gap::Space && is_day(w.text))
    {
        return Some((at, with_year(text, words, at + 1)));
    }
    let last = with_year(text, words, at);
    let before = at
        .checked_sub(1)
        .is_some_and(|i| word.gap == Gap::Space && words[i].has(Mark::DateBefore));
    let named = words.get(at + 1).is_some_and(|w| w.has(Mark::PersonVerb));
    let sure = last > at || before || (word.has(Mark::PlainMonth) && !named);
    sure.then_some((at, last))
}

/// The last word of a date, which takes a year after it along.
fn with_year(text: &str, words: &[Word<'_>], last: usize) -> usize {
    let year = words.get(last + 1).filter(|w| {
        w.number
            && w.text.len() == 4
            && (w.text.starts_with("19") || w.text.starts_with("20"))
            && matches!(&text[words[last].end..w.start], " " | ", ")
    });
    last + usize::from(year.is_some())
}

/// `5`, `31`, `3rd`.
fn is_day(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = &text[digits.len()..];
    digits.parse::<u8>().is_ok_and(|d| (1..=31).contains(&d))
        && matches!(ending, "" | "st" | "nd" | "rd" | "th")
}

/// `2024-03-11`, which the words take as one, since they keep inner hyphens.
fn is_iso(word: &Word<'_>) -> bool {
    let mut parts = word.text.split('-');
    let mut part = |length: usize| {
        parts
            .next()
            .is_some_and(|p| p.len() == length && p.bytes().all(|b| b.is_ascii_digit()))
    };
    part(4) && part(2) && part(2) && parts.next().is_none()
}

const NUMERALS: &str = "〇零一二三四五六七八九十";

fn chinese(text: &str, spans: &mut Spans) {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let at = |i: usize| chars.get(i).map(|(_, c)| *c);
    let byte = |i: usize| chars.get(i).map_or(text.len(), |(b, _)| *b);
    let is_numeral = |i: usize| at(i).is_some_and(|c| c.is_ascii_digit() || NUMERALS.contains(c));
    // The run of numerals that was looked at last: a long one is walked through once.
    let mut run = 0..0;
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        let (first_byte, first) = chars[i];
        if let Some(holiday) = CHINESE_WORDS.holidays.start(first, &text[first_byte..]) {
            push(spans, first_byte, first_byte + holiday.len());
            i += holiday.chars().count();
            continue;
        }
        // 周五, 星期五, 礼拜五
        let named = match (at(i), at(i + 1)) {
            (Some('星'), Some('期')) | (Some('礼'), Some('拜')) => 2,
            (Some('周'), _) => 1,
            _ => 0,
        };
        if named > 0 && at(i + named).is_some_and(|c| "一二三四五六日天".contains(c)) {
            // 周天宇 is a name, 周一鸣 too.
            let sure = named == 2 || !at(i + 2).is_some_and(|c| CHINESE_WORDS.given.contains(&c));
            if sure {
                push(spans, byte(start), byte(i + named + 1));
                i += named + 1;
                continue;
            }
        }
        // Numbers, each with its unit, from the larger unit to the smaller.
        let mut last_unit = None;
        let mut j = i;
        loop {
            if !run.contains(&j) {
                let length = (j..chars.len()).take_while(|k| is_numeral(*k)).count();
                run = j..j + length;
            }
            let digits = run.end;
            let unit = at(digits).and_then(|c| "年月日号".chars().position(|u| u == c));
            let long_enough = match unit {
                Some(0) => digits - j >= 4,
                Some(_) => (1..=3).contains(&(digits - j)),
                None => false,
            };
            if !long_enough || unit <= last_unit {
                break;
            }
            last_unit = unit;
            j = digits + 1;
        }
        // 三月 is a month; 3日 alone may be three days.
        let is_date = j > i && at(j - 1).is_some_and(|c| c != '日' && c != '号' || j - i > 3);
        if is_date {
            push(spans, byte(i), byte(j));
        }
        i = j.max(i + 1);
    }
}
