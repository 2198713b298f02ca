//! What of the answers to a field's question goes into the field.

use serde_json::{Number, Value};

use super::schema::{Kind, Schema};
use crate::wire::SearchHit;

/// The value of a field, from the answers to its question, best first.
pub(super) fn value(schema: &Schema, hits: &[SearchHit]) -> Value {
    match &schema.kind {
        Kind::List(item) => {
            let mut all: Vec<Value> = Vec::new();
            for hit in hits {
                let one = of_one(&item.kind, hit);
                if !one.is_null() && !all.contains(&one) {
                    all.push(one);
                }
            }
            all.into()
        }
        kind => {
            let found = hits.iter().map(|hit| of_one(kind, hit));
            found.into_iter().find(|v| !v.is_null()).unwrap_or_default()
        }
    }
}

fn of_one(kind: &Kind, hit: &SearchHit) -> Value {
    let memory = &hit.memory;
    match kind {
        Kind::Text => memory.text.as_str().into(),
        Kind::Choice(words) => {
            let text = memory.text.to_lowercase();
            let named = words.iter().find(|word| says(&text, &word.to_lowercase()));
            named.map(String::as_str).into()
        }
        Kind::Number { whole } => number(&memory.text, *whole).map_or(Value::Null, Value::Number),
        Kind::Date { with_time } => match (memory.times.first(), with_time) {
            (Some(time), false) => time.start.date().to_string().into(),
            (Some(time), true) => time.start.to_string().into(),
            (None, _) => Value::Null,
        },
        // A yes or no is more than a word in a sentence.
        Kind::Other | Kind::Object(_) | Kind::List(_) => Value::Null,
    }
}

/// Whether a text has these words, not inside of others.
fn says(text: &str, words: &str) -> bool {
    let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    !words.is_empty()
        && text.match_indices(words).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            !is_inside(before) && !is_inside(after)
        })
}

/// The first number in a text.
fn number(text: &str, whole: bool) -> Option<Number> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    text.split(|c: char| !is_part(c)).find_map(|piece| {
        let digits = piece.trim_matches(['.', ',']).replace(',', "");
        let number: f64 = digits.parse().ok()?;
        match whole {
            true if number.fract() == 0.0 => digits.parse::<i64>().ok().map(Number::from),
            true => None,
            false => match digits.parse::<i64>() {
                Ok(whole) => Some(whole.into()),
                Err(_) => Number::from_f64(number),
            },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_texts() {
        assert_eq!(number("I am 34 years old.", true), Some(34.into()));
        assert_eq!(
            number("It costs 1,250.50 francs", false),
            Number::from_f64(1250.5)
        );
        assert_eq!(number("It costs 1,250.50 francs", true), None);
        assert_eq!(number("v1.2.3 then 7", true), Some(7.into()));
        assert_eq!(number("none", false), None);
    }

    #[test]
    fn words_are_found_whole() {
        assert!(says("my mood is good.", "good"));
        assert!(!says("goodness", "good"));
        assert!(says("心情好", "好"));
    }
}
