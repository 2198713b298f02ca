//! What a message says: its text, what its pictures show, and where its parts came from.

use memos_core::{Code, Error, Result, Source};
use serde_json::{Map, Value};

/// The content of one message, in the order of its parts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Content {
    /// The text parts.
    pub(super) texts: Vec<String>,
    /// What the pictures show.
    pub(super) captions: Vec<String>,
    /// Tool calls among the parts, as text.
    pub(super) calls: Vec<String>,
    /// Addresses of pictures and files, and the names of parts that hold no text.
    pub(super) sources: Vec<Source>,
    /// Ids of the files among them.
    pub(super) file_ids: Vec<String>,
}

/// Keys under which a picture's description is found.
const CAPTIONS: [&str; 5] = ["caption", "alt", "alt_text", "description", "detail"];
/// Values of `detail` in the OpenAI API: a resolution, not a description.
const RESOLUTIONS: [&str; 4] = ["auto", "low", "high", "original"];

impl Content {
    /// Adds a `content` value: a text, a part, a list of parts, or null.
    ///
    /// # Errors
    /// `InvalidRequest` at the part that is neither a text nor an object with a type.
    pub(super) fn read(&mut self, value: &Value, at: &str) -> Result<()> {
        match value {
            Value::Null => Ok(()),
            Value::String(text) => {
                self.texts.push(text.clone());
                Ok(())
            }
            Value::Object(part) => self.part(part, at, None),
            Value::Array(parts) => parts.iter().enumerate().try_for_each(|(i, part)| {
                let at = format!("{at}/{i}");
                match part {
                    Value::String(text) => {
                        self.texts.push(text.clone());
                        Ok(())
                    }
                    Value::Object(part) => self.part(part, &at, Some(i)),
                    _ => Err(refuse(part, &at, "a content part")
                        .remedy("a part is a string or an object such as {\"type\": \"text\", \"text\": \"…\"}")),
                }
            }),
            _ => Err(refuse(value, at, "a message's content")
                .remedy("content is a string, an array of parts, or null beside tool_calls")),
        }
    }

    fn part(&mut self, part: &Map<String, Value>, at: &str, index: Option<usize>) -> Result<()> {
        let kind = match part.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            None if part.contains_key("text") => "text",
            None => {
                return Err(
                    Error::new(Code::InvalidRequest, "this content part has no type")
                        .at(format!("{at}/type"))
                        .remedy("name its type, such as text, image_url or file"),
                );
            }
            Some(other) => {
                return Err(refuse(other, &format!("{at}/type"), "a type of part")
                    .remedy("type is a string, such as text, image_url or file"));
            }
        };
        let locator = index.map(|i| format!("content/{i}"));
        match kind {
            "text" | "input_text" | "output_text" => match text_of(part) {
                Some(text) => self.texts.push(text.to_owned()),
                None => {
                    let found = part.get("text").unwrap_or(&Value::Null);
                    return Err(refuse(found, &format!("{at}/text"), "the text of a part")
                        .remedy("text is a string"));
                }
            },
            "image_url" | "input_image" | "image" => self.image(part, locator),
            "file" | "input_file" | "document" => self.file(part, kind, locator),
            "tool_use" => {
                let name = part.get("name").and_then(Value::as_str).unwrap_or(kind);
                self.calls.push(call(name, part.get("input")));
            }
            "tool_result" => {
                if let Some(result) = part.get("content") {
                    self.read(result, &format!("{at}/content"))?;
                }
            }
            // A part of any other type keeps its words if it has some under a usual key, and its
            // type either way: nothing is refused for being newer than this reader.
            _ => {
                let words = text_of(part)
                    .or_else(|| part.get(kind).and_then(Value::as_str))
                    .or_else(|| nested(part, kind, "transcript"));
                self.texts.extend(words.map(str::to_owned));
                if kind != "refusal" {
                    self.source("part", kind.to_owned(), locator);
                }
            }
        }
        Ok(())
    }

    fn image(&mut self, part: &Map<String, Value>, locator: Option<String>) {
        let image = part.get("image_url").or_else(|| part.get("image"));
        let inner = image.and_then(Value::as_object);
        let described = CAPTIONS.iter().find_map(|key| {
            [Some(part), inner]
                .into_iter()
                .flatten()
                .filter_map(|map| map.get(*key).and_then(Value::as_str))
                .find(|text| {
                    let resolution = *key == "detail" && RESOLUTIONS.contains(text);
                    !resolution && !text.trim().is_empty()
                })
        });
        self.captions.extend(described.map(str::to_owned));
        let address = image
            .and_then(Value::as_str)
            .or_else(|| inner.and_then(|map| map.get("url")?.as_str()))
            .or_else(|| {
                ["url", "file_id"]
                    .iter()
                    .find_map(|k| part.get(*k)?.as_str())
            });
        match address {
            Some(url) if url.starts_with("data:") => {
                self.source("image", without_bytes(url), locator);
            }
            Some(url) => self.source("url", url.to_owned(), locator),
            None if described.is_none() => self.source("part", "image".into(), locator),
            None => {}
        }
    }

    fn file(&mut self, part: &Map<String, Value>, kind: &str, locator: Option<String>) {
        const NAMES: [&str; 5] = ["filename", "file_url", "file_id", "title", "url"];
        let inner = part.get("file").and_then(Value::as_object);
        let name = NAMES.iter().find_map(|key| {
            [inner, Some(part)]
                .into_iter()
                .flatten()
                .find_map(|map| map.get(*key).and_then(Value::as_str))
        });
        let id = inner.unwrap_or(part).get("file_id").and_then(Value::as_str);
        self.file_ids.extend(id.map(str::to_owned));
        self.texts.extend(text_of(part).map(str::to_owned));
        match name {
            Some(name) => self.source("document", without_bytes(name), locator),
            None => self.source("part", kind.to_owned(), locator),
        }
    }

    /// A message that has nothing but parts without words says which they are, so that it can be
    /// found and read: their addresses and names are all that is known of them.
    pub(super) fn name_what_has_no_words(&mut self) {
        let says = |texts: &[String]| texts.iter().any(|text| !text.trim().is_empty());
        if says(&self.texts) || says(&self.captions) {
            return;
        }
        let lines = self
            .sources
            .iter()
            .filter_map(|source| match source.kind.as_str() {
                "url" | "image" => Some(format!("[image] {}", source.reference)),
                "document" => Some(format!("[file] {}", source.reference)),
                "part" if source.reference == "input_audio" => Some("[audio]".to_owned()),
                "part" => Some(format!("[{}]", source.reference)),
                _ => None,
            });
        self.texts = lines.collect();
    }

    fn source(&mut self, kind: &str, reference: String, locator: Option<String>) {
        self.sources.push(Source {
            kind: kind.to_owned(),
            reference,
            locator,
        });
    }
}

