//! The messages of a request, in the OpenAI chat form, as drafts: one message, one memory; the tools
//! that a system message describes are one each beside it.
//!
//! Read of a message: `role` (may be left out where `name` is given: a person among persons),
//! `content`, `name`, `chat_time` (or `timestamp`, `created_at`), `session_id`, `message_id` (or
//! `id`), `tool_calls`, `function_call`, `tool_call_id`, `refusal`, `caption` (or `image_caption`,
//! `blip_caption`). Other fields are accepted and not kept. A message is never cut, however long:
//! evidence is verbatim. One of pictures, sounds and files alone says which: `[image] https://…`. The
//! ids of files are noted in the field `file_ids`.

use std::collections::BTreeSet;

use memos_core::{Code, Error, Info, Moment, Origin, Result, Role, SemanticType, Source, Turn};
use serde_json::{Map, Value};

use super::content::{Content, call, refuse};
use super::{Draft, chat_time, role, speaker, tool_schema};

/// The field that names the files that a memory is of.
const FILE_IDS: &str = "file_ids";

/// In bytes: an id, not a text.
const LONGEST_SESSION_ID: usize = 256;

/// What holds for every message of a request that does not say otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageDefaults {
    /// The session; without one, each message's date on its speaker's wall clock.
    pub session_id: Option<String>,
    /// When the dialogue took place.
    pub said_at: Option<Moment>,
    /// Labels for every message.
    pub tags: BTreeSet<String>,
    /// The caller's own fields, for every message.
    pub info: Info,
    /// When the request came.
    pub now: Moment,
}

impl MessageDefaults {
    /// Defaults that say nothing but the time.
    pub fn at(now: Moment) -> Self {
        Self {
            session_id: None,
            said_at: None,
            tags: BTreeSet::new(),
            info: Info::default(),
            now,
        }
    }
}

/// Reads the array at `/messages`, in order. A message without `chat_time` was said at the time of
/// the one before it, else at the request's, else now.
///
/// ```
/// use memos_api::reader::{MessageDefaults, read_messages};
/// let messages = serde_json::json!([
///     {"role": "user", "name": "Ada", "content": "I moved to Turin.", "chat_time": "2024-05-02T18:00:00+02:00"},
///     {"role": "assistant", "content": "How is the new flat?"},
/// ]);
/// let now = "2024-06-01".parse().unwrap();
/// let drafts = read_messages(&messages, &MessageDefaults::at(now)).unwrap();
/// assert_eq!(drafts[0].turn.speaker.as_deref(), Some("Ada"));
/// assert_eq!(drafts[1].turn.session_id, "2024-05-02");
/// ```
///
/// # Errors
/// [`Code::InvalidRequest`] or [`Code::InvalidTime`] at the field, as a JSON pointer such as
/// `/messages/3/chat_time`.
pub fn read_messages(messages: &Value, defaults: &MessageDefaults) -> Result<Vec<Draft>> {
    let Value::Array(messages) = messages else {
        return Err(refuse(messages, "/messages", "a list of messages").remedy(
            "messages is an array of objects such as {\"role\": \"user\", \"content\": \"…\"}",
        ));
    };
    if messages.is_empty() {
        return Err(
            Error::new(Code::InvalidRequest, "there is no message to remember")
                .at("/messages")
                .remedy("send at least one message"),
        );
    }
    let mut last = defaults.said_at;
    let mut drafts = messages
        .iter()
        .enumerate()
        .map(|(i, message)| {
            let at = format!("/messages/{i}");
            refuse_empty_name(message, &at)?;
            read_message(message, &at, &mut last, defaults)
        })
        .collect::<Result<Vec<_>>>()?;
    speaker::name_by_words(&mut drafts);
    Ok(drafts.into_iter().flat_map(tool_schema::apart).collect())
}

/// In a request an empty name is a slip of who sends it. In a document, which another program
/// wrote, it is no name.
fn refuse_empty_name(message: &Value, at: &str) -> Result<()> {
    match message.get("name").and_then(Value::as_str) {
        Some(name) if name.trim().is_empty() => {
            Err(Error::new(Code::InvalidRequest, "the name is empty")
                .at(format!("{at}/name"))
                .remedy("give the speaker's name, or leave it out"))
        }
        _ => Ok(()),
    }
}

/// Reads one message at the JSON pointer `at`; `last` is the time of the one before it.
pub(super) fn read_message(
    message: &Value,
    at: &str,
    last: &mut Option<Moment>,
    defaults: &MessageDefaults,
) -> Result<Draft> {
    let Value::Object(fields) = message else {
        return Err(refuse(message, at, "a message")
            .remedy("a message is an object such as {\"role\": \"user\", \"content\": \"…\"}"));
    };
    let fields = Fields { fields, at };
    let speaker = fields.text(&["name"])?;
    let role = fields.role(speaker.as_deref())?;
    let mut content = Content::default();
    if let Some(value) = fields.first(&["content"]) {
        content.read(value.1, &format!("{at}/content"))?;
    }
    content.texts.extend(fields.text(&["refusal"])?);
    let caption = fields.text(&["caption", "image_caption", "blip_caption"])?;
    content.captions.extend(caption);
    fields.tool_calls(&mut content.calls)?;
    for (kind, keys) in [
        ("message", &["message_id", "id"][..]),
        ("tool_call", &["tool_call_id"][..]),
    ] {
        let reference = fields.text(keys)?;
        content.sources.extend(reference.map(|reference| Source {
            kind: kind.to_owned(),
            reference,
            locator: None,
        }));
    }
    if let Some((key, value)) = fields.first(&["chat_time", "timestamp", "created_at"]) {
        *last = Some(chat_time(value, &format!("{at}/{key}"))?);
    }
    let session_id = fields
        .session_id()?
        .or_else(|| defaults.session_id.clone())
        .unwrap_or_else(|| last.unwrap_or(defaults.now).date().to_string());
    let used_a_tool = !content.calls.is_empty() || role == Some(Role::Tool);
    content.texts.append(&mut content.calls);
    content.name_what_has_no_words();
    let mut info = defaults.info.clone();
    if !content.file_ids.is_empty() {
        // Where documents note their file's, so that a file is deleted by its id however it came.
        info.0.insert(FILE_IDS.to_owned(), content.file_ids.into());
    }
    let draft = Draft {
        caption: (!content.captions.is_empty()).then(|| content.captions.join("; ")),
        turn: Turn {
            session_id,
            speaker,
            role,
        },
        said_at: *last,
        semantic_type: match role {
            _ if used_a_tool => SemanticType::ToolTrajectory,
            Some(Role::System) => SemanticType::TaskPrompt,
            _ => SemanticType::Message,
        },
        origin: match role {
            Some(Role::Tool) => Origin::Retrieval,
            _ => Origin::UserInput,
        },
        key: None,
        tags: defaults.tags.clone(),
        info,
        text: content.texts.join("\n"),
        sources: content.sources,
    };
    fields.refuse_if_empty(&draft)?;
    Ok(draft)
}

