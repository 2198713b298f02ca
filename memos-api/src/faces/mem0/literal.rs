//! Objects in a query string. mem0's Python client writes them there as Python does, with single
//! quotes, `None`, `True` and `False`; others write JSON.

use memos_core::{Code, Error, Result};
use serde_json::Value;

/// Reads an object or list, of JSON or of Python.
///
/// # Errors
/// `InvalidRequest` at the field.
pub(super) fn read(text: &str, field: &str) -> Result<Value> {
    let read = serde_json::from_str(text)
        .ok()
        .or_else(|| serde_json::from_str(&as_json(text)?).ok());
    read.ok_or_else(|| {
        Error::new(Code::InvalidRequest, "the value can't be read")
            .at(field)
            .remedy("write it as JSON, such as {\"user_id\": \"ada\"}, percent-encoded")
    })
}

/// Python's words for strings and constants in those of JSON; nothing else differs.
fn as_json(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => string(c, &mut chars, &mut out)?,
            'A'..='Z' | 'a'..='z' => {
                let mut word = String::from(c);
                while let Some(next) = chars.next_if(char::is_ascii_alphanumeric) {
                    word.push(next);
                }
                out.push_str(match word.as_str() {
                    "None" => "null",
                    "True" => "true",
                    "False" => "false",
                    _ => return None,
                });
            }
            c => out.push(c),
        }
    }
    Some(out)
}

fn string(
    quote: char,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> Option<()> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            c if c == quote => break,
            '\\' => text.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'x' => hexadecimal(chars, 2)?,
                'u' => hexadecimal(chars, 4)?,
                'U' => hexadecimal(chars, 8)?,
                c @ ('\\' | '\'' | '"') => c,
                _ => return None,
            }),
            c => text.push(c),
        }
    }
    out.push_str(&Value::from(text).to_string());
    Some(())
}

fn hexadecimal(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    digits: usize,
) -> Option<char> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + chars.next()?.to_digit(16)?;
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn python_and_json_are_read() {
        for (text, expected) in [
            ("{'user_id': 'ada'}", json!({"user_id": "ada"})),
            (r#"{"user_id": "it's"}"#, json!({"user_id": "it's"})),
            (
                r#"{'a': "it's", 'b': [1, 2.5, None, True, False]}"#,
                json!({"a": "it's", "b": [1, 2.5, null, true, false]}),
            ),
            (
                r"{'a': 'x\n\'y\' \xe9 \u4f1a'}",
                json!({"a": "x\n'y' é 会"}),
            ),
        ] {
            assert_eq!(read(text, "filters").unwrap(), expected, "{text}");
        }
        for bad in ["", "{", "{'a'}", "{'a': nope}", r"{'a': '\q'}", "{'a': 'b"] {
            assert_eq!(
                read(bad, "filters").unwrap_err().field(),
                Some("filters"),
                "{bad}"
            );
        }
    }
}
