//! The signals of one candidate.

use memos_core::{IndexQuery, Role, Signals, ValidTime};

use super::cube::Entry;
use super::score::{Best, Fields};
use super::session::Slot;
use super::view::View;

/// What a question says of one cube, before its turns are looked at one by one.
pub(crate) struct Reading<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) fields: &'a Fields,
    pub(crate) best: &'a Best,
    /// The one participant that the question names.
    pub(crate) named: Option<&'a str>,
    /// Cosine of each turn with the question, by slot.
    dense: Vec<f32>,
    /// Best cosine of each session, by number.
    session_dense: Vec<f32>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        view: &'a View<'a>,
        fields: &'a Fields,
        best: &'a Best,
        named: Option<&'a str>,
        vector: &[f32],
    ) -> Self {
        let mut dense = vec![0.0; view.cube.slots()];
        let mut session_dense = vec![0.0_f32; view.cube.sessions.len()];
        for (slot, entry) in view.entries() {
            let cosine = entry.doc.vector.dot(vector);
            let best_of_session = &mut session_dense[entry.session as usize];
            *best_of_session = best_of_session.max(cosine);
            dense[slot as usize] = cosine;
        }
        Self {
            view,
            fields,
            best,
            named,
            dense,
            session_dense,
        }
    }

    /// The signals of one turn.
    pub(crate) fn signals(&self, slot: Slot, entry: &Entry, query: &IndexQuery<'_>) -> Signals {
        let (doc, intent, fields) = (&entry.doc, query.call.intent, self.fields);
        let roles = self.view.cube.session_of(entry).has_roles();
        let (at, session) = (slot as usize, entry.session as usize);
        let is_user = doc.role() == Some(Role::User);
        let flag = |on: bool| if on { 1.0 } else { 0.0 };
        let asked = query.call.window.map(|w| w.interval);
        Signals {
            turn: share(fields.turn[at], self.best.turn),
            window: share(fields.window[at], self.best.window),
            session: share(fields.session[session], self.best.session),
            session_best: share(fields.session_best[session], self.best.turn),
            dense: self.dense[at],
            neighbour: self.neighbour(entry),
            session_dense: self.session_dense[session],
            speaker: flag(!roles && self.named.is_some() && doc.speaker() == self.named),
            role: flag(roles && is_user) * if intent.asks_assistant { 0.4 } else { 1.0 },
            question: doc.question,
            length: if roles { 0.0 } else { doc.verbosity },
            time: flag(intent.asks_time && doc.names_time),
            time_fit: flag(
                asked.is_some_and(|w| valid_times(entry).any(|v| v.interval.overlaps(&w))),
            ),
            directive: flag(intent.asks_help && doc.directive),
            superseded: flag(
                query.call.valid_at.is_none()
                    && doc.memory.header.behavioural.superseded_by.is_some(),
            ),
        }
    }

    /// Best cosine of the turns beside this one; an answer stands beside its question.
    fn neighbour(&self, entry: &Entry) -> f32 {
        let session = self.view.cube.session_of(entry);
        let at = entry.position as usize;
        session
            .window(at)
            .filter(|other| *other != at)
            .map(|other| self.dense[session.turns[other].slot as usize])
            .fold(0.0, f32::max)
    }
}

/// A raw score over the best of its field.
fn share(score: f32, best: f32) -> f32 {
    if best > 0.0 { score / best } else { 0.0 }
}

/// The times that a memory is about: those it names, or else the day on which it was said.
pub(crate) fn valid_times(entry: &Entry) -> impl Iterator<Item = ValidTime> {
    let memory = &entry.doc.memory;
    let times = memory.payload.plaintext().map_or(&[][..], |p| &p.times);
    let day = times
        .is_empty()
        .then(|| ValidTime::day_of(memory.header.descriptive.said_at));
    times.iter().map(|t| t.valid).chain(day)
}
