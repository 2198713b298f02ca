//! Times told by other times: before, after, inside and from one to another.

use memos_core::Granularity;

use super::calendar::{self, Stretch, away, containing, plus_days, shifted};
use super::clock::hour_in;
use super::lexicon::{Part, Unit};
use super::matcher::Captures;
use super::meaning::Meaning::{self, *};
use super::meaning::Value;
use super::open::{What, portion_of};
use super::reading::{At, ONE, Reading};
use super::tense::Tense;
use super::token::Kind;

impl Reading<'_> {
    /// Meanings beside or inside another time.
    pub(super) fn beside(
        &self,
        meaning: Meaning,
        c: &Captures,
        at: At,
        of: Stretch,
    ) -> Option<Stretch> {
        let sign = self.side(at, c.time_at)?;
        let edge = if sign < 0 {
            of.first_date()
        } else {
            of.last_date()
        };
        let edge = edge.at(0, 0, 0, 0);
        match meaning {
            Anchored => away(edge, c.quantities[0]?, c.unit?, sign),
            AnchoredOne => shifted(c.unit?, edge.date(), sign),
            AnchoredDay => calendar::day(plus_days(edge.date(), sign)?),
            AnchoredWeekday => What::Weekday(c.weekday?).turn(edge.date(), sign),
            Around => containing(c.unit.unwrap_or(Unit::Week), of.first_date()),
            PartOfTime => {
                let part = calendar::part(of.first_date(), c.part?)?;
                let last = calendar::part(of.last_date(), c.part?)?;
                // The night of 30 to 31 October is one night.
                if of.granularity == Granularity::Span && c.part == Some(Part::Night) {
                    return Some(part);
                }
                Stretch::new(part.start, last.end, Granularity::PartOfDay)
            }
            Nth => nth(c.unit.unwrap_or(Unit::Day), of, i32::from(c.ordinal?)),
            NthWeekday => {
                let n = i32::from(c.ordinal?);
                calendar::day(calendar::nth_day_of(of, n, c.weekday?)?)
            }
            _ => None,
        }
    }

    /// Whether the words before a nested time say before (−1) or after (1) it.
    fn side(&self, at: At, time_at: usize) -> Option<i32> {
        let word = |i: usize| {
            self.matcher
                .tokens
                .get(i)
                .map(|t| t.text(self.matcher.text))
        };
        let after = (at.0..time_at).any(|i| {
            word(i).is_some_and(|w| {
                ["after", "from", "following"]
                    .iter()
                    .any(|a| w.eq_ignore_ascii_case(a))
            })
        });
        Some(if after { 1 } else { -1 })
    }

    /// From one time to another; what is open is settled by the other end.
    pub(super) fn range(&self, first: Value, last: Value, at: At) -> Option<Value> {
        let absolute = first.is_absolute() || last.is_absolute();
        let (first, last) = match (first, last) {
            (Value::Known { stretch: a, .. }, Value::Known { stretch: b, .. }) => (a, b),
            (Value::Open(a, p), Value::Known { stretch: b, .. }) => {
                (a.up_to(b.first_date(), p)?, b)
            }
            (Value::Known { stretch: a, .. }, Value::Open(b, p)) => (a, b.from(a.first_date(), p)?),
            (Value::Open(a, p), Value::Open(b, q)) => {
                let b = b.settled(self.today(), q, self.tense(at))?;
                (a.up_to(b.first_date(), p)?, b)
            }
        };
        (first.start < last.start).then_some(())?;
        let stretch = Stretch::across(first, last)?;
        Some(Value::Known { stretch, absolute })
    }

    pub(super) fn at_clock(&self, c: &Captures, of: Stretch) -> Option<Stretch> {
        let (hour, minute) = c.clock?;
        let hour = u32::from(hour.unsigned_abs());
        // 晚上 and 8点 may stand apart; a part of a day says which half.
        let hour = match of.granularity {
            Granularity::Day => hour,
            Granularity::PartOfDay => hour_in(of.start.hour(), hour),
            _ => return None,
        };
        let (days, hour) = (
            i32::try_from(hour / 24).ok()?,
            i8::try_from(hour % 24).ok()?,
        );
        calendar::clock(plus_days(of.first_date(), days)?, hour, minute)
    }

    /// A clock time without its day: of the day that the text named last, or of today. What has been
    /// is not still to come: 晚上八点我们看了电影, said at noon, was yesterday.
    pub(super) fn clock_alone(&self, c: &Captures, at: At) -> Option<Stretch> {
        // Without a tense it may be a habit: 早上七点起床.
        let tense = self.tense(at)?;
        if self.matcher.is_habit(at.0, at.1) {
            return None;
        }
        let on = |date| self.at_clock(c, calendar::day(date)?);
        match self.previous {
            Some(day) if day.granularity <= Granularity::Day => on(day.first_date()),
            Some(_) => None,
            None => {
                let today = on(self.today())?;
                if tense == Tense::Past && today.start > self.now {
                    return on(plus_days(self.today(), -1)?);
                }
                Some(today)
            }
        }
    }

    /// Meanings that go on from the expression before them.
    pub(super) fn goes_on(
        &self,
        meaning: Meaning,
        c: &Captures,
        at: At,
        left: Value,
    ) -> Option<Value> {
        if meaning == ThenTo {
            return self.range(left, c.times[0]?, at);
        }
        let of = self.settle(left, at)?;
        let inside = |what: What| match left {
            Value::Known { .. } => what.inside(of),
            Value::Open(..) => None,
        };
        let quantity = c.quantities[0].unwrap_or(ONE);
        let stretch = match meaning {
            ThenPart if of.granularity == Granularity::Day => {
                calendar::part(of.first_date(), c.part?)?
            }
            ThenClock => self.at_clock(c, of)?,
            ThenIn => inside(What::of(c)?)?,
            ThenWeekday => {
                // 上周一个人: the numeral counts what follows.
                let next = self.matcher.tokens.get(at.1);
                if next.is_some_and(|t| t.glued && t.kind == Kind::Han && self.counts(at.1)) {
                    return None;
                }
                (of.granularity == Granularity::Week).then(|| inside(What::of(c)?))??
            }
            ThenPortion => portion_of(of, c.portion?)?,
            ThenNth => nth(
                c.unit.unwrap_or(Unit::Day),
                of,
                i32::try_from(quantity.lo / 2).ok()?,
            )?,
            ThenLast => nth(c.unit.unwrap_or(Unit::Day), of, -1)?,
            ThenNthWeekday => {
                let n = i32::try_from(quantity.lo / 2).ok().filter(|n| *n > 0)?;
                calendar::day(calendar::nth_day_of(of, n, c.weekday?)?)?
            }
            ThenBefore => away(of.first_date().at(0, 0, 0, 0), quantity, c.unit?, -1)?,
            ThenAfter => away(of.last_date().at(0, 0, 0, 0), quantity, c.unit?, 1)?,
            ThenNextDay => calendar::day(plus_days(of.last_date(), 1)?)?,
            ThenSame => return Some(left),
            ThenSince => {
                let start = match left {
                    Value::Open(what, portion) => {
                        what.settled(self.today(), portion, Some(Tense::Past))?
                    }
                    Value::Known { stretch, .. } => stretch,
                };
                (start.first_date() <= self.today()).then(|| self.until_now(start))??
            }
            _ => return None,
        };
        Some(Value::Known {
            stretch,
            absolute: left.is_absolute(),
        })
    }

    /// Whether a Han character after a numeral makes it a count.
    fn counts(&self, at: usize) -> bool {
        let text = self.matcher.tokens[at].text(self.matcher.text);
        "个天年月次些位名件条张只点十百千万份场部家"
            .chars()
            .any(|c| text.starts_with(c))
    }
}

/// The `n`th day, week, weekend or month of a stretch; −1 is the last.
fn nth(unit: Unit, of: Stretch, n: i32) -> Option<Stretch> {
    if n == 0 || !of.is_at_least_a_day() {
        return None;
    }
    let inside = |s: Stretch| (of.start <= s.start && s.end <= of.end).then_some(s);
    match unit {
        Unit::Week => calendar::nth_week(of, n),
        Unit::Weekend => containing(Unit::Weekend, calendar::nth_day_of(of, n, 5)?),
        Unit::Day => {
            let date = if n > 0 {
                plus_days(of.first_date(), n - 1)?
            } else {
                plus_days(of.last_date(), n + 1)?
            };
            inside(calendar::day(date)?)
        }
        Unit::Month | Unit::Quarter | Unit::Year => {
            let date = if n > 0 {
                calendar::moved(of.first_date(), unit, n - 1)?
            } else {
                calendar::moved(of.last_date(), unit, n + 1)?
            };
            inside(containing(unit, date)?)
        }
        Unit::Minute | Unit::Hour | Unit::Decade => None,
    }
}
