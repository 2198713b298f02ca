//! Standing instructions and preferences: what a user wants of every later answer.

use memos_core::Role;

/// Phrases that make a sentence a standing instruction, lower case. In English each must start at a
/// word's start.
const ENGLISH: &[&str] = &[
    "always ",
    "never ",
    "from now on",
    "going forward",
    "in the future, ",
    "whenever i ",
    "every time i ",
    "each time i ",
    "any time i ",
    "anytime i ",
    "when i ask",
    "if i ask",
    "when you answer",
    "when you respond",
    "when answering",
    "when responding",
    "i prefer",
    "i'd prefer",
    "i would prefer",
    "i'd rather",
    "i would rather",
    "my preference",
    "i'd like you to",
    "i would like you to",
    "i want you to",
    "please make sure to",
    "make sure to always",
    "make sure you always",
    "remember to ",
    "please remember",
    "keep in mind",
    "don't ever",
    "do not ever",
    "please don't",
    "please do not",
    "please avoid",
    "i'd like to keep",
    "i want to keep",
    "i'd like it if",
    "i don't like ",
    "i do not like ",
    "i don't want ",
    "i do not want ",
    "i like to ",
    "i like my ",
    "i'm trying to avoid",
    "i want to avoid",
    "i tend to ",
    "i favor ",
    "i favour ",
    "please use ",
    "only use ",
    "stick to ",
    "i insist ",
];

const CHINESE: &[&str] = &[
    "以后",
    "今后",
    "从现在起",
    "从现在开始",
    "每次",
    "每当",
    "总是",
    "始终",
    "一律",
    "千万不要",
    "永远不要",
    "绝对不要",
    "不要再",
    "别再",
    "请务必",
    "务必",
    "记得",
    "请记住",
    "记住",
    "我更喜欢",
    "我比较喜欢",
    "我偏好",
    "我倾向",
    "我习惯",
    "我希望你",
    "我想让你",
    "我要求",
    "我不喜欢",
    "我不想要",
    "我讨厌",
    "请用",
    "请不要",
    "尽量",
];

/// Whether a turn gives a standing instruction or states a preference. Only what a user said, or
/// what nobody in particular said, can.
pub(crate) fn is_directive(text: &str, role: Option<Role>) -> bool {
    if !matches!(role, None | Some(Role::User)) {
        return false;
    }
    let lower = text.to_lowercase().replace('’', "'");
    CHINESE.iter().any(|p| lower.contains(p)) || ENGLISH.iter().any(|p| starts_a_word(&lower, p))
}

fn starts_a_word(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        !text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_and_preferences() {
        for yes in [
            "Always give me code with comments.",
            "From now on, answer in French",
            "I’d prefer simple solutions",
            "以后回答都用表格",
            "我更喜欢简短的答案",
        ] {
            assert!(is_directive(yes, Some(Role::User)), "{yes}");
            assert!(!is_directive(yes, Some(Role::Assistant)), "{yes}");
        }
        for no in [
            "What is the capital of France?",
            "The sideways motion",
            "今天下雨了",
        ] {
            assert!(!is_directive(no, None), "{no}");
        }
    }
}
