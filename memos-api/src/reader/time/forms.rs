//! Numbers, dates and clock times: the parts of the grammar that have a form rather than words.

use super::calendar::Quantity;
use super::clock;
use super::grammar::{Known, Name};
use super::lexicon::{Holiday, Lunar, Sense};
use super::matcher::{Captures, Matcher};
use super::reading::FEW;
use super::token::{Kind, Token};

/// Matches a form at a token and notes its value; the token after it.
pub(super) fn form(
    m: &Matcher<'_>,
    name: Name,
    at: usize,
    captures: &mut Captures,
) -> Option<usize> {
    let known = &m.grammar.known;
    match name {
        Name::Day => {
            let next = number(m, at, 1..=31)?;
            captures.add_day(small(m, at)?);
            let ordinal = has_ordinal_suffix(m, next, known);
            Some(next + usize::from(ordinal))
        }
        Name::OrdDay => {
            let next = number(m, at, 1..=31)?;
            captures.add_day(small(m, at)?);
            has_ordinal_suffix(m, next, known).then_some(next + 1)
        }
        Name::NthDay => {
            let mut ordinal = Captures::default();
            let next = form(m, Name::Ord, at, &mut ordinal)?;
            captures.add_day(ordinal.ordinal.filter(|n| *n > 0)?);
            Some(next)
        }
        Name::LunarDay => {
            // The first ten days have a 初 of their own; not every first month has a thirtieth.
            let (first, days) = if m.tokens.get(at)?.text(m.text) == "初" {
                (at + 1, 1..=10)
            } else {
                (at, 11..=29)
            };
            let (next, n) = han_or_digits(m, first)?;
            let day = i8::try_from(n).ok().filter(|n| days.contains(n))?;
            captures.holiday = Some(Holiday::Lunar(Lunar::SpringFestival, day - 1));
            Some(next)
        }
        Name::Ord => {
            if let Some((Sense::Ordinal(n), len)) =
                m.senses(at).find(|(s, _)| matches!(s, Sense::Ordinal(_)))
            {
                captures.ordinal = Some(n);
                return Some(at + len);
            }
            let next = number(m, at, 1..=31)?;
            captures.ordinal = small(m, at);
            has_ordinal_suffix(m, next, known).then_some(next + 1)
        }
        Name::Year => {
            let (next, year) = year(m, at)?;
            captures.year = Some(year);
            Some(next)
        }
        Name::Mnum => {
            let (next, n) = han_or_digits(m, at)?;
            captures.month = i8::try_from(n).ok().filter(|n| (1..=12).contains(n));
            captures.month.and(Some(next))
        }
        Name::Dnum | Name::HanDay => {
            let (next, n) = han_or_digits(m, at)?;
            let day = i8::try_from(n).ok().filter(|n| (1..=31).contains(n))?;
            // 三日 alone is rare; 五号 is common.
            let digits = m.tokens.get(at)?.kind == Kind::Number;
            if name == Name::HanDay && !digits && m.symbol(next) != known.hao {
                return None;
            }
            captures.add_day(day);
            Some(next)
        }
        Name::TwoDigit => {
            let (next, n) = han_or_digits(m, at)?;
            let decade = i16::try_from(n)
                .ok()
                .filter(|n| n % 10 == 0 && (10..100).contains(n))?;
            captures.decade = Some(century(decade));
            Some(next)
        }
        Name::Decade => decade(m, at, captures),
        Name::Quarter => {
            let next = number(m, at + 1, 1..=4)?;
            if m.tokens.get(at)?.kind != Kind::Word || !m.tokens[at + 1].glued {
                return None;
            }
            captures.quarter = small(m, at + 1);
            Some(next)
        }
        Name::Date => date(m, at, captures),
        Name::ShortDate => {
            // 9/10 may be a score.
            let before = at.checked_sub(1).map_or("", |b| m.tokens[b].text(m.text));
            if !DATE_LEADS.iter().any(|w| before.eq_ignore_ascii_case(w)) {
                return None;
            }
            let next = number(m, at, 1..=12)?;
            let days = next + 1;
            if m.symbol(next) != known.slash || !m.tokens[next].glued || !glued(m, days) {
                return None;
            }
            let end = number(m, days, 1..=31)?;
            captures.month = small(m, at);
            captures.add_day(small(m, days)?);
            Some(end)
        }
        Name::Clock => clock::clock(m, at, captures),
        Name::PartClock => {
            let part = m.senses(at).find(|(s, _)| matches!(s, Sense::Part(_)))?.1;
            let next = clock::clock(m, at, captures)?;
            (m.tokens.get(at)?.kind == Kind::Han && next > at + part).then_some(next)
        }
        Name::Any => {
            let token = m.tokens.get(at)?;
            (token.kind == Kind::Word).then_some(at + 1)
        }
        _ => None,
    }
}

