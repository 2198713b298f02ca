//! Chat logs: one JSON message, or one object with `messages`, in each line. A file that is one
//! JSON value over many lines is read as well.

use memos_core::{Code, Error, Moment, Result};
use serde_json::Value;

use super::super::message::read_message;
use super::super::{MessageDefaults, chat_time};
use super::{DocumentInput, Draft, Format, not_json};

/// The messages of a log, in order.
pub(super) fn read(input: &DocumentInput<'_>) -> Result<Vec<Draft>> {
    let mut log = Log {
        title: input.title(),
        defaults: input.message_defaults(),
        last: input.said_at,
        drafts: Vec::new(),
    };
    let first = input.text.trim_start().lines().next().unwrap_or_default();
    if serde_json::from_str::<serde::de::IgnoredAny>(first).is_err() && is_one_value(input.text) {
        let whole = serde_json::from_str(input.text).map_err(|e| not_json(e, Format::ChatJsonl))?;
        log.value(&whole, "")?;
        return Ok(log.drafts);
    }
    for (i, line) in input.text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let place = format!("line {}", i + 1);
        let value = serde_json::from_str(line).map_err(|error| {
            Error::new(
                Code::InvalidDocument,
                format!("{place} is not JSON: {error}"),
            )
            .remedy("each line of a JSONL chat is one JSON object, such as {\"role\": \"user\", \"content\": \"…\"}")
            .caused_by(error)
        })?;
        log.value(&value, &place)?;
    }
    Ok(log.drafts)
}

