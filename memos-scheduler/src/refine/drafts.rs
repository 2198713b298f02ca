//! From a reply to memories: only what given turns say, for their owner, with their access.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{
    Header, Info, Memory, MemoryId, Origin, Payload, Plaintext, Priority, Source, State, Timestamp,
    TokenUsage, Turn,
};
use serde_json::{Value, json};

use super::facts::{self, Item, MAX_ITEMS};
use crate::lifecycle::shortest;
use crate::organise::{Notes, Support};

/// Hash of a text and a caption: equal for exact repeats, the same that evidence has.
pub type Fingerprint = fn(&str, Option<&str>) -> u64;

/// Most sources of one kind that a memory repeats from its evidence; its `derived_from` is whole.
const MAX_SOURCES: usize = 16;

/// A derived memory in its first version, not stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The memory, with a fresh id.
    pub memory: Memory,
    /// The same whenever the same prompt finds the same words for the same owner.
    pub key: String,
}

/// What was left out of replies, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Items that are malformed, empty or too long.
    pub malformed: usize,
    /// Items that name no source, or one that was not given.
    pub unsourced: usize,
    /// Items from turns of different owners, cubes or access.
    pub mixed: usize,
    /// Items that say what another one says; their sources were added to that one's.
    pub repeated: usize,
    /// Items beyond the most that one reply may have.
    pub beyond: usize,
}

/// What came of turns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refined {
    /// The memories.
    pub drafts: Vec<Draft>,
    /// What was left out.
    pub dropped: Dropped,
    /// What it cost.
    pub usage: TokenUsage,
}

impl Refined {
    /// Takes what one reply says about the turns that were shown, numbered from 1 in this order.
    /// `rule` is the model and the prompt, such as `llm:qwen3:8b/facts.v1`.
    pub(super) fn take(
        &mut self,
        reply: &Value,
        turns: &[Memory],
        rule: &str,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) {
        let items = facts::items(reply);
        self.dropped.beyond += items.len().saturating_sub(MAX_ITEMS);
        for item in items.iter().take(MAX_ITEMS) {
            let Some(item) = Item::read(item) else {
                self.dropped.malformed += 1;
                continue;
            };
            let Some(sources) = sources(&item, turns) else {
                self.dropped.unsourced += 1;
                continue;
            };
            if !sources.windows(2).all(|pair| alike(pair[0], pair[1])) {
                self.dropped.mixed += 1;
                continue;
            }
            let draft = draft(&item, &sources, rule, fingerprint, now);
            match self.drafts.iter_mut().find(|known| same(known, &draft)) {
                Some(known) => {
                    self.dropped.repeated += 1;
                    join(&mut known.memory, &draft.memory);
                }
                None => self.drafts.push(draft),
            }
        }
    }
}

/// Whether memories may be drawn together: what one may read, so may the reader of the other.
pub(super) fn alike(a: &Memory, b: &Memory) -> bool {
    let (ga, gb) = (&a.header.governance, &b.header.governance);
    a.cube_id == b.cube_id && ga.owner == gb.owner && ga.access == gb.access
}

/// The turns that an item names, in their order; none if it names none or one that was not shown.
fn sources<'a>(item: &Item, turns: &'a [Memory]) -> Option<Vec<&'a Memory>> {
    let numbers: BTreeSet<i64> = item.sources.iter().copied().collect();
    let turn = |number: &i64| turns.get(usize::try_from(*number).ok()?.checked_sub(1)?);
    let turns: Vec<&Memory> = numbers.iter().map(turn).collect::<Option<_>>()?;
    (!turns.is_empty()).then_some(turns)
}

fn same(a: &Draft, b: &Draft) -> bool {
    a.key == b.key && alike(&a.memory, &b.memory)
}

fn join(known: &mut Memory, repeat: &Memory) {
    let from = &mut known.header.behavioural.derived_from;
    for id in &repeat.header.behavioural.derived_from {
        if !from.contains(id) {
            from.push(*id);
        }
    }
    let taken = &mut known.header.descriptive.sources;
    add_sources(taken, &repeat.header.descriptive.sources);
    let sensitivity = repeat.header.governance.sensitivity.iter().cloned();
    known.header.governance.sensitivity.extend(sensitivity);
    let lifespans = [&*known, repeat].map(|m| m.header.governance.lifespan);
    known.header.governance.lifespan = shortest(lifespans);
}

/// A memory of what its sources say: said when the last of them was, theirs in owner and access, as
/// sensitive and as short-lived as any of them.
fn draft(
    item: &Item,
    sources: &[&Memory],
    rule: &str,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> Draft {
    let last = sources
        .iter()
        .max_by_key(|turn| (turn.header.descriptive.said_at, turn.id))
        .expect("an item has at least one source");
    let said_at = last.header.descriptive.said_at;
    let governance = &last.header.governance;
    let mut header = Header::new(governance.owner.clone(), said_at, now);
    header.governance.access = governance.access.clone();
    header.governance.lifespan = shortest(sources.iter().map(|s| s.header.governance.lifespan));
    header.governance.sensitivity = (sources.iter())
        .flat_map(|s| s.header.governance.sensitivity.iter().cloned())
        .collect();
    header.governance.priority = (sources.iter())
        .map(|s| s.header.governance.priority)
        .max()
        .unwrap_or(Priority::Normal);

    let described = &mut header.descriptive;
    described.origin = Origin::Inference;
    described.semantic_type = item.kind.semantic_type();
    described.entities = item.subject.iter().cloned().collect();
    let from = sources.iter().flat_map(|s| &s.header.descriptive.sources);
    add_sources(&mut described.sources, from);
    described.valid = item.validity(said_at);
    described.info = info(item, rule);
    // Only all of its sources together say it.
    let notes = Notes::of(sources, Support::Together);
    notes.note(&mut described.info, &mut described.tags);

    let hash = fingerprint(&item.text, None);
    header.behavioural.fingerprint = hash;
    header.behavioural.derived_from = sources.iter().map(|turn| turn.id).collect();
    let session = last.payload.plaintext().map(|p| p.turn.session_id.clone());
    Draft {
        key: format!("{rule}:{hash:016x}"),
        memory: Memory {
            id: MemoryId::generate(),
            cube_id: last.cube_id.clone(),
            state: State::Generated,
            header,
            payload: Payload::Plaintext(Plaintext {
                text: item.text.clone(),
                caption: None,
                turn: Turn {
                    session_id: session.unwrap_or_default(),
                    speaker: None,
                    role: None,
                },
                times: Vec::new(),
            }),
        },
    }
}

/// Repeats sources, each once and not too many.
fn add_sources<'a>(taken: &mut Vec<Source>, from: impl IntoIterator<Item = &'a Source>) {
    for source in from {
        if taken.len() < MAX_SOURCES && !taken.contains(source) {
            taken.push(source.clone());
        }
    }
}

fn info(item: &Item, rule: &str) -> Info {
    let mut info = BTreeMap::from([("rule", json!(rule))]);
    if let Some(subject) = &item.subject {
        info.insert("subject", json!(subject));
    }
    if let Some(explicit) = item.explicit {
        info.insert("explicit", json!(explicit));
    }
    if let Some(confidence) = item.confidence.filter(|c| c.is_finite()) {
        let hundredths = (confidence.clamp(0.0, 1.0) * 100.0).round();
        info.insert("confidence", json!(hundredths / 100.0));
    }
    Info(
        info.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}
