//! The model's part: which of the numbered candidates feedback corrects.

use memos_core::{LanguageModel, Memory, MemoryId, Result, evidence_line};
use serde_json::{Value, json};

use super::CorrectionKind;
use super::content::Candidate;
use crate::prompting::{self, Language, PromptFile, clipped, fields, unreadable};

pub(super) static FEEDBACK: PromptFile = PromptFile {
    name: "feedback.v1",
    english: include_str!("prompts/feedback.v1.en.md"),
    chinese: include_str!("prompts/feedback.v1.zh.md"),
    // A short list, or a model that thinks first.
    longest_answer: 4_000,
};

/// Longest memory that is shown, in characters; what is beyond is left out.
const LONGEST_ENTRY: usize = 1_000;
/// Most candidates that a model is shown, the best ones.
const MOST_SHOWN: usize = 20;
/// Most memories that words may correct at which nobody pointed: who means more is led astray.
const MOST_CORRECTED: usize = 3;

/// Asks a model.
///
/// # Errors
/// As [`LanguageModel::complete`]; `BadReply` if it names a candidate that it was not shown, or more
/// than may be.
pub(super) fn ask(
    model: &dyn LanguageModel,
    feedback: &Memory,
    candidates: &[Candidate<'_>],
    named: bool,
) -> Result<(Vec<MemoryId>, CorrectionKind, String)> {
    let shown = &candidates[..candidates.len().min(MOST_SHOWN)];
    let line = |memory: &Memory| clipped(&evidence_line(memory).unwrap_or_default(), LONGEST_ENTRY);
    let memories: Vec<Value> = shown
        .iter()
        .enumerate()
        .map(|(i, c)| format!("{}. {}", i + 1, line(c.memory)).into())
        .collect();
    let words = feedback.payload.plaintext().map_or("", |p| &p.text);
    let data = [
        ("feedback", Value::from(line(feedback))),
        ("pointed_at", named.into()),
        ("memories", memories.into()),
    ];
    let schema = json!({
        "type": "object",
        "properties": {
            "corrects": {"type": "array", "items": {"type": "integer"}},
            "kind": {"type": "string", "enum": ["wrong", "changed"]},
        },
        "required": ["corrects", "kind"],
        "additionalProperties": false,
    });
    let tenant = &feedback.header.governance.owner;
    let prompt = FEEDBACK.about(Language::of([words]), tenant, &fields(&data), schema);
    let (reply, _) = prompting::ask(model, &prompt)?;
    let (corrects, kind) = read(&reply, shown, named).ok_or_else(|| unreadable(FEEDBACK.name))?;
    let rule = format!("llm:{}/{}", model.model_id(), FEEDBACK.name);
    Ok((corrects, kind, rule))
}

fn read(
    reply: &Value,
    shown: &[Candidate<'_>],
    named: bool,
) -> Option<(Vec<MemoryId>, CorrectionKind)> {
    let mut corrects = Vec::new();
    for number in reply.get("corrects")?.as_array()? {
        let index = usize::try_from(number.as_u64()?).ok()?.checked_sub(1)?;
        let id = shown.get(index)?.memory.id;
        if !corrects.contains(&id) {
            corrects.push(id);
        }
    }
    let kind = match reply.get("kind")?.as_str()? {
        "wrong" => CorrectionKind::Wrong,
        "changed" => CorrectionKind::Changed,
        _ => return None,
    };
    (named || corrects.len() <= MOST_CORRECTED).then_some((corrects, kind))
}
