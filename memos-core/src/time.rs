//! Time as memory needs it: instants, and the wall clock of the speaker.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Code, Error, Result};

/// An instant: microseconds since 1970-01-01T00:00:00Z. In JSON an RFC 3339 string in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant that the calendar can show.
    pub const MIN: Self = Self(-377_705_023_201_000_000);
    /// The latest instant that the calendar can show.
    pub const MAX: Self = Self(253_402_207_200_999_999);

    /// From microseconds since the epoch, held inside the calendar's range.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// From seconds since the epoch.
    pub fn from_secs(secs: i64) -> Self {
        Self::from_micros(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// So much later.
    #[must_use]
    pub fn after(self, by: std::time::Duration) -> Self {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.micros().saturating_add(by))
    }

    /// This instant plus a number of seconds, held inside the calendar's range.
    #[must_use]
    pub fn plus_secs(self, secs: i64) -> Self {
        Self::from_micros(self.0.saturating_add(secs.saturating_mul(1_000_000)))
    }

    /// As the calendar library's instant.
    pub fn to_jiff(self) -> jiff::Timestamp {
        // By seconds and a fraction: its count of microseconds ends before the last second does.
        let (secs, micros) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        let nanos = i32::try_from(micros * 1_000).unwrap_or_default();
        jiff::Timestamp::new(secs, nanos).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self::from_micros(at.as_microsecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Moment::from_str(text).map(|m| m.at)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() {
            s.collect_str(self)
        } else {
            s.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            String::deserialize(d)?
                .parse()
                .map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(d).map(Self::from_micros)
        }
    }
}

/// An instant with the offset of the wall clock on which it was read: "yesterday" depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    at: Timestamp,
    offset_minutes: i16,
}

impl Moment {
    /// An instant read on a wall clock `offset_minutes` east of UTC (held to ±24 h).
    pub fn new(at: Timestamp, offset_minutes: i16) -> Self {
        Self {
            at,
            offset_minutes: offset_minutes.clamp(-24 * 60, 24 * 60),
        }
    }

    /// A wall-clock time with its offset from UTC in minutes.
    pub fn from_civil(local: civil::DateTime, offset_minutes: i16) -> Self {
        let utc = local
            .to_zoned(TimeZone::UTC)
            .map(|z| Timestamp::from(z.timestamp()))
            // Past the calendar's ends: 9999-12-31 is a common way to say "no end".
            .unwrap_or(if local.year() > 0 {
                Timestamp::MAX
            } else {
                Timestamp::MIN
            });
        let moment = Self::new(utc, offset_minutes);
        Self {
            at: utc.plus_secs(-60 * i64::from(moment.offset_minutes)),
            ..moment
        }
    }

    /// The instant.
    pub const fn at(self) -> Timestamp {
        self.at
    }

    /// Minutes east of UTC.
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// The date and time that the wall clock showed.
    pub fn civil(self) -> civil::DateTime {
        let offset =
            Offset::from_seconds(i32::from(self.offset_minutes) * 60).unwrap_or(Offset::UTC);
        offset.to_datetime(self.at.to_jiff())
    }

    /// The date that the wall clock showed.
    pub fn date(self) -> civil::Date {
        self.civil().date()
    }
}

impl From<Timestamp> for Moment {
    /// On a UTC wall clock.
    fn from(at: Timestamp) -> Self {
        Self::new(at, 0)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offset_minutes == 0 {
            return self.at.fmt(f);
        }
        let offset =
            Offset::from_seconds(i32::from(self.offset_minutes) * 60).unwrap_or(Offset::UTC);
        self.at.to_jiff().display_with_offset(offset).fmt(f)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Moment {
    type Err = Error;

    /// RFC 3339 with an offset; or a date, or a date and time, without one, read as UTC.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Ok(pieces) = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text) {
            let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
            let minutes = pieces.to_numeric_offset().map_or(0, |o| o.seconds() / 60);
            return Ok(Self::from_civil(
                local,
                i16::try_from(minutes).unwrap_or_default(),
            ));
        }
        Err(
            Error::new(Code::InvalidTime, format!("{text:?} is not a time")).remedy(
                "write it as 2025-03-01, 2025-03-01T09:30:00 (UTC) or 2025-03-01T09:30:00+08:00",
            ),
        )
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() {
            s.collect_str(self)
        } else {
            (self.at, self.offset_minutes).serialize(s)
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            String::deserialize(d)?
                .parse()
                .map_err(serde::de::Error::custom)
        } else {
            <(Timestamp, i16)>::deserialize(d).map(|(at, offset)| Self::new(at, offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendars_ends_are_ours() {
        assert_eq!(
            Timestamp::from(jiff::Timestamp::MIN).micros(),
            Timestamp::MIN.micros()
        );
        assert_eq!(
            Timestamp::from(jiff::Timestamp::MAX).micros(),
            Timestamp::MAX.micros()
        );
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(Timestamp::from(end.to_jiff()), end);
            assert_eq!(end.to_string().parse::<Timestamp>().unwrap(), end);
        }
    }

    #[test]
    fn moments_keep_the_wall_clock() {
        let m: Moment = "2025-01-02T02:00:00+08:00".parse().unwrap();
        assert_eq!(m.date(), civil::date(2025, 1, 2));
        assert_eq!(m.at().to_string(), "2025-01-01T18:00:00Z");
        assert_eq!(m.to_string(), "2025-01-02T02:00:00+08:00");
        assert_eq!(
            serde_json::from_str::<Moment>(&serde_json::to_string(&m).unwrap()).unwrap(),
            m
        );
    }

    #[test]
    fn moments_without_an_offset_are_utc() {
        for (text, expected) in [
            ("2025-03-01", "2025-03-01T00:00:00Z"),
            ("2025-03-01T09:30", "2025-03-01T09:30:00Z"),
            ("2025-03-01 09:30:05", "2025-03-01T09:30:05Z"),
            ("2025-03-01T09:30:05.25Z", "2025-03-01T09:30:05.25Z"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), expected);
        }
        for bad in ["", "yesterday", "2025-13-01", "2025-02-30", "12:00"] {
            assert_eq!(
                bad.parse::<Moment>().unwrap_err().code(),
                Code::InvalidTime,
                "{bad}"
            );
        }
    }

    #[test]
    fn the_last_day_of_the_calendar_is_late() {
        for text in [
            "9999-12-31",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-08:00",
        ] {
            assert_eq!(
                text.parse::<Moment>().unwrap().at(),
                Timestamp::MAX,
                "{text}"
            );
        }
    }
}