/// The fields of one message, and where it stands.
struct Fields<'a> {
    fields: &'a Map<String, Value>,
    at: &'a str,
}

impl<'a> Fields<'a> {
    /// The first of these fields that is there and not null.
    fn first(&self, keys: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        keys.iter()
            .find_map(|key| Some((*key, self.fields.get(*key).filter(|v| !v.is_null())?)))
    }

    /// The text of the first of these fields, if it is not blank. Numbers count, as ids often are.
    fn text(&self, keys: &[&'static str]) -> Result<Option<String>> {
        match self.first(keys) {
            None => Ok(None),
            Some((_, Value::String(text))) => Ok((!text.trim().is_empty()).then(|| text.clone())),
            Some((_, Value::Number(number))) => Ok(Some(number.to_string())),
            Some((key, other)) => {
                let article = if key.starts_with('i') { "an" } else { "a" };
                Err(refuse(
                    other,
                    &format!("{}/{key}", self.at),
                    &format!("{article} {key}"),
                )
                .remedy(format!("{key} is a string, or leave it out")))
            }
        }
    }

    fn session_id(&self) -> Result<Option<String>> {
        match self.text(&["session_id"])? {
            Some(id) if id.len() > LONGEST_SESSION_ID => Err(Error::new(
                Code::InvalidRequest,
                format!("this session id has {} bytes", id.len()),
            )
            .at(format!("{}/session_id", self.at))
            .remedy(format!("use at most {LONGEST_SESSION_ID} bytes"))),
            id => Ok(id),
        }
    }

    fn role(&self, speaker: Option<&str>) -> Result<Option<Role>> {
        let at = || format!("{}/role", self.at);
        let listed = format!("role is {}", role::NAMES);
        match (self.first(&["role"]), speaker) {
            (Some((_, Value::String(name))), _) => match role::named(name) {
                Some(role) => Ok(Some(role)),
                None => Err(
                    Error::new(Code::InvalidRequest, format!("{name:?} is not a role"))
                        .at(at())
                        .remedy(format!("{listed}; a person's name goes into name")),
                ),
            },
            (Some((_, other)), _) => Err(refuse(other, &at(), "a role").remedy(listed)),
            (None, Some(name)) => Ok(role::of_speaker(name)),
            (None, None) => Err(Error::new(
                Code::InvalidRequest,
                "this message says neither its role nor the name of its speaker",
            )
            .at(at())
            .remedy(listed)),
        }
    }

    fn tool_calls(&self, calls: &mut Vec<String>) -> Result<()> {
        if let Some((_, list)) = self.first(&["tool_calls"]) {
            let at = format!("{}/tool_calls", self.at);
            let Value::Array(list) = list else {
                return Err(refuse(list, &at, "a list of tool calls")
                    .remedy("tool_calls is an array, as the chat API returns it"));
            };
            for (i, made) in list.iter().enumerate() {
                let function = made.get("function").or_else(|| made.get("custom"));
                calls.push(named_call(
                    function.unwrap_or(made),
                    &format!("{at}/{i}/function"),
                )?);
            }
        }
        if let Some((_, made)) = self.first(&["function_call"]) {
            calls.push(named_call(made, &format!("{}/function_call", self.at))?);
        }
        Ok(())
    }

    fn refuse_if_empty(&self, draft: &Draft) -> Result<()> {
        let says = !draft.text.trim().is_empty()
            || draft.caption.is_some()
            || draft
                .sources
                .iter()
                .any(|s| s.kind != "message" && s.kind != "tool_call");
        if says {
            return Ok(());
        }
        Err(Error::new(
            Code::InvalidRequest,
            "this message is empty: it has no text, no picture, no file and no tool call",
        )
        .at(format!("{}/content", self.at))
        .remedy("give it content, or leave the message out"))
    }
}

fn named_call(function: &Value, at: &str) -> Result<String> {
    let arguments = function.get("arguments").or_else(|| function.get("input"));
    match function.get("name") {
        Some(Value::String(name)) => Ok(call(name, arguments)),
        other => Err(refuse(
            other.unwrap_or(&Value::Null),
            &format!("{at}/name"),
            "the name of a function",
        )
        .remedy("a tool call names its function: {\"function\": {\"name\": \"…\", \"arguments\": \"…\"}}")),
    }
}

#[cfg(test)]
mod tests;
