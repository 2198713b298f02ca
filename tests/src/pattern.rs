//! What JSON is expected, with wild cards for what differs from run to run.

use serde_json::Value;

/// Whether a value fits a wild card.
type Fit = fn(&Value) -> bool;

/// Names of the wild cards, and what fits them. `<string|null>` fits either.
const WILD: &[(&str, Fit)] = &[
    ("any", |_| true),
    ("null", Value::is_null),
    ("bool", Value::is_boolean),
    ("int", |v| v.is_i64() || v.is_u64()),
    ("number", Value::is_number),
    ("string", Value::is_string),
    ("text", |v| v.as_str().is_some_and(|s| !s.is_empty())),
    ("list", Value::is_array),
    ("empty", |v| {
        v.is_null() || v.as_array().is_some_and(Vec::is_empty)
    }),
    ("object", Value::is_object),
    ("uuid", |v| v.as_str().is_some_and(is_uuid)),
    ("time", |v| v.as_str().is_some_and(is_time)),
    ("millis", |v| {
        v.as_u64()
            .is_some_and(|n| (1_000_000_000_000..4_000_000_000_000).contains(&n))
    }),
    ("share", |v| {
        v.as_f64().is_some_and(|n| (0.0..=1.0).contains(&n))
    }),
];

/// Compares a value with what is expected.
///
/// - A text `"<…>"` is a wild card (`any`, `null`, `bool`, `int`, `number`, `string`, `text`, `list`,
///   `empty` (null or a list without items), `object`, `uuid`, `time`, `millis`, `share`; alternatives
///   with `|`), `"…<any>…"` inside a longer text fits any text there.
/// - An object has exactly the keys that are listed, unless it lists `"<more>": true`.
/// - `["<each>", P]` is a list of any length whose items all fit P; `["<some>", P, Q]` one that has an
///   item that fits P and one that fits Q; any other list has the same length, item by item.
///
/// # Errors
/// The first place that does not fit, and why.
pub fn fits(expected: &Value, actual: &Value) -> Result<(), String> {
    compare(expected, actual, "")
}

fn compare(expected: &Value, actual: &Value, at: &str) -> Result<(), String> {
    let miss = || Err(format!("{at:?} should be {expected}, and is {actual}"));
    match (expected, actual) {
        (Value::String(text), _) if wild(text).is_some() => {
            match wild(text).is_some_and(|names| names.iter().any(|fit| fit(actual))) {
                true => Ok(()),
                false => miss(),
            }
        }
        (Value::String(text), Value::String(found)) if text.contains("<any>") => {
            match glob(text, found) {
                true => Ok(()),
                false => miss(),
            }
        }
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, value) in wanted.iter().filter(|(key, _)| *key != "<more>") {
                let Some(there) = found.get(key) else {
                    return Err(format!("{at:?} has no {key:?}: {actual}"));
                };
                compare(value, there, &format!("{at}/{key}"))?;
            }
            let extra = found.keys().find(|key| !wanted.contains_key(*key));
            match extra {
                Some(key) if !wanted.contains_key("<more>") => Err(format!(
                    "{at:?} has {key:?}, which is not expected: {actual}"
                )),
                _ => Ok(()),
            }
        }
        (Value::Array(wanted), Value::Array(found)) => {
            match wanted.first().and_then(Value::as_str) {
                Some("<each>") => found
                    .iter()
                    .enumerate()
                    .try_for_each(|(i, item)| compare(&wanted[1], item, &format!("{at}/{i}"))),
                Some("<some>") => wanted[1..].iter().try_for_each(|one| {
                    match found.iter().any(|item| compare(one, item, at).is_ok()) {
                        true => Ok(()),
                        false => Err(format!("{at:?} has no item that fits {one}: {actual}")),
                    }
                }),
                _ if wanted.len() != found.len() => Err(format!(
                    "{at:?} should have {} items, and has {}: {actual}",
                    wanted.len(),
                    found.len()
                )),
                _ => wanted
                    .iter()
                    .zip(found)
                    .enumerate()
                    .try_for_each(|(i, (one, item))| compare(one, item, &format!("{at}/{i}"))),
            }
        }
        (Value::Number(wanted), Value::Number(found)) => {
            // 1 and 1.0 are the same number to every client.
            match wanted == found || wanted.as_f64() == found.as_f64() {
                true => Ok(()),
                false => miss(),
            }
        }
        _ if expected == actual => Ok(()),
        _ => miss(),
    }
}

fn wild(text: &str) -> Option<Vec<Fit>> {
    let names = text.strip_prefix('<')?.strip_suffix('>')?;
    names
        .split('|')
        .map(|name| WILD.iter().find(|(n, _)| *n == name).map(|(_, fit)| *fit))
        .collect()
}

fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split("<any>");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2025-06-02T09:00:00`, with or without a fraction and an offset.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 19
        && bytes[..19].iter().enumerate().all(|(i, byte)| match i {
            4 | 7 => *byte == b'-',
            10 => matches!(byte, b'T' | b' '),
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits_and_what_does_not() {
        let actual = json!({
            "code": 200, "data": [{"id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e", "n": 1.0}],
            "at": "2025-06-02T09:00:00.5Z", "why": "no \"x\" in cube c7", "none": null
        });
        for good in [
            json!({"code": 200, "data": [{"id": "<uuid>", "n": 1}], "at": "<time>", "why": "no <any> in cube <any>", "none": "<string|null>"}),
            json!({"data": ["<each>", {"id": "<text>", "<more>": true}], "<more>": true}),
            json!({"data": ["<some>", {"n": "<number>", "<more>": true}], "<more>": true}),
        ] {
            assert_eq!(fits(&good, &actual), Ok(()));
        }
        for bad in [
            json!({"code": 200}),
            json!({"code": 201, "<more>": true}),
            json!({"data": [], "<more>": true}),
            json!({"data": ["<each>", {"id": "<uuid>"}], "<more>": true}),
            json!({"none": "<string>", "<more>": true}),
            json!({"why": "no <any> in cube d", "<more>": true}),
            json!({"missing": "<any>", "<more>": true}),
        ] {
            assert!(fits(&bad, &actual).is_err(), "{bad}");
        }
    }
}
