//! A prompt as a file and its data.

use memos_core::{Prompt, PromptMessage, ReplySchema, Role, UserId};
use serde_json::Value;

use super::Language;
use super::fence::fenced;

/// A prompt in the languages that it exists in. A change of what it asks for is a new version, in a
/// new file, so that every memory tells which words made it.
pub(crate) struct PromptFile {
    /// Name and version, such as `facts.v1`.
    pub(crate) name: &'static str,
    /// For all languages but Chinese.
    pub(crate) english: &'static str,
    /// For Chinese.
    pub(crate) chinese: &'static str,
    /// Longest answer, in tokens, with what a model thinks before it answers.
    pub(crate) longest_answer: u32,
}

impl PromptFile {
    /// The instructions.
    pub(crate) const fn text(&self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.chinese,
            Language::English => self.english,
        }
    }

    /// The whole prompt: the instructions, and the data inside its fence.
    pub(crate) fn about(
        &self,
        language: Language,
        tenant: &UserId,
        data: &str,
        schema: Value,
    ) -> Prompt {
        let message = |role, content| PromptMessage { role, content };
        let schema_name = self.name.split('.').next().unwrap_or_default();
        Prompt {
            purpose: self.name.to_owned(),
            tenant: tenant.clone(),
            messages: vec![
                message(Role::System, self.text(language).trim_end().to_owned()),
                message(Role::User, fenced(data)),
            ],
            schema: Some(ReplySchema {
                name: schema_name.to_owned(),
                schema,
            }),
            max_tokens: Some(self.longest_answer),
            temperature: Some(0.0),
            timeout: None,
        }
    }
}
