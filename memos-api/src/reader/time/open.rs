//! Times that come again: a month, a weekday, a holiday without its year.

use jiff::civil::Date;

use super::calendar::{self, Stretch, plus_days};
use super::holiday;
use super::lexicon::{Holiday, Portion, Season, Unit};
use super::matcher::Captures;
use super::tense::Tense;
use memos_core::Granularity;

/// Days in which a date that has just passed is still meant.
const FORTNIGHT: i32 = 14;
/// Days in which a date to come is meant by a sentence without a tense.
const QUARTER: i32 = 92;

/// Something that comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Month(i8),
    /// Month and day.
    Day(i8, i8),
    /// Month, first day, last day.
    Days(i8, i8, i8),
    DayOfMonth(i8),
    Weekday(i8),
    Weekend,
    Season(Season),
    Quarter(i8),
    Holiday(Holiday),
}

impl What {
    pub(super) fn of(c: &Captures) -> Option<Self> {
        Some(match *c {
            Captures {
                holiday: Some(h), ..
            } => Self::Holiday(h),
            Captures {
                season: Some(s), ..
            } => Self::Season(s),
            Captures {
                quarter: Some(q), ..
            } => Self::Quarter(q),
            Captures {
                month: Some(m),
                days: [Some(a), Some(b)],
                ..
            } => Self::Days(m, a, b),
            Captures {
                month: Some(m),
                days: [Some(d), None],
                ..
            } => Self::Day(m, d),
            Captures { month: Some(m), .. } => Self::Month(m),
            Captures {
                days: [Some(d), _], ..
            } => Self::DayOfMonth(d),
            Captures {
                weekday: Some(w), ..
            } => Self::Weekday(w),
            _ => return None,
        })
    }

    /// The one of a year.
    pub(super) fn in_year(self, year: i16) -> Option<Stretch> {
        match self {
            Self::Month(m) => calendar::month(year, m),
            Self::Day(m, d) => calendar::day(Date::new(year, m, d).ok()?),
            Self::Days(m, a, b) => {
                let count = i32::from(b) - i32::from(a) + 1;
                Date::new(year, m, b).ok()?;
                let granularity = if count == 1 {
                    Granularity::Day
                } else {
                    Granularity::Span
                };
                (count > 0)
                    .then(|| calendar::days(Date::new(year, m, a).ok()?, count, granularity))?
            }
            Self::Season(s) => calendar::season(year, s),
            Self::Quarter(q) => calendar::months(year, q * 3 - 2, 3, Granularity::Quarter),
            Self::Holiday(h) => calendar::day(holiday::date(h, year)?),
            Self::DayOfMonth(_) | Self::Weekday(_) | Self::Weekend => None,
        }
    }

    /// The one inside a longer stretch.
    pub(super) fn inside(self, of: Stretch) -> Option<Stretch> {
        let first = of.first_date();
        match (self, of.granularity) {
            (Self::Weekday(w), Granularity::Week | Granularity::Weekend) => {
                calendar::day(calendar::weekday_of_week(first, w)?)
            }
            // A date with its weekday: 5月8日星期一.
            (Self::Weekday(w), Granularity::Day) => {
                (first.weekday().to_monday_zero_offset() == w).then_some(of)
            }
            (Self::DayOfMonth(d), Granularity::Month) => {
                calendar::day(Date::new(first.year(), first.month(), d).ok()?)
            }
            (Self::DayOfMonth(_) | Self::Weekday(_) | Self::Weekend, _) => None,
            (_, Granularity::Year) => self.in_year(first.year()),
            _ => None,
        }
    }

    /// Those around a date, in order of time. Leap days need eight years on either side.
    fn around(self, today: Date, portion: Option<Portion>) -> Vec<Stretch> {
        let portioned = |s: Stretch| match portion {
            Some(p) => portion_of(s, p),
            None => Some(s),
        };
        match self {
            Self::Weekday(_) => [-1, 1]
                .iter()
                .filter_map(|n| self.weekday(today, *n))
                .filter_map(portioned)
                .collect(),
            Self::Weekend => (-1..=1)
                .filter_map(|n| calendar::shifted(Unit::Weekend, today, n))
                .filter_map(portioned)
                .collect(),
            Self::DayOfMonth(d) => (-2..=2)
                .filter_map(|n| calendar::moved(today, Unit::Month, n))
                .filter_map(|m| calendar::day(Date::new(m.year(), m.month(), d).ok()?))
                .filter_map(portioned)
                .collect(),
            _ => (-8..=8)
                .filter_map(|n| self.in_year(today.year().checked_add(n)?))
                .filter_map(portioned)
                .collect(),
        }
    }

