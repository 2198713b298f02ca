//! The messages of a request: what was said, and the files that were handed over in it.

use serde_json::{Map, Value, json};

use super::fields;
use super::reason::{Reason, stop};
use super::upload::content_of;
use crate::faces::kit::{Form, Stop, text_of_file};
use crate::wire::DocumentRequest;

/// What was said, as our reader takes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) messages: Vec<Value>,
    pub(super) documents: Vec<DocumentRequest>,
}

impl Said {
    /// The messages alone, as JSON.
    pub(super) fn json(&self) -> Value {
        self.messages.clone().into()
    }
}

/// Types of parts whose place the reader knows.
const PARTS: [&str; 14] = [
    "text",
    "input_text",
    "output_text",
    "refusal",
    "image_url",
    "input_image",
    "image",
    "input_audio",
    "audio",
    "file",
    "input_file",
    "document",
    "tool_use",
    "tool_result",
];

/// The field `messages`, without those that say nothing: agents send turns whose text is empty.
pub(super) fn read(form: &Form<'_>) -> Said {
    let mut said = Said::default();
    if !form.has("messages") {
        form.missing("messages");
        return said;
    }
    let list = form.list("messages").unwrap_or_default();
    for (number, message) in list.iter().enumerate() {
        match message {
            Value::Object(fields) => one(form, number, fields, &mut said),
            // The reader tells what is wrong with it.
            other => said.messages.push(other.clone()),
        }
    }
    let nothing = said.messages.is_empty() && said.documents.is_empty();
    if nothing && form.any("messages").is_some_and(Value::is_array) {
        let words = "there is no message that says something: send at least one";
        form.fault("messages", Reason::EmptyList.as_str(), words);
    }
    said
}

fn one(form: &Form<'_>, number: usize, fields: &Map<String, Value>, said: &mut Said) {
    // A null is an absent field, so that both are the same request.
    let mut message = fields.clone();
    message.retain(|_, value| !value.is_null());
    if message
        .get("chat_time")
        .is_some_and(|time| fields::moment(time).is_none())
    {
        // The contract allows any words here; those that name no time say nothing.
        message.remove("chat_time");
    } else if let Some(time) = message.get_mut("chat_time") {
        *time = fields::moment(time).unwrap_or_default().into();
    }
    // Who speaks in a group has a name of the caller's, or his id.
    let speaker = ["role_name", "role_id"].iter().find_map(|name| {
        let name = message.get(*name)?.as_str()?;
        (!name.trim().is_empty()).then(|| name.to_owned())
    });
    let is_named = message
        .get("name")
        .is_some_and(|name| name.as_str().is_none_or(|name| !name.trim().is_empty()));
    if let Some(speaker) = speaker.filter(|_| !is_named) {
        message.insert("name".to_owned(), speaker.into());
    }
    if let Some(Value::Array(parts)) = message.get("content") {
        let at = format!("messages.{number}.content");
        let kept: Vec<Value> = parts
            .iter()
            .enumerate()
            .filter_map(|(i, part)| match self::part(part, &format!("{at}.{i}")) {
                Ok(Part::Kept) => Some(part.clone()),
                Ok(Part::File(mut document)) => {
                    document.written_at = message
                        .get("chat_time")
                        .and_then(Value::as_str)
                        .map(str::to_owned);
                    said.documents.push(document);
                    None
                }
                Err(stop) => {
                    told(form, stop);
                    None
                }
            })
            .collect();
        message.insert("content".to_owned(), kept.into());
    }
    if !is_blank(&message) {
        said.messages.push(message.into());
    }
}

/// A part of a content.
enum Part {
    Kept,
    /// A file with its words.
    File(DocumentRequest),
}

fn part(part: &Value, at: &str) -> Result<Part, Stop> {
    let Some(kind) = part.get("type").and_then(Value::as_str) else {
        return Ok(Part::Kept);
    };
    if matches!(kind, "file" | "input_file") {
        return file(part, at);
    }
    let has_words = part.get("text").is_some_and(Value::is_string);
    match PARTS.contains(&kind) || has_words {
        true => Ok(Part::Kept),
        false => Err(stop(
            Reason::UnsupportedType,
            &format!("{at}.type"),
            format!("{kind:?} is not read here: send text, image_url or file"),
        )),
    }
}

/// A file that has its content is a document of its own; one that only has a name is named.
fn file(part: &Value, at: &str) -> Result<Part, Stop> {
    let inner = part.get("file").filter(|f| f.is_object()).unwrap_or(part);
    let text = |names: &[&str]| {
        names.iter().find_map(|name| {
            let text = inner.get(*name)?.as_str()?;
            (!text.trim().is_empty()).then(|| text.to_owned())
        })
    };
    let name = text(&["filename", "file_name", "name"]);
    if let Some(data) = text(&["file_data", "data", "content"]) {
        let field = format!("{at}.file.file_data");
        let bytes = content_of(&data, &field)?;
        if bytes == data.as_bytes() {
            // Words are words, but a path is none.
            text_of_file(&data).map_err(|e| stop(Reason::UnsupportedType, &field, e.message()))?;
        }
        let words = String::from_utf8(bytes)
            .ok()
            .filter(|text| !text.contains('\0') && !text.trim().is_empty());
        let Some(words) = words else {
            let why = "it is not text in UTF-8: send the words of the file";
            return Err(stop(Reason::FileFormat, &field, why));
        };
        let id = text(&["file_id"]).or_else(|| name.clone());
        return Ok(Part::File(DocumentRequest {
            text: words,
            name,
            info: id.map(|id| Map::from_iter([("file_ids".to_owned(), json!([id]))])),
            ..DocumentRequest::default()
        }));
    }
    if text(&["file_url", "url", "path"]).is_some() {
        let why = "the file is named by an address, and this server fetches none: send its words, \
                   or their Base64, as file_data";
        return Err(stop(Reason::UnsupportedType, &format!("{at}.file"), why));
    }
    Ok(Part::Kept)
}

