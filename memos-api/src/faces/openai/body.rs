//! A request's JSON whose text stays as it is, but for one piece that is put in: numbers, unknown
//! fields and the order of everything reach the model's server as the client wrote them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use memos_core::{Code, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The fields of a JSON object, as text.
pub(super) struct Fields<'a> {
    text: &'a str,
    fields: BTreeMap<String, &'a RawValue>,
}

impl<'a> Fields<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// `InvalidJson` for what is no JSON object in UTF-8.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let refuse = |why: String| {
            Error::new(Code::InvalidJson, why).remedy(
                "send one JSON object, encoded as UTF-8, with Content-Type: application/json",
            )
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|e| refuse(format!("the body is not UTF-8: byte {}", e.valid_up_to())))?;
        let fields = serde_json::from_str(text)
            .map_err(|e| refuse(format!("the body is not a JSON object: {e}")))?;
        Ok(Self { text, fields })
    }

    /// A field that is there and not null, as text.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let raw = self.fields.get(name).copied();
        raw.filter(|raw| raw.get() != "null")
    }

    /// A field, if it can be read as this.
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?.get()).ok()
    }

    /// A text that is not blank; numbers count, as ids often are.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        id(self.raw(name)?)
    }

    /// The place of a value in the whole text.
    pub(super) fn place(&self, raw: &RawValue) -> Range<usize> {
        let start = raw.get().as_ptr().addr() - self.text.as_ptr().addr();
        start..start + raw.get().len()
    }

    /// The place of a field, null or not.
    pub(super) fn place_of(&self, name: &str) -> Option<Range<usize>> {
        self.fields.get(name).map(|raw| self.place(raw))
    }

    /// Where the first field stands, or would.
    pub(super) fn beginning(&self) -> usize {
        self.text.find('{').map_or(0, |at| at + 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// JSON as we can read it: halves of characters, which some clients send where they cut a text, are no
/// text to us. The sign for what is lost takes their place, and all else keeps its own.
pub(super) fn readable(json: &[u8]) -> Cow<'_, [u8]> {
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

/// A text or a number, as a text that is not blank.
pub(super) fn id(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(String),
        Number(serde_json::Number),
    }
    let text = match serde_json::from_str(raw.get()).ok()? {
        Id::Text(text) => text.trim().to_owned(),
        Id::Number(number) => number.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// Where a block of text goes into a JSON text, and what has to stand around it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// What it takes the place of; mostly nothing.
    pub(super) range: Range<usize>,
    /// JSON before it, with the quotation mark that opens its string.
    pub(super) before: &'static str,
    /// JSON after it, with the one that closes its string.
    pub(super) after: &'static str,
}

impl Slot {
    /// At one place, in place of nothing.
    pub(super) fn at(place: usize, before: &'static str, after: &'static str) -> Self {
        Self {
            range: place..place,
            before,
            after,
        }
    }

    /// At the end of a string.
    pub(super) fn end_of(string: &Range<usize>) -> Self {
        let is_empty = string.len() == 2;
        Self::at(string.end - 1, if is_empty { "" } else { "\\n\\n" }, "")
    }

    /// The whole text with a block in it.
    pub(super) fn filled(&self, body: &[u8], block: &str) -> Vec<u8> {
        let quoted = serde_json::to_string(block).expect("a string is JSON");
        let block = &quoted[1..quoted.len() - 1];
        let (start, end) = (self.range.start, self.range.end);
        let added = self.before.len() + block.len() + self.after.len();
        let mut filled = Vec::with_capacity(body.len() + added);
        filled.extend_from_slice(&body[..start]);
        for part in [self.before, block, self.after] {
            filled.extend_from_slice(part.as_bytes());
        }
        filled.extend_from_slice(&body[end..]);
        filled
    }
}

/// What a `content` says: a text, or the texts among its parts.
pub(super) fn texts(content: &RawValue) -> Vec<String> {
    #[derive(Deserialize)]
    struct Part {
        text: String,
    }
    let json = content.get();
    if json.starts_with('"') {
        return serde_json::from_str(json).into_iter().collect();
    }
    let parts: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let text = |part: &&RawValue| match part.get().starts_with('"') {
        true => serde_json::from_str(part.get()).ok(),
        false => serde_json::from_str(part.get()).ok().map(|p: Part| p.text),
    };
    parts.iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_touched_stays_byte_for_byte() {
        let body =
            " { \"seed\":12345678901234567890123 , \"t\": 1.50,\"s\" : \"a\\u00e9\",\"e\":\"\"}";
        let fields = Fields::read(body.as_bytes()).unwrap();
        let filled = |name: &str| {
            let slot = Slot::end_of(&fields.place_of(name).unwrap());
            String::from_utf8(slot.filled(body.as_bytes(), "x\"\n")).unwrap()
        };
        assert_eq!(
            filled("s"),
            body.replace("a\\u00e9", "a\\u00e9\\n\\nx\\\"\\n")
        );
        assert_eq!(
            filled("e"),
            body.replace("\"e\":\"\"", "\"e\":\"x\\\"\\n\"")
        );
        assert_eq!(&body[..fields.beginning()], " {");
    }

    #[test]
    fn ids_are_texts_or_numbers() {
        let body = br#"{"a": " x ", "b": 7, "c": "", "d": null, "e": [1]}"#;
        let fields = Fields::read(body).unwrap();
        let ids = ["a", "b", "c", "d", "e", "f"].map(|name| fields.id(name));
        assert_eq!(ids[..2], [Some("x".into()), Some("7".into())]);
        assert!(ids[2..].iter().all(Option::is_none));
    }

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

    #[test]
    fn what_is_no_object_is_refused() {
        for bad in [&b""[..], b"[]", b"{", b"\"a\"", b"{\"a\": \xff}"] {
            let error = Fields::read(bad).err().unwrap();
            assert_eq!(error.code(), Code::InvalidJson);
            assert!(error.remedy_text().is_some());
        }
    }

    #[test]
    fn texts_are_found_among_parts() {
        let of = |json: &str| texts(serde_json::from_str::<&RawValue>(json).unwrap());
        assert_eq!(of("\"a\""), ["a"]);
        let parts =
            r#"["a", {"type":"image_url","image_url":{"url":"x"}}, {"type":"text","text":"b"}]"#;
        assert_eq!(of(parts), ["a", "b"]);
        assert!(of("5").is_empty() && of("{}").is_empty());
    }
}
