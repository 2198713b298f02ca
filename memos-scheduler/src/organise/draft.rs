//! Derived memories in the making: what they take over from the turns that they are made from.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{
    Access, Audience, Header, Info, Memory, MemoryId, Origin, Payload, Plaintext, Role,
    SemanticType, Source, State, Turn, UserId,
};

use super::inherit::{Notes, Support};
use crate::lifecycle::shortest;

/// Where the key of a derived memory stands in its own fields.
pub(super) const KEY: &str = "key";

/// The fields that say what a statement is.
pub(super) const OWN: [&str; 4] = [KEY, "rule", "explicit", "topic"];

/// A derived memory that should be there.
///
/// The memory is whole but for bookkeeping: who commits it sets `created_at`, `updated_at`, the
/// version and the fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What it is, so that doing the work again replaces it: also in the memory's own field `key`.
    pub key: String,
    /// The memory. Of one that replaces another it has the other's id.
    pub memory: Memory,
    /// The memory of that key that is there now, which this one is to become.
    pub replaces: Option<MemoryId>,
    /// What callers noted on its evidence.
    pub(super) notes: Notes,
}

/// The words of a memory.
pub(super) fn text(memory: &Memory) -> &str {
    memory.payload.plaintext().map_or("", |p| &p.text)
}

pub(super) fn session(memory: &Memory) -> &str {
    memory
        .payload
        .plaintext()
        .map_or("", |p| &p.turn.session_id)
}

/// A memory's own field of text.
pub(super) fn field<'a>(memory: &'a Memory, name: &str) -> Option<&'a str> {
    memory.header.descriptive.info.0.get(name)?.as_str()
}

/// Whether a memory is a turn that may be worked on: words that somebody said, still in force.
pub(super) fn is_turn(memory: &Memory) -> bool {
    memory.header.descriptive.semantic_type == SemanticType::Message
        && memory.header.descriptive.origin != Origin::Inference
        && !matches!(memory.state, State::Merged | State::Expired)
        && memory.payload.plaintext().is_some()
}

/// The turns of each owner and access, in the order in which they were said. What is derived from
/// memories is never derived from those of two owners or two audiences.
pub(super) fn by_audience(turns: &[Memory]) -> Vec<Vec<&Memory>> {
    let mut groups: BTreeMap<(&UserId, String), Vec<&Memory>> = BTreeMap::new();
    for turn in turns.iter().filter(|m| is_turn(m)) {
        let governance = &turn.header.governance;
        let group = (&governance.owner, audience(&governance.access));
        groups.entry(group).or_default().push(turn);
    }
    let mut groups: Vec<Vec<&Memory>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(|m| (m.header.descriptive.said_at.at(), m.id));
    }
    groups
}

/// The owner and audience of a group as a part of a key.
pub(super) fn whose(turn: &Memory) -> String {
    let governance = &turn.header.governance;
    format!("{}{}", governance.owner, audience(&governance.access))
}

/// Empty for what only the owner sees.
fn audience(access: &Access) -> String {
    if *access == Access::default() {
        return String::new();
    }
    let name = |audience: &Audience| match audience {
        Audience::Owner => "owner".to_owned(),
        Audience::Everyone => "everyone".to_owned(),
        Audience::Users(users) => users
            .iter()
            .map(UserId::as_str)
            .collect::<Vec<_>>()
            .join(","),
    };
    format!("[{}/{}]", name(&access.readers), name(&access.writers))
}

/// What a derived memory says.
pub(super) struct Content {
    pub(super) key: String,
    pub(super) semantic_type: SemanticType,
    pub(super) text: String,
    pub(super) title: Option<String>,
    pub(super) session_id: String,
    pub(super) speaker: Option<String>,
    pub(super) role: Option<Role>,
    pub(super) info: Info,
    pub(super) support: Support,
}

/// A derived memory from turns of one owner and access, in order; `None` without turns.
pub(super) fn draft(content: Content, turns: &[&Memory]) -> Option<Draft> {
    let last = turns.last()?;
    let said_at = last.header.descriptive.said_at;
    let governance = &last.header.governance;
    let mut header = Header::new(governance.owner.clone(), said_at, said_at.at());
    header.governance.access = governance.access.clone();
    header.governance.lifespan = shortest(turns.iter().map(|m| m.header.governance.lifespan));
    header.governance.sensitivity = turns
        .iter()
        .flat_map(|m| m.header.governance.sensitivity.iter().cloned())
        .collect();
    let mut info = content.info;
    info.0.insert(KEY.to_owned(), content.key.as_str().into());
    let notes = Notes::of(turns, content.support);
    notes.note(&mut info, &mut header.descriptive.tags);
    let described = &mut header.descriptive;
    described.origin = Origin::Inference;
    described.semantic_type = content.semantic_type;
    described.key = content.title;
    described.sources = sources(turns);
    described.entities = named(&content.text, turns);
    described.info = info;
    header.behavioural.derived_from = turns.iter().map(|m| m.id).collect();
    Some(Draft {
        key: content.key,
        memory: Memory {
            id: MemoryId::generate(),
            cube_id: last.cube_id.clone(),
            state: State::Generated,
            header,
            payload: Payload::Plaintext(Plaintext {
                text: content.text,
                caption: None,
                turn: Turn {
                    session_id: content.session_id,
                    speaker: content.speaker,
                    role: content.role,
                },
                times: Vec::new(),
            }),
        },
        replaces: None,
        notes,
    })
}

