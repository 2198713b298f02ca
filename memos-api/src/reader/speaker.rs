//! Speakers that only the words name: "Charlotte: I moved to Lyon" by a `user` without a name.
//!
//! Programs that keep dialogues of people in a chat API's form often write them so. Taken for a
//! chat with an assistant, half of such a dialogue would count less than the other.

use std::collections::BTreeMap;

use memos_core::Role;

use super::Draft;
use super::role;

/// Characters that a name may have.
const LONGEST: usize = 40;

/// What stands before a colon without being a name, lower case.
const LABELS: &[&str] = &[
    "answer",
    "context",
    "error",
    "example",
    "goal",
    "hint",
    "input",
    "instruction",
    "instructions",
    "note",
    "output",
    "prompt",
    "question",
    "reminder",
    "reply",
    "response",
    "result",
    "step",
    "summary",
    "system",
    "task",
    "tip",
    "todo",
    "tool",
    "update",
    "warning",
    "问",
    "答",
    "问题",
    "回答",
    "备注",
    "注意",
    "用户",
    "助手",
    "系统",
    "总结",
    "更新",
    "提示",
    "任务",
    "例如",
];

/// Names the speakers of a request's messages, if all of them begin with a name, and each role
/// with one name of its own. One message alone is no sign: "Lyon: sunny" names nobody.
pub(super) fn name_by_words(drafts: &mut [Draft]) {
    let mut names: BTreeMap<Role, String> = BTreeMap::new();
    let mut said = 0;
    for draft in drafts.iter() {
        let (Some(role @ (Role::User | Role::Assistant)), None) =
            (draft.turn.role, &draft.turn.speaker)
        else {
            return;
        };
        let Some(name) = leading_name(&draft.text) else {
            return;
        };
        if names.entry(role).or_insert_with(|| name.to_owned()) != name {
            return;
        }
        said += 1;
    }
    let are_two = names.get(&Role::User) != names.get(&Role::Assistant);
    if said < 2 || !are_two {
        return;
    }
    for draft in drafts {
        draft.turn.speaker = draft.turn.role.and_then(|role| names.get(&role).cloned());
    }
}

/// The name that a text begins with, before a colon.
fn leading_name(text: &str) -> Option<&str> {
    let (name, rest) = text.split_once([':', '：'])?;
    let is_short = name.chars().count() <= LONGEST && name.split(' ').count() <= 3;
    let is_name = name
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
        && name
            .chars()
            .all(|c| c.is_alphabetic() || " '’-.·".contains(c))
        && name.chars().count() > 1;
    let is_label =
        role::of_speaker(name).is_some() || LABELS.contains(&name.to_lowercase().as_str());
    (is_short && is_name && !is_label && !rest.trim().is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{MessageDefaults, read_messages};
    use memos_core::{Moment, Timestamp};

    fn speakers(messages: &Value) -> Vec<Option<String>> {
        let now = Moment::from(Timestamp::from_secs(0));
        let drafts = read_messages(messages, &MessageDefaults::at(now)).unwrap();
        drafts.into_iter().map(|d| d.turn.speaker).collect()
    }

    fn chat(texts: &[(&str, &str)]) -> Value {
        texts
            .iter()
            .map(|(role, text)| json!({"role": role, "content": text}))
            .collect()
    }

    #[test]
    fn people_in_a_chats_form_get_their_names() {
        let two = chat(&[("user", "Noor: I moved."), ("assistant", "Tom: Where to?")]);
        assert_eq!(speakers(&two), [Some("Noor".into()), Some("Tom".into())]);
        let more = chat(&[
            ("user", "林晓：我搬家了"),
            ("user", "林晓：在杭州"),
            ("assistant", "陈默：好啊"),
        ]);
        assert_eq!(speakers(&more)[2], Some("陈默".into()));
        let one_sided = chat(&[("user", "Noor: I moved."), ("user", "Noor: To Lyon.")]);
        assert_eq!(speakers(&one_sided)[0], Some("Noor".into()));
    }

    #[test]
    fn a_colon_alone_names_nobody() {
        for texts in [
            &[("user", "Noor: I moved.")][..],
            &[
                ("user", "Question: why?"),
                ("assistant", "Answer: because."),
            ],
            &[("user", "User: hi"), ("assistant", "Assistant: hello")],
            &[("user", "Noor: I moved."), ("assistant", "Where to?")],
            &[("user", "Noor: I moved."), ("user", "Lyon: sunny")],
            &[("user", "Noor: I moved."), ("assistant", "Noor: indeed")],
            &[("user", "see https://example.org"), ("user", "at 10:30")],
        ] {
            assert!(
                speakers(&chat(texts)).iter().all(Option::is_none),
                "{texts:?}"
            );
        }
    }
}
