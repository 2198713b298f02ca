//! What a verdict does to the two memories.

use memos_core::{
    Cause, Commit, EventKind, Layer, Link, LinkKind, Memory, Move, NewEvent, Result, Timestamp,
    Why, Write,
};

use super::judge::Verdict;
use super::statement::Statement;

/// Gives the number of a memory's next version: numbers are never used twice.
pub type Numbering<'a> = dyn Fn(&Memory) -> u32 + 'a;

/// A memory's place in the order in which things were said.
pub(super) fn order(memory: &Memory) -> (Timestamp, memos_core::MemoryId) {
    (memory.header.descriptive.said_at.at(), memory.id)
}

/// Whether fusion may see two memories together: never across owners, access, cubes or layers.
pub(super) fn may_meet(a: &Memory, b: &Memory) -> bool {
    let (x, y) = (&a.header.governance, &b.header.governance);
    a.id != b.id
        && a.cube_id == b.cube_id
        && a.layer() == b.layer()
        && x.owner == y.owner
        && x.access == y.access
}

/// Whether fusion may change a memory.
fn may_change(memory: &Memory) -> bool {
    memory.state.is_mutable() && !memory.header.governance.legal_hold
}

/// The commit that a verdict asks for; none if there is nothing left to do, or it may not be done.
///
/// # Errors
/// If the state machine refuses a move, which `may_change` rules out.
pub(super) fn commit(
    older: &Memory,
    newer: &Memory,
    verdict: &Verdict,
    now: Timestamp,
    number: &Numbering<'_>,
) -> Result<Option<Commit>> {
    if !may_meet(older, newer) || order(older) > order(newer) || !may_change(newer) {
        return Ok(None);
    }
    let mut changed = match verdict {
        Verdict::Unrelated => return Ok(None),
        Verdict::Contradicts { .. } => linked(newer, LinkKind::Contradicts, older),
        Verdict::Duplicate { .. } => match newer.layer() {
            _ if is_over(older) || is_over(newer) => Vec::new(),
            Layer::Evidence => repeated(older, newer),
            Layer::Derived => consolidated(older, newer)?,
        },
        Verdict::Supersedes { attribute, .. } => superseded(older, newer, attribute),
    };
    if changed.is_empty() {
        return Ok(None);
    }
    let owner = &newer.header.governance.owner;
    let mut commit = Commit {
        why: Some(
            Why::new(owner.clone(), Cause::Fusion)
                .detail(verdict.rule())
                .evidence([newer.id]),
        ),
        ..Commit::default()
    };
    for (memory, kind) in &mut changed {
        let before = if memory.id == older.id { older } else { newer };
        memory.header.behavioural.version = number(before);
        memory.header.descriptive.updated_at = now;
        commit.events.push(NewEvent {
            cube_id: memory.cube_id.clone(),
            memory_id: Some(memory.id),
            actor: owner.clone(),
            kind: *kind,
        });
        commit.writes.push(Write::UpdateMemory {
            memory: memory.clone(),
            expected_version: before.header.behavioural.version,
        });
    }
    Ok(Some(commit))
}

type Changed = Vec<(Memory, EventKind)>;

/// Whether another took its place: what repeats it does not repeat what holds now.
fn is_over(memory: &Memory) -> bool {
    memory.header.behavioural.superseded_by.is_some()
}

fn linked(newer: &Memory, kind: LinkKind, older: &Memory) -> Changed {
    let mut memory = newer.clone();
    let link = Link { kind, to: older.id };
    if memory.header.behavioural.links.insert(link) {
        vec![(memory, EventKind::Updated)]
    } else {
        Vec::new()
    }
}

/// Evidence that repeats another keeps its words and points at the first.
fn repeated(older: &Memory, newer: &Memory) -> Changed {
    let links = &newer.header.behavioural.links;
    if links.iter().any(|l| l.kind == LinkKind::DuplicateOf) {
        return Vec::new();
    }
    linked(newer, LinkKind::DuplicateOf, older)
}

/// Of two derived memories the older stays, with all that the other was made from.
fn consolidated(older: &Memory, newer: &Memory) -> Result<Changed> {
    if !may_change(older) {
        return Ok(Vec::new());
    }
    let (mut survivor, mut other) = (older.clone(), newer.clone());
    let (into, from) = (&mut survivor.header, &newer.header);
    let (a, b) = (&mut into.descriptive, &from.descriptive);
    for source in &b.sources {
        if !a.sources.contains(source) {
            a.sources.push(source.clone());
        }
    }
    a.tags.extend(b.tags.iter().cloned());
    a.entities.extend(b.entities.iter().cloned());
    let (a, b) = (&mut into.behavioural, &from.behavioural);
    for id in &b.derived_from {
        if !a.derived_from.contains(id) && *id != older.id {
            a.derived_from.push(*id);
        }
    }
    a.links.extend(b.links.iter().filter(|l| l.to != older.id));
    other.state = other.state.after(Move::Merge)?;
    other.header.behavioural.superseded_by = Some(older.id);
    Ok(vec![
        (survivor, EventKind::Updated),
        (other, EventKind::Merged),
    ])
}

fn superseded(older: &Memory, newer: &Memory, attribute: &str) -> Changed {
    if is_over(older) {
        return Vec::new();
    }
    let mut changed = linked(newer, LinkKind::Supersedes, older);
    // What is a small part of a longer text does not end the rest of it.
    let brief = Statement::of(older).is_some_and(|s| s.is_brief());
    if brief && may_change(older) {
        let mut memory = older.clone();
        let since = older.header.descriptive.valid.from;
        let since = since.unwrap_or(older.header.descriptive.said_at.at());
        let end = holds_from(newer, attribute).max(since);
        let until = &mut memory.header.descriptive.valid.until;
        *until = Some(until.map_or(end, |known| known.min(end)));
        memory.header.behavioural.superseded_by = Some(newer.id);
        changed.push((memory, EventKind::Updated));
    }
    changed
}

/// Since when a newer statement holds: since the time that its only sentence names, if that has
/// begun when it is said. What is said of a plan names the plan's time.
fn holds_from(newer: &Memory, attribute: &str) -> Timestamp {
    let described = &newer.header.descriptive;
    let said_at = described.said_at.at();
    let named = || {
        let times = &newer.payload.plaintext()?.times;
        let [time] = times.as_slice() else {
            return None;
        };
        let told = Statement::of(newer).is_some_and(|s| s.is_one_sentence());
        let is_plan = matches!(attribute, "plan" | "deadline");
        let start = time.valid.interval.start;
        (told && !is_plan && start <= said_at).then_some(start)
    };
    described.valid.from.or_else(named).unwrap_or(said_at)
}
