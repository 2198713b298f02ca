//! Prompts: files with a version, in two languages. A change of what a file asks for is a new
//! version, in a new file, so that every memory tells which words made it.

use memos_core::{Prompt, PromptMessage, ReplySchema, Role, UserId};
use serde_json::Value;

use super::Language;
use super::fence::fenced;

/// Longest answer, in tokens: some hundred items, or a model that thinks first.
const LONGEST_ANSWER: u32 = 8_000;

/// The prompts of refinement, each in its current version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromptName {
    /// Turns to memories.
    Facts,
    /// How two memories relate.
    Judge,
    /// Which memory words of correction mean.
    Feedback,
    /// A question to simpler ones.
    Decompose,
    /// Whether what was found is enough.
    Evidence,
}

impl PromptName {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Facts,
        Self::Judge,
        Self::Feedback,
        Self::Decompose,
        Self::Evidence,
    ];

    /// Name and version, such as `facts.v1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Facts => "facts.v1",
            Self::Judge => "judge.v1",
            Self::Feedback => "feedback.v1",
            Self::Decompose => "decompose.v1",
            Self::Evidence => "evidence.v1",
        }
    }

    /// The instructions.
    pub const fn text(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Facts, Language::English) => include_str!("prompts/facts.v1.en.md"),
            (Self::Facts, Language::Chinese) => include_str!("prompts/facts.v1.zh.md"),
            (Self::Judge, Language::English) => include_str!("prompts/judge.v1.en.md"),
            (Self::Judge, Language::Chinese) => include_str!("prompts/judge.v1.zh.md"),
            (Self::Feedback, Language::English) => include_str!("prompts/feedback.v1.en.md"),
            (Self::Feedback, Language::Chinese) => include_str!("prompts/feedback.v1.zh.md"),
            (Self::Decompose, Language::English) => include_str!("prompts/decompose.v1.en.md"),
            (Self::Decompose, Language::Chinese) => include_str!("prompts/decompose.v1.zh.md"),
            (Self::Evidence, Language::English) => include_str!("prompts/evidence.v1.en.md"),
            (Self::Evidence, Language::Chinese) => include_str!("prompts/evidence.v1.zh.md"),
        }
    }

    /// The whole prompt: the instructions, and the data inside its fence.
    pub(super) fn about(
        self,
        language: Language,
        tenant: &UserId,
        data: &str,
        schema: Value,
    ) -> Prompt {
        let name = self.as_str().split('.').next().unwrap_or_default();
        let message = |role, content| PromptMessage { role, content };
        Prompt {
            purpose: self.as_str().to_owned(),
            tenant: tenant.clone(),
            messages: vec![
                message(Role::System, self.text(language).trim_end().to_owned()),
                message(Role::User, fenced(data)),
            ],
            schema: Some(ReplySchema {
                name: name.to_owned(),
                schema,
            }),
            max_tokens: Some(LONGEST_ANSWER),
            temperature: Some(0.0),
            timeout: None,
        }
    }
}
