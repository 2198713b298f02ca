//! Calendar arithmetic on the speaker's wall clock: stretches of days, weeks from Monday, months, seasons.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Span, ToSpan};
use memos_core::{Granularity, Interval, Moment, ValidTime};

use super::lexicon::{Part, Season, Unit};

/// A half-open stretch of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: DateTime,
    pub(super) end: DateTime,
    pub(super) granularity: Granularity,
}

impl Stretch {
    pub(super) fn new(start: DateTime, end: DateTime, granularity: Granularity) -> Option<Self> {
        (start <= end).then_some(Self {
            start,
            end,
            granularity,
        })
    }

    /// From the start of one stretch to the end of another.
    pub(super) fn across(first: Self, last: Self) -> Option<Self> {
        Self::new(first.start, last.end, Granularity::Span)
    }

    pub(super) fn first_date(&self) -> Date {
        self.start.date()
    }

    /// The last date in it, inclusive.
    pub(super) fn last_date(&self) -> Date {
        let last = self.end.checked_sub(1.nanosecond()).unwrap_or(self.end);
        last.max(self.start).date()
    }

    /// Whether it is made of whole days.
    pub(super) fn is_at_least_a_day(&self) -> bool {
        self.granularity >= Granularity::Day
    }

    pub(super) fn valid(&self, offset_minutes: i16) -> ValidTime {
        let start = Moment::from_civil(self.start, offset_minutes).at();
        let end = Moment::from_civil(self.end, offset_minutes).at();
        ValidTime {
            interval: Interval {
                start,
                end: end.max(start),
            },
            granularity: self.granularity,
            offset_minutes,
        }
    }
}

fn midnight(date: Date) -> DateTime {
    date.to_datetime(Time::midnight())
}

/// The date `days` later, if the calendar reaches so far.
pub(super) fn plus_days(date: Date, days: i32) -> Option<Date> {
    date.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// Whole days from `first` on.
pub(super) fn days(first: Date, count: i32, granularity: Granularity) -> Option<Stretch> {
    Stretch::new(
        midnight(first),
        midnight(plus_days(first, count)?),
        granularity,
    )
}

pub(super) fn day(date: Date) -> Option<Stretch> {
    days(date, 1, Granularity::Day)
}

/// Whole months from the first of a month on.
pub(super) fn months(
    year: i16,
    month: i8,
    count: i32,
    granularity: Granularity,
) -> Option<Stretch> {
    let first = Date::new(year, month, 1).ok()?;
    let end = first
        .checked_add(Span::new().try_months(count).ok()?)
        .ok()?;
    Stretch::new(midnight(first), midnight(end), granularity)
}

pub(super) fn month(year: i16, month: i8) -> Option<Stretch> {
    months(year, month, 1, Granularity::Month)
}

pub(super) fn year(year: i16) -> Option<Stretch> {
    months(year, 1, 12, Granularity::Year)
}

/// The ten years that begin with a year divisible by ten.
pub(super) fn decade(first: i16) -> Option<Stretch> {
    months(first, 1, 120, Granularity::Decade)
}

/// Meteorological seasons of the northern half: spring from March; winter from December of `year`.
pub(super) fn season(year: i16, season: Season) -> Option<Stretch> {
    months(year, season.first_month(), 3, Granularity::Season)
}

/// The Monday of a date's week.
pub(super) fn monday(date: Date) -> Option<Date> {
    plus_days(date, -i32::from(date.weekday().to_monday_zero_offset()))
}

/// The day of a date's week; `weekday` counts from Monday, 0.
pub(super) fn weekday_of_week(date: Date, weekday: i8) -> Option<Date> {
    plus_days(monday(date)?, i32::from(weekday))
}

/// The `n`th such weekday strictly before (`n < 0`) or after (`n > 0`) a date.
pub(super) fn nth_weekday(date: Date, n: i32, weekday: i8) -> Option<Date> {
    date.nth_weekday(n, Weekday::from_monday_zero_offset(weekday).ok()?)
        .ok()
}

/// The unit of the calendar that contains a date.
pub(super) fn containing(unit: Unit, date: Date) -> Option<Stretch> {
    match unit {
        Unit::Minute | Unit::Hour | Unit::Day => day(date),
        Unit::Week => days(monday(date)?, 7, Granularity::Week),
        Unit::Weekend => days(weekday_of_week(date, 5)?, 2, Granularity::Weekend),
        Unit::Month => month(date.year(), date.month()),
        Unit::Quarter => months(
            date.year(),
            (date.month() - 1) / 3 * 3 + 1,
            3,
            Granularity::Quarter,
        ),
        Unit::Year => year(date.year()),
        Unit::Decade => decade(date.year().div_euclid(10) * 10),
    }
}

/// A date moved by whole units.
pub(super) fn moved(date: Date, unit: Unit, n: i32) -> Option<Date> {
    let span = Span::new();
    let span = match unit {
        Unit::Minute | Unit::Hour => return Some(date),
        Unit::Day => span.try_days(n),
        Unit::Week | Unit::Weekend => span.try_weeks(n),
        Unit::Month => span.try_months(n),
        Unit::Quarter => span.try_months(n.checked_mul(3)?),
        Unit::Year => span.try_years(n),
        Unit::Decade => span.try_years(n.checked_mul(10)?),
    };
    date.checked_add(span.ok()?).ok()
}

/// The unit `n` after the one that contains a date: −1 for "last week".
pub(super) fn shifted(unit: Unit, date: Date, n: i32) -> Option<Stretch> {
    containing(unit, moved(date, unit, n)?)
}

/// A part of a day; a night reaches into the next morning.
pub(super) fn part(date: Date, part: Part) -> Option<Stretch> {
    let (from, to) = part.hours();
    let at = |hour: i8| {
        let (date, hour) = if hour >= 24 {
            (plus_days(date, 1)?, hour - 24)
        } else {
            (date, hour)
        };
        Some(date.at(hour, 0, 0, 0))
    };
    Stretch::new(at(from)?, at(to)?, Granularity::PartOfDay)
}

/// How many of a unit, in halves: `lo` equals `hi` unless the words were vague.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    pub(super) lo: u32,
    pub(super) hi: u32,
}

