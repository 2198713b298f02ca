//! What people say of themselves: preferences and facts of their profile, by rules over tables,
//! English and Chinese; and what they come back to again and again.
//!
//! Precision first. A statement counts only if its speaker makes it of himself, as a fact, now:
//! questions, conditions, wishes, quotes, what others say, what was and what holds today only make
//! none.

mod capture;
mod chinese;
mod clause;
mod english;
mod interest;
mod introduction;
mod table;
#[cfg(test)]
mod tests;
mod third_person;
mod topic;

use memos_core::{Info, Memory, Role, SemanticType, State};

use super::draft::{Content, Draft, draft, text, whose};
use super::inherit::Support;
use super::sentence::{is_question, sentences};
use super::words::{is_han, is_mostly_han};

pub(crate) use interest::Interests;
pub(super) use interest::habit;

/// Most statements that are taken from one turn.
const MOST_PER_TURN: usize = 8;
/// Longest sentence that is read, in bytes.
const LONGEST: usize = 400;

/// Something that a speaker says of himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) is_preference: bool,
    /// The rule, such as `en.like.1`.
    pub(super) rule: String,
    pub(super) topic: &'static str,
    /// In the third person, in the speaker's language.
    pub(super) text: String,
}

/// Who speaks, as a statement names him.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speaker<'a> {
    pub(super) name: Option<&'a str>,
    /// He talks to an assistant, so that he may give it orders.
    pub(super) is_user: bool,
}

impl Speaker<'_> {
    fn english(&self) -> &str {
        self.name.unwrap_or("The user")
    }

    fn chinese(&self) -> &str {
        self.name.unwrap_or("用户")
    }
}

/// The statements of a text.
pub(super) fn statements(text: &str, speaker: Speaker<'_>) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    // Pasted code and quoted mail are not the speaker's words.
    if text.contains("```") {
        return found;
    }
    for range in sentences(text) {
        let sentence = &text[range.clone()];
        if range.len() > LONGEST || is_question(sentence) || is_quoted(text, range.start) {
            continue;
        }
        let made = if is_mostly_han(sentence) && sentence.contains(is_han) {
            let told = introduction::chinese(sentence);
            chinese::statements(told.as_deref().unwrap_or(sentence), speaker)
        } else {
            match introduction::english(sentence) {
                told if told.is_empty() => english::statements(sentence, speaker),
                told => told
                    .iter()
                    .flat_map(|one| english::statements(one, speaker))
                    .collect(),
            }
        };
        for statement in made {
            if !found.iter().any(|s| s.text == statement.text) {
                found.push(statement);
            }
        }
    }
    found.truncate(MOST_PER_TURN);
    found
}

/// Whether a quote is open at a place.
fn is_quoted(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let count = |mark: char| before.matches(mark).count();
    count('"') % 2 == 1 || count('“') > count('”') || count('「') > count('」')
}

/// The derived memories of what the speakers of some turns say of themselves. The turns are of one
/// owner and access.
pub(super) fn profile(turns: &[&Memory]) -> Vec<Draft> {
    let mut found: Vec<(String, &str, Statement, Vec<&Memory>)> = Vec::new();
    for turn in turns.iter().filter(|turn| !is_taken_back(turn)) {
        let Some((speaker, name)) = speaker(turn) else {
            continue;
        };
        for statement in statements(text(turn), speaker) {
            let key = key(turn, name, &statement.text);
            match found.iter_mut().find(|(k, ..)| *k == key) {
                Some((.., turns)) => turns.push(turn),
                None => found.push((key, name, statement, vec![turn])),
            }
        }
    }
    let drafts = found
        .into_iter()
        .filter_map(|(key, name, statement, turns)| {
            let mut info = Info::default();
            info.0
                .insert("rule".to_owned(), statement.rule.as_str().into());
            info.0.insert("explicit".to_owned(), true.into());
            info.0.insert("topic".to_owned(), statement.topic.into());
            let semantic_type = if statement.is_preference {
                SemanticType::Preference
            } else {
                SemanticType::Profile
            };
            draft(
                content(
                    key,
                    semantic_type,
                    statement.text,
                    name,
                    info,
                    Support::Each,
                ),
                &turns,
            )
        });
    drafts.collect()
}

/// Whether a turn was corrected and put away: nothing follows from it any more.
fn is_taken_back(turn: &Memory) -> bool {
    turn.state == State::Archived && turn.header.behavioural.superseded_by.is_some()
}

/// Who speaks in a turn; `None` if it is not a person.
fn speaker(turn: &Memory) -> Option<(Speaker<'_>, &str)> {
    let plain = turn.payload.plaintext()?;
    let is_user = plain.turn.role == Some(Role::User);
    if !is_user && plain.turn.role.is_some() {
        return None;
    }
    let name = plain.turn.speaker.as_deref().unwrap_or_default().trim();
    let lower = name.to_lowercase();
    let named = !matches!(lower.as_str(), "" | "user" | "human" | "me" | "用户");
    // Nobody knows whose words those of a turn without role and name are.
    if !is_user && !named {
        return None;
    }
    let speaker = Speaker {
        name: named.then_some(name),
        is_user,
    };
    Some((speaker, if named { name } else { "" }))
}

fn key(turn: &Memory, speaker: &str, statement: &str) -> String {
    format!(
        "profile:{}:{speaker}:{}",
        whose(turn),
        statement.to_lowercase()
    )
}

fn content(
    key: String,
    semantic_type: SemanticType,
    text: String,
    speaker: &str,
    info: Info,
    support: Support,
) -> Content {
    Content {
        key,
        semantic_type,
        text,
        title: None,
        session_id: format!("profile:{speaker}"),
        speaker: Some(speaker.to_owned()).filter(|s| !s.is_empty()),
        role: None,
        info,
        support,
    }
}
