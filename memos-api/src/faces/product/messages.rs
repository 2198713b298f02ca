//! What a request says: messages, a plain text, or raw items.

use memos_core::{Error, PromptMessage, Result, Role};
use serde_json::{Map, Value, json};

use crate::faces::kit::{Form, text_of_file};
use crate::reader;
use crate::wire::DocumentRequest;

/// What was said and what was handed over, checked as far as the form goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Messages as our reader takes them.
    pub(super) messages: Vec<Value>,
    /// Files in them, with the place that each stands at.
    pub(super) files: Vec<FileItem>,
}

/// A file with its content.
#[derive(Clone, Debug)]
pub(super) struct FileItem {
    place: String,
    data: String,
    name: Option<String>,
    id: Option<String>,
}

impl FileItem {
    /// The file as a document; its id is how it is deleted.
    fn document(&self) -> Result<DocumentRequest> {
        let text = text_of_file(&self.data).map_err(|e| e.at(&self.place))?;
        let id = self.id.as_ref().or(self.name.as_ref());
        let info = id.map(|id| Map::from_iter([("file_ids".to_owned(), json!([id]))]));
        Ok(DocumentRequest {
            text,
            name: self.name.clone().or_else(|| self.id.clone()),
            info,
            ..DocumentRequest::default()
        })
    }
}

impl Said {
    /// The files as documents.
    ///
    /// # Errors
    /// `InvalidRequest` at the one that is named by an address or a path, or is no text.
    pub(super) fn documents(&self) -> Result<Vec<DocumentRequest>> {
        self.files.iter().map(FileItem::document).collect()
    }

    /// The words of the last message of the user.
    pub(super) fn last_user_words(&self) -> Option<String> {
        let mut users = self.messages.iter().rev().filter(|m| m["role"] == "user");
        users.find_map(|message| {
            let words = words(message);
            (!words.trim().is_empty()).then_some(words)
        })
    }

    /// The words of each message.
    pub(super) fn words(&self) -> Vec<String> {
        self.messages.iter().map(words).collect()
    }

    /// The messages as a model takes them; those without words are left out.
    pub(super) fn prompt(&self) -> Vec<PromptMessage> {
        let message = |message: &Value| {
            let content = words(message);
            let role = match message["role"].as_str() {
                Some("assistant") => Role::Assistant,
                Some("system") => Role::System,
                Some("tool") => Role::Tool,
                _ => Role::User,
            };
            (!content.trim().is_empty()).then_some(PromptMessage { role, content })
        };
        self.messages.iter().filter_map(message).collect()
    }

    /// Names the field of this contract in an error of ours: `/messages/0/content` is
    /// `messages[0].content`, and a document is the file that it came as.
    pub(super) fn placed(&self, error: Error) -> Error {
        let Some(pointer) = error.field().and_then(|f| f.strip_prefix('/')) else {
            return error;
        };
        if let Some(rest) = pointer.strip_prefix("documents/") {
            let index = rest.split('/').next().and_then(|i| i.parse::<usize>().ok());
            let file = index.and_then(|i| self.files.get(i));
            // What no message holds is named by its path.
            let place = file.map_or("doc_path", |file| &file.place);
            return error.at(place);
        }
        let mut place = String::new();
        for step in pointer.split('/') {
            match step.parse::<usize>() {
                Ok(index) => place.push_str(&format!("[{index}]")),
                Err(_) if place.is_empty() => place.push_str(step),
                Err(_) => place.push_str(&format!(".{step}")),
            }
        }
        error.at(place)
    }

    /// Adds an item of text.
    pub(super) fn push_text(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.messages.push(json!({"role": "user", "content": text}));
        }
    }
}

