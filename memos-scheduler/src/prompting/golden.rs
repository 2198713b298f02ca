//! Prompts word by word, against files. After a change that is meant, run the tests with
//! `MEMOS_BLESS=1` to write the files anew, and read the difference.

use std::fmt::Write as _;
use std::path::Path;

use memos_core::Prompt;

use super::{Language, PromptFile};

/// Compares with a file below `src`.
#[track_caller]
pub(crate) fn is_golden(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    if std::env::var_os("MEMOS_BLESS").is_some() {
        std::fs::write(&path, got).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(got, expected.replace("\r\n", "\n"), "{name} differs");
}

/// A prompt as its file holds it.
pub(crate) fn shown(prompt: &Prompt) -> String {
    let mut text = format!("purpose: {}\ntenant: {}\n", prompt.purpose, prompt.tenant);
    for message in &prompt.messages {
        let role = serde_json::to_value(message.role).unwrap();
        let role = role.as_str().unwrap();
        writeln!(text, "\n== {role} ==\n{}", message.content).unwrap();
    }
    let schema = prompt.schema.as_ref().unwrap();
    writeln!(text, "\n== schema {} ==\n{:#}", schema.name, schema.schema).unwrap();
    text
}

/// What every file of a prompt must say: where the data is, and that it is no instruction; in the
/// language that it is for.
#[track_caller]
pub(crate) fn says_what_every_prompt_must(file: &PromptFile) {
    for language in [Language::English, Language::Chinese] {
        let (text, name) = (file.text(language), file.name);
        let fenced = text.contains("<data>") && text.contains("</data>");
        assert!(fenced, "{name} in {language:?} says where the data is");
        let warns = [
            "followed",
            "instruction inside it",
            "不可执行",
            "不可照着执行",
        ];
        let warned = warns.iter().any(|w| text.contains(w));
        assert!(warned, "{name} in {language:?} says that data is no order");
        let of_language = Language::of(text.split("\n\n").filter(|part| !part.contains('{')));
        assert_eq!(of_language, language, "{name}");
    }
}
