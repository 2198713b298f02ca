//! A question split into simpler ones, and what was found for it weighed.

use memos_core::{Memory, MemoryId, Moment, Prompt, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::facts::on_one_line;
use super::fence::{self, Shown};
use super::{Language, PromptName};

/// Most questions that one is split into.
const MAX_QUESTIONS: usize = 4;
/// Most questions that may be asked next.
const MAX_MISSING: usize = 3;
/// Longest question, in characters.
const MAX_QUESTION: usize = 300;

/// Whether memories are enough to answer a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// They answer it in full.
    pub enough: bool,
    /// Those that the answer needs, the most important first.
    pub used: Vec<MemoryId>,
    /// What to ask next, if they are not enough.
    pub missing: Vec<String>,
}

#[derive(Serialize)]
struct Asked<'a> {
    at: String,
    day: String,
    question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    memories: Option<Vec<Shown<'a>>>,
}

impl<'a> Asked<'a> {
    fn new(question: &str, at: Moment, found: Option<&'a [Memory]>) -> Self {
        Self {
            at: fence::clock(at),
            day: fence::day(at),
            question: fence::clipped(question),
            memories: found.map(Shown::numbered),
        }
    }
}

/// The prompt that splits a question.
pub(super) fn decompose_prompt(tenant: &UserId, question: &str, at: Moment) -> Prompt {
    let schema = json!({
        "type": "object",
        "properties": {"questions": {"type": "array", "items": {"type": "string"}}},
        "required": ["questions"],
        "additionalProperties": false,
    });
    let data = fence::json(&Asked::new(question, at, None));
    PromptName::Decompose.about(Language::of([question]), tenant, &data, schema)
}

/// Reads the simpler questions; the question itself if there are none.
pub(super) fn decomposed(reply: &Value, question: &str) -> Vec<String> {
    let mut questions = questions(&reply["questions"], MAX_QUESTIONS, "");
    if questions.is_empty() {
        questions.push(question.to_owned());
    }
    questions
}

/// The prompt that weighs what was found.
pub(super) fn evidence_prompt(
    tenant: &UserId,
    question: &str,
    at: Moment,
    found: &[Memory],
) -> Prompt {
    let schema = json!({
        "type": "object",
        "properties": {
            "enough": {"type": "boolean"},
            "used": {"type": "array", "items": {"type": "integer"}},
            "missing": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["enough", "used", "missing"],
        "additionalProperties": false,
    });
    let data = fence::json(&Asked::new(question, at, Some(found)));
    PromptName::Evidence.about(Language::of([question]), tenant, &data, schema)
}

/// Reads how memories were weighed; none if the reply is malformed. Numbers that were not shown are
/// left out, and nothing is missing where it is enough.
pub(super) fn weighed(reply: &Value, question: &str, found: &[Memory]) -> Option<Weighed> {
    #[derive(Deserialize)]
    struct Reply {
        enough: bool,
        used: Vec<i64>,
    }
    let read = Reply::deserialize(reply).ok()?;
    let mut used = Vec::new();
    for number in read.used {
        let memory = usize::try_from(number)
            .ok()
            .and_then(|n| found.get(n.checked_sub(1)?));
        if let Some(memory) = memory.filter(|memory| !used.contains(&memory.id)) {
            used.push(memory.id);
        }
    }
    let missing = match read.enough {
        true => Vec::new(),
        false => questions(&reply["missing"], MAX_MISSING, question),
    };
    Some(Weighed {
        enough: read.enough,
        used,
        missing,
    })
}

/// Different questions of a sensible length, and none that was asked already.
fn questions(list: &Value, most: usize, asked: &str) -> Vec<String> {
    let mut questions: Vec<String> = Vec::new();
    for question in list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let question = on_one_line(question);
        let fits = (1..=MAX_QUESTION).contains(&question.chars().count());
        if fits && questions.len() < most && question != asked && !questions.contains(&question) {
            questions.push(question);
        }
    }
    questions
}
