//! What a request's values must be like, wherever they stand.

use std::collections::BTreeSet;

use memos_core::{Code, Error, Result};
use serde_json::{Map, Value};

/// Objects and arrays within each other in the caller's own fields: far more than anybody means,
/// and few enough for every JSON reader.
const INFO_DEPTH: usize = 32;

/// A memory's text: not blank, and at most so many bytes.
pub(super) fn text(text: &str, most: usize, field: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::new(Code::InvalidRequest, "the text is empty")
            .at(field)
            .remedy("give at least one word"));
    }
    not_too_long(text, most, field)
}

/// A text of at most so many bytes.
pub(super) fn not_too_long(text: &str, most: usize, field: &str) -> Result<()> {
    if text.len() <= most {
        return Ok(());
    }
    Err(Error::new(
        Code::TooLarge,
        format!("the text has {} bytes, more than {most}", text.len()),
    )
    .at(field)
    .remedy("split it, or add it as a plain or Markdown document, which is split for you"))
}

/// Labels without the blanks around them, none of them empty.
pub(super) fn tags(tags: &[String]) -> Result<BTreeSet<String>> {
    let trimmed = tags.iter().enumerate().map(|(i, tag)| match tag.trim() {
        "" => Err(Error::new(Code::InvalidRequest, "the tag is empty")
            .at(format!("/tags/{i}"))
            .remedy("give it a letter, or leave it out")),
        tag => Ok(tag.to_owned()),
    });
    trimmed.collect()
}

/// The caller's own fields, at most [`INFO_DEPTH`] deep.
pub(super) fn info(info: &Map<String, Value>) -> Result<()> {
    fn depth_left(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left > 0 && items.iter().all(|v| depth_left(v, left - 1)),
            Value::Object(fields) => left > 0 && fields.values().all(|v| depth_left(v, left - 1)),
            _ => true,
        }
    }
    match info.iter().find(|(_, v)| !depth_left(v, INFO_DEPTH)) {
        None => Ok(()),
        Some((name, _)) => Err(Error::new(
            Code::InvalidRequest,
            format!("it nests objects and arrays more than {INFO_DEPTH} deep"),
        )
        .at(format!(
            "/info/{}",
            name.replace('~', "~0").replace('/', "~1")
        ))
        .remedy("lay it flatter")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(depth: usize) -> Map<String, Value> {
        let mut value = json!(1);
        for _ in 0..depth {
            value = json!([value]);
        }
        Map::from_iter([("deep".to_owned(), value)])
    }

    #[test]
    fn deep_info_is_refused_before_it_is_stored() {
        assert!(info(&nested(INFO_DEPTH)).is_ok());
        let error = info(&nested(INFO_DEPTH + 1)).unwrap_err();
        assert_eq!(error.field(), Some("/info/deep"));
    }

    #[test]
    fn tags_are_trimmed_and_not_empty() {
        let good = ["b ".to_owned(), "a".to_owned()];
        assert_eq!(
            tags(&good).unwrap().into_iter().collect::<Vec<_>>(),
            ["a", "b"]
        );
        let error = tags(&["a".to_owned(), " ".to_owned()]).unwrap_err();
        assert_eq!(error.field(), Some("/tags/1"));
    }

    #[test]
    fn texts_have_words_and_an_end() {
        assert!(text("word", 4, "/text").is_ok());
        assert_eq!(
            text(" ", 4, "/text").unwrap_err().code(),
            Code::InvalidRequest
        );
        assert_eq!(
            text("words", 4, "/text").unwrap_err().code(),
            Code::TooLarge
        );
    }
}