/// What lies a number of units before (`sign` −1) or after (+1) a point of the wall clock, as finely
/// as people mean it: "two weeks ago" is a week, "a year ago" the month a year before.
pub(super) fn away(from: DateTime, quantity: Quantity, unit: Unit, sign: i32) -> Option<Stretch> {
    if quantity.lo == quantity.hi {
        return exactly(from, quantity.lo, unit, sign);
    }
    let near = exactly(from, quantity.lo, unit, sign)?;
    let far = exactly(from, quantity.hi, unit, sign)?;
    let (first, last) = if sign < 0 { (far, near) } else { (near, far) };
    Stretch::across(first, last)
}

fn exactly(from: DateTime, halves: u32, unit: Unit, sign: i32) -> Option<Stretch> {
    let halves = i32::try_from(halves).ok()?;
    let signed = sign.checked_mul(halves)?;
    let date = from.date();
    if let Unit::Minute | Unit::Hour = unit {
        let minutes = i64::from(signed).checked_mul(if unit == Unit::Hour { 30 } else { 1 })?;
        let minutes = if unit == Unit::Hour {
            minutes
        } else {
            minutes / 2
        };
        let at = from
            .checked_add(Span::new().try_minutes(minutes).ok()?)
            .ok()?;
        return if unit == Unit::Hour && halves % 2 == 0 {
            clock(at.date(), at.hour(), None)
        } else {
            clock(at.date(), at.hour(), Some(at.minute()))
        };
    }
    if halves % 2 == 0 {
        let n = signed / 2;
        return match unit {
            Unit::Year if n.abs() == 1 => containing(Unit::Month, moved(date, Unit::Year, n)?),
            Unit::Decade => containing(Unit::Year, moved(date, Unit::Decade, n)?),
            _ => shifted(unit, date, n),
        };
    }
    match unit {
        Unit::Day => day(plus_days(date, signed / 2)?),
        Unit::Week | Unit::Weekend => day(plus_days(date, signed.checked_mul(7)? / 2)?),
        Unit::Month => containing(Unit::Week, plus_days(date, signed.checked_mul(15)?)?),
        Unit::Quarter => containing(Unit::Month, moved(date, Unit::Month, signed)?),
        Unit::Year => containing(
            Unit::Month,
            moved(date, Unit::Month, signed.checked_mul(6)?)?,
        ),
        Unit::Decade => year(moved(date, Unit::Year, signed.checked_mul(5)?)?.year()),
        Unit::Minute | Unit::Hour => None,
    }
}

/// An hour of a day, or a minute of it.
pub(super) fn clock(date: Date, hour: i8, minute: Option<i8>) -> Option<Stretch> {
    let start = date.to_datetime(Time::new(hour, minute.unwrap_or(0), 0, 0).ok()?);
    let (length, granularity) = match minute {
        Some(_) => (1.minute(), Granularity::Minute),
        None => (1.hour(), Granularity::Hour),
    };
    Stretch::new(start, start.checked_add(length).ok()?, granularity)
}

/// The `n`th (1 is first, −1 last) week of a stretch: the weeks whose Thursday lies in it, as ISO 8601
/// gives a week to the year that holds most of it.
pub(super) fn nth_week(of: Stretch, n: i32) -> Option<Stretch> {
    let thursday = nth_day_of(of, n, 3)?;
    containing(Unit::Week, thursday)
}

/// The `n`th such weekday in a stretch; `weekday` counts from Monday, 0.
pub(super) fn nth_day_of(of: Stretch, n: i32, weekday: i8) -> Option<Date> {
    let from = if n > 0 {
        plus_days(of.first_date(), -1)?
    } else {
        plus_days(of.last_date(), 1)?
    };
    let date = nth_weekday(from, n, weekday)?;
    (of.first_date() <= date && date <= of.last_date()).then_some(date)
}
