//! Words that are to stand for others everywhere: "Please replace 'User 1' with 'User 2'."

use memos_core::{CubeId, Memory, MemoryId, Result, SemanticType, UserId};
use serde_json::Value;

use super::cubes::for_each_memory;
use super::{MemOs, items};
use crate::wire::PatchRequest;

/// The rule's name.
pub(crate) const RULE: &str = "replace_words";

/// Marks that open and close a quote.
const QUOTES: [(char, char); 7] = [
    ('\'', '\''),
    ('"', '"'),
    ('‘', '’'),
    ('“', '”'),
    ('「', '」'),
    ('『', '』'),
    ('《', '》'),
];

/// An order to put some words in the place of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    from: String,
    to: String,
}

impl Replacement {
    /// Reads the order out of some words. Both parts have to stand in quotes, so that no words are
    /// taken for one that is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let orders = [
            "replace ",
            "rename ",
            "change all ",
            "change every ",
            "substitute ",
        ];
        let english = orders
            .iter()
            .find_map(|order| lower.find(order).map(|at| at + order.len()));
        // Some letters have other lengths in lower case.
        let english = english.filter(|at| lower.len() == text.len() && text.is_char_boundary(*at));
        let chinese = ["把", "将"]
            .iter()
            .find_map(|order| text.find(order).map(|at| at + order.len()));
        let is_chinese = english.is_none();
        let rest = &text[english.or(chinese)?..];
        let (before, from, rest) = quoted(rest)?;
        let (between, to, _) = quoted(rest)?;
        let joins = between
            .trim()
            .trim_matches(|c: char| c.is_whitespace() || c == ',');
        let fits = match is_chinese {
            true => {
                before.chars().count() <= 6
                    && ["替换", "改成", "改为", "换成", "换为"]
                        .iter()
                        .any(|word| joins.contains(word))
            }
            false => {
                before.split_whitespace().count() <= 4
                    && [
                        "with",
                        "by",
                        "to",
                        "into",
                        "everywhere with",
                        "everywhere by",
                        "for",
                    ]
                    .contains(&joins.to_lowercase().as_str())
            }
        };
        let says = !from.trim().is_empty() && from != to;
        (fits && says).then(|| Self {
            from: from.to_owned(),
            to: to.to_owned(),
        })
    }

    /// A text with the words replaced; none if it does not hold them as words of their own.
    fn in_text(&self, text: &str) -> Option<String> {
        let mut changed = String::with_capacity(text.len());
        let (mut rest, mut found) = (text, false);
        while let Some(at) = rest.find(&self.from) {
            let end = at + self.from.len();
            let before = changed.chars().last().filter(|_| at == 0);
            let before = rest[..at].chars().last().or(before);
            let whole = !joins(before, self.from.chars().next())
                && !joins(self.from.chars().last(), rest[end..].chars().next());
            changed.push_str(&rest[..at]);
            changed.push_str(if whole { &self.to } else { &self.from });
            found |= whole;
            rest = &rest[end..];
        }
        changed.push_str(rest);
        found.then_some(changed)
    }
}

/// Whether two letters or digits beside each other are one word. Chinese has no spaces between words.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && (c as u32) < 0x2e80);
    is_part(before) && is_part(after)
}

/// What stands before the first quote, in it, and after it.
fn quoted(text: &str) -> Option<(&str, &str, &str)> {
    let (at, open) = text.char_indices().find(|(at, c)| {
        let apostrophe = *c == '\'' && text[..*at].ends_with(char::is_alphanumeric);
        !apostrophe && QUOTES.iter().any(|(open, _)| open == c)
    })?;
    let close = QUOTES.iter().find(|(mark, _)| *mark == open)?.1;
    let inner = &text[at + open.len_utf8()..];
    let end = inner.char_indices().find(|(end, c)| {
        // An apostrophe is followed by the rest of its word.
        let goes_on = inner[end + c.len_utf8()..].starts_with(char::is_alphanumeric);
        *c == close && !(close == '\'' && goes_on)
    })?;
    let after = &inner[end.0 + close.len_utf8()..];
    Some((&text[..at], &inner[..end.0], after))
}

