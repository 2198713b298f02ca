//! What an endpoint understands of the protocol, learned from what it refuses.
//!
//! Servers agree on the core of the protocol only: some know no JSON schemas, newer models of OpenAI
//! call the longest length of an answer by another name and take no temperature.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// How JSON is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    /// The endpoint holds the model to the schema.
    Schema,
    /// The endpoint holds the model to JSON; the schema is in the prompt.
    Object,
    /// Only the prompt asks for it.
    Prompt,
}

/// The form of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) format: Format,
    /// The length of an answer is `max_completion_tokens`, not `max_tokens`.
    pub(super) completion_tokens: bool,
    pub(super) temperature: bool,
    /// `stream_options` asks for the usage at the end of a stream.
    pub(super) stream_options: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            format: Format::Schema,
            completion_tokens: false,
            temperature: true,
            stream_options: true,
        }
    }
}

impl Dialect {
    /// The next form to try after a request of this one was refused with these words; none if they
    /// are about something else. Each step gives something up, so there are five at most.
    fn after(mut self, complaint: &str) -> Option<Self> {
        let about = |words: &[&str]| words.iter().any(|w| complaint.contains(w));
        if !self.completion_tokens && about(&["max_completion_tokens"]) {
            self.completion_tokens = true;
        } else if self.stream_options && about(&["stream_options"]) {
            self.stream_options = false;
        } else if self.format != Format::Prompt
            && about(&[
                "response_format",
                "response format",
                "json_schema",
                "json schema",
                "json_object",
                "json mode",
                "grammar",
            ])
        {
            self.format = match self.format {
                Format::Schema => Format::Object,
                Format::Object | Format::Prompt => Format::Prompt,
            };
        } else if self.temperature && about(&["temperature"]) {
            self.temperature = false;
        } else {
            return None;
        }
        Some(self)
    }
}

/// The dialect that an endpoint is spoken to in.
#[derive(Debug, Default)]
pub(super) struct Spoken(Mutex<Dialect>);

impl Spoken {
    pub(super) fn now(&self) -> Dialect {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns from a refusal; whether there is another form to try.
    pub(super) fn learn(&self, sent: Dialect, refusal: &[u8]) -> bool {
        let mut spoken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *spoken != sent {
            // Another request learned something meanwhile.
            return true;
        }
        match sent.after(&complaint(refusal)) {
            Some(next) => {
                *spoken = next;
                true
            }
            None => false,
        }
    }
}

/// What an endpoint complains of, in lower case: the words of its error, not what it may repeat of
/// the request beside them.
fn complaint(body: &[u8]) -> String {
    let whole = || String::from_utf8_lossy(body).to_lowercase();
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return whole();
    };
    let error = body.get("error").unwrap_or(&body);
    let mut words = String::new();
    for word in [
        Some(error),
        error.get("param"),
        error.get("message"),
        error.get("detail"),
    ] {
        if let Some(word) = word.and_then(Value::as_str) {
            words.push_str(&word.to_lowercase());
            words.push(' ');
        }
    }
    if words.is_empty() { whole() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str) -> Vec<u8> {
        let body = serde_json::json!({"error": {"message": message, "param": null}});
        body.to_string().into_bytes()
    }

    #[test]
    fn each_refusal_gives_one_thing_up() {
        let spoken = Spoken::default();
        let complaints = [
            "Unsupported parameter: use 'max_completion_tokens' instead of 'max_tokens'",
            "response_format json_schema is not supported",
            "'response_format.type' must be 'text'",
            "temperature does not support 0.2",
            "unknown field `stream_options`",
        ];
        for complaint in complaints {
            let sent = spoken.now();
            assert!(spoken.learn(sent, &refusal(complaint)), "{complaint}");
            assert_ne!(spoken.now(), sent);
        }
        let all_given_up = Dialect {
            format: Format::Prompt,
            completion_tokens: true,
            temperature: false,
            stream_options: false,
        };
        assert_eq!(spoken.now(), all_given_up);
        for complaint in complaints {
            assert!(!spoken.learn(spoken.now(), &refusal(complaint)));
        }
        assert!(
            spoken.learn(Dialect::default(), b""),
            "older requests follow"
        );
    }

    #[test]
    fn other_refusals_teach_nothing() {
        let spoken = Spoken::default();
        let echo = serde_json::json!({
            "error": {"message": "context too long"}, "request": "the temperature in Lyon"
        });
        assert!(!spoken.learn(spoken.now(), echo.to_string().as_bytes()));
        assert!(!spoken.learn(spoken.now(), b"<html>"));
        assert!(spoken.learn(spoken.now(), b"{\"detail\": \"response_format: unknown\"}"));
        assert!(spoken.learn(spoken.now(), b"{\"error\": \"no json mode\"}"));
    }
}