/// Words before a date of two numbers.
const DATE_LEADS: &[&str] = &[
    "on", "by", "until", "till", "since", "from", "before", "after", "due", "between", "to", "-",
];

pub(super) fn glued(m: &Matcher<'_>, at: usize) -> bool {
    m.tokens.get(at).is_some_and(|t| t.glued)
}

fn number(m: &Matcher<'_>, at: usize, range: std::ops::RangeInclusive<u32>) -> Option<usize> {
    let token = m.tokens.get(at)?;
    (token.kind == Kind::Number && token.digits <= 2 && range.contains(&token.value))
        .then_some(at + 1)
}

fn small(m: &Matcher<'_>, at: usize) -> Option<i8> {
    i8::try_from(m.tokens.get(at)?.value).ok()
}

fn has_ordinal_suffix(m: &Matcher<'_>, at: usize, known: &Known) -> bool {
    glued(m, at) && known.ordinals.contains(&m.symbol(at))
}

/// Years that a text without more context means by four digits.
fn plausible_year(token: &Token) -> Option<i16> {
    (token.kind == Kind::Number && token.digits == 4 && (1900..2100).contains(&token.value))
        .then(|| i16::try_from(token.value).ok())?
}

fn year(m: &Matcher<'_>, at: usize) -> Option<(usize, i16)> {
    let token = m.tokens.get(at)?;
    if token.kind == Kind::Number {
        return Some((at + 1, plausible_year(token)?));
    }
    // 二〇二三: four digits, each by itself.
    let mut year = 0i16;
    for i in at..at + 4 {
        let digit = han_digit(m, i)?;
        year = year * 10 + i16::from(digit);
    }
    ((1900..2100).contains(&year) && han_digit(m, at + 4).is_none()).then_some((at + 4, year))
}

/// The 1900s until 20, then the 2000s: 90 is 1990, 10 is 2010.
fn century(two_digits: i16) -> i16 {
    if two_digits >= 30 {
        1900 + two_digits
    } else {
        2000 + two_digits
    }
}

fn decade(m: &Matcher<'_>, at: usize, captures: &mut Captures) -> Option<usize> {
    let known = &m.grammar.known;
    if let Some((Sense::Decade(first), len)) =
        m.senses(at).find(|(s, _)| matches!(s, Sense::Decade(_)))
    {
        // "in her twenties" is an age.
        let the = at.checked_sub(1).is_some_and(|b| m.symbol(b) == known.the);
        captures.decade = Some(first);
        return the.then_some(at + len);
    }
    let quoted = m.symbol(at) == known.apostrophe;
    let digits = at + usize::from(quoted);
    let token = m.tokens.get(digits)?;
    let s = digits + 1;
    if !glued(m, s) || (m.symbol(s) != known.s && m.symbol(s) != known.apostrophe_s) {
        return None;
    }
    captures.decade = if let Some(year) = plausible_year(token) {
        Some(year).filter(|y| y % 10 == 0)
    } else {
        let named = quoted
            || at.checked_sub(1).is_some_and(|b| {
                m.symbol(b) == known.the || m.follows(at, |s| matches!(s, Sense::Third(_)))
            });
        let two = i16::try_from(token.value)
            .ok()
            .filter(|n| (20..100).contains(n) && n % 10 == 0);
        two.filter(|_| named && token.digits == 2).map(century)
    };
    captures.decade.and(Some(s + 1))
}

/// A date in digits. With slashes the month comes first, as in the United States, unless it can't be
/// a month; with dots the day does.
fn date(m: &Matcher<'_>, at: usize, captures: &mut Captures) -> Option<usize> {
    let known = &m.grammar.known;
    let mark = m.symbol(at + 1);
    if !glued(m, at + 1) || !glued(m, at + 2) {
        return None;
    }
    let token = |i: usize| m.tokens.get(i).filter(|t| t.kind == Kind::Number);
    let (first, second) = (token(at)?, token(at + 2)?);
    let third = (m.symbol(at + 3) == mark && glued(m, at + 3) && glued(m, at + 4))
        .then(|| token(at + 4))
        .flatten();
    let month = |t: &Token| {
        i8::try_from(t.value)
            .ok()
            .filter(|n| (1..=12).contains(n) && t.digits <= 2)
    };
    let day = |t: &Token| {
        i8::try_from(t.value)
            .ok()
            .filter(|n| (1..=31).contains(n) && t.digits <= 2)
    };
    if let Some(year) = plausible_year(first) {
        if mark != known.dash && mark != known.slash && mark != known.dot {
            return None;
        }
        captures.year = Some(year);
        captures.month = Some(month(second)?);
        if let Some(third) = third {
            captures.add_day(day(third)?);
            return Some(at + 5);
        }
        // 2023-05: written with two digits, or it may be a range or a sum.
        return (mark == known.dash && second.digits == 2).then_some(at + 3);
    }
    captures.year = Some(plausible_year(third?)?);
    let (m, d) = if mark == known.slash {
        match (month(first), day(second)) {
            (Some(m), Some(d)) => (m, d),
            _ => (month(second)?, day(first)?),
        }
    } else if mark == known.dot || mark == known.dash {
        match (month(second), day(first)) {
            (Some(m), Some(d)) => (m, d),
            _ => (month(first)?, day(second)?),
        }
    } else {
        return None;
    };
    captures.month = Some(m);
    captures.add_day(d);
    Some(at + 5)
}