    fn weekday(self, today: Date, n: i32) -> Option<Stretch> {
        match self {
            Self::Weekday(w) => calendar::day(calendar::nth_weekday(today, n, w)?),
            _ => None,
        }
    }

    /// The one that a sentence means: the latest that has begun, or, looking ahead, the first that has
    /// not ended. A sentence that does not say which way it looks means the past, unless the next one
    /// is both near and nearer; and a date of the last fortnight is not the one in a year.
    pub(super) fn settled(
        self,
        today: Date,
        portion: Option<Portion>,
        tense: Option<Tense>,
    ) -> Option<Stretch> {
        let all = self.around(today, portion);
        let next = all.iter().find(|s| s.last_date() >= today).copied();
        let latest = all.iter().rev().find(|s| s.first_date() <= today).copied();
        let (Some(ahead), Some(behind)) = (next, latest) else {
            return if tense == Some(Tense::Future) {
                next
            } else {
                latest
            };
        };
        let until = (ahead.first_date() - today).get_days();
        let since = (today - behind.last_date()).get_days();
        let weekly = matches!(self, Self::Weekday(_) | Self::Weekend);
        let looks_ahead = match tense {
            Some(Tense::Past) => false,
            Some(Tense::Future) => weekly || since > FORTNIGHT || until < since,
            None => !weekly && until <= QUARTER && until < since,
        };
        Some(if looks_ahead { ahead } else { behind })
    }

    /// The `n`th before (−1) or after (1) today, or this year's (0).
    pub(super) fn turn(self, today: Date, n: i32) -> Option<Stretch> {
        if let Self::Weekday(_) = self {
            return self.weekday(today, n);
        }
        let all = self.around(today, None);
        let nth = usize::try_from(n.unsigned_abs().max(1) - 1).ok()?;
        match n {
            0 => all
                .iter()
                .find(|s| s.first_date() <= today && today <= s.last_date())
                .copied()
                .or_else(|| self.in_year(today.year())),
            n if n < 0 => all
                .into_iter()
                .rev()
                .filter(|s| s.last_date() < today)
                .nth(nth),
            _ => all.into_iter().filter(|s| s.first_date() > today).nth(nth),
        }
    }

    /// The first that begins on or after a date; the last that begins on or before one.
    pub(super) fn from(self, date: Date, portion: Option<Portion>) -> Option<Stretch> {
        self.around(date, portion)
            .into_iter()
            .find(|s| s.first_date() >= date)
    }

    pub(super) fn up_to(self, date: Date, portion: Option<Portion>) -> Option<Stretch> {
        self.around(date, portion)
            .into_iter()
            .rev()
            .find(|s| s.first_date() <= date)
    }

    /// Whether it may be a habit: "on Fridays", "Friday nights".
    pub(super) fn recurs_often(self) -> bool {
        matches!(self, Self::Weekday(_) | Self::Weekend | Self::Season(_))
    }
}

/// A part of a month or of something longer; nothing shorter has parts.
pub(super) fn portion_of(of: Stretch, portion: Portion) -> Option<Stretch> {
    let (first, last) = (of.first_date(), of.last_date());
    let whole = match of.granularity {
        Granularity::Week | Granularity::Month => day_count(first, last),
        Granularity::Season | Granularity::Quarter | Granularity::Year | Granularity::Decade => {
            let years = i32::from(last.year()) - i32::from(first.year());
            years * 12 + i32::from(last.month()) - i32::from(first.month()) + 1
        }
        _ => return None,
    };
    // Edges: seven days of a month, two of a week; two months of a year, one of a season.
    let edge = match of.granularity {
        Granularity::Month => 7,
        Granularity::Week | Granularity::Year => 2,
        Granularity::Decade => 24,
        _ => 1,
    };
    let third = match of.granularity {
        Granularity::Month => 10,
        _ => whole / 3,
    };
    let (from, to) = match portion {
        Portion::Early => (0, third),
        Portion::Mid => (third, 2 * third),
        Portion::Late => (2 * third, whole),
        Portion::Beginning => (0, edge),
        Portion::End => (whole - edge, whole),
    };
    let unit = match of.granularity {
        Granularity::Week | Granularity::Month => Unit::Day,
        _ => Unit::Month,
    };
    let start = calendar::moved(first, unit, from)?;
    let end = calendar::moved(first, unit, to)?;
    let count = day_count(start, plus_days(end, -1)?);
    calendar::days(start, count, Granularity::Span)
}

/// How many days there are from one date to another, both counted.
fn day_count(first: Date, last: Date) -> i32 {
    (last - first).get_days() + 1
}
