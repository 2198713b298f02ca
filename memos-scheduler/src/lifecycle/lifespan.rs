//! Lifespans as text, for the wire and the command line.
//!
//! | text | meaning |
//! |---|---|
//! | `forever` | for ever |
//! | `ttl:30d` | until 30 days from now |
//! | `until:2027-01-01` | until an instant: a date, or RFC 3339 |
//! | `half_life:30d` | while it is used: its weight halves in 30 days |
//! | `decay` | the same, with the half-life of its semantic type |
//! | `unused:30d` | until 30 days after its last use or change |
//!
//! A length of time is numbers with units, the larger first or not: `90m`, `1d12h`. A day has 24
//! hours and a year 365 days.

use memos_core::{Code, Error, Lifespan, Result, Timestamp};

/// Units of length, the longest first, with their seconds.
const UNITS: [(char, u64); 6] = [
    ('y', 365 * 86_400),
    ('w', 7 * 86_400),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

const FORMS: &str = "write forever, ttl:30d, until:2027-01-01, half_life:30d, decay or unused:30d";

/// Reads a lifespan. A time to live is counted from `now`.
///
/// # Errors
/// `InvalidRequest` (field `lifespan`) if it is none of the forms, if a length is zero or too long,
/// or if its end does not lie ahead.
///
/// ```
/// use memos_core::{Lifespan, Timestamp};
/// use memos_scheduler::lifecycle::{lifespan_text, parse_lifespan};
///
/// let now = Timestamp::from_secs(0);
/// let week = parse_lifespan("ttl:1w", now)?;
/// assert_eq!(week, Lifespan::Until(Timestamp::from_secs(7 * 86_400)));
/// assert_eq!(lifespan_text(&week), "until:1970-01-08T00:00:00Z");
/// assert_eq!(lifespan_text(&parse_lifespan("half_life:36h", now)?), "half_life:1d12h");
/// # Ok::<(), memos_core::Error>(())
/// ```
pub fn parse_lifespan(text: &str, now: Timestamp) -> Result<Lifespan> {
    let text = text.trim();
    let (form, rest) = match text.split_once(':') {
        Some((form, rest)) => (form.trim(), Some(rest.trim())),
        None => (text, None),
    };
    match (form, rest) {
        ("forever", None) => Ok(Lifespan::KeepForever),
        ("decay", None) => Ok(Lifespan::Decay),
        ("half_life", Some(length)) => Ok(Lifespan::HalfLife {
            seconds: seconds(length)?,
        }),
        ("unused", Some(length)) => Ok(Lifespan::Unused {
            seconds: seconds(length)?,
        }),
        ("ttl", Some(length)) => {
            let until =
                i64::try_from(seconds(length)?).map_or(Timestamp::MAX, |s| now.plus_secs(s));
            if until == Timestamp::MAX {
                return Err(too_long(length));
            }
            Ok(Lifespan::Until(until))
        }
        ("until", Some(end)) => {
            let until: Timestamp = end.parse().map_err(|e: Error| {
                wrong(e.message().to_owned())
                    .remedy("write it as until:2027-01-01 (UTC) or until:2027-01-01T09:30:00+08:00")
            })?;
            if until <= now {
                return Err(wrong(format!("{end:?} does not lie ahead"))
                    .remedy("choose a later end, or forget the memory now"));
            }
            Ok(Lifespan::Until(until))
        }
        _ => Err(wrong(format!("{text:?} is no lifespan")).remedy(FORMS)),
    }
}

/// Writes a lifespan in the form that [`parse_lifespan`] reads.
pub fn lifespan_text(lifespan: &Lifespan) -> String {
    match lifespan {
        Lifespan::KeepForever => "forever".to_owned(),
        Lifespan::Decay => "decay".to_owned(),
        Lifespan::Until(end) => format!("until:{end}"),
        Lifespan::HalfLife { seconds } => format!("half_life:{}", length(*seconds)),
        Lifespan::Unused { seconds } => format!("unused:{}", length(*seconds)),
    }
}

fn seconds(text: &str) -> Result<u64> {
    let mut total = Some(0_u64);
    let mut number = String::new();
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = UNITS
            .iter()
            .find(|(unit, _)| *unit == c.to_ascii_lowercase());
        let (Some((_, unit)), false) = (unit, number.is_empty()) else {
            return Err(no_length(text));
        };
        // Digits alone fail to parse only if they are too many.
        let part = number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(*unit));
        total = total.zip(part).and_then(|(a, b)| a.checked_add(b));
        number.clear();
    }
    if !number.is_empty() || text.is_empty() {
        return Err(no_length(text));
    }
    match total {
        Some(0) => Err(wrong(format!("{text:?} is no time at all"))
            .remedy("choose at least 1s, or forget the memory now")),
        // Ten thousand years: beyond what the calendar can show.
        Some(total) if total <= 10_000 * UNITS[0].1 => Ok(total),
        _ => Err(too_long(text)),
    }
}

