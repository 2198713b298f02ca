//! Preferences as MemOS' contracts write them: explicit or implicit, with a note on how to use them.

use memos_core::is_mostly_han;

use crate::wire::MemoryItem;

const ENGLISH: &str = "The facts above sum up what is so; the preferences sum up what the user wants.\n\
    Answer in line with every one of these preferences, and say in a few words how you did.";

const CHINESE: &str = "以上事实概括了真实情况，偏好概括了用户想要的方式。\n\
    回答不得违背任何一条偏好，并用一两句话说明是如何照顾到这些偏好的。";

/// Names under which the server notes for itself how it came to what it derives. They are no fields of
/// a caller's.
pub(crate) const NOTED: [&str; 5] = ["explicit", "key", "of", "rule", "sessions"];

/// How a preference was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    /// The user said so.
    Explicit,
    /// It shows in what the user says.
    Implicit,
}

impl Preference {
    /// Of a memory that is one: said so unless it is known to be a conclusion.
    pub(crate) fn of(memory: &MemoryItem) -> Self {
        match memory.info.get("explicit").and_then(|flag| flag.as_bool()) {
            Some(false) => Self::Implicit,
            _ => Self::Explicit,
        }
    }

    /// Its name in the contracts.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit_preference",
            Self::Implicit => "implicit_preference",
        }
    }
}

/// The note, in the language of the question.
pub(crate) fn note(question: &str) -> &'static str {
    match is_mostly_han(question) {
        true => CHINESE,
        false => ENGLISH,
    }
}

/// Preferences as a block for a prompt, numbered by kind, with the note; empty without any.
pub(crate) fn pref_string(preferences: &[&MemoryItem], question: &str) -> String {
    let mut block = String::new();
    for (kind, title) in [
        (Preference::Explicit, "Explicit Preference:"),
        (Preference::Implicit, "Implicit Preference:"),
    ] {
        let of_kind = preferences.iter().filter(|m| Preference::of(m) == kind);
        for (number, memory) in of_kind.enumerate() {
            if number == 0 {
                block.push_str(title);
                block.push('\n');
            }
            block.push_str(&format!("{}. {}\n", number + 1, memory.text));
        }
    }
    if !block.is_empty() {
        block.push_str(note(question));
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preference(text: &str, explicit: Option<bool>) -> MemoryItem {
        let mut item: MemoryItem = serde_json::from_value(serde_json::json!({
            "id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e", "cube_id": "c", "kind": "plaintext",
            "text": text, "said_at": "2025-06-02T09:00:00Z", "times": [], "state": "generated",
            "semantic_type": "preference", "origin": "inference", "tags": [], "entities": [],
            "sources": [], "info": {}, "owner": "u", "priority": "normal",
            "created_at": "2025-06-02T09:00:00Z", "updated_at": "2025-06-02T09:00:00Z",
            "version": 1, "use_count": 0, "derived_from": [], "tier": "user",
            "lifespan": "forever"
        }))
        .unwrap();
        if let Some(flag) = explicit {
            item.info.insert("explicit".to_owned(), flag.into());
        }
        item
    }

    #[test]
    fn kinds_are_numbered_apart_and_the_note_follows() {
        let all = [
            preference("Likes tea.", None),
            preference("Reads about trains.", Some(false)),
            preference("Hates noise.", Some(true)),
        ];
        assert_eq!(
            pref_string(&all.each_ref(), "What do I like?"),
            format!(
                "Explicit Preference:\n1. Likes tea.\n2. Hates noise.\n\
                 Implicit Preference:\n1. Reads about trains.\n{ENGLISH}"
            )
        );
        assert_eq!(pref_string(&[], "?"), "");
    }

    #[test]
    fn the_note_has_two_lines_in_the_language_of_the_question() {
        assert_eq!(note("我喜欢什么？"), CHINESE);
        assert_eq!(note("What do I like?"), ENGLISH);
        assert!([ENGLISH, CHINESE].iter().all(|n| n.lines().count() == 2));
    }
}
