//! What the model is asked, and what of its answers is taken.

use memos_core::{LanguageModel, Result, UserId};
use serde_json::{Value, json};

use crate::prompting::{Language, PromptFile, ask, clipped, fields, on_one_line, unreadable};

/// A short list, or a model that thinks first.
const LONGEST_ANSWER: u32 = 4_000;

pub(super) static DECOMPOSE: PromptFile = PromptFile {
    name: "decompose.v1",
    english: include_str!("prompts/decompose.v1.en.md"),
    chinese: include_str!("prompts/decompose.v1.zh.md"),
    longest_answer: LONGEST_ANSWER,
};

pub(super) static EVIDENCE: PromptFile = PromptFile {
    name: "evidence.v1",
    english: include_str!("prompts/evidence.v1.en.md"),
    chinese: include_str!("prompts/evidence.v1.zh.md"),
    longest_answer: LONGEST_ANSWER,
};

/// Longest question that is searched, in characters: it is a sentence.
const LONGEST_QUERY: usize = 300;

/// Longest entry of the data that is shown, in characters; what is beyond is left out.
const LONGEST_ENTRY: usize = 1_000;

/// How the model judged what was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// It answers the question in full.
    pub(super) sufficient: bool,
    /// What to search next.
    pub(super) queries: Vec<String>,
}

/// A model, asked about one question.
pub(super) struct Asker<'a> {
    pub(super) model: &'a dyn LanguageModel,
    pub(super) tenant: &'a UserId,
    pub(super) question: &'a str,
    /// Most questions that it may ask at once.
    pub(super) limit: usize,
}

impl Asker<'_> {
    /// Simpler questions that together answer the question; none if it is simple.
    pub(super) fn decompose(&self) -> Result<Vec<String>> {
        let data = [
            ("question", clipped(self.question, LONGEST_ENTRY).into()),
            ("at_most", self.limit.into()),
        ];
        let schema = json!({
            "type": "object",
            "properties": {"queries": queries_schema()},
            "required": ["queries"],
            "additionalProperties": false,
        });
        let reply = self.ask(&DECOMPOSE, &data, schema)?;
        queries(&reply).ok_or_else(|| unreadable(DECOMPOSE.name))
    }

    /// Whether evidence answers the question.
    pub(super) fn judge(&self, searched: &[&str], lines: &[&str]) -> Result<Judged> {
        let lines: Vec<String> = lines
            .iter()
            .map(|line| clipped(line, LONGEST_ENTRY))
            .collect();
        let data = [
            ("question", clipped(self.question, LONGEST_ENTRY).into()),
            ("searched", searched.into()),
            ("evidence", lines.into()),
            ("at_most", self.limit.into()),
        ];
        let schema = json!({
            "type": "object",
            "properties": {
                "sufficient": {"type": "boolean"},
                "queries": queries_schema(),
            },
            "required": ["sufficient", "queries"],
            "additionalProperties": false,
        });
        let reply = self.ask(&EVIDENCE, &data, schema)?;
        let judged = || {
            Some(Judged {
                sufficient: reply.get("sufficient")?.as_bool()?,
                queries: queries(&reply)?,
            })
        };
        judged().ok_or_else(|| unreadable(EVIDENCE.name))
    }

    fn ask(&self, file: &PromptFile, data: &[(&str, Value)], schema: Value) -> Result<Value> {
        let language = Language::of([self.question]);
        let prompt = file.about(language, self.tenant, &fields(data), schema);
        Ok(ask(self.model, &prompt)?.0)
    }
}

// No bounds here: a list that is too long is cut, which beats no answer at all.
fn queries_schema() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

/// The questions of a reply, each on one line; none if they are no list of texts. Those that are
/// empty or too long to be questions are left out.
fn queries(reply: &Value) -> Option<Vec<String>> {
    let list = reply.get("queries")?.as_array()?;
    let texts: Vec<&str> = list.iter().map(Value::as_str).collect::<Option<_>>()?;
    let fits = |query: &String| (1..=LONGEST_QUERY).contains(&query.chars().count());
    Some(texts.into_iter().map(on_one_line).filter(fits).collect())
}
