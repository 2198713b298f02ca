//! JSON of clients that cut a text between the two halves of a character, such as an emoji.

use std::borrow::Cow;

/// JSON as we can read it: halves of characters are no text to us. The sign for what is lost takes
/// their place, and all else keeps its own.
pub(crate) fn readable(json: &[u8]) -> Cow<'_, [u8]> {
    let mut read = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(found) = json[at..].iter().position(|b| *b == b'\\') {
        at += found;
        at += match (half(json, at), half(json, at + 6)) {
            (Some(Half::First), Some(Half::Second)) => 12,
            (None, _) => 2,
            (Some(_), _) => {
                read.to_mut()[at..at + 6].copy_from_slice(b"\\ufffd");
                6
            }
        };
        if at >= json.len() {
            break;
        }
    }
    read
}

/// Half of a character that UTF-16 writes in two.
#[derive(Clone, Copy)]
enum Half {
    First,
    Second,
}

/// The half that is written at a place, if one is.
fn half(json: &[u8], at: usize) -> Option<Half> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::First),
        0xDC00..=0xDFFF => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_read_as_what_is_lost() {
        let read =
            |json: &'static str| String::from_utf8(readable(json.as_bytes()).into()).unwrap();
        for whole in [
            r#"{"a": "\ud83d\ude00 \\ud83d \n \u00e9 \\\\"}"#,
            r#""\uD83D\uDE00""#,
            "\\",
            "\\u12",
            r"\ud83",
        ] {
            assert!(
                matches!(readable(whole.as_bytes()), Cow::Borrowed(_)),
                "{whole}"
            );
        }
        assert_eq!(read(r#""grapes \ud83d""#), r#""grapes \ufffd""#);
        assert_eq!(
            read(r#""\uDE00\ud83d\ud83d\ude00""#),
            r#""\ufffd\ufffd\ud83d\ude00""#
        );
        assert_eq!(read(r#""\ud83dx\ude00""#), r#""\ufffdx\ufffd""#);
    }
}
