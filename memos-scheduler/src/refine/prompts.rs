//! The prompts of refinement, each in its current version.

use crate::prompting::PromptFile;

/// Which prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromptName {
    /// Turns to memories.
    Facts,
    /// How two memories relate.
    Judge,
}

// The turns of its example have numbers that no turn gets: a reply that repeats the example names
// sources that were not shown, and nothing of it is taken.
static FACTS: PromptFile = PromptFile {
    name: "facts.v1",
    english: include_str!("prompts/facts.v1.en.md"),
    chinese: include_str!("prompts/facts.v1.zh.md"),
    // Some hundred items.
    longest_answer: 8_000,
};

static JUDGE: PromptFile = PromptFile {
    name: "judge.v1",
    english: include_str!("prompts/judge.v1.en.md"),
    chinese: include_str!("prompts/judge.v1.zh.md"),
    // A line, or a model that thinks first.
    longest_answer: 8_000,
};

impl PromptName {
    /// Name and version, such as `facts.v1`.
    pub fn as_str(self) -> &'static str {
        self.file().name
    }

    pub(super) fn file(self) -> &'static PromptFile {
        match self {
            Self::Facts => &FACTS,
            Self::Judge => &JUDGE,
        }
    }
}
