//! From a call to its best candidates.

use memos_core::{Candidate, IndexQuery, Scope, Subject, ValidTime};

use super::cube::{CubeIndex, Entry};
use super::score::{Fields, Lexical};
use super::session::Slot;
use crate::text::{contains_name, terms};

/// The candidates of a call over the cubes of its scopes, best first.
///
/// What the reader may not see is out before anything is counted: it adds neither to scores nor to
/// statistics, so that not even a rank tells of it. Filters only choose among what may be seen.
pub(crate) fn candidates(cubes: &[&CubeIndex], query: &IndexQuery<'_>) -> Vec<Candidate> {
    let found = terms(&query.call.question);
    let views: Vec<View<'_>> = cubes
        .iter()
        .zip(query.scopes)
        .map(|(cube, scope)| View::new(cube, scope))
        .collect();
    let lexical = Lexical::score(&views, found.iter().map(|(term, _)| term));
    let mut out = Vec::new();
    for ((view, scope), fields) in views.iter().zip(query.scopes).zip(&lexical.cubes) {
        let named = named_speaker(view, &query.call.question);
        for (slot, entry) in view.entries() {
            if !wanted(entry, query) {
                continue;
            }
            let signals = signals(view, slot, entry, fields, &lexical, named, query);
            out.push((
                signals.score(query.weights),
                Candidate {
                    cube_id: scope.cube_id.clone(),
                    id: entry.doc.memory.id,
                    score: 0.0,
                    signals,
                },
            ));
        }
    }
    best(out, query.limit)
}

/// One cube through one reader's eyes.
pub(crate) struct View<'a> {
    pub(crate) cube: &'a CubeIndex,
    /// Which slots the reader may see; `None` if all.
    visible: Option<Vec<bool>>,
}

impl<'a> View<'a> {
    fn new(cube: &'a CubeIndex, scope: &Scope) -> Self {
        let hidden = cube
            .entries()
            .any(|(_, e)| !scope.admits(&e.doc.memory.header.governance));
        let visible = hidden.then(|| {
            let mut visible = vec![false; cube.slots()];
            for (slot, entry) in cube.entries() {
                visible[slot as usize] = scope.admits(&entry.doc.memory.header.governance);
            }
            visible
        });
        Self { cube, visible }
    }

    pub(crate) fn sees(&self, slot: Slot) -> bool {
        self.visible.as_ref().is_none_or(|v| v[slot as usize])
    }

    pub(crate) fn sees_all(&self) -> bool {
        self.visible.is_none()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (Slot, &'a Entry)> {
        self.cube.entries().filter(|(slot, _)| self.sees(*slot))
    }
}

/// Whether a call asks for memories like this one.
fn wanted(entry: &Entry, query: &IndexQuery<'_>) -> bool {
    let (call, memory) = (query.call, &entry.doc.memory);
    (call.types.is_empty()
        || call
            .types
            .contains(&memory.header.descriptive.semantic_type))
        && call
            .within
            .is_none_or(|w| valid_times(entry).any(|v| v.interval.overlaps(&w)))
        && call
            .filter
            .as_ref()
            .is_none_or(|f| f.matches(&Subject::from(memory)))
}

/// The times that a memory is about: those it names, or else the day on which it was said.
fn valid_times(entry: &Entry) -> impl Iterator<Item = ValidTime> {
    let memory = &entry.doc.memory;
    let times = memory.payload.plaintext().map_or(&[][..], |p| &p.times);
    let day = times
        .is_empty()
        .then(|| ValidTime::day_of(memory.header.descriptive.said_at));
    times.iter().map(|t| t.valid).chain(day)
}

/// The one participant that the question names; `None` for none, and for several. Whoever only
/// speaks where the reader may not look is no participant.
fn named_speaker<'a>(view: &View<'a>, question: &str) -> Option<&'a str> {
    let heard =
        |name: &str| view.sees_all() || view.entries().any(|(_, e)| e.doc.speaker() == Some(name));
    let mut named = view
        .cube
        .speakers
        .keys()
        .map(|name| &**name)
        .filter(|name| contains_name(question, name) && heard(name));
    let first = named.next()?;
    named.next().is_none().then_some(first)
}

fn signals(
    view: &View<'_>,
    slot: Slot,
    entry: &Entry,
    fields: &Fields,
    lexical: &Lexical,
    named: Option<&str>,
    query: &IndexQuery<'_>,
) -> memos_core::Signals {
    let (doc, intent) = (&entry.doc, query.call.intent);
    let roles = view.cube.session_of(entry).has_roles();
    let at = slot as usize;
    let session = entry.session as usize;
    let is_user = doc.role() == Some(memos_core::Role::User);
    let flag = |on: bool| if on { 1.0 } else { 0.0 };
    memos_core::Signals {
        turn: lexical.share(fields.turn[at], lexical.best.turn),
        window: lexical.share(fields.window[at], lexical.best.window),
        session: lexical.share(fields.session[session], lexical.best.session),
        session_best: lexical.share(fields.session_best[session], lexical.best.turn),
        dense: doc.vector.dot(query.vector),
        speaker: flag(!roles && named.is_some() && doc.speaker() == named),
        role: flag(roles && is_user) * if intent.asks_assistant { 0.4 } else { 1.0 },
        question: doc.question,
        length: if roles { 0.0 } else { doc.verbosity },
        time: flag(intent.asks_time && doc.names_time),
        time_fit: flag(
            query
                .call
                .window
                .is_some_and(|w| valid_times(entry).any(|v| v.interval.overlaps(&w.interval))),
        ),
        directive: flag(intent.asks_help && doc.directive),
    }
}

/// The first `limit` by score; equal scores go by age, so that the order never wavers.
fn best(mut scored: Vec<(f32, Candidate)>, limit: usize) -> Vec<Candidate> {
    let order = |a: &(f32, Candidate), b: &(f32, Candidate)| {
        b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id))
    };
    if limit == 0 {
        return Vec::new();
    }
    if scored.len() > limit {
        scored.select_nth_unstable_by(limit - 1, order);
        scored.truncate(limit);
    }
    scored.sort_unstable_by(order);
    scored
        .into_iter()
        .map(|(score, c)| Candidate { score, ..c })
        .collect()
}
