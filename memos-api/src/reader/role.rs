//! Roles, as chat APIs and exports write them.

use memos_core::Role;

/// The names that a request may use, for error messages.
pub(super) const NAMES: &str = "user, assistant, system, developer, tool or function";

/// The role of that name in the OpenAI chat API, in any case.
pub(crate) fn named(name: &str) -> Option<Role> {
    Some(match name.to_ascii_lowercase().as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" | "developer" => Role::System,
        "tool" | "function" => Role::Tool,
        _ => return None,
    })
}

/// The role that a speaker's name stands for, if it is a role and not a person.
pub(crate) fn of_speaker(name: &str) -> Option<Role> {
    match name.trim().to_ascii_lowercase().as_str() {
        "user" | "human" => Some(Role::User),
        "assistant" | "ai" | "bot" | "model" => Some(Role::Assistant),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_a_role() {
        for name in NAMES.replace(" or ", ", ").split(", ") {
            assert!(named(name).is_some(), "{name}");
        }
        assert_eq!(named("developer"), Some(Role::System));
        assert_eq!(named("Charlotte"), None);
    }

    #[test]
    fn people_have_no_role() {
        assert_eq!(of_speaker("Human"), Some(Role::User));
        assert_eq!(of_speaker("AI"), Some(Role::Assistant));
        assert_eq!(of_speaker("Aidan"), None);
        assert_eq!(of_speaker(""), None);
    }
}
