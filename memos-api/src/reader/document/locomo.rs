//! Dialogues in the form of the LoCoMo benchmark (Maharana et al., arXiv 2402.17753): a list of
//! samples, each a conversation of numbered sessions between two people, with questions whose
//! evidence is known.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use memos_core::{Code, Error, Info, Moment, Origin, Result, SemanticType, Source, Turn};
use serde_json::{Map, Value};

use super::super::content::shown;
use super::super::{chat_time, role};
use super::{DocumentInput, Draft, Format, not_json};

/// One dialogue and the questions about it.
#[derive(Clone, Debug, PartialEq)]
pub struct LocomoSample {
    /// Its name; its number from 1 if it has none.
    pub sample_id: String,
    /// Who speaks, in order of first appearance.
    pub speakers: Vec<String>,
    /// Its turns, in order. Each names its dialogue id as a source of kind `message`.
    pub turns: Vec<Draft>,
    /// What is asked about it.
    pub questions: Vec<Question>,
}

/// A question about a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The words.
    pub question: String,
    /// The answer, if it has one; numbers as text.
    pub answer: Option<String>,
    /// Dialogue ids of the turns that hold the answer: only ids that the dialogue has, each once.
    pub evidence: Vec<String>,
    /// Its category; numbers as text.
    pub category: String,
}

/// Reads a list of samples, or a single one.
///
/// # Errors
/// [`Code::InvalidDocument`], with the place as a JSON pointer in the message.
pub fn samples(text: &str) -> Result<Vec<LocomoSample>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = serde_json::from_str(text).map_err(|e| not_json(e, Format::Locomo))?;
    match &root {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, value)| sample(value, &format!("/{i}"), i + 1))
            .collect(),
        value => Ok(vec![sample(value, "", 1)?]),
    }
}

/// All turns of all samples. Sessions of several samples are told apart by the sample's name.
pub(super) fn read(input: &DocumentInput<'_>) -> Result<Vec<Draft>> {
    let samples = samples(input.text)?;
    let several = samples.len() > 1;
    let mut drafts = Vec::new();
    for sample in samples {
        for mut turn in sample.turns {
            if several {
                turn.turn.session_id = format!("{}/{}", sample.sample_id, turn.turn.session_id);
            }
            turn.said_at = turn.said_at.or(input.said_at);
            turn.tags.clone_from(&input.tags);
            turn.info.clone_from(&input.info);
            drafts.push(turn);
        }
    }
    Ok(drafts)
}

fn sample(value: &Value, at: &str, number: usize) -> Result<LocomoSample> {
    let fields = object(value, at)?;
    let (conversation, inside) = match fields.get("conversation") {
        Some(inner) => (
            object(inner, &format!("{at}/conversation"))?,
            "/conversation",
        ),
        None => (fields, ""),
    };
    let at_conversation = format!("{at}{inside}");
    let sessions: BTreeMap<u32, &String> = conversation
        .iter()
        .filter(|(_, turns)| turns.is_array())
        .filter_map(|(key, _)| Some((key.strip_prefix("session_")?.parse().ok()?, key)))
        .collect();
    if sessions.is_empty() {
        return Err(
            invalid(&at_conversation, "there is no session in it").remedy(
                "a conversation holds its turns as arrays called session_1, session_2 and so on",
            ),
        );
    }
    let mut turns = Vec::new();
    let mut speakers = Vec::new();
    for key in sessions.values() {
        let session = Session {
            id: key,
            said_at: session_time(conversation, key, &at_conversation)?,
        };
        for (i, value) in conversation[*key]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let at = format!("{at_conversation}/{key}/{i}");
            let Some(draft) = session.turn(object(value, &at)?, &at)? else {
                continue;
            };
            if let Some(speaker) = draft
                .turn
                .speaker
                .as_ref()
                .filter(|s| !speakers.contains(*s))
            {
                speakers.push(speaker.clone());
            }
            turns.push(draft);
        }
    }
    let known = DialogueIds::of(&turns);
    let questions = match fields.get("qa") {
        Some(Value::Array(list)) => list
            .iter()
            .enumerate()
            .map(|(i, value)| question(value, &format!("{at}/qa/{i}"), &known))
            .collect::<Result<_>>()?,
        _ => Vec::new(),
    };
    Ok(LocomoSample {
        sample_id: fields
            .get("sample_id")
            .and_then(plain)
            .unwrap_or_else(|| number.to_string()),
        speakers,
        turns,
        questions,
    })
}

fn session_time(
    conversation: &Map<String, Value>,
    session: &str,
    at: &str,
) -> Result<Option<Moment>> {
    let key = format!("{session}_date_time");
    match conversation.get(&key).filter(|v| !v.is_null()) {
        None => Ok(None),
        Some(value) => chat_time(value, &key).map(Some).map_err(|error| {
            invalid(&format!("{at}/{key}"), error.message())
                .remedy(error.remedy_text().unwrap_or_default())
        }),
    }
}

