//! From a matched rule to the time that it means.

use jiff::civil::{Date, DateTime};
use memos_core::Granularity;

use super::calendar::{self, Quantity, Stretch, away, containing, plus_days, shifted};
use super::lexicon::Unit;
use super::matcher::{Captures, Matcher};
use super::meaning::Meaning::{self, *};
use super::meaning::Value;
use super::open::{What, portion_of};
use super::tense::Tense;
use super::token::Kind;

/// What an expression is read against.
pub(super) struct Reading<'a> {
    pub(super) matcher: &'a Matcher<'a>,
    /// When the text was said, on the speaker's wall clock.
    pub(super) now: DateTime,
    /// The time that the text named last.
    pub(super) previous: Option<Stretch>,
}

/// Tokens of an expression: the first, and the one after the last.
pub(super) type At = (usize, usize);

pub(super) const ONE: Quantity = Quantity { lo: 2, hi: 2 };
pub(super) const FEW: Quantity = Quantity { lo: 4, hi: 10 };

impl Reading<'_> {
    pub(super) fn today(&self) -> Date {
        self.now.date()
    }

    /// From the start of a time to the end of today.
    pub(super) fn until_now(&self, start: Stretch) -> Option<Stretch> {
        Stretch::across(start, calendar::day(self.today())?)
    }

    fn looks_back(&self, at: At) -> bool {
        self.tense(at) == Some(Tense::Past)
    }

    pub(super) fn tense(&self, at: At) -> Option<Tense> {
        self.matcher.tense(at.0, at.1)
    }

    /// Settles what a value means: which of the months, weekdays, holidays.
    pub(super) fn settle(&self, value: Value, at: At) -> Option<Stretch> {
        match value {
            Value::Known { stretch, .. } => Some(stretch),
            Value::Open(what, portion) => what.settled(self.today(), portion, self.tense(at)),
        }
    }

    /// What a rule means at `at`; `left` is the expression that it goes on from. None if it makes no
    /// sense there, such as 30 February.
    pub(super) fn evaluate(
        &self,
        meaning: Meaning,
        c: &Captures,
        at: At,
        left: Option<Value>,
    ) -> Option<Value> {
        if let Some(left) = left {
            return self.goes_on(meaning, c, at, left);
        }
        let nested = || self.settle(c.times[0]?, (c.time_at, at.1));
        let is_absolute = c.times.iter().flatten().all(|v| v.is_absolute());
        let like_nested = |stretch| Value::Known {
            stretch,
            absolute: is_absolute,
        };
        match meaning {
            Open => {
                let what = What::of(c)?;
                return Some(Value::Open(what, None));
            }
            OpenWeekend => return Some(Value::Open(What::Weekend, None)),
            OpenIfDay => {
                return self
                    .is_a_day(at)
                    .then(|| Some(Value::Open(What::of(c)?, None)))?;
            }
            InYear => {
                let year = c.year?;
                return Some(Value::absolute(match What::of(c) {
                    Some(what) => what.in_year(year)?,
                    None => calendar::year(year)?,
                }));
            }
            Date => {
                let year = c.year?;
                return Some(Value::absolute(What::of(c)?.in_year(year)?));
            }
            InDecade => return Some(Value::absolute(calendar::decade(c.decade?)?)),
            DecadePortion => {
                let decade = calendar::decade(c.decade?)?;
                return Some(Value::absolute(portion_of(decade, c.portion?)?));
            }
            WithWeekday => {
                let value = c.times[0]?;
                let is_date = match value {
                    Value::Known { stretch, absolute } => {
                        absolute
                            && stretch.granularity <= Granularity::Day
                            && Some(stretch.first_date().weekday().to_monday_zero_offset())
                                == c.weekday
                    }
                    Value::Open(what, _) => matches!(what, What::Day(..) | What::DayOfMonth(_)),
                };
                return is_date.then_some(value);
            }
            PortionOf | PortionIs(_) => {
                let portion = match meaning {
                    PortionIs(portion) => portion,
                    _ => c.portion?,
                };
                return match c.times[0]? {
                    Value::Open(what, None)
                        if !matches!(what, What::Weekday(_) | What::Weekend) =>
                    {
                        what.in_year(self.today().year())
                            .and_then(|s| portion_of(s, portion))?;
                        Some(Value::Open(what, Some(portion)))
                    }
                    Value::Open(..) => None,
                    Value::Known { stretch, .. } => {
                        Some(like_nested(portion_of(stretch, portion)?))
                    }
                };
            }
            RangeOnly => {
                return match c.times[0]? {
                    value @ Value::Known { stretch, .. }
                        if stretch.granularity == Granularity::Span =>
                    {
                        Some(value)
                    }
                    value @ Value::Open(What::Days(..), _) => Some(value),
                    _ => None,
                };
            }
            Between => return self.range(c.times[0]?, c.times[1]?, at),
            ClockOn => return self.at_clock(c, nested()?).map(like_nested),
            Anchored | AnchoredOne | AnchoredDay | AnchoredWeekday | Around | PartOfTime | Nth
            | NthWeekday => {
                return self.beside(meaning, c, at, nested()?).map(like_nested);
            }
            _ => {}
        }
        self.counted_from_now(meaning, c, at).map(Value::relative)
    }

    /// Meanings that depend on when the text was said.
    fn counted_from_now(&self, meaning: Meaning, c: &Captures, at: At) -> Option<Stretch> {
        let (now, today) = (self.now, self.today());
        let quantity = c.quantities[0].unwrap_or(ONE);
        let between = || {
            let (lo, hi) = (c.quantities[0]?.lo, c.quantities[1]?.hi);
            (lo <= hi).then_some(Quantity { lo, hi })
        };
        let and = |more: u32| Quantity {
            lo: quantity.lo + more,
            hi: quantity.hi + more,
        };
        // 2019年前 is before 2019, not so many years ago.
        let counts_years = c.unit == Some(Unit::Year) && (3800..4200).contains(&quantity.lo);
        if counts_years && c.quantities[0].is_some() {
            return None;
        }
        match meaning {
            Day(n) => calendar::day(plus_days(today, n)?),
            SameDay => match self.previous {
                Some(s) if s.granularity <= Granularity::Day => calendar::day(s.first_date()),
                _ => calendar::day(today),
            },
            PartOf(n) => calendar::part(plus_days(today, n)?, c.part?),
            PartAt(n, part) => calendar::part(plus_days(today, n)?, part),
            // "We fixed it this weekend", said on a Wednesday, is the one before.
            Shift(0) if c.unit == Some(Unit::Weekend) => {
                let this = containing(Unit::Weekend, today)?;
                let behind = this.first_date() > today && self.looks_back(at);
                shifted(Unit::Weekend, today, if behind { -1 } else { 0 })
            }
            Shift(n) => shifted(c.unit.unwrap_or(Unit::Month), today, n),
            ShiftOf(unit, n) => shifted(unit, today, n),
            Vague(unit, sign) => away(now, FEW, unit, sign),
            Rolling(sign) => self.rolling(quantity, c.unit?, sign),
            Ago => away(now, quantity, c.unit?, -1),
            AgoAndHalf => away(now, and(1), c.unit?, -1),
            AgoBetween => away(now, between()?, c.unit?, -1),
            AgoMore => {
                // 十多年: between ten and twenty; 一个多月: between one and two.
                let hi = if quantity.lo.is_multiple_of(20) {
                    quantity.lo + 18
                } else {
                    quantity.lo + 2
                };
                let unit = c.unit.unwrap_or(Unit::Month);
                away(
                    now,
                    Quantity {
                        lo: quantity.lo,
                        hi,
                    },
                    unit,
                    -1,
                )
            }
            WeekdaysAgo => {
                let n = i32::try_from(quantity.lo / 2).ok()?;
                calendar::day(calendar::nth_weekday(today, n.checked_neg()?, c.weekday?)?)
            }
            Ahead => away(now, quantity, c.unit?, 1),
            AheadUnlessPast => {
                if self.looks_back(at) {
                    return None;
                }
                // "365 days in a year", "in a minute": no times, unless the sentence looks ahead.
                let idiom = quantity == ONE && self.tense(at) != Some(Tense::Future);
                let instant = quantity == ONE && c.unit == Some(Unit::Minute);
                (!idiom && !instant).then(|| away(now, quantity, c.unit?, 1))?
            }
            AheadBetween => away(now, between()?, c.unit?, 1),
            Earlier => away(self.anchor(false), quantity, c.unit?, -1),
            Later => away(self.anchor(true), quantity, c.unit?, 1),
            For => self.until_now(self.lasted(quantity, c.unit?)?),
            ForPerfect => self
                .matcher
                .is_perfect(at.0)
                .then(|| self.until_now(self.lasted(quantity, c.unit?)?))?,
            ForLong => self.until_now(self.lasted(quantity, c.unit?)?),
            PartClock => self.clock_alone(c, at),
            Turn(n) => What::of(c)?.turn(today, n),
            TurnBeforeLast => What::of(c)?.turn(today, -2),
            WeekdayTurn(n) => What::Weekday(c.weekday?).turn(today, n),
            WeekdayIn(0) => {
                let what = What::Weekday(c.weekday?);
                let this = what.inside(containing(Unit::Week, today)?)?;
                if this.first_date() > today && self.looks_back(at) {
                    what.turn(today, -1)
                } else {
                    Some(this)
                }
            }
            WeekdayIn(n) => What::Weekday(c.weekday?).inside(shifted(Unit::Week, today, n)?),
            YearShift(n) => What::of(c)?.inside(shifted(Unit::Year, today, n)?),
            DayOfMonth(n) => What::of(c)?.inside(shifted(Unit::Month, today, n)?),
            PortionAt(unit, portion) => portion_of(containing(unit, today)?, portion),
            Since => {
                let start = match c.times[0]? {
                    Value::Open(what, portion) => {
                        what.settled(today, portion, Some(Tense::Past))?
                    }
                    Value::Known { stretch, .. } => stretch,
                };
                (start.first_date() <= today).then(|| self.until_now(start))?
            }
            _ => None,
        }
    }

    /// Units of less than a day measure work, not memory: "for 20 minutes" is no time.
    fn lasted(&self, quantity: Quantity, unit: Unit) -> Option<Stretch> {
        if let Unit::Minute | Unit::Hour | Unit::Weekend = unit {
            return None;
        }
        away(self.now, quantity, unit, -1)
    }

    /// The units up to the end of today, or from tomorrow on.
    fn rolling(&self, quantity: Quantity, unit: Unit, sign: i32) -> Option<Stretch> {
        let n = i32::try_from(quantity.hi.div_ceil(2)).ok()?;
        if let Unit::Minute | Unit::Hour = unit {
            return None;
        }
        let (from, to) = if sign < 0 {
            let tomorrow = plus_days(self.today(), 1)?;
            (calendar::moved(tomorrow, unit, n.checked_neg()?)?, tomorrow)
        } else {
            (self.today(), calendar::moved(self.today(), unit, n)?)
        };
        let midnight = |d: jiff::civil::Date| d.at(0, 0, 0, 0);
        let granularity = if n == 1 && unit == Unit::Week {
            Granularity::Week
        } else {
            Granularity::Span
        };
        Stretch::new(midnight(from), midnight(to), granularity)
    }

    fn anchor(&self, end: bool) -> DateTime {
        match self.previous {
            Some(previous) if end => previous.last_date().at(0, 0, 0, 0),
            Some(previous) => previous.start,
            None => self.now,
        }
    }

    /// Whether "the 5th" or 5号 ends there, rather than "the 5th floor" or 5号楼.
    fn is_a_day(&self, at: At) -> bool {
        let Some(next) = self.matcher.tokens.get(at.1) else {
            return true;
        };
        let text = next.text(self.matcher.text);
        match next.kind {
            Kind::Mark => true,
            Kind::Han => {
                !next.glued
                    || !"线楼店院门桌房机位选球码公馆厅站口车游元块床坑仓库厂井舰厂柜台的"
                        .chars()
                        .any(|c| text.starts_with(c))
            }
            Kind::Word => FOLLOWS_A_DAY.iter().any(|w| text.eq_ignore_ascii_case(w)),
            Kind::Number | Kind::Decimal => false,
        }
    }
}

/// Words after "the 5th" that leave it a day of the month.
const FOLLOWS_A_DAY: &[&str] = &[
    "of", "at", "and", "in", "for", "with", "after", "before", "to", "we", "i", "he", "she",
    "they", "my", "our", "but", "so", "when", "because", "from", "about", "as", "it", "was", "is",
    "if", "or", "until", "till", "by", "this", "next", "that", "which", "she", "you", "there",
];
