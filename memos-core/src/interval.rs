//! Stretches of time, with the granularity at which they were named.

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::{Code, Error, Moment, Result, Timestamp};

/// How finely a time was named: "in 2022" is a year, "last Friday" a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// A point of the clock.
    Minute,
    /// An hour of the clock.
    Hour,
    /// Morning, afternoon, evening or night.
    PartOfDay,
    /// A calendar day.
    Day,
    /// Saturday and Sunday.
    Weekend,
    /// Seven days from Monday, or the seven days before or after a day.
    Week,
    /// A calendar month.
    Month,
    /// Spring, summer, autumn or winter.
    Season,
    /// A quarter of a year.
    Quarter,
    /// A calendar year.
    Year,
    /// Ten years.
    Decade,
    /// A span with explicit ends, such as "from May to July" or "for three years".
    Span,
}

impl Granularity {
    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::PartOfDay => "part_of_day",
            Self::Day => "day",
            Self::Weekend => "weekend",
            Self::Week => "week",
            Self::Month => "month",
            Self::Season => "season",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Decade => "decade",
            Self::Span => "span",
        }
    }
}

/// A half-open stretch of time: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
}

impl Interval {
    /// The interval between two instants.
    ///
    /// # Errors
    /// [`Code::InvalidTime`] if `end` is before `start`.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self> {
        if end < start {
            return Err(Error::new(
                Code::InvalidTime,
                format!("the interval ends ({end}) before it starts ({start})"),
            )
            .remedy("swap the ends"));
        }
        Ok(Self { start, end })
    }

    /// Whether the two share an instant; an empty interval counts as its start.
    pub fn overlaps(&self, other: &Self) -> bool {
        let last = |i: &Self| {
            if i.end > i.start {
                i.end.micros() - 1
            } else {
                i.start.micros()
            }
        };
        self.start.micros() <= last(other) && other.start.micros() <= last(self)
    }

    /// Whether the instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// A stretch of time in the world with the granularity at which it was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ValidTime {
    /// The stretch.
    pub interval: Interval,
    /// How finely it was named.
    pub granularity: Granularity,
    /// Minutes east of UTC of the wall clock on which its ends are round.
    pub offset_minutes: i16,
}

impl ValidTime {
    /// The calendar day of a moment.
    pub fn day_of(moment: Moment) -> Self {
        let date = moment.date();
        Self::between(
            date,
            date.tomorrow().unwrap_or(date),
            Granularity::Day,
            moment.offset_minutes(),
        )
    }

    /// From the start of one date to the start of another, on a wall clock.
    pub fn between(
        start: civil::Date,
        end: civil::Date,
        granularity: Granularity,
        offset_minutes: i16,
    ) -> Self {
        let instant = |date: civil::Date| {
            Moment::from_civil(date.to_datetime(civil::Time::midnight()), offset_minutes).at()
        };
        let (start, end) = (instant(start), instant(end));
        Self {
            interval: Interval {
                start,
                end: end.max(start),
            },
            granularity,
            offset_minutes,
        }
    }

    /// First date on its wall clock.
    pub fn first_date(&self) -> civil::Date {
        Moment::new(self.interval.start, self.offset_minutes).date()
    }

    /// Last date on its wall clock (inclusive).
    pub fn last_date(&self) -> civil::Date {
        let last = self.interval.end.plus_secs(-1).max(self.interval.start);
        Moment::new(last, self.offset_minutes).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_speakers_day() {
        let m: Moment = "2025-01-02T02:00:00+08:00".parse().unwrap();
        let day = ValidTime::day_of(m);
        assert_eq!(day.interval.start.to_string(), "2025-01-01T16:00:00Z");
        assert_eq!(day.first_date(), civil::date(2025, 1, 2));
        assert_eq!(day.last_date(), civil::date(2025, 1, 2));
    }

    #[test]
    fn intervals_are_half_open() {
        let i = |a, b| Interval::new(Timestamp::from_secs(a), Timestamp::from_secs(b)).unwrap();
        assert!(!i(0, 10).overlaps(&i(10, 20)));
        assert!(i(0, 11).overlaps(&i(10, 20)));
        assert!(i(0, 10).overlaps(&i(5, 5)));
        assert!(Interval::new(Timestamp::from_secs(1), Timestamp::from_secs(0)).is_err());
    }
}
