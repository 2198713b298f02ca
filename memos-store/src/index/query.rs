//! From a call to its best candidates.

use memos_core::{Candidate, IndexQuery, MemoryId, Signals, Subject};

use super::cube::{CubeIndex, Entry};
use super::score::Lexical;
use super::session::is_role_word;
use super::signal::{Reading, valid_times};
use super::view::View;
use crate::text::{contains_name, terms, without_names};

/// The candidates of a call over the cubes of its scopes, best first.
///
/// What the reader may not see is out before anything is counted: what it says adds neither to
/// scores nor to statistics. Only its place is kept: it cuts windows, and an assistant's turn makes
/// the session a chat. Filters only choose among what may be seen.
pub(crate) fn candidates(cubes: &[&CubeIndex], query: &IndexQuery<'_>) -> Vec<Candidate> {
    let views: Vec<View<'_>> = cubes
        .iter()
        .zip(query.scopes)
        .map(|(cube, scope)| View::new(cube, scope))
        .collect();
    // Many a call asks for a kind of memory that a cube holds none of.
    let holds_any = |view: &View<'_>| view.entries().any(|(_, entry)| wanted(entry, query));
    if !views.iter().any(holds_any) {
        return Vec::new();
    }
    let named: Vec<Vec<&str>> = views
        .iter()
        .map(|view| named_speakers(view, &query.call.question))
        .collect();
    let found = terms(&topic(&query.call.question, &named));
    let lexical = Lexical::score(&views, found.iter().map(|(term, _)| term));
    let mut scored = Vec::new();
    for (cube, (view, fields)) in views.iter().zip(&lexical.cubes).enumerate() {
        // A question that names several is about none of them in particular.
        let named = if let [one] = named[cube][..] {
            Some(one)
        } else {
            None
        };
        let reading = Reading::new(view, fields, &lexical.best, named, query.vector);
        for (slot, entry) in view.entries().filter(|(_, e)| wanted(e, query)) {
            let signals = reading.signals(slot, entry, query);
            let score = signals.score(query.weights);
            scored.push(Scored {
                score,
                id: entry.doc.memory.id,
                cube,
                signals,
            });
        }
    }
    best(scored, query.limit)
        .into_iter()
        .map(|one| Candidate {
            cube_id: query.scopes[one.cube].cube_id.clone(),
            id: one.id,
            signals: one.signals,
            score: one.score,
        })
        .collect()
}

/// A candidate by the number of its cube: names are copied for the best alone.
struct Scored {
    score: f32,
    id: MemoryId,
    cube: usize,
    signals: Signals,
}

/// Whether a call asks for memories like this one.
fn wanted(entry: &Entry, query: &IndexQuery<'_>) -> bool {
    let (call, memory) = (query.call, &entry.doc.memory);
    !entry.doc.is_blank()
        && (call.types.is_empty()
            || call
                .types
                .contains(&memory.header.descriptive.semantic_type))
        && call.valid_at.is_none_or(|at| {
            let known = &memory.header.descriptive;
            known.valid.holds_at(known.said_at.at(), at)
        })
        && call
            .within
            .is_none_or(|w| valid_times(entry).any(|v| v.interval.overlaps(&w)))
        && call
            .filter
            .as_ref()
            .is_none_or(|f| f.matches(&Subject::from(memory)))
}

/// The participants that the question names. Whoever only speaks where the reader may not look is
/// no participant.
fn named_speakers<'a>(view: &View<'a>, question: &str) -> Vec<&'a str> {
    let heard =
        |name: &str| view.sees_all() || view.entries().any(|(_, e)| e.doc.speaker() == Some(name));
    let mut named: Vec<&str> = view
        .cube
        .speakers
        .keys()
        .map(|name| &**name)
        .filter(|name| !is_role_word(name) && contains_name(question, name) && heard(name))
        .collect();
    named.sort_unstable();
    named
}

/// The question without the names of participants: half of the turns hold such a name, as their
/// speaker, so it says nothing of the topic; the speaker signal is what it is for. A name that is
/// no participant's in one of the cubes stays, and so does a question of nothing but names.
fn topic(question: &str, named: &[Vec<&str>]) -> String {
    let [first, others @ ..] = named else {
        return question.to_owned();
    };
    let everywhere: Vec<&str> = first
        .iter()
        .copied()
        .filter(|n| others.iter().all(|o| o.contains(n)))
        .collect();
    let topic = without_names(question, &everywhere);
    if terms(&topic).words() == 0 {
        question.to_owned()
    } else {
        topic
    }
}

/// The first `limit` by score; equal scores go by age, so that the order never wavers.
fn best(mut scored: Vec<Scored>, limit: usize) -> Vec<Scored> {
    let order = |a: &Scored, b: &Scored| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id));
    if limit == 0 {
        return Vec::new();
    }
    if scored.len() > limit {
        scored.select_nth_unstable_by(limit - 1, order);
        scored.truncate(limit);
    }
    scored.sort_unstable_by(order);
    scored
}