/// The text parts of a message.
fn words(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|p| p["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// Reads a field of messages; none if it is absent or null.
pub(super) fn read(form: &Form<'_>, name: &str) -> Option<Said> {
    let mut said = Said::default();
    match form.any(name)? {
        Value::String(text) => said.push_text(text),
        Value::Array(_) => {
            for (i, item) in form.items(name)?.iter().enumerate() {
                let place = format!("{name}[{i}]");
                match item.has("role") || !item.has("type") {
                    true => message(item, &place, &mut said),
                    false => raw_item(item, &place, &mut said),
                }
            }
        }
        _ => form.fault(
            name,
            "list_type",
            "Input should be a valid string or a list of messages",
        ),
    }
    Some(said)
}

/// Reads a list of messages alone, as `chat_history` is.
pub(super) fn history(form: &Form<'_>, name: &str) -> Said {
    let mut said = Said::default();
    for (i, item) in form.items(name).unwrap_or_default().iter().enumerate() {
        message(item, &format!("{name}[{i}]"), &mut said);
    }
    said
}

fn message(item: &Form<'_>, place: &str, said: &mut Said) {
    let role = match item.has("role") {
        true => item.choice("role", &["system", "user", "assistant", "tool"]),
        false => {
            item.missing("role");
            None
        }
    };
    let Some(role) = role else { return };
    let mut message = Map::from_iter([("role".to_owned(), role.into())]);
    let content = content(item, place, said);
    match content {
        Some(content) => drop(message.insert("content".to_owned(), content)),
        None if role == "assistant" => {}
        None if !item.fields().contains_key("content") => item.missing("content"),
        None if !item.has("content") => {
            item.fault("content", "string_type", "Input should be a valid string");
        }
        None => {}
    }
    for name in ["name", "message_id", "refusal"] {
        if let Some(text) = item.text(name).filter(|text| !text.trim().is_empty()) {
            message.insert(name.to_owned(), text.into());
        }
    }
    if role == "tool" {
        message.insert(
            "tool_call_id".to_owned(),
            item.need_text("tool_call_id").into(),
        );
    }
    if let Some(time) = item.text("chat_time") {
        // The contract allows any words here; those that name no time say nothing.
        let value = Value::from(time);
        if reader::chat_time(&value, "chat_time").is_ok() {
            message.insert("chat_time".to_owned(), value);
        }
    }
    let calls = calls(item);
    if !calls.is_empty() {
        message.insert("tool_calls".to_owned(), calls.into());
    }
    // One that only brings a file, or says nothing, is no memory of its own.
    let says = ["tool_calls", "refusal"]
        .iter()
        .any(|name| message.contains_key(*name))
        || match message.get("content") {
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(Value::Array(parts)) => !parts.is_empty(),
            _ => false,
        };
    if says {
        said.messages.push(message.into());
    }
}

/// The calls of a message, in a list or one alone; those that name no function are faults.
fn calls(item: &Form<'_>) -> Vec<Value> {
    let calls = match item.any("tool_calls") {
        None => return Vec::new(),
        Some(Value::Object(_)) => item.within("tool_calls").into_iter().collect(),
        Some(_) => item.items("tool_calls").unwrap_or_default(),
    };
    let each = calls.iter().map(|call| {
        call.text("id");
        let kind = match call.has("custom") {
            true => "custom",
            false => "function",
        };
        match call.within(kind) {
            Some(called) => drop(called.need_text("name")),
            None if !call.has(kind) => call.missing(kind),
            None => {}
        }
        Value::Object(call.fields().clone())
    });
    each.collect()
}

/// A message's content: a text, a part, or a list of parts.
fn content(item: &Form<'_>, place: &str, said: &mut Said) -> Option<Value> {
    match item.any("content")? {
        Value::String(text) => Some(text.as_str().into()),
        Value::Array(_) => {
            let parts = item.items("content")?;
            let read = parts
                .iter()
                .enumerate()
                .filter_map(|(i, p)| part(p, &format!("{place}.content[{i}]"), said));
            Some(read.collect::<Vec<_>>().into())
        }
        Value::Object(_) => {
            let form = item.within("content")?;
            let read = part(&form, &format!("{place}.content"), said);
            Some(read.into_iter().collect::<Vec<_>>().into())
        }
        _ => {
            item.fault("content", "string_type", "Input should be a valid string");
            Some(Value::Null)
        }
    }
}

fn part(form: &Form<'_>, place: &str, said: &mut Said) -> Option<Value> {
    let kinds = ["text", "image_url", "input_audio", "file", "refusal"];
    if !form.has("type") {
        form.missing("type");
        return None;
    }
    let kind = form.choice("type", &kinds)?;
    match kind {
        "text" => {
            let text = form.need_text("text");
            (!text.trim().is_empty()).then(|| json!({"type": "text", "text": text}))
        }
        "refusal" => Some(json!({"type": "text", "text": form.need_text("refusal")})),
        "file" => file(form, place, said),
        _ => {
            // Pictures and sounds are kept by name: their bytes are no memory.
            let inner = form.within(kind);
            let needed = if kind == "image_url" { "url" } else { "data" };
            match inner {
                Some(inner) => drop(inner.need_text(needed)),
                None if !form.has(kind) => form.missing(kind),
                None => {}
            }
            Some(Value::Object(form.fields().clone()))
        }
    }
}

/// A file that has its content is a document of its own; one that only has a name is named.
fn file(form: &Form<'_>, place: &str, said: &mut Said) -> Option<Value> {
    let Some(inner) = form.within("file") else {
        if !form.has("file") {
            form.missing("file");
        }
        return None;
    };
    let (name, id) = (inner.text("filename"), inner.text("file_id"));
    let path = inner.text("path");
    match inner.text("file_data").or(path.clone()) {
        Some(data) => {
            let field = if path.is_some() { "path" } else { "file_data" };
            said.files.push(FileItem {
                place: format!("{place}.file.{field}"),
                data: if path.is_some() { as_path(&data) } else { data },
                name,
                id,
            });
            None
        }
        None => {
            let mut named = Map::new();
            named.extend(name.map(|name| ("filename".to_owned(), name.into())));
            named.extend(id.map(|id| ("file_id".to_owned(), id.into())));
            (!named.is_empty()).then(|| json!({"type": "file", "file": named}))
        }
    }
}

/// A path, whatever it looks like: it is refused as one.
pub(super) fn as_path(path: &str) -> String {
    format!("file:{}", path.replace('\n', " "))
}

/// `{type: "text"}` or `{type: "file"}` in place of a message.
fn raw_item(form: &Form<'_>, place: &str, said: &mut Said) {
    match form.choice("type", &["text", "file"]) {
        Some("text") => {
            let text = form.need_text("text");
            said.push_text(&text);
        }
        Some(_) => {
            if let Some(part) = file(form, place, said) {
                said.messages
                    .push(json!({"role": "user", "content": [part]}));
            }
        }
        None => {}
    }
}