/// Where the turns came from, each once; a turn that says nothing of it is its own source.
pub(super) fn sources(turns: &[&Memory]) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for turn in turns {
        let own = &turn.header.descriptive.sources;
        let itself = own.is_empty().then(|| Source {
            kind: "memory".to_owned(),
            reference: turn.id.to_string(),
            locator: None,
        });
        for source in own.iter().chain(&itself) {
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        }
    }
    sources
}

/// The entities of the turns that the text names.
fn named(text: &str, turns: &[&Memory]) -> BTreeSet<String> {
    turns
        .iter()
        .flat_map(|m| &m.header.descriptive.entities)
        .filter(|name| !name.is_empty() && text.contains(name.as_str()))
        .cloned()
        .collect()
}

/// Whether somebody laid hands on a derived memory since: fused, superseded, frozen, held. It is
/// left as it is.
fn is_settled(known: &Memory) -> bool {
    matches!(known.state, State::Merged | State::Expired | State::Frozen)
        || known.header.governance.legal_hold
        || known.header.behavioural.superseded_by.is_some()
}

/// How a draft meets the memory of its key that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// It takes its place: a summary.
    Replace,
    /// Its evidence is added: a statement that was made again.
    AddEvidence,
}

/// The drafts that change something: new keys, and known ones that have other content now.
pub(super) fn changed(drafts: Vec<Draft>, known: &[Memory], meeting: Meeting) -> Vec<Draft> {
    let by_key: BTreeMap<&str, &Memory> = known
        .iter()
        .filter_map(|m| field(m, KEY).map(|key| (key, m)))
        .collect();
    drafts
        .into_iter()
        .filter_map(|mut draft| {
            let Some(known) = by_key.get(draft.key.as_str()) else {
                return Some(draft);
            };
            if is_settled(known) {
                return None;
            }
            let fresh = std::mem::replace(&mut draft.memory, (*known).clone());
            match meeting {
                Meeting::Replace => replace(&mut draft.memory, fresh, &draft.notes),
                Meeting::AddEvidence => add_evidence(&mut draft.memory, fresh, &draft.notes),
            }
            draft.replaces = Some(known.id);
            (draft.memory != **known).then_some(draft)
        })
        .collect()
}

/// What is known says what is fresh. Its use, its links and what others noted on it stay.
fn replace(memory: &mut Memory, fresh: Memory, notes: &Notes) {
    let described = &mut memory.header.descriptive;
    notes.withdraw(&mut described.info, &mut described.tags);
    let (old, new) = (&mut memory.header, fresh.header);
    let mut info = new.descriptive.info;
    std::mem::swap(&mut old.descriptive.info, &mut info);
    for (name, value) in info.0 {
        old.descriptive.info.0.entry(name).or_insert(value);
    }
    old.descriptive.said_at = new.descriptive.said_at;
    old.descriptive.key = new.descriptive.key;
    old.descriptive.sources = new.descriptive.sources;
    old.descriptive.entities.extend(new.descriptive.entities);
    old.governance.lifespan = new.governance.lifespan;
    old.governance
        .sensitivity
        .extend(new.governance.sensitivity);
    old.behavioural.derived_from = new.behavioural.derived_from;
    if text(memory) != fresh.payload.plaintext().map_or("", |p| &p.text) {
        memory.payload = fresh.payload;
    }
}

/// What is known stays, with the evidence of both.
fn add_evidence(memory: &mut Memory, fresh: Memory, notes: &Notes) {
    let evidence = &memory.header.behavioural.derived_from;
    let is_new = |id: &MemoryId| !evidence.contains(id);
    let mut fresh_evidence = fresh.header.behavioural.derived_from.iter();
    if fresh_evidence.any(is_new) {
        let described = &mut memory.header.descriptive;
        notes.join(&mut described.info, &mut described.tags, &OWN);
    }
    let evidence = &mut memory.header.behavioural.derived_from;
    for id in fresh.header.behavioural.derived_from {
        if !evidence.contains(&id) {
            evidence.push(id);
        }
    }
    for source in fresh.header.descriptive.sources {
        if !memory.header.descriptive.sources.contains(&source) {
            memory.header.descriptive.sources.push(source);
        }
    }
    let sensitivity = fresh.header.governance.sensitivity;
    memory.header.governance.sensitivity.extend(sensitivity);
}
