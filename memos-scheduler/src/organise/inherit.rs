//! What a derived memory takes over of what callers noted on its evidence: their fields, their labels
//! and the sessions, so that a filter that finds the words finds what they lead to.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{Info, Memory};
use serde_json::Value;

use super::draft::session;

/// The field that names the sessions in which a statement was made.
pub(super) const SESSIONS: &str = "sessions";

/// How evidence carries what is derived from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    /// Each piece says all of it: what is noted on any of them is noted on it, several values as a
    /// list.
    Each,
    /// Only all of them together say it: what they agree on is noted on it.
    Together,
}

/// The notes of some evidence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notes {
    support: Support,
    fields: BTreeMap<String, Value>,
    tags: BTreeSet<String>,
    /// In the order in which they were last spoken in.
    sessions: Vec<Value>,
    /// What is noted on some of them only, and holds for none then.
    disputed: BTreeSet<String>,
    disputed_tags: BTreeSet<String>,
}

impl Notes {
    /// Those of some turns.
    pub(crate) fn of(turns: &[&Memory], support: Support) -> Self {
        let mut notes = Self {
            support,
            fields: BTreeMap::new(),
            tags: BTreeSet::new(),
            sessions: Vec::new(),
            disputed: BTreeSet::new(),
            disputed_tags: BTreeSet::new(),
        };
        for (number, turn) in turns.iter().enumerate() {
            let described = &turn.header.descriptive;
            notes.add(number == 0, &described.info, &described.tags);
            if support == Support::Each {
                put_last(&mut notes.sessions, session(turn).into());
            }
        }
        notes
    }

    fn add(&mut self, first: bool, info: &Info, tags: &BTreeSet<String>) {
        match self.support {
            Support::Each => {
                for (name, value) in &info.0 {
                    let known = self.fields.remove(name);
                    self.fields.insert(name.clone(), united(known, value));
                }
                self.tags.extend(tags.iter().cloned());
            }
            Support::Together if first => {
                self.fields = info.0.clone().into_iter().collect();
                self.tags.clone_from(tags);
            }
            Support::Together => {
                let agreed = |name: &String, value: &Value| info.0.get(name) == Some(value);
                let (kept, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
                    std::mem::take(&mut self.fields)
                        .into_iter()
                        .partition(|(name, value)| agreed(name, value));
                self.fields = kept;
                self.disputed.extend(lost.into_keys());
                let new = info.0.keys().filter(|n| !self.fields.contains_key(*n));
                self.disputed.extend(new.cloned());
                let shared: BTreeSet<String> = self.tags.intersection(tags).cloned().collect();
                let all = self.tags.union(tags);
                let lost: Vec<String> = all.filter(|t| !shared.contains(*t)).cloned().collect();
                self.disputed_tags.extend(lost);
                self.tags = shared;
            }
        }
    }

    /// Notes them on a memory that is new. Its own fields stay.
    pub(crate) fn note(&self, info: &mut Info, tags: &mut BTreeSet<String>) {
        for (name, value) in &self.fields {
            info.0.entry(name.clone()).or_insert_with(|| value.clone());
        }
        if !self.sessions.is_empty() {
            let all = Value::Array(self.sessions.clone());
            info.0.insert(SESSIONS.to_owned(), all);
        }
        tags.extend(self.tags.iter().cloned());
    }

    /// Notes them on a memory that had other evidence too. `own` are the names of the fields that
    /// say what it is.
    pub(super) fn join(&self, info: &mut Info, tags: &mut BTreeSet<String>, own: &[&str]) {
        match self.support {
            Support::Each => {
                for (name, value) in self
                    .fields
                    .iter()
                    .filter(|(n, _)| !own.contains(&n.as_str()))
                {
                    let known = info.0.remove(name);
                    info.0.insert(name.clone(), united(known, value));
                }
                let sessions = Value::Array(self.sessions.clone());
                let known = info.0.remove(SESSIONS);
                info.0.insert(SESSIONS.to_owned(), united(known, &sessions));
                tags.extend(self.tags.iter().cloned());
            }
            Support::Together => {
                let lost = |name: &String, value: &Value| {
                    let new = self.fields.get(name);
                    self.disputed.contains(name) || new.is_some_and(|new| new != value)
                };
                info.0
                    .retain(|name, value| own.contains(&name.as_str()) || !lost(name, value));
                tags.retain(|tag| !self.disputed_tags.contains(tag));
            }
        }
    }

    /// Takes from a memory what its evidence does not agree on any more.
    pub(super) fn withdraw(&self, info: &mut Info, tags: &mut BTreeSet<String>) {
        info.0.retain(|name, _| !self.disputed.contains(name));
        tags.retain(|tag| !self.disputed_tags.contains(tag));
        tags.extend(self.tags.iter().cloned());
    }
}

/// One value, or the list of several, the latest last.
pub(super) fn united(known: Option<Value>, new: &Value) -> Value {
    let Some(known) = known.filter(|known| known != new) else {
        return new.clone();
    };
    let mut all = members(known);
    for value in members(new.clone()) {
        put_last(&mut all, value);
    }
    Value::Array(all)
}

/// Each value once, and the latest last: where only one can be shown, it is that.
fn put_last(all: &mut Vec<Value>, value: Value) {
    all.retain(|known| *known != value);
    all.push(value);
}

/// The values of a field.
pub(super) fn members(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn info(value: Value) -> Info {
        let Value::Object(fields) = value else {
            panic!("{value}")
        };
        Info(fields)
    }

    fn tags(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|t| (*t).to_owned()).collect()
    }

    fn notes(support: Support, evidence: &[(Value, &[&str])]) -> Notes {
        let mut notes = Notes::of(&[], support);
        for (number, (fields, labels)) in evidence.iter().enumerate() {
            notes.add(number == 0, &info(fields.clone()), &tags(labels));
        }
        notes
    }

    #[test]
    fn what_each_says_has_the_notes_of_all() {
        let notes = notes(
            Support::Each,
            &[
                (json!({"agent_id": "a1", "scene": "chat"}), &["work"]),
                (json!({"agent_id": "a2", "scene": "chat"}), &["home"]),
            ],
        );
        let (mut fields, mut labels) = (info(json!({"rule": "r"})), tags(&[]));
        notes.note(&mut fields, &mut labels);
        assert_eq!(
            Value::Object(fields.0.clone()),
            json!({"rule": "r", "agent_id": ["a1", "a2"], "scene": "chat"})
        );
        assert_eq!(labels, tags(&["work", "home"]));
        let again = fields.clone();
        notes.join(&mut fields, &mut labels, &["rule"]);
        assert_eq!(fields.0.get("agent_id"), again.0.get("agent_id"));
    }

    #[test]
    fn what_all_say_together_has_what_they_agree_on() {
        let notes = notes(
            Support::Together,
            &[
                (json!({"agent_id": "a1", "scene": "chat"}), &["work", "x"]),
                (json!({"agent_id": "a2", "scene": "chat"}), &["work"]),
            ],
        );
        let (mut fields, mut labels) = (info(json!({})), tags(&[]));
        notes.note(&mut fields, &mut labels);
        assert_eq!(Value::Object(fields.0), json!({"scene": "chat"}));
        assert_eq!(labels, tags(&["work"]));
        // What an earlier state of it had is taken back.
        let (mut fields, mut labels) = (info(json!({"agent_id": "a1", "own": 1})), tags(&["x"]));
        notes.withdraw(&mut fields, &mut labels);
        assert_eq!(Value::Object(fields.0), json!({"own": 1}));
        assert_eq!(labels, tags(&["work"]));
    }
}