/// Whether a text whose first line is not JSON may still be JSON: a value over many lines.
fn is_one_value(text: &str) -> bool {
    let first = text.trim_start().lines().next().unwrap_or_default();
    matches!(first.trim(), "[" | "{" | "[{")
        || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

struct Log {
    title: String,
    defaults: MessageDefaults,
    /// The time of the message before.
    last: Option<Moment>,
    drafts: Vec<Draft>,
}

impl Log {
    /// A line, or a whole file: a message, an object with messages, or a list of either.
    fn value(&mut self, value: &Value, place: &str) -> Result<()> {
        match value {
            Value::Array(values) => values.iter().enumerate().try_for_each(|(i, value)| {
                let place = match place {
                    "" => format!("message {}", i + 1),
                    line => format!("{line}, message {}", i + 1),
                };
                self.value(value, &place)
            }),
            Value::Object(fields) => match fields.get("messages") {
                Some(Value::Array(messages)) => self.conversation(value, messages, place),
                _ => self.message(value, place, "", None),
            },
            other => self.message(other, place, "", None),
        }
    }

    fn conversation(&mut self, line: &Value, messages: &[Value], place: &str) -> Result<()> {
        let named = ["session_id", "conversation_id", "id"]
            .iter()
            .find_map(|key| match line.get(*key)? {
                Value::String(name) if !name.trim().is_empty() => Some(name.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
        let session = named
            .or_else(|| self.defaults.session_id.clone())
            .unwrap_or_else(|| match place {
                "" => self.title.clone(),
                place => format!("{}, {place}", self.title),
            });
        self.last = match line.get("chat_time").filter(|v| !v.is_null()) {
            Some(value) => {
                Some(chat_time(value, "/chat_time").map_err(|e| in_document(&e, place))?)
            }
            None => self.defaults.said_at,
        };
        messages.iter().enumerate().try_for_each(|(i, message)| {
            self.message(message, place, &format!("/messages/{i}"), Some(&session))
        })
    }

    fn message(
        &mut self,
        value: &Value,
        place: &str,
        at: &str,
        session: Option<&str>,
    ) -> Result<()> {
        let mut draft = read_message(value, at, &mut self.last, &self.defaults)
            .map_err(|e| in_document(&e, place))?;
        let own = value.get("session_id").is_some_and(Value::is_string);
        match session {
            Some(session) if !own => session.clone_into(&mut draft.turn.session_id),
            // A log without times is one sitting, not a day.
            None if !own && self.defaults.session_id.is_none() && draft.said_at.is_none() => {
                self.title.clone_into(&mut draft.turn.session_id);
            }
            _ => {}
        }
        self.drafts.push(draft);
        Ok(())
    }
}

/// The error of a message, with its place in the document.
fn in_document(error: &Error, place: &str) -> Error {
    let place = match (place, error.field().unwrap_or_default()) {
        ("", "") => "the document".to_owned(),
        ("", field) => field.to_owned(),
        (place, "") => place.to_owned(),
        (place, field) => format!("{place}, {field}"),
    };
    Error::new(
        Code::InvalidDocument,
        format!("{place}: {}", error.message()),
    )
    .remedy(error.remedy_text().unwrap_or("mend that message"))
}

#[cfg(test)]
mod tests {
    use memos_core::Role;

    use super::*;

    fn input(text: &str) -> DocumentInput<'_> {
        DocumentInput {
            name: Some("log.jsonl".into()),
            format: Some(Format::ChatJsonl),
            ..DocumentInput::new(text, "2025-06-01".parse().unwrap())
        }
    }

    fn sessions(text: &str) -> Vec<(String, String)> {
        read(&input(text))
            .unwrap()
            .into_iter()
            .map(|d| (d.turn.session_id, d.text))
            .collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn lines_are_messages() {
        let text = concat!(
            "{\"role\":\"user\",\"content\":\"a\"}\r\n\n",
            "{\"role\":\"assistant\",\"content\":\"b\",\"chat_time\":\"2024-05-02T10:00:00Z\"}\n",
            "{\"role\":\"user\",\"content\":\"c\"}\n",
            "{\"role\":\"user\",\"content\":\"d\",\"session_id\":\"s9\"}",
        );
        assert_eq!(
            sessions(text),
            pairs(&[
                ("log.jsonl", "a"),
                ("2024-05-02", "b"),
                ("2024-05-02", "c"),
                ("s9", "d")
            ])
        );
        let drafts = read(&input(text)).unwrap();
        assert_eq!(drafts[1].turn.role, Some(Role::Assistant));
        assert_eq!(drafts[2].said_at, drafts[1].said_at);
    }

    #[test]
    fn lines_may_hold_conversations() {
        let text = concat!(
            r#"{"messages":[{"role":"user","content":"a"}],"id":"talk-1","chat_time":1714644000}"#,
            "\n",
            r#"{"messages":[{"role":"user","content":"b"},{"role":"assistant","content":"c"}]}"#,
        );
        assert_eq!(
            sessions(text),
            pairs(&[
                ("talk-1", "a"),
                ("log.jsonl, line 2", "b"),
                ("log.jsonl, line 2", "c")
            ])
        );
        let drafts = read(&input(text)).unwrap();
        assert!(drafts[0].said_at.is_some());
        assert_eq!(
            drafts[1].said_at, None,
            "one talk's time is not the next one's"
        );
    }

    #[test]
    fn one_value_over_many_lines_is_read() {
        let text = "[\n  {\"role\": \"user\",\n   \"content\": \"a\"},\n  {\"role\": \"user\", \"content\": \"b\"}\n]\n";
        assert_eq!(sessions(text).len(), 2);
        let text = "{\n \"messages\": [{\"role\": \"user\", \"content\": \"a\"}]\n}";
        assert_eq!(sessions(text), pairs(&[("log.jsonl", "a")]));
    }

    #[test]
    fn errors_name_the_line() {
        let good = "{\"role\":\"user\",\"content\":\"a\"}";
        for (text, expected) in [
            (format!("{good}\n\n{{\"role\":"), "line 3 is not JSON"),
            (format!("{good}\n5"), "line 2: 5 is not a message"),
            (
                format!("{good}\n{{\"role\":\"user\",\"content\":\"a\",\"chat_time\":\"then\"}}"),
                "line 2, /chat_time: \"then\" is not a time",
            ),
            (
                "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}".to_owned(),
                "line 1, /messages/0/content: this message is empty",
            ),
            ("{\"role\": nonsense}".to_owned(), "line 1 is not JSON"),
        ] {
            let error = read(&input(&text)).unwrap_err();
            assert_eq!(error.code(), Code::InvalidDocument);
            assert!(error.message().starts_with(expected), "{error}");
            assert!(error.remedy_text().is_some());
        }
    }
}
