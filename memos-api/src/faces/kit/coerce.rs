//! A value as a type, by pydantic's rules in its lax mode: what clients send and its servers take.

use serde_json::Value;

/// pydantic's name of a fault and its words.
pub(super) type Wrong = (&'static str, &'static str);

pub(super) fn text(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(("string_type", "Input should be a valid string")),
    }
}

pub(super) fn flag(value: &Value) -> Result<bool, Wrong> {
    const UNREADABLE: Wrong = (
        "bool_parsing",
        "Input should be a valid boolean, unable to interpret input",
    );
    const NONE: Wrong = ("bool_type", "Input should be a valid boolean");
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Ok(false),
            Some(1.0) => Ok(true),
            Some(float) if float.fract() != 0.0 => Err(NONE),
            _ => Err(UNREADABLE),
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err(UNREADABLE),
        },
        _ => Err(NONE),
    }
}

pub(super) fn whole(value: &Value) -> Result<i64, Wrong> {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(whole),
            (None, Some(float)) if float.fract() != 0.0 => Err((
                "int_from_float",
                "Input should be a valid integer, got a number with a fractional part",
            )),
            // Beyond 64 bits: it is out of every range that follows.
            (None, Some(float)) if float < 0.0 => Ok(i64::MIN),
            (None, Some(float)) if float <= 9e15 => Ok(float as i64),
            _ => Ok(i64::MAX),
        },
        Value::String(text) => written(text.trim()).ok_or((
            "int_parsing",
            "Input should be a valid integer, unable to parse string as an integer",
        )),
        Value::Bool(flag) => Ok(i64::from(*flag)),
        _ => Err(("int_type", "Input should be a valid integer")),
    }
}

/// A whole number as a text: `7`, `+7`, `7.0`, `1_000`. One beyond 64 bits is out of every range that
/// follows.
fn written(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, zeros) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = joined(digits)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number || zeros.bytes().any(|b| b != b'0') {
        return None;
    }
    let parsed: Result<i64, _> = format!("{sign}{digits}").parse();
    Some(parsed.unwrap_or(if sign.is_empty() { i64::MAX } else { i64::MIN }))
}

/// A number without the lines that group its digits: one between two of them is taken.
fn joined(text: &str) -> Option<String> {
    let is_grouped = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    is_grouped.then(|| text.replace('_', ""))
}

pub(super) fn number(value: &Value) -> Result<f64, Wrong> {
    match value {
        // Without arbitrary precision every number has a float.
        Value::Number(number) => Ok(number.as_f64().unwrap_or(f64::MAX)),
        // Words for infinity and for what is no number are taken too.
        Value::String(text) => joined(text.trim())
            .and_then(|text| text.parse().ok())
            .ok_or((
                "float_parsing",
                "Input should be a valid number, unable to parse string as a number",
            )),
        Value::Bool(flag) => Ok(f64::from(u8::from(*flag))),
        _ => Err(("float_type", "Input should be a valid number")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_as_pydantic_reads_them() {
        for (value, read) in [
            (json!("1.0"), Ok(1)),
            (json!(" +1_000 "), Ok(1_000)),
            (json!("-7."), Ok(-7)),
            (json!("99999999999999999999"), Ok(i64::MAX)),
            (json!("-99999999999999999999"), Ok(i64::MIN)),
            (json!(true), Ok(1)),
            (json!("1.5"), Err("int_parsing")),
            (json!("1__0"), Err("int_parsing")),
            (json!("_1"), Err("int_parsing")),
            (json!("+-1"), Err("int_parsing")),
            (json!(""), Err("int_parsing")),
            (json!(1.5), Err("int_from_float")),
            (json!([]), Err("int_type")),
        ] {
            assert_eq!(whole(&value).map_err(|wrong| wrong.0), read, "{value}");
        }
        for (value, read) in [
            (json!("inf"), f64::INFINITY),
            (json!("-Infinity"), f64::NEG_INFINITY),
            (json!("1_000"), 1_000.0),
            (json!(" 1e3 "), 1_000.0),
        ] {
            assert_eq!(number(&value), Ok(read), "{value}");
        }
        assert!(number(&json!("nan")).unwrap().is_nan());
        assert!(number(&json!("many")).is_err());
    }

    #[test]
    fn a_part_of_a_number_is_no_yes_or_no() {
        for (value, kind) in [
            (json!(1.5), "bool_type"),
            (json!(2), "bool_parsing"),
            (json!(2.0), "bool_parsing"),
            (json!("maybe"), "bool_parsing"),
            (json!({}), "bool_type"),
        ] {
            assert_eq!(flag(&value).unwrap_err().0, kind, "{value}");
        }
    }
}
