//! Reads the dates and times that people write above a dialogue.

use memos_core::{Granularity, Moment, Timestamp};

use super::scan::{Anchoring, read};

/// Reads a date and time in free form: "4:07 pm on 3 March, 2021", "May 8, 2023 4:07 PM",
/// "2023年5月8日 下午4点7分", RFC 3339, RFC 2822. Without an offset ("Z", "UTC", "+08:00") it is UTC;
/// without a time of day it is midnight. None if the text is anything else.
pub fn wall_clock(text: &str) -> Option<Moment> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        let minutes = i16::try_from(zoned.offset().seconds() / 60).ok()?;
        return Some(Moment::new(zoned.timestamp().into(), minutes));
    }
    let (local, offset_minutes) = split_offset(text);
    // Only absolute times are read, so the moment that they are read against does not matter.
    let (valid, anchoring) = read(local, Moment::from(Timestamp::from_secs(0)))?;
    let is_point =
        valid.granularity <= Granularity::Day && valid.granularity != Granularity::PartOfDay;
    if anchoring != Anchoring::Absolute || !is_point {
        return None;
    }
    let civil = Moment::from(valid.interval.start).civil();
    Some(Moment::from_civil(civil, offset_minutes))
}

/// Takes an offset off the end: "Z", "UTC", "GMT", "+08:00", "+0800", maybe in brackets.
fn split_offset(text: &str) -> (&str, i16) {
    let bare = text.trim_end_matches(')').trim_end();
    for zone in ["UTC", "GMT", "Z"] {
        if let Some(local) = bare.strip_suffix(zone) {
            return (local.trim_end().trim_end_matches('(').trim_end(), 0);
        }
    }
    let offset = bare.rfind(['+', '-']).and_then(|at| {
        let (local, offset) = bare.split_at(at);
        let digits: String = offset[1..].chars().filter(|c| *c != ':').collect();
        // A date ends in "-08" too: an offset has four digits and follows a time.
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) || !local.contains(':')
        {
            return None;
        }
        let number: i16 = digits.parse().ok()?;
        let minutes = number / 100 * 60 + number % 100;
        let minutes = if offset.starts_with('-') {
            -minutes
        } else {
            minutes
        };
        let local = local.trim_end();
        let local = ["UTC", "GMT"]
            .iter()
            .find_map(|zone| local.strip_suffix(zone))
            .unwrap_or(local);
        Some((local.trim_end().trim_end_matches('(').trim_end(), minutes))
    });
    offset.unwrap_or((text, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_times_are_read_in_many_forms() {
        for (text, expected) in [
            ("4:07 pm on 3 March, 2021", "2021-03-03T16:07:00Z"),
            ("12:31 am on 9 March, 2021", "2021-03-09T00:31:00Z"),
            ("8 May 2023", "2023-05-08T00:00:00Z"),
            ("2023-05-08 16:07", "2023-05-08T16:07:00Z"),
            ("May 8, 2023 4:07 PM", "2023-05-08T16:07:00Z"),
            ("May 8, 2023, 4:07:07 PM", "2023-05-08T16:07:00Z"),
            ("Monday, 8 May 2023 at 4:07 p.m.", "2023-05-08T16:07:00Z"),
            ("5/8/2023 16:07", "2023-05-08T16:07:00Z"),
            ("2023/05/08 16:07 UTC", "2023-05-08T16:07:00Z"),
            ("8 May 2023 16:07 +0800", "2023-05-08T16:07:00+08:00"),
            ("8 May 2023 16:07 (UTC+08:00)", "2023-05-08T16:07:00+08:00"),
            ("2023-05-08T16:07:00+08:00", "2023-05-08T16:07:00+08:00"),
            (
                "Mon, 08 May 2023 16:07:00 -0500",
                "2023-05-08T16:07:00-05:00",
            ),
            ("2023年5月8日 下午4点7分", "2023-05-08T16:07:00Z"),
            ("2023年5月8日 16:07", "2023-05-08T16:07:00Z"),
            ("2023年5月8日", "2023-05-08T00:00:00Z"),
            ("2023年5月8日 星期一 晚上8点", "2023-05-08T20:00:00Z"),
        ] {
            let read = wall_clock(text).map(|m| m.to_string());
            assert_eq!(read.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_point_in_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "8 May",
            "May 2023",
            "2023年",
            "Friday",
            "4:07 pm",
            "31 February 2023",
            "8 May 2023 and 9 May 2023",
            "the party on 8 May 2023",
            "昨天下午",
            "+",
            "-08:00",
        ] {
            assert_eq!(wall_clock(text), None, "{text}");
        }
    }
}
