//! When a message was said, in the forms that requests and logs use.

use memos_core::{Code, Error, Moment, Result, Timestamp};
use serde_json::Value;

use super::time;

/// Above this, a number of seconds would lie after the year 5138: it counts milliseconds.
const MILLIS_FROM: f64 = 1e11;
/// Above this, a number of milliseconds would too: it counts microseconds.
const MICROS_FROM: f64 = 1e14;
/// No instant that the calendar can show has more microseconds.
const TOO_LARGE: f64 = 2.5e17;

/// Reads a time: RFC 3339; a date, or a date and time, without an offset (read as UTC); a free
/// form such as `1:56 pm on 8 May, 2023`; or seconds, milliseconds or microseconds since 1970, as
/// a number or as its digits, told apart by their size.
///
/// ```
/// use memos_api::reader::chat_time;
/// let at = chat_time(&serde_json::json!(1_683_554_160), "/chat_time").unwrap();
/// assert_eq!(at.to_string(), "2023-05-08T13:56:00Z");
/// ```
///
/// # Errors
/// [`Code::InvalidTime`] at `field`, a JSON pointer.
pub fn chat_time(value: &Value, field: &str) -> Result<Moment> {
    let read = match value {
        Value::String(text) => from_text(text.trim()),
        Value::Number(number) => number.as_f64().and_then(from_number),
        _ => None,
    };
    read.ok_or_else(|| {
        Error::new(
            Code::InvalidTime,
            format!("{} is not a time", super::content::shown(value)),
        )
        .at(field)
        .remedy(
            "write it as 2025-03-01T09:30:00+08:00, 2025-03-01 (UTC), \
             \"9:30 am on 1 March, 2025\" or seconds since 1970",
        )
    })
}

fn from_text(text: &str) -> Option<Moment> {
    text.parse()
        .ok()
        .or_else(|| time::wall_clock(text))
        .or_else(|| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let numeric = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            // Shorter numbers are years or dates without separators, not instants.
            (numeric && digits.len() >= 9)
                .then(|| text.parse().ok().and_then(from_number))
                .flatten()
        })
}

/// From a count since 1970; its unit follows from its size.
pub(super) fn from_number(count: f64) -> Option<Moment> {
    let micros = match count.abs() {
        n if n < MILLIS_FROM => count * 1e6,
        n if n < MICROS_FROM => count * 1e3,
        n if n < TOO_LARGE => count,
        _ => return None,
    };
    Some(Moment::from(Timestamp::from_micros(micros.round() as i64)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Option<String> {
        chat_time(value, "/t").ok().map(|m| m.to_string())
    }

    #[test]
    fn every_form_means_the_same_instant() {
        for form in [
            json!("2023-05-08T13:56:00Z"),
            json!(" 2023-05-08 13:56 "),
            json!("1:56 pm on 8 May, 2023"),
            json!(1_683_554_160),
            json!(1_683_554_160.0),
            json!(1_683_554_160_000_i64),
            json!(1_683_554_160_000_000_i64),
            json!("1683554160"),
            json!("1683554160000"),
        ] {
            let found = read(&form);
            assert_eq!(found.as_deref(), Some("2023-05-08T13:56:00Z"), "{form}");
        }
        assert_eq!(
            read(&json!("2023-05-08T13:56:00+08:00")).as_deref(),
            Some("2023-05-08T13:56:00+08:00")
        );
        assert_eq!(
            read(&json!(1_683_554_160.5)).as_deref(),
            Some("2023-05-08T13:56:00.5Z")
        );
    }

    #[test]
    fn a_refusal_names_the_field_the_value_and_the_forms() {
        for bad in [
            json!("soonish"),
            json!("2023-13-08"),
            json!(1e300),
            json!(true),
            json!({"a": 1}),
            json!(""),
        ] {
            let error = chat_time(&bad, "/messages/3/chat_time").unwrap_err();
            assert_eq!(error.code(), Code::InvalidTime, "{bad}");
            assert_eq!(error.field(), Some("/messages/3/chat_time"));
            assert!(error.remedy_text().unwrap().contains("2025-03-01"));
        }
        let error = chat_time(&json!("soonish"), "/t").unwrap_err();
        assert!(error.message().contains("soonish"), "{error}");
    }
}