struct Session<'a> {
    id: &'a str,
    said_at: Option<Moment>,
}

impl Session<'_> {
    /// One turn; none if it is blank and shows nothing, since there is nothing to remember.
    fn turn(&self, fields: &Map<String, Value>, at: &str) -> Result<Option<Draft>> {
        let text = |key: &str| match fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(invalid(
                &format!("{at}/{key}"),
                &format!("{} is not a text", shown(other)),
            )
            .remedy(format!("{key} is a string"))),
        };
        let speaker = text("speaker")?;
        let words = text("text")?.unwrap_or_default();
        let caption = text("blip_caption")?.filter(|c| !c.trim().is_empty());
        if words.trim().is_empty() && caption.is_none() {
            return Ok(None);
        }
        let source = |kind: &str, reference: String| Source {
            kind: kind.to_owned(),
            reference,
            locator: None,
        };
        let dialogue_id = fields.get("dia_id").and_then(plain);
        let pictures = match fields.get("img_url") {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let named_role = fields.get("role").and_then(Value::as_str);
        Ok(Some(Draft {
            text: words,
            caption,
            turn: Turn {
                session_id: self.id.to_owned(),
                role: named_role
                    .and_then(role::named)
                    .or_else(|| role::of_speaker(speaker.as_deref()?)),
                speaker,
            },
            said_at: self.said_at,
            semantic_type: SemanticType::Message,
            origin: Origin::UserInput,
            key: None,
            sources: dialogue_id
                .map(|id| source("message", id))
                .into_iter()
                .chain(
                    pictures
                        .iter()
                        .filter_map(|url| Some(source("url", url.as_str()?.to_owned()))),
                )
                .collect(),
            tags: BTreeSet::new(),
            info: Info::default(),
        }))
    }
}

fn question(value: &Value, at: &str, known: &DialogueIds) -> Result<Question> {
    let fields = object(value, at)?;
    let Some(question) = fields.get("question").and_then(Value::as_str) else {
        return Err(invalid(&format!("{at}/question"), "there is no question")
            .remedy("each object of qa has a question"));
    };
    let evidence = match fields.get("evidence") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    Ok(Question {
        question: question.to_owned(),
        answer: fields.get("answer").and_then(plain),
        evidence: known.named_in(evidence.iter().filter_map(Value::as_str)),
        category: fields
            .get("category")
            .and_then(plain)
            .unwrap_or_else(|| "none".to_owned()),
    })
}

/// The dialogue ids of a sample, found also where evidence spells them otherwise.
struct DialogueIds {
    /// The id as the dialogue spells it, by itself and by its numbers.
    exact: BTreeSet<String>,
    by_numbers: HashMap<(u32, u32), String>,
}

impl DialogueIds {
    fn of(turns: &[Draft]) -> Self {
        let exact: BTreeSet<String> = turns
            .iter()
            .flat_map(|t| &t.sources)
            .filter(|s| s.kind == "message")
            .map(|s| s.reference.clone())
            .collect();
        let by_numbers = exact
            .iter()
            .filter_map(|id| Some((numbers(id)?, id.clone())))
            .collect();
        Self { exact, by_numbers }
    }

    /// The known ids in these texts, in order: `D1:3`, `D1:3; D1:5`, `D8:6 D9:17`, `D:11:26`,
    /// `D30:05` and `(D4:3)` are all read; what names no turn is dropped.
    fn named_in<'a>(&self, evidence: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut add = |id: &String| {
            if !found.contains(id) {
                found.push(id.clone());
            }
        };
        for text in evidence {
            if let Some(id) = self.exact.get(text.trim()) {
                add(id);
                continue;
            }
            for token in text.split(|c: char| c.is_whitespace() || ";,、；，".contains(c)) {
                let token = token.trim_matches(|c: char| !c.is_alphanumeric());
                let id = self.exact.get(token);
                let id = id.or_else(|| self.by_numbers.get(&numbers(token)?));
                if let Some(id) = id {
                    add(id);
                }
            }
        }
        found
    }
}

/// Session and turn of an id such as `D3:12`.
fn numbers(id: &str) -> Option<(u32, u32)> {
    let rest = id.strip_prefix(['D', 'd'])?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let (session, turn) = rest.split_once(':')?;
    Some((session.parse().ok()?, turn.parse().ok()?))
}

/// A scalar as text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| {
        invalid(at, &format!("{} is not an object", shown(value)))
            .remedy("a LoCoMo file is a list of samples, each with its conversation")
    })
}

fn invalid(at: &str, why: &str) -> Error {
    let place = if at.is_empty() { "the document" } else { at };
    Error::new(Code::InvalidDocument, format!("{place}: {why}"))
}

#[cfg(test)]
mod tests {
    use memos_core::Role;
    use serde_json::json;

    use super::*;

