//! Judges the time that was resolved for a date question against the answer in the data set.

use memos_core::{Granularity, Moment, ValidTime};

use crate::reader::time::{self, Anchoring};

/// How well a resolved time answers a date question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It is another time.
    Wrong,
    /// It overlaps the answer and is at most one step of granularity off: the week for the day.
    Lenient,
    /// It is the answer's time at the answer's granularity.
    Strict,
}

/// Judges a resolved time against an answer such as "2 April 2021", "The sunday before 2 April 2021" or
/// "April 2021". None if the answer is no date: a duration, a name, "two years ago".
///
/// Answers are days or longer: a part of a day is judged by its day. "Since 2014" is answered by the
/// year in which it began.
pub(super) fn judge(answer: &str, resolved: &ValidTime) -> Option<Verdict> {
    let expected = date_of(answer, resolved)?;
    let resolved = by_the_day(*resolved);
    let close = steps(expected.granularity).abs_diff(steps(resolved.granularity)) <= 1
        || expected.granularity == Granularity::Span
        || resolved.granularity == Granularity::Span;
    Some(if expected.interval == resolved.interval {
        Verdict::Strict
    } else if close && expected.interval.overlaps(&resolved.interval) {
        Verdict::Lenient
    } else {
        Verdict::Wrong
    })
}

/// The time that an answer names. A date without its year is the one nearest to the resolved time.
fn date_of(answer: &str, resolved: &ValidTime) -> Option<ValidTime> {
    let near = Moment::new(resolved.interval.start, resolved.offset_minutes);
    let answer = answer.trim();
    let answer = strip_since(answer);
    let read = time::read(answer, near).or_else(|| largest(answer, near));
    let (valid, anchoring) = read?;
    (anchoring != Anchoring::Relative).then(|| by_the_day(valid))
}

fn strip_since(answer: &str) -> &str {
    match answer.get(..6) {
        Some(since) if since.eq_ignore_ascii_case("since ") => &answer[6..],
        _ => answer,
    }
}

/// Of an answer with more words around its date, or with a slip of the pen in it, the longest
/// absolute time; it has to be half of the answer at least.
fn largest(answer: &str, near: Moment) -> Option<(ValidTime, Anchoring)> {
    time::mentions(answer, near)
        .into_iter()
        .filter(|m| (m.end - m.start) as usize * 2 >= answer.len())
        .filter_map(|m| time::read(&answer[m.start as usize..m.end as usize], near))
        .find(|(_, anchoring)| *anchoring == Anchoring::Absolute)
}

/// A clock time or a part of a day is judged by the day on which it begins.
fn by_the_day(valid: ValidTime) -> ValidTime {
    if valid.granularity < Granularity::Day {
        ValidTime::day_of(Moment::new(valid.interval.start, valid.offset_minutes))
    } else {
        valid
    }
}

/// The ladder of granularities that answers use.
fn steps(granularity: Granularity) -> u8 {
    match granularity {
        Granularity::Minute | Granularity::Hour | Granularity::PartOfDay | Granularity::Day => 0,
        Granularity::Weekend | Granularity::Week | Granularity::Span => 1,
        Granularity::Month => 2,
        Granularity::Season | Granularity::Quarter => 3,
        Granularity::Year => 4,
        Granularity::Decade => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, said_at: &str) -> ValidTime {
        time::mentions(text, said_at.parse().unwrap())[0].valid
    }

    #[test]
    fn answers_are_judged_by_what_they_mean() {
        use Verdict::{Lenient, Strict, Wrong};
        let said_at = "2021-04-09T19:55:00Z";
        for (answer, text, expected) in [
            ("8 April 2021", "yesterday", Strict),
            ("April 8, 2021.", "yesterday", Strict),
            ("8 April", "yesterday", Strict),
            ("8 April 2021", "last night", Strict),
            ("The week before 9 April 2021", "last week", Strict),
            ("The sunday before 9 April 2021", "last Sunday", Strict),
            ("the sunday before 9 April 2021", "last week", Lenient),
            ("The weekend before 9 April 2021", "last weekend", Strict),
            ("Two weeks before 9 April 2021", "two weeks ago", Strict),
            ("March 2021", "last month", Strict),
            ("In 2020", "last year", Strict),
            ("2020", "last month", Wrong),
            ("9 April 2021", "yesterday", Wrong),
            ("Summer of 2020", "last summer", Strict),
            ("A few days before 9 April 2021", "a few days ago", Strict),
            ("2019", "two years ago", Strict),
            ("April 2020", "a year ago", Strict),
            ("2020", "a year ago", Wrong),
        ] {
            let verdict = judge(answer, &resolved(text, said_at));
            assert_eq!(verdict, Some(expected), "{answer} / {text}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_judged() {
        let day = resolved("yesterday", "2021-04-09T19:55:00Z");
        for answer in [
            "six years",
            "11 years ago",
            "Lisbon",
            "",
            "Yes",
            "nine weeks",
            "23 days",
        ] {
            assert_eq!(judge(answer, &day), None, "{answer}");
        }
    }
}