/// A tool call as text: `name(arguments)`. Arguments come as JSON text or as JSON.
pub(super) fn call(name: &str, arguments: Option<&Value>) -> String {
    match arguments {
        None | Some(Value::Null) => format!("{name}()"),
        Some(Value::String(text)) => format!("{name}({text})"),
        Some(json) => format!("{name}({json})"),
    }
}

/// A value as an error message shows it: its JSON, cut after 60 characters.
pub(super) fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = match value {
        Value::Array(_) => return "an array".to_owned(),
        Value::Object(_) => return "an object".to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// An error about a value of the wrong type.
pub(super) fn refuse(value: &Value, at: &str, what: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("{} is not {what}", shown(value)),
    )
    .at(at)
}

fn text_of(part: &Map<String, Value>) -> Option<&str> {
    let text = part.get("text")?;
    text.as_str().or_else(|| text.get("value")?.as_str())
}

fn nested<'a>(part: &'a Map<String, Value>, outer: &str, inner: &str) -> Option<&'a str> {
    part.get(inner)
        .or_else(|| part.get(outer)?.get(inner))
        .and_then(Value::as_str)
}

/// The head of a `data:` URL, which says what it holds; any other address as it is.
fn without_bytes(url: &str) -> String {
    match url.starts_with("data:") {
        true => {
            let head = url.split([';', ',']).next().unwrap_or(url);
            head.chars().take(80).collect()
        }
        false => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Content {
        let mut content = Content::default();
        content.read(value, "/content").unwrap();
        content
    }

    fn references(content: &Content) -> Vec<(&str, &str)> {
        content
            .sources
            .iter()
            .map(|s| (s.kind.as_str(), s.reference.as_str()))
            .collect()
    }

    #[test]
    fn text_parts_keep_their_order() {
        let content = read(&json!([
            {"type": "text", "text": "one"},
            {"type": "input_text", "text": "two"},
            {"type": "output_text", "text": {"value": "three"}},
            "four",
            {"type": "refusal", "refusal": "I can't do that."},
        ]));
        assert_eq!(
            content.texts,
            ["one", "two", "three", "four", "I can't do that."]
        );
        assert!(content.sources.is_empty());
    }

    #[test]
    fn pictures_leave_a_caption_or_an_address_and_never_bytes() {
        let bytes = "A".repeat(5000);
        let content = read(&json!([
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "high"}},
            {"type": "input_image", "image_url": "https://example.org/b.png", "alt": "a red kite"},
            {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{bytes}"), "caption": "a blue kite"}},
            {"type": "image_url", "image_url": {"url": format!("data:{bytes}")}},
        ]));
        assert_eq!(content.captions, ["a red kite", "a blue kite"]);
        let found = references(&content);
        assert_eq!(found[0], ("url", "https://example.org/a.png"));
        assert_eq!(found[2], ("image", "data:image/png"));
        assert!(found.iter().all(|(_, reference)| reference.len() <= 80));
    }

    #[test]
    fn files_and_unknown_parts_are_named() {
        let content = read(&json!([
            {"type": "file", "file": {"filename": "plan.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "transcript": "hello there"}},
            {"type": "hologram", "frames": 3},
        ]));
        assert_eq!(content.texts, ["hello there"]);
        assert_eq!(
            references(&content),
            [
                ("document", "plan.pdf"),
                ("part", "input_audio"),
                ("part", "hologram")
            ]
        );
        assert_eq!(content.sources[2].locator.as_deref(), Some("content/2"));
    }

    #[test]
    fn tool_parts_are_read() {
        let content = read(&json!([
            {"type": "tool_use", "name": "weather", "input": {"city": "Lyon"}},
            {"type": "tool_result", "content": [{"type": "text", "text": "rain"}]},
        ]));
        assert_eq!(content.calls, [r#"weather({"city":"Lyon"})"#]);
        assert_eq!(content.texts, ["rain"]);
    }

    #[test]
    fn wrong_types_are_refused_where_they_stand() {
        for (value, field) in [
            (json!(5), "/content"),
            (json!(["a", 5]), "/content/1"),
            (json!([{"words": "a"}]), "/content/0/type"),
            (json!([{"type": 5}]), "/content/0/type"),
            (json!([{"type": "text", "text": 5}]), "/content/0/text"),
            (json!({"type": "text"}), "/content/text"),
        ] {
            let error = Content::default().read(&value, "/content").unwrap_err();
            assert_eq!(error.field(), Some(field), "{value}");
            assert_eq!(error.code(), Code::InvalidRequest);
            assert!(error.remedy_text().is_some(), "{error}");
        }
    }
}