fn length(seconds: u64) -> String {
    let mut rest = seconds;
    let mut text = String::new();
    // Weeks and years read well only alone: 30d rather than 4w2d.
    let alone = UNITS[..2]
        .iter()
        .find(|(_, unit)| rest > 0 && rest.is_multiple_of(*unit));
    if let Some((unit, of)) = alone {
        return format!("{}{unit}", rest / of);
    }
    for (unit, of) in &UNITS[2..] {
        if rest >= *of {
            text.push_str(&format!("{}{unit}", rest / of));
            rest %= of;
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

fn no_length(text: &str) -> Error {
    wrong(format!("{text:?} is no length of time"))
        .remedy("write numbers with the units s, m, h, d, w or y, such as 90m, 1d12h or 30d")
}

fn too_long(text: &str) -> Error {
    wrong(format!("{text:?} goes beyond the calendar's end"))
        .remedy("choose a shorter time, or write forever")
}

fn wrong(message: String) -> Error {
    Error::new(Code::InvalidRequest, message).at("lifespan")
}

/// What is drawn from memories lives no longer than the shortest-lived of them.
pub(crate) fn shortest(lifespans: impl IntoIterator<Item = Lifespan>) -> Lifespan {
    let rank = |lifespan: &Lifespan| match lifespan {
        Lifespan::Until(at) => (0, at.micros()),
        Lifespan::Unused { seconds } => (1, i64::try_from(*seconds).unwrap_or(i64::MAX)),
        Lifespan::HalfLife { seconds } => (2, i64::try_from(*seconds).unwrap_or(i64::MAX)),
        Lifespan::Decay => (3, 0),
        Lifespan::KeepForever => (4, 0),
    };
    lifespans.into_iter().min_by_key(rank).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-23".parse().unwrap()
    }

    #[test]
    fn each_form_is_read() {
        let until = |text: &str| Lifespan::Until(text.parse().unwrap());
        let half = |seconds| Lifespan::HalfLife { seconds };
        for (text, expected) in [
            ("forever", Lifespan::KeepForever),
            (" decay ", Lifespan::Decay),
            ("ttl:30d", until("2026-12-23")),
            ("ttl: 1d 12h", until("2026-11-24T12:00:00Z")),
            ("ttl:90M", until("2026-11-23T01:30:00Z")),
            ("ttl:1y", until("2027-11-23")),
            ("until:2027-01-01", until("2027-01-01")),
            ("until:2027-01-01T08:00:00+08:00", until("2027-01-01")),
            ("half_life:2w", half(14 * 86_400)),
            ("half_life:1s", half(1)),
            ("unused:90m", Lifespan::Unused { seconds: 5_400 }),
        ] {
            assert_eq!(parse_lifespan(text, now()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_a_way_out() {
        for (text, says) in [
            ("", "forever, ttl:30d"),
            ("for ever", "forever, ttl:30d"),
            ("decay:3d", "forever, ttl:30d"),
            ("ttl", "forever, ttl:30d"),
            ("ttl:", "1d12h"),
            ("ttl:30", "1d12h"),
            ("ttl:d", "1d12h"),
            ("ttl:3x", "1d12h"),
            ("ttl:-3d", "1d12h"),
            ("ttl:1.5d", "1d12h"),
            ("ttl:０d", "1d12h"),
            ("half_life:0d", "at least 1s"),
            ("unused:0s", "at least 1s"),
            ("unused", "forever, ttl:30d"),
            ("ttl:9000y", "write forever"),
            ("half_life:99999999999999999999999y", "write forever"),
            ("half_life:18446744073709551615w", "write forever"),
            ("until:soon", "until:2027-01-01"),
            ("until:2026-11-23", "later end"),
            ("until:1999-01-01", "later end"),
        ] {
            let error = parse_lifespan(text, now()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidRequest, "{text}");
            assert_eq!(error.field(), Some("lifespan"), "{text}");
            let remedy = error.remedy_text().unwrap_or_default();
            assert!(remedy.contains(says), "{text}: {remedy}");
        }
    }

    #[test]
    fn lengths_read_well() {
        for (seconds, text) in [
            (30 * 86_400, "30d"),
            (14 * 86_400, "2w"),
            (730 * 86_400, "2y"),
            (90_061, "1d1h1m1s"),
            (5_400, "1h30m"),
        ] {
            assert_eq!(length(seconds), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            kind in 0..5,
            seconds in 1_u64..300_000_000_000,
            micros in 1_i64..100_000_000_000_000_000,
        ) {
            let lifespan = match kind {
                0 => Lifespan::KeepForever,
                1 => Lifespan::Decay,
                2 => Lifespan::HalfLife { seconds },
                3 => Lifespan::Unused { seconds },
                _ => Lifespan::Until(Timestamp::from_micros(now().micros() + micros)),
            };
            let text = lifespan_text(&lifespan);
            prop_assert_eq!(parse_lifespan(&text, now()).unwrap(), lifespan, "{}", text);
        }

        #[test]
        fn nothing_makes_it_panic(text in "(ttl|until|half_life|unused|decay)?:?[0-9a-z .:+-]{0,24}|\\PC{0,12}") {
            let _ = parse_lifespan(&text, now());
        }
    }
}
