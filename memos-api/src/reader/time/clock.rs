//! Times of the clock, in both languages.

use super::forms::{glued, han_or_digits};
use super::lexicon::{Part, Sense};
use super::matcher::{Captures, Matcher};
use super::token::Kind;

/// A time of the clock: 5 pm, 5:30 p.m., 17:30, noon, 5 o'clock, 下午三点半.
pub(super) fn clock(m: &Matcher<'_>, at: usize, captures: &mut Captures) -> Option<usize> {
    let known = &m.grammar.known;
    let part = m.senses(at).find_map(|(s, len)| match s {
        Sense::Part(p) => Some((p, len)),
        _ => None,
    });
    let set = |captures: &mut Captures, hour: u32, minute: Option<u32>, next: usize| {
        let hour = Some(hour).filter(|h| *h < 24)?;
        let hour = part.map_or(hour, |(p, _)| hour_in(p.hours().0, hour));
        let hour = i8::try_from(hour).ok()?;
        let minute = match minute {
            Some(minute) => Some(i8::try_from(minute).ok().filter(|m| (0..60).contains(m))?),
            None => None,
        };
        captures.clock = Some((hour, minute));
        Some(next)
    };
    if m.symbol(at) == known.midnight {
        return set(captures, 0, None, at + 1);
    }
    let first = at + part.map_or(0, |(_, len)| len);
    // Han: hour 点, then half, quarters or minutes.
    if let Some((next, hour)) = han_or_digits(m, first)
        && (m.symbol(next) == known.dian || part.is_some() && m.symbol(next) == known.shi)
    {
        let next = next + 1;
        if m.symbol(next) == known.zhong {
            return set(captures, hour, None, next + 1);
        }
        if m.symbol(next) == known.ban {
            return set(captures, hour, Some(30), next + 1);
        }
        return match han_or_digits(m, next) {
            Some((end, n)) if m.symbol(end) == known.ke && n < 4 => {
                set(captures, hour, Some(n * 15), end + 1)
            }
            Some((end, n)) if m.symbol(end) == known.fen => set(captures, hour, Some(n), end + 1),
            _ => set(captures, hour, None, next),
        };
    }
    if part.is_some_and(|(p, _)| p == Part::Noon) && first == at + 1 {
        return set(captures, 12, None, first);
    }
    let token = m
        .tokens
        .get(first)
        .filter(|t| t.kind == Kind::Number && t.digits <= 2)?;
    let colon = m.symbol(first + 1) == known.colon && glued(m, first + 1);
    let minute = m
        .tokens
        .get(first + 2)
        .filter(|t| colon && t.glued && t.kind == Kind::Number && t.digits == 2);
    let mut next = first + if minute.is_some() { 3 } else { 1 };
    // Seconds are read over.
    if minute.is_some() && m.symbol(next) == known.colon && glued(m, next) && glued(m, next + 1) {
        next += 2;
    }
    let minute = minute.map(|t| t.value);
    if part.is_some() {
        minute?;
        return set(captures, token.value, minute, next);
    }
    if m.symbol(next) == known.o && m.symbol(next + 1) == known.clock {
        return set(captures, token.value, minute, next + 2);
    }
    if let Some((end, pm)) = half_of_day(m, next) {
        let hour = (1..=12)
            .contains(&token.value)
            .then_some(token.value % 12)?;
        return set(captures, hour + if pm { 12 } else { 0 }, minute, end);
    }
    minute?;
    set(captures, token.value, minute, next)
}

/// The hour that a clock shows in the part of a day that begins at `first`; from 24 on it lies in the
/// next day: 夜里两点, "last night at 2 am".
pub(super) fn hour_in(first: i8, hour: u32) -> u32 {
    match (first, hour) {
        (0, 12) => 0,
        (11, 1..4) => hour + 12,
        (12..18, 0..12) => hour + 12,
        (18.., 0..5) => hour + 24,
        (18.., 5..=12) => hour + 12,
        _ => hour,
    }
}

/// "am", "pm", "a.m.", "p.m."
fn half_of_day(m: &Matcher<'_>, at: usize) -> Option<(usize, bool)> {
    let known = &m.grammar.known;
    match m.symbol(at) {
        s if s == known.am => Some((at + 1, false)),
        s if s == known.pm => Some((at + 1, true)),
        s if (s == known.a || s == known.p)
            && m.symbol(at + 1) == known.dot
            && m.symbol(at + 2) == known.m =>
        {
            let dot = m.symbol(at + 3) == known.dot && glued(m, at + 3);
            Some((at + 3 + usize::from(dot), s == known.p))
        }
        _ => None,
    }
}
