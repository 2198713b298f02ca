//! Finds the time expressions of a text.

use memos_core::{Moment, TimeMention, ValidTime};

use super::grammar::Grammar;
use super::lexicon::Sense;
use super::matcher::Matcher;
use super::meaning::Value;
use super::reading::Reading;
use super::token::{self, Kind, UNKNOWN};

/// Every time expression of a text, resolved against when it was said on the speaker's wall clock:
/// in the order of the text, not overlapping, the longest match at each place.
pub fn mentions(text: &str, said_at: Moment) -> Vec<TimeMention> {
    found(text, said_at, Bare::Refused)
        .into_iter()
        .map(|f| f.mention)
        .collect()
}

/// Whether a time is the same whenever it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchoring {
    /// It is: "8 May 2023".
    Absolute,
    /// It lacks its year or week: "8 May", "Friday".
    Partial,
    /// It counts from when it was said: "yesterday".
    Relative,
}

/// Reads a text that is one time expression and nothing more, but for "in", "on", "the", "about" and
/// the like around it.
pub fn read(text: &str, said_at: Moment) -> Option<(ValidTime, Anchoring)> {
    let found = found(text, said_at, Bare::Accepted);
    let [only] = found.as_slice() else {
        return None;
    };
    let before = text[..only.mention.start as usize].trim();
    let after = text[only.mention.end as usize..].trim();
    let is_filler = |w: &str| {
        const FILLERS: &[&str] = &[
            "in",
            "on",
            "at",
            "the",
            "around",
            "about",
            "approximately",
            "circa",
            "during",
            "a",
            "by",
        ];
        FILLERS.iter().any(|f| w.eq_ignore_ascii_case(f))
    };
    let is_whole = before.split_whitespace().all(is_filler)
        && after.chars().all(|c| c.is_ascii_punctuation() || c == '。');
    is_whole.then_some((only.mention.valid, only.anchoring))
}

/// Whether names that may be something else ("2022", "May", "Sun") count without a preposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    Accepted,
    Refused,
}

pub(super) struct Found {
    pub(super) mention: TimeMention,
    pub(super) anchoring: Anchoring,
}

/// The expressions of a text.
pub(super) fn found(text: &str, said_at: Moment, bare: Bare) -> Vec<Found> {
    // Places are 32 bits wide: four gigabytes of one text are enough.
    let text = (0..4)
        .find_map(|back| text.get(..text.len().min(u32::MAX as usize - back)))
        .unwrap_or_default();
    let grammar = Grammar::get();
    let tokens = token::tokens(text, &grammar.vocabulary);
    let mut out = Vec::new();
    if !tokens.iter().any(|t| t.symbol != UNKNOWN) {
        return out;
    }
    let matcher = Matcher {
        grammar,
        text,
        tokens: &tokens,
    };
    let mut reading = Reading {
        matcher: &matcher,
        now: said_at.civil(),
        previous: None,
    };
    let mut at = 0;
    while at < tokens.len() {
        let symbol = tokens[at].symbol;
        if symbol == UNKNOWN || !grammar.begins(symbol) || !starts_clean(&matcher, at) {
            at += 1;
            continue;
        }
        let Some((end, value)) = matcher.expression(at, u8::from(bare == Bare::Accepted), &reading)
        else {
            at += 1;
            continue;
        };
        let habit = matcher.follows(at, |s| s == Sense::Every)
            || matches!(value, Value::Open(what, _) if what.recurs_often() && matcher.is_habit(at, end));
        let stretch = reading.settle(value, (at, end));
        if let Some(stretch) = stretch.filter(|_| !habit && ends_clean(&matcher, at, end)) {
            out.push(Found {
                mention: TimeMention {
                    start: tokens[at].start,
                    end: tokens[end - 1].end,
                    valid: stretch.valid(said_at.offset_minutes()),
                },
                anchoring: match value {
                    Value::Open(..) => Anchoring::Partial,
                    Value::Known { absolute: true, .. } => Anchoring::Absolute,
                    Value::Known {
                        absolute: false, ..
                    } => Anchoring::Relative,
                },
            });
            reading.previous = Some(stretch);
        }
        at = end;
    }
    out
}

/// What follows these is a number of something else.
const CODES: &[&str] = &[
    "version", "v", "release", "build", "no", "number", "page", "room",
];

/// An expression does not begin inside a longer number, code or amount.
fn starts_clean(m: &Matcher<'_>, at: usize) -> bool {
    let token = &m.tokens[at];
    let previous = at.checked_sub(1).map_or("", |b| m.tokens[b].text(m.text));
    if token.kind == Kind::Number && CODES.iter().any(|w| previous.eq_ignore_ascii_case(w)) {
        return false;
    }
    if !token.glued || !matches!(token.kind, Kind::Number | Kind::Decimal) {
        return true;
    }
    let Some(before) = at.checked_sub(1).map(|b| &m.tokens[b]) else {
        return true;
    };
    let number_before = at
        .checked_sub(2)
        .is_some_and(|b| matches!(m.tokens[b].kind, Kind::Number | Kind::Decimal) && before.glued);
    match before.text(m.text) {
        "$" | "#" | "+" | "=" | "&" | "€" | "£" | "¥" | "_" | "@" | "\\" => false,
        "." | "-" | "/" => false,
        ":" | "," | "：" => !number_before,
        _ => true,
    }
}

/// An expression does not end inside a longer number, code or word.
fn ends_clean(m: &Matcher<'_>, at: usize, end: usize) -> bool {
    let last = &m.tokens[end - 1];
    let Some(next) = m.tokens.get(end).filter(|t| t.glued) else {
        return true;
    };
    if !matches!(last.kind, Kind::Number | Kind::Decimal) {
        // "Sun-dried", "May-Britt": a short word bound to another is part of it.
        let bound = next.text(m.text) == "-"
            && end - at == 1
            && m.tokens
                .get(end + 1)
                .is_some_and(|t| t.glued && t.kind == Kind::Word);
        return !bound;
    }
    match next.kind {
        Kind::Word => false,
        Kind::Number | Kind::Decimal => false,
        Kind::Han => true,
        Kind::Mark => {
            let goes_on = m
                .tokens
                .get(end + 1)
                .is_some_and(|t| t.glued && matches!(t.kind, Kind::Number | Kind::Decimal));
            match next.text(m.text) {
                "%" | "$" | "€" | "£" | "_" => false,
                "-" | "/" | "." | ":" | "," | "+" | "：" => !goes_on,
                _ => true,
            }
        }
    }
}
