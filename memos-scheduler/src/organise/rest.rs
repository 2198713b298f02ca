//! What stays of a derived memory when some of its evidence is forgotten: nothing of what only the
//! forgotten brought.

use std::collections::BTreeSet;

use memos_core::{Info, Memory, Payload};
use serde_json::Value;

use super::draft::{KEY, OWN, by_audience, field, session, sources};
use super::inherit::{SESSIONS, members, united};
use super::summary;

/// The memory as it follows from what is left of its evidence; `None` if nothing like it does. It
/// is whole but for bookkeeping.
///
/// A summary is made anew. What else a memory says, all that is left says as well, or a model found
/// it: its words stay, and it loses the labels, fields, sessions and sources that it had from the
/// forgotten alone.
pub fn rest(memory: &Memory, gone: &[Memory], left: &[Memory]) -> Option<Memory> {
    let mut rest = memory.clone();
    if let Some(of) = summary::of(memory) {
        let anew = by_audience(left)
            .into_iter()
            .filter_map(|turns| summary::summary(&turns, of))
            .find(|draft| field(memory, KEY) == Some(&draft.key))?;
        tell(&mut rest, anew.memory);
    }
    let both = (gone, left);
    let behavioural = &mut rest.header.behavioural;
    let stays = |id| left.iter().any(|memory| memory.id == id);
    behavioural.derived_from.retain(|id| stays(*id));

    let described = &mut rest.header.descriptive;
    let lost = only_there(both, |m| {
        m.header.descriptive.tags.iter().cloned().collect()
    });
    described.tags.retain(|tag| !lost.contains(tag));
    let lost = only_there(both, |m| sources(&[m]));
    described.sources.retain(|source| !lost.contains(source));
    take_fields(&mut described.info, both);

    let governance = &mut rest.header.governance;
    let of = |m: &Memory| m.header.governance.sensitivity.iter().cloned().collect();
    let lost = only_there(both, of);
    governance.sensitivity.retain(|kind| !lost.contains(kind));

    place(&mut rest, both);
    Some(rest)
}

/// Of the forgotten, and of what is left.
type Both<'a> = (&'a [Memory], &'a [Memory]);

/// What the forgotten have and nothing that is left has.
fn only_there<T: PartialEq>((gone, left): Both<'_>, of: impl Fn(&Memory) -> Vec<T>) -> Vec<T> {
    let stays: Vec<T> = left.iter().flat_map(&of).collect();
    let mut lost: Vec<T> = gone.iter().flat_map(&of).collect();
    lost.retain(|one| !stays.contains(one));
    lost
}

/// Puts the words of another summary in the place of a summary's.
fn tell(memory: &mut Memory, anew: Memory) {
    let (old, new) = (&mut memory.header.descriptive, anew.header.descriptive);
    old.said_at = new.said_at;
    old.key = new.key;
    old.entities = new.entities;
    memory.payload = anew.payload;
}

/// Takes from the fields what only the forgotten noted in them.
fn take_fields(info: &mut Info, both: Both<'_>) {
    let sessions = |m: &Memory| vec![Value::from(session(m))];
    let lost = only_there(both, sessions);
    if let Some(Value::Array(all)) = info.0.get_mut(SESSIONS) {
        all.retain(|session| !lost.contains(session));
    }
    let noted = |m: &Memory, name: &str| m.header.descriptive.info.0.get(name).cloned();
    let names: BTreeSet<&String> = both
        .0
        .iter()
        .flat_map(|m| m.header.descriptive.info.0.keys())
        .filter(|name| !OWN.contains(&name.as_str()))
        .collect();
    for name in names {
        let Some(known) = info.0.remove(name) else {
            continue;
        };
        let lost = only_there(both, |m| noted(m, name).map(members).unwrap_or_default());
        let mut stays = members(known.clone());
        let before = stays.len();
        stays.retain(|value| !lost.contains(value));
        let anew = both.1.iter().filter_map(|m| noted(m, name));
        let anew = anew.fold(None, |known, value| Some(united(known, &value)));
        let value = match (stays.len() == before, anew) {
            (true, _) => Some(known),
            // As what is left has it: one value by itself, or a list that it was noted as.
            (_, Some(anew)) if members(anew.clone()) == stays => Some(anew),
            _ => (!stays.is_empty()).then_some(Value::Array(stays)),
        };
        info.0.extend(value.map(|value| (name.clone(), value)));
    }
}

/// When and where it was said, if that is known of the forgotten alone.
fn place(memory: &mut Memory, both: Both<'_>) {
    let said = |m: &Memory| m.header.descriptive.said_at;
    let times = both.1.iter().map(said);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
        return;
    };
    let lost = only_there(both, |m| vec![said(m)]);
    let at = &mut memory.header.descriptive.said_at;
    if lost.contains(at) {
        *at = if *at < first { first } else { last };
    }
    let lost = only_there(both, |m| vec![session(m).to_owned()]);
    let latest = both.1.iter().max_by_key(|m| (said(m), m.id)).map(session);
    if lost.iter().any(|lost| lost == session(memory))
        && let (Some(latest), Payload::Plaintext(plain)) = (latest, &mut memory.payload)
    {
        latest.clone_into(&mut plain.turn.session_id);
    }
}

#[cfg(test)]
mod tests;