fn told(form: &Form<'_>, stop: Stop) {
    if let Stop::Invalid(faults) = stop {
        for fault in faults {
            form.note(|| fault);
        }
    }
}

fn is_blank(message: &Map<String, Value>) -> bool {
    let is_absent = |name: &str| {
        message.get(name).is_none_or(|value| match value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(parts) => parts.iter().all(is_blank_part),
            _ => false,
        })
    };
    let parts = [
        "content",
        "tool_calls",
        "refusal",
        "function_call",
        "caption",
    ];
    parts.into_iter().all(is_absent)
}

/// Whether a part is a text that says nothing: what a tool prints may be a blank line.
fn is_blank_part(part: &Value) -> bool {
    let text = match part.get("type").and_then(Value::as_str) {
        None => part.as_str(),
        Some("text" | "input_text" | "output_text") => part.get("text").and_then(Value::as_str),
        Some(_) => None,
    };
    text.is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::kit::{Fault, Nulls};

    #[test]
    fn a_message_of_blank_parts_says_nothing() {
        let tool = |text: &str| {
            json!({"role": "tool", "tool_call_id": "t1",
            "content": [{"type": "text", "text": text}]})
        };
        let said =
            read_all(&json!([tool(" \n"), tool("3 files"), {"role": "user", "content": [" "]}]));
        assert_eq!(said.unwrap().messages, [tool("3 files")]);
        assert_eq!(read_all(&json!([tool("")])).unwrap_err(), ["40003"]);
    }

    fn read_all(messages: &Value) -> Result<Said, Vec<&'static str>> {
        match Form::read(&json!({"messages": messages}), Nulls::Absent, read) {
            Ok(said) => Ok(said),
            Err(Stop::Invalid(faults)) => Err(faults.iter().map(|f: &Fault| f.kind).collect()),
            Err(_) => panic!("another error"),
        }
    }

    fn with_file(file: &Value) -> Value {
        json!([{"role": "user", "content": [{"type": "file", "file": file}]}])
    }

    #[test]
    fn a_file_with_its_words_is_a_document() {
        for data in [
            "SGVsbG8gd29ybGQu",
            "data:text/plain;base64,SGVsbG8gd29ybGQu",
            "Hello world.",
        ] {
            let said =
                read_all(&with_file(&json!({"file_data": data, "filename": "h.txt"}))).unwrap();
            assert!(said.messages.is_empty(), "{data}");
            assert_eq!(said.documents[0].text, "Hello world.", "{data}");
            assert_eq!(said.documents[0].name.as_deref(), Some("h.txt"));
        }
    }

    #[test]
    fn what_is_not_read_is_refused() {
        for (file, mark) in [
            (json!({"file_data": "https://example.org/a.pdf"}), "40006"),
            (json!({"file_url": "https://example.org/a.pdf"}), "40006"),
            (json!({"file_data": "/etc/passwd"}), "40006"),
            (json!({"file_data": "data:text/plain;base64,a*b"}), "40008"),
            (json!({"file_data": "data:x/y;base64,/////w=="}), "50107"),
        ] {
            assert_eq!(read_all(&with_file(&file)).unwrap_err()[0], mark, "{file}");
        }
        let video =
            json!([{"role": "user", "content": [{"type": "video", "video": {"url": "x"}}]}]);
        assert_eq!(read_all(&video).unwrap_err()[0], "40006");
    }

    #[test]
    fn a_speaker_of_a_group_has_his_own_name() {
        let said = read_all(&json!([
            {"role": "user", "role_id": "j", "role_name": "Jordan", "content": "Hi."},
            {"role": "user", "role_id": "j", "content": "Hi."},
            {"role": "user", "name": "Ada", "role_name": "Jordan", "content": "Hi."},
        ]))
        .unwrap();
        let names: Vec<_> = said.messages.iter().map(|m| m["name"].clone()).collect();
        assert_eq!(names, ["Jordan", "j", "Ada"]);
    }

    #[test]
    fn times_in_any_words_are_taken() {
        for (time, kept) in [
            (json!("yesterday"), None),
            (json!(""), None),
            (json!("今天下午三点"), None),
            (
                json!("2025-09-12 08:00:00 Friday"),
                Some("2025-09-12T08:00:00Z"),
            ),
            (json!("2025-09-12 08:00:00"), Some("2025-09-12T08:00:00Z")),
        ] {
            let message = json!([{"role": "user", "content": "Hi.", "chat_time": time}]);
            let said = read_all(&message).unwrap();
            assert_eq!(said.messages[0]["chat_time"].as_str(), kept, "{time}");
        }
    }
}