fn han_digit(m: &Matcher<'_>, at: usize) -> Option<u8> {
    m.senses(at).find_map(|(s, _)| match s {
        Sense::HanDigit(d) => Some(d),
        _ => None,
    })
}

/// A number in digits, or in Han numerals up to 999.
pub(super) fn han_or_digits(m: &Matcher<'_>, at: usize) -> Option<(usize, u32)> {
    let token = m.tokens.get(at)?;
    if token.kind == Kind::Number {
        return (token.digits <= 4).then_some((at + 1, token.value));
    }
    let (mut next, mut total, mut digit) = (at, 0u32, None);
    let mut below = u32::MAX;
    loop {
        let power = m.senses(next).find_map(|(s, _)| match s {
            Sense::HanPower(p) => Some(u32::from(p)),
            _ => None,
        });
        if let Some(power) = power {
            // 百 comes before 十, each once.
            if power >= below {
                return None;
            }
            below = power;
            total += digit.take().unwrap_or(1) * power;
        } else if let Some(d) = han_digit(m, next).filter(|_| digit.is_none()) {
            digit = (d != 0).then_some(u32::from(d)).or(digit);
        } else {
            break;
        }
        next += 1;
        if next - at > 5 {
            return None;
        }
    }
    (next > at).then_some((next, total + digit.unwrap_or(0)))
}

/// A quantity in digits or words: "two", "twenty-five", "a couple of", "1.5", 几, 十二.
pub(super) fn quantity(m: &Matcher<'_>, at: usize) -> Option<(usize, Quantity)> {
    let token = m.tokens.get(at)?;
    let exact = |halves: u32| Quantity {
        lo: halves,
        hi: halves,
    };
    match token.kind {
        Kind::Decimal => {
            return (token.value < 200_000).then(|| (at + 1, exact(token.value)));
        }
        Kind::Number => {
            let known = &m.grammar.known;
            // Not the day of a date: 15th.
            let plain =
                token.value > 0 && token.value < 100_000 && !has_ordinal_suffix(m, at + 1, known);
            return plain.then(|| (at + 1, exact(token.value * 2)));
        }
        _ => {}
    }
    let words = m.senses(at).find_map(|(s, len)| match s {
        Sense::Quantity(lo, hi) => Some((
            at + len,
            Quantity {
                lo: lo.into(),
                hi: hi.into(),
            },
        )),
        _ => None,
    });
    if token.kind == Kind::Han {
        if let Some(vague) = vague_ones(m, at) {
            return Some(vague);
        }
        let han = han_or_digits(m, at).map(|(next, n)| (next, exact(n * 2)));
        return match (words, han) {
            (Some(words), Some(han)) if han.0 <= words.0 => Some(words),
            (words, None) => words,
            (_, han) => han.filter(|(_, q)| q.lo > 0),
        };
    }
    let (next, tens) = words?;
    // twenty-five: tens and then ones.
    if tens.lo >= 40 && tens.lo % 20 == 0 && tens.lo == tens.hi {
        let ones_at = next + usize::from(m.symbol(next) == m.grammar.known.dash);
        let ones = m.senses(ones_at).find_map(|(s, len)| match s {
            Sense::Quantity(lo, hi) if lo == hi && (2..20).contains(&lo) && len == 1 => {
                Some(u32::from(lo))
            }
            _ => None,
        });
        if let Some(ones) = ones {
            return Some((ones_at + 1, exact(tens.lo + ones)));
        }
    }
    Some((next, tens))
}

/// A number of tens in Han numerals and vague ones: 十几 (10 to 19), 二十三四 (23 or 24).
fn vague_ones(m: &Matcher<'_>, at: usize) -> Option<(usize, Quantity)> {
    let (end, n) = han_or_digits(m, at)?;
    let tens = n - n % 10;
    // The numeral has taken the first of 三四.
    let ones_at = end - usize::from(n > tens);
    let (ones, len) = m.senses(ones_at).find_map(|(s, len)| match s {
        Sense::Quantity(lo, hi) if lo < hi => Some((
            Quantity {
                lo: lo.into(),
                hi: hi.into(),
            },
            len,
        )),
        _ => None,
    })?;
    let (lo, hi) = if ones == FEW {
        (0, 18)
    } else {
        (ones.lo, ones.hi)
    };
    let vague = Quantity {
        lo: tens * 2 + lo,
        hi: tens * 2 + hi,
    };
    (tens > 0 && ones_at + len > end).then_some((ones_at + len, vague))
}