    fn small() -> Value {
        json!({
            "sample_id": "garden",
            "conversation": {
                "speaker_a": "Ines", "speaker_b": "Tom",
                "session_2_date_time": "9:05 am on 3 June, 2024",
                "session_2": [{"speaker": "Tom", "dia_id": "D2:1", "text": "The beans are up."}],
                "session_10": [{"speaker": "Ines", "dia_id": "D10:01", "text": "Harvest!"}],
                "session_1_date_time": "4:07 pm on 8 May, 2024",
                "session_1": [
                    {"speaker": "Ines", "dia_id": "D1:1", "text": "I planted beans.", "img_url": ["https://example.org/b.jpg"], "blip_caption": "a row of pots"},
                    {"speaker": "Tom", "dia_id": "D1:2", "text": ""},
                    {"speaker": "Tom", "dia_id": "D1:3", "text": "Nice."},
                ],
                "session_3_date_time": "never",
            },
            "qa": [
                {"question": "How many?", "answer": 3, "evidence": ["D1:1; D1:3", "D:2:1", "D10:1", "D1:1", "D7:7", "x"], "category": 1},
                {"question": "Who?", "evidence": "(D1:3)", "category": "people"},
            ],
        })
    }

    #[test]
    fn turns_come_in_the_order_of_the_sessions() {
        let found = samples(&small().to_string()).unwrap();
        assert_eq!(found.len(), 1);
        let sample = &found[0];
        assert_eq!(sample.sample_id, "garden");
        assert_eq!(sample.speakers, ["Ines", "Tom"]);
        let sessions: Vec<_> = sample
            .turns
            .iter()
            .map(|t| t.turn.session_id.as_str())
            .collect();
        assert_eq!(
            sessions,
            ["session_1", "session_1", "session_2", "session_10"]
        );
        let first = &sample.turns[0];
        assert_eq!(first.caption.as_deref(), Some("a row of pots"));
        assert_eq!(first.sources[0].kind, "message");
        assert_eq!(first.sources[0].reference, "D1:1");
        assert_eq!(first.sources[1].reference, "https://example.org/b.jpg");
        assert_eq!(first.said_at.unwrap().to_string(), "2024-05-08T16:07:00Z");
        assert_eq!(first.turn.role, None);
        assert_eq!(sample.turns[3].said_at, None);
    }

    #[test]
    fn messy_evidence_finds_its_turns() {
        let sample = &samples(&small().to_string()).unwrap()[0];
        let question = &sample.questions[0];
        assert_eq!(question.evidence, ["D1:1", "D1:3", "D2:1", "D10:01"]);
        assert_eq!(question.answer.as_deref(), Some("3"));
        assert_eq!(question.category, "1");
        assert_eq!(sample.questions[1].evidence, ["D1:3"]);
        assert_eq!(sample.questions[1].answer, None);
    }

    #[test]
    fn roles_come_from_the_field_or_the_name() {
        let text = json!([{"session_1": [
            {"speaker": "User", "text": "a"},
            {"speaker": "bot", "text": "b"},
            {"speaker": "Ada", "role": "assistant", "text": "c"},
        ]}])
        .to_string();
        let sample = &samples(&text).unwrap()[0];
        let roles: Vec<_> = sample.turns.iter().map(|t| t.turn.role).collect();
        assert_eq!(
            roles,
            [
                Some(Role::User),
                Some(Role::Assistant),
                Some(Role::Assistant)
            ]
        );
        assert_eq!(sample.sample_id, "1");
    }

    #[test]
    fn several_samples_keep_their_sessions_apart() {
        let text = json!([small(), small()]).to_string();
        let mut input = DocumentInput::new(&text, "2025-06-01".parse().unwrap());
        input.tags.insert("bench".into());
        let drafts = read(&input).unwrap();
        assert_eq!(drafts[0].turn.session_id, "garden/session_1");
        assert!(drafts.iter().all(|d| d.tags.contains("bench")));
    }

    #[test]
    fn refusals_name_the_place() {
        let mut bad_time = small();
        bad_time["conversation"]["session_1_date_time"] = json!("whenever");
        let mut bad_text = small();
        bad_text["conversation"]["session_1"][2]["text"] = json!(5);
        for (value, expected) in [
            (
                json!([{"conversation": {}}]),
                "/0/conversation: there is no session",
            ),
            (json!([5]), "/0: 5 is not an object"),
            (
                json!({"session_1": [5]}),
                "/session_1/0: 5 is not an object",
            ),
            (
                bad_time,
                "/conversation/session_1_date_time: \"whenever\" is not a time",
            ),
            (bad_text, "/conversation/session_1/2/text: 5 is not a text"),
        ] {
            let error = samples(&value.to_string()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidDocument);
            assert!(error.message().starts_with(expected), "{error}");
            assert!(error.remedy_text().is_some(), "{error}");
        }
        let error = samples("[{]").unwrap_err();
        assert!(error.message().contains("line 1"), "{error}");
    }
}
