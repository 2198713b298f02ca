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
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Ok(false),
            Some(1.0) => Ok(true),
            _ => Err(UNREADABLE),
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err(UNREADABLE),
        },
        _ => Err(("bool_type", "Input should be a valid boolean")),
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
        Value::String(text) => text.trim().parse().map_err(|_| {
            (
                "int_parsing",
                "Input should be a valid integer, unable to parse string as an integer",
            )
        }),
        Value::Bool(flag) => Ok(i64::from(*flag)),
        _ => Err(("int_type", "Input should be a valid integer")),
    }
}

pub(super) fn number(value: &Value) -> Result<f64, Wrong> {
    match value {
        // Without arbitrary precision every number has a float.
        Value::Number(number) => Ok(number.as_f64().unwrap_or(f64::MAX)),
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err((
                "float_parsing",
                "Input should be a valid number, unable to parse string as a number",
            )),
        },
        Value::Bool(flag) => Ok(f64::from(u8::from(*flag))),
        _ => Err(("float_type", "Input should be a valid number")),
    }
}
