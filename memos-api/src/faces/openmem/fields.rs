//! Fields that many requests have, with this contract's limits.

use serde_json::Value;

use super::reason::Reason;
use crate::faces::kit::Form;
use crate::reader;

/// Characters of an id.
const LONGEST_ID: usize = 100;

/// A text that has to be there and say something.
pub(super) fn words(form: &Form<'_>, name: &str) -> String {
    let text = form.need_text(name);
    if text.trim().is_empty() && form.any(name).is_some_and(Value::is_string) {
        form.fault(name, Reason::Empty.as_str(), "it is empty: give a value");
    }
    text
}

/// A text that may be left out; an empty one counts as left out.
pub(super) fn maybe(form: &Form<'_>, name: &str) -> Option<String> {
    form.text(name).filter(|text| !text.trim().is_empty())
}

/// The id of a conversation.
pub(super) fn conversation(form: &Form<'_>) -> Option<String> {
    let id = maybe(form, "conversation_id")?;
    checked(form, "conversation_id", Reason::LongConversationId, &id);
    Some(id)
}

/// The id of an agent or app that is a label.
pub(super) fn label(form: &Form<'_>, name: &str) -> Option<String> {
    let id = maybe(form, name)?;
    checked(form, name, Reason::LongUserId, &id);
    Some(id)
}

/// Ids, given as one or as a list.
pub(super) fn ids(form: &Form<'_>, name: &str) -> Vec<String> {
    let given = match form.any(name) {
        Some(Value::Array(_)) => form.texts(name).unwrap_or_default(),
        _ => form.text(name).into_iter().collect(),
    };
    let mut ids: Vec<String> = Vec::new();
    for id in given {
        checked(form, name, Reason::LongUserId, &id);
        if !id.trim().is_empty() && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// A list that has to be there and hold something.
pub(super) fn some_texts(form: &Form<'_>, name: &str) -> Vec<String> {
    if !form.has(name) {
        form.missing(name);
        return Vec::new();
    }
    let texts = form.texts(name).unwrap_or_default();
    if form
        .any(name)
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
    {
        form.fault(
            name,
            Reason::EmptyList.as_str(),
            "the list is empty: name at least one",
        );
    }
    texts
}

/// A time that a request names; none if its words name none. A day of the week behind a date says
/// nothing new.
pub(super) fn moment(value: &Value) -> Option<String> {
    let read = |value: &Value| reader::chat_time(value, "time").ok();
    let moment = read(value).or_else(|| {
        let text = value.as_str()?;
        let (date, day) = text.trim().rsplit_once(char::is_whitespace)?;
        let day = day.trim_matches(|c: char| !c.is_alphanumeric());
        is_weekday(day).then(|| read(&date.into()))?
    })?;
    Some(moment.to_string())
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let lower = word.to_lowercase();
    let english = DAYS
        .iter()
        .any(|day| lower == *day || (lower.starts_with(day) && lower.ends_with("day")));
    english
        || ["星期", "周", "礼拜"]
            .iter()
            .any(|day| word.starts_with(day))
}

fn checked(form: &Form<'_>, name: &str, reason: Reason, id: &str) {
    if id.chars().count() > LONGEST_ID {
        let words = format!("it has more than {LONGEST_ID} characters: use a shorter id");
        form.fault(name, reason.as_str(), words);
    }
}
