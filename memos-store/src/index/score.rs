//! The three BM25 fields of a call, over all of its cubes on one scale.

use super::bm25::{Field, K1_TURN, K1_WIDE};
use super::session::Slot;
use super::view::View;

/// Raw scores of one cube: turns and windows by slot, sessions by number.
#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) turn: Vec<f32>,
    pub(crate) window: Vec<f32>,
    pub(crate) session: Vec<f32>,
    /// Best turn score in each session.
    pub(crate) session_best: Vec<f32>,
}

/// Raw scores of every cube and the best of each field.
#[derive(Debug)]
pub(crate) struct Lexical {
    pub(crate) cubes: Vec<Fields>,
    pub(crate) best: Best,
}

/// Best raw score of each field.
#[derive(Debug, Default)]
pub(crate) struct Best {
    pub(crate) turn: f32,
    pub(crate) window: f32,
    pub(crate) session: f32,
}

impl Lexical {
    /// Scores a question's terms. A term that the question repeats counts once.
    pub(crate) fn score<'t>(views: &[View<'_>], terms: impl Iterator<Item = &'t str>) -> Self {
        let mut distinct: Vec<&str> = terms.collect();
        distinct.sort_unstable();
        distinct.dedup();
        let (turns, windows, sessions) = statistics(views);
        let mut cubes: Vec<Fields> = views.iter().map(Fields::new).collect();
        let mut counts: Vec<Counts> = views.iter().map(Counts::new).collect();
        for term in distinct {
            for (view, counts) in views.iter().zip(&mut counts) {
                counts.take(view, term);
            }
            let holders = |of: fn(&Counts) -> usize| counts.iter().map(of).sum::<usize>() as u64;
            let idf = (
                turns.idf(holders(|c| c.turns.len())),
                windows.idf(holders(|c| c.windows.touched.len())),
                sessions.idf(holders(|c| c.sessions.touched.len())),
            );
            for ((view, counts), fields) in views.iter().zip(&mut counts).zip(&mut cubes) {
                for (slot, count) in counts.turns.drain(..) {
                    let length = view.cube.entry(slot).map_or(0, |e| e.doc.length);
                    fields.turn[slot as usize] += turns.term_score(idf.0, K1_TURN, count, length);
                }
                counts.windows.drain(|slot, count| {
                    let length = window_length(view, slot);
                    fields.window[slot as usize] +=
                        windows.term_score(idf.1, K1_WIDE, count, length);
                });
                counts.sessions.drain(|number, count| {
                    let length = session_terms(view, number as usize) as u32;
                    fields.session[number as usize] +=
                        sessions.term_score(idf.2, K1_WIDE, count, length);
                });
            }
        }
        let mut best = Best::default();
        for (view, fields) in views.iter().zip(&mut cubes) {
            for (slot, entry) in view.entries() {
                let score = fields.turn[slot as usize];
                let session = &mut fields.session_best[entry.session as usize];
                *session = session.max(score);
                best.turn = best.turn.max(score);
                best.window = best.window.max(fields.window[slot as usize]);
                best.session = best.session.max(fields.session[entry.session as usize]);
            }
        }
        Self { cubes, best }
    }
}

impl Fields {
    fn new(view: &View<'_>) -> Self {
        let (slots, sessions) = (view.cube.slots(), view.cube.sessions.len());
        Self {
            turn: vec![0.0; slots],
            window: vec![0.0; slots],
            session: vec![0.0; sessions],
            session_best: vec![0.0; sessions],
        }
    }
}

/// How often one term stands in each turn, window and session of a cube.
#[derive(Debug)]
struct Counts {
    turns: Vec<(Slot, u32)>,
    windows: Tally,
    sessions: Tally,
}

impl Counts {
    fn new(view: &View<'_>) -> Self {
        Self {
            turns: Vec::new(),
            windows: Tally::new(view.cube.slots()),
            sessions: Tally::new(view.cube.sessions.len()),
        }
    }

    fn take(&mut self, view: &View<'_>, term: &str) {
        for posting in view.cube.postings(term) {
            let Some(entry) = view
                .cube
                .entry(posting.slot)
                .filter(|_| view.sees(posting.slot))
            else {
                continue;
            };
            self.turns
                .push((posting.slot, u32::from(posting.count.all)));
            self.sessions
                .add(entry.session, u32::from(posting.count.all));
            let head = u32::from(posting.count.head);
            if head == 0 {
                continue;
            }
            let session = view.cube.session_of(entry);
            for at in session.seen_from(entry.position as usize) {
                let slot = session.turns[at].slot;
                if view.sees(slot) {
                    self.windows.add(slot, head);
                }
            }
        }
    }
}

/// Counters by number, with the list of those that are not zero.
#[derive(Debug)]
struct Tally {
    counts: Vec<u32>,
    touched: Vec<u32>,
}

impl Tally {
    fn new(size: usize) -> Self {
        Self {
            counts: vec![0; size],
            touched: Vec::new(),
        }
    }

    fn add(&mut self, number: u32, count: u32) {
        let counter = &mut self.counts[number as usize];
        if *counter == 0 {
            self.touched.push(number);
        }
        *counter += count;
    }

    fn drain(&mut self, mut each: impl FnMut(u32, u32)) {
        for number in self.touched.drain(..) {
            each(number, std::mem::take(&mut self.counts[number as usize]));
        }
    }
}

/// Documents and terms of the turn, window and session fields that the readers may see.
fn statistics(views: &[View<'_>]) -> (Field, Field, Field) {
    let (mut turns, mut windows, mut sessions) = <(Field, Field, Field)>::default();
    for view in views {
        if view.sees_all() {
            turns.add(view.cube.turns);
            windows.add(view.cube.windows);
        } else {
            for (slot, entry) in view.entries() {
                turns.add(Field {
                    docs: 1,
                    terms: u64::from(entry.doc.length),
                });
                windows.add(Field {
                    docs: 1,
                    terms: u64::from(window_length(view, slot)),
                });
            }
        }
        for number in 0..view.cube.sessions.len() {
            let terms = session_terms(view, number);
            sessions.add(Field {
                docs: u64::from(terms > 0),
                terms,
            });
        }
    }
    (turns, windows, sessions)
}

fn window_length(view: &View<'_>, slot: Slot) -> u32 {
    let Some(entry) = view.cube.entry(slot) else {
        return 0;
    };
    let session = view.cube.session_of(entry);
    if view.sees_all() {
        return view.cube.window_length(session, entry.position as usize);
    }
    session
        .window(entry.position as usize)
        .map(|u| session.turns[u].slot)
        .filter(|s| view.sees(*s))
        .filter_map(|s| view.cube.entry(s))
        .map(|e| e.doc.head_length)
        .sum()
}

fn session_terms(view: &View<'_>, number: usize) -> u64 {
    let session = &view.cube.sessions[number];
    if view.sees_all() {
        return session.terms;
    }
    session
        .turns
        .iter()
        .filter(|t| view.sees(t.slot))
        .filter_map(|t| view.cube.entry(t.slot))
        .map(|e| u64::from(e.doc.length))
        .sum()
}
