//! Turns to memories: what the model is asked, and what of its answer is taken.

use memos_core::{Memory, Moment, Prompt, SemanticType, Timestamp, Validity};
use serde::Deserialize;
use serde_json::{Value, json};

use super::PromptName;
use super::shown::Shown;
use crate::prompting::{Language, list, on_one_line};

/// Most items that are taken from one reply.
pub(super) const MAX_ITEMS: usize = 64;
/// Longest text of an item, in characters: it is a sentence, not an essay.
pub(super) const MAX_TEXT: usize = 500;
/// Longest name of what an item is about, in characters.
const MAX_SUBJECT: usize = 80;

/// Kinds of items, as the model names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Something that is so.
    Fact,
    /// What someone likes or wants.
    Preference,
    /// Something that happened or will.
    Event,
    /// Who someone is.
    Profile,
    /// How a tool was used.
    Tool,
    /// How to do something.
    Skill,
}

impl Kind {
    /// What it is among memories.
    pub(super) const fn semantic_type(self) -> SemanticType {
        match self {
            Self::Fact => SemanticType::Fact,
            Self::Preference => SemanticType::Preference,
            Self::Event => SemanticType::Event,
            Self::Profile => SemanticType::Profile,
            Self::Tool => SemanticType::ToolTrajectory,
            Self::Skill => SemanticType::Skill,
        }
    }
}

/// The prompt for turns of one owner.
pub(super) fn prompt(turns: &[Memory]) -> Option<Prompt> {
    let owner = &turns.first()?.header.governance.owner;
    let texts = turns.iter().filter_map(|t| t.payload.plaintext());
    let language = Language::of(texts.map(|plain| plain.text.as_str()));
    let data = list(&Shown::numbered(turns));
    let file = PromptName::Facts.file();
    Some(file.about(language, owner, &data, schema()))
}

/// Every property is required and none other allowed, as strict endpoints want it; what may be
/// absent is null.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"items": {"type": "array", "items": {
            "type": "object",
            "properties": {
                "kind": {
                    "type": "string",
                    "enum": ["fact", "preference", "event", "profile", "tool", "skill"],
                },
                "text": {"type": "string"},
                "subject": {"type": "string"},
                "sources": {"type": "array", "items": {"type": "integer"}},
                "valid_from": {"type": ["string", "null"]},
                "valid_until": {"type": ["string", "null"]},
                "explicit": {"type": ["boolean", "null"]},
                "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "required": [
                "kind", "text", "subject", "sources", "valid_from", "valid_until", "explicit",
                "confidence",
            ],
            "additionalProperties": false,
        }}},
        "required": ["items"],
        "additionalProperties": false,
    })
}

/// An item as the model gave it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) text: String,
    #[serde(default)]
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) sources: Vec<i64>,
    #[serde(default)]
    valid_from: Option<String>,
    #[serde(default)]
    valid_until: Option<String>,
    #[serde(default)]
    pub(super) explicit: Option<bool>,
    #[serde(default)]
    pub(super) confidence: Option<f64>,
}

impl Item {
    /// Reads one item; none if it is malformed, empty or too long.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let mut item = Self::deserialize(value).ok()?;
        item.text = on_one_line(&item.text);
        let length = item.text.chars().count();
        item.subject = item
            .subject
            .map(|subject| on_one_line(&subject))
            .filter(|subject| (1..=MAX_SUBJECT).contains(&subject.chars().count()));
        (1..=MAX_TEXT).contains(&length).then_some(item)
    }

    /// Since when and until when it holds, on the wall clock of its source. Times that can't be
    /// read or end before they begin are left out.
    pub(super) fn validity(&self, said_at: Moment) -> Validity {
        let read = |text: &Option<String>| instant(text.as_deref()?, said_at);
        let from = read(&self.valid_from);
        let until = read(&self.valid_until).filter(|until| from.is_none_or(|from| from < *until));
        Validity { from, until }
    }
}

/// The items of a reply that is one; what is no list holds none.
pub(super) fn items(reply: &Value) -> &[Value] {
    reply["items"].as_array().map_or(&[], Vec::as_slice)
}

/// `2024`, `2024-05` and `2024-05-01` begin on the speaker's wall clock; what has a time and an
/// offset says itself when it is.
fn instant(text: &str, said_at: Moment) -> Option<Timestamp> {
    let text = text.trim();
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let local = match text.len() {
        4 if digits => format!("{text}-01-01T00:00:00"),
        7 if digits => format!("{text}-01T00:00:00"),
        10 if digits => format!("{text}T00:00:00"),
        _ => text.to_owned(),
    };
    let offset = said_at.offset_minutes();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.unsigned_abs() / 60, offset.unsigned_abs() % 60);
    let with_offset = format!("{local}{sign}{hours:02}:{minutes:02}");
    let moment: Moment = with_offset.parse().or_else(|_| local.parse()).ok()?;
    Some(moment.at())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_speakers_clock() {
        let said_at: Moment = "2024-05-06T09:00:00+08:00".parse().unwrap();
        for (text, at) in [
            ("2024-05-01", "2024-04-30T16:00:00Z"),
            ("2024-05", "2024-04-30T16:00:00Z"),
            (" 2023 ", "2022-12-31T16:00:00Z"),
            ("2024-05-01T10:30:00", "2024-05-01T02:30:00Z"),
            ("2024-05-01T10:30", "2024-05-01T02:30:00Z"),
            ("2024-05-01T10:30:00Z", "2024-05-01T10:30:00Z"),
            ("2024-05-01T10:30:00-05:00", "2024-05-01T15:30:00Z"),
        ] {
            let read = instant(text, said_at).map(|at| at.to_string());
            assert_eq!(read.as_deref(), Some(at), "{text}");
        }
        for bad in ["", "soon", "2024-13-01", "20240501000", "null"] {
            assert_eq!(instant(bad, said_at), None, "{bad}");
        }
        let west: Moment = "2024-05-06T09:00:00-03:30".parse().unwrap();
        let day = instant("2024-05-01", west).unwrap();
        assert_eq!(day.to_string(), "2024-05-01T03:30:00Z");
    }

    #[test]
    fn items_are_read_one_by_one() {
        let read = |value: Value| Item::read(&value);
        let item = read(json!({
            "kind": "event", "text": " Ana\n flew\u{7} home ", "subject": " ", "sources": [1],
            "valid_from": "2024-05-02", "valid_until": "2024-05-01", "extra": 1,
        }))
        .unwrap();
        assert_eq!(
            (item.text.as_str(), item.subject.as_ref()),
            ("Ana flew home", None)
        );
        let validity = item.validity("2024-05-06".parse().unwrap());
        assert!(validity.from.is_some() && validity.until.is_none());
        for bad in [
            json!("text"),
            json!({"kind": "secret", "text": "a"}),
            json!({"kind": "fact", "text": " \n"}),
            json!({"kind": "fact", "text": "x".repeat(MAX_TEXT + 1)}),
            json!({"kind": "fact", "text": "a", "sources": ["1"]}),
        ] {
            assert!(read(bad.clone()).is_none(), "{bad}");
        }
        assert!(items(&json!({"items": 1})).is_empty() && items(&json!([])).is_empty());
    }
}