impl MemOs {
    /// Replaces words in the memories of a cube; which were changed. What rules made from a memory is
    /// made anew.
    pub(super) fn replace_words(
        &self,
        who: &UserId,
        cube: &CubeId,
        order: &Replacement,
        except: MemoryId,
    ) -> Result<Vec<MemoryId>> {
        let (mut texts, mut derived) = (Vec::new(), Vec::new());
        for_each_memory(&*self.vault.snapshot()?, cube, |memory| {
            if memory.id != except
                && memory.state.is_hot()
                && !memory.header.governance.legal_hold
                && !items::is_item(&memory)
                && let Some(changed) = memory
                    .payload
                    .plaintext()
                    .and_then(|plain| order.in_text(&plain.text))
            {
                match is_made_by_rules(&memory) {
                    true => derived.push(memory.id),
                    false => texts.push((memory.id, changed)),
                }
            }
            Ok(())
        })?;
        let mut changed = Vec::with_capacity(texts.len());
        for (id, text) in texts {
            let patch = PatchRequest {
                text: Some(text),
                ..PatchRequest::default()
            };
            match self.update(who, cube, id, &patch) {
                Ok(_) => changed.push(id),
                Err(error) if super::locate::is_hidden(error.code()) => {}
                Err(error) => return Err(error),
            }
        }
        if !derived.is_empty() {
            self.forget_all(who, cube, &derived)?;
        }
        Ok(changed)
    }
}

fn is_made_by_rules(memory: &Memory) -> bool {
    let described = &memory.header.descriptive;
    let rule = described.info.0.get("rule").and_then(Value::as_str);
    let by_model = rule.is_some_and(|rule| rule.starts_with("llm:"));
    let kinds = [
        SemanticType::Summary,
        SemanticType::Preference,
        SemanticType::Profile,
    ];
    !memory.header.behavioural.derived_from.is_empty()
        && !by_model
        && kinds.contains(&described.semantic_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(from: &str, to: &str) -> Option<Replacement> {
        Some(Replacement {
            from: from.to_owned(),
            to: to.to_owned(),
        })
    }

    #[test]
    fn an_order_has_both_parts_in_quotes() {
        for (text, read) in [
            (
                "I have changed my name. Please replace 'User 1' with 'User 2' everywhere.",
                order("User 1", "User 2"),
            ),
            (
                "Rename \"ACME\" to \"Acme Ltd\".",
                order("ACME", "Acme Ltd"),
            ),
            (
                "replace all ‘O'Neil’ by ‘O'Neill’",
                order("O'Neil", "O'Neill"),
            ),
            ("请把“小王”全部替换成“王总”。", order("小王", "王总")),
            ("我改名了，请将「甲」改为「乙」", order("甲", "乙")),
            ("Please replace the battery.", None),
            ("Replace 'User 1'.", None),
            ("Don't replace it, it's 'new' and 'good'.", None),
            ("I said 'a' and then 'b'.", None),
            ("replace 'a' with 'a'", None),
        ] {
            assert_eq!(Replacement::read(text), read, "{text}");
        }
    }

    #[test]
    fn words_are_replaced_as_a_whole() {
        let order = order("User 1", "User 2").unwrap();
        assert_eq!(
            order.in_text("User 1 met User 10 and User 1.").as_deref(),
            Some("User 2 met User 10 and User 2.")
        );
        assert_eq!(order.in_text("User 12"), None);
        let chinese = Replacement::read("把“小王”改成“王总”").unwrap();
        assert_eq!(
            chinese.in_text("我和小王去了").as_deref(),
            Some("我和王总去了")
        );
    }
}
