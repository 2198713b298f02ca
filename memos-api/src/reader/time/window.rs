//! The time that a question's own words name.

use memos_core::{Granularity, Interval, Moment, Timestamp, ValidTime};

use super::scan::{Bare, found};

/// The time that a question's own words name: "What did I do last week?", "in May 2023", "上个月".
/// "Before" and "after" a time open it to that side; "since" one ends when the question is asked.
/// None if the question names no time. Several times give the one that says most exactly when.
pub fn window(question: &str, asked_at: Moment) -> Option<ValidTime> {
    found(question, asked_at, Bare::Refused)
        .into_iter()
        .map(|f| {
            let before = question[..f.mention.start as usize].trim_end();
            let after = question[f.mention.end as usize..].trim_start();
            opened(f.mention.valid, before, after, asked_at)
        })
        .min_by_key(|valid| {
            let Interval { start, end } = valid.interval;
            end.micros().saturating_sub(start.micros())
        })
}

/// The window before or after a time, where the words around it say so.
fn opened(named: ValidTime, before: &str, after: &str, asked_at: Moment) -> ValidTime {
    let last_word = before
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let after_words = ["之前", "以前"];
    let since_words = ["之后", "以后"];
    let starts = |words: &[&str]| words.iter().any(|w| after.starts_with(w));
    let Interval { start, end } = named.interval;
    let interval = if last_word == "before" || starts(&after_words) {
        Interval {
            start: Timestamp::MIN,
            end: start,
        }
    } else if last_word == "after" || starts(&since_words) {
        // After a time that is still to come there is no end.
        let now = asked_at.at().plus_secs(1);
        Interval {
            start: end,
            end: if now > end { now } else { Timestamp::MAX },
        }
    } else {
        return named;
    };
    ValidTime {
        interval,
        granularity: Granularity::Span,
        ..named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(question: &str) -> Option<String> {
        let asked_at = "2023-06-14T10:00:00Z".parse().unwrap();
        let valid = window(question, asked_at)?;
        Some(format!("{} {}", valid.first_date(), valid.last_date()))
    }

    #[test]
    fn questions_name_their_window() {
        for (question, expected) in [
            ("What did I do last week?", Some("2023-06-05 2023-06-11")),
            ("What happened in May 2023?", Some("2023-05-01 2023-05-31")),
            ("Where was I in March?", Some("2023-03-01 2023-03-31")),
            ("我上个月读了什么书？", Some("2023-05-01 2023-05-31")),
            (
                "Where was John between May 11 and May 15, 2023?",
                Some("2023-05-11 2023-05-15"),
            ),
            (
                "What did she do on May 3 last year?",
                Some("2022-05-03 2022-05-03"),
            ),
            (
                "What did I do before May 2023?",
                Some("-009999-01-02 2023-04-30"),
            ),
            ("2023年5月之后我去过哪里？", Some("2023-06-01 2023-06-14")),
            (
                "What have I read since April?",
                Some("2023-04-01 2023-06-14"),
            ),
            ("When did I buy the car?", None),
            ("我什么时候去的北京？", None),
            ("How many books may I borrow?", None),
        ] {
            assert_eq!(days(question).as_deref(), expected, "{question}");
        }
    }
}
