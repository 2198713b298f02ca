//! The index of one cube.

use std::collections::HashMap;

use memos_core::{MemoryId, Timestamp};

use super::bm25::Field;
use super::doc::{Count, Doc};
use super::session::{AFTER, BEFORE, Session, Slot, Turn};

/// A term in a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posting {
    pub(crate) slot: Slot,
    pub(crate) count: Count,
}

/// A turn and where it stands.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) doc: Doc,
    pub(crate) session: u32,
    pub(crate) position: u32,
}

/// All turns of a cube. Slots are never reused, so posting lists stay sorted by appending; when
/// most slots are dead, the whole is packed.
#[derive(Debug, Default)]
pub(crate) struct CubeIndex {
    entries: Vec<Option<Entry>>,
    by_id: HashMap<MemoryId, Slot>,
    pub(crate) sessions: Vec<Session>,
    session_ids: HashMap<Box<str>, u32>,
    postings: HashMap<Box<str>, Vec<Posting>>,
    /// Speakers with the number of their turns.
    pub(crate) speakers: HashMap<Box<str>, usize>,
    pub(crate) turns: Field,
    pub(crate) windows: Field,
}

impl CubeIndex {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// One past the highest slot.
    pub(crate) fn slots(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot as usize)?.as_ref()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (Slot, &Entry)> {
        (0..)
            .zip(&self.entries)
            .filter_map(|(slot, e)| Some((slot, e.as_ref()?)))
    }

    pub(crate) fn postings(&self, term: &str) -> &[Posting] {
        self.postings.get(term).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn session_of(&self, entry: &Entry) -> &Session {
        &self.sessions[entry.session as usize]
    }

    /// Terms that the window of a turn takes in.
    pub(crate) fn window_length(&self, session: &Session, at: usize) -> u32 {
        session
            .window(at)
            .map(|u| self.head_length(session.turns[u].slot))
            .sum()
    }

    fn head_length(&self, slot: Slot) -> u32 {
        self.entry(slot).map_or(0, |e| e.doc.head_length)
    }

    /// Adds a turn, or replaces the one of its id.
    pub(crate) fn put(&mut self, doc: Doc) {
        if let Some(entry) = self.same_words(&doc) {
            entry.doc = doc;
            return;
        }
        self.remove(doc.memory.id);
        let slot = self.entries.len() as Slot;
        for (term, count) in &doc.terms {
            let posting = Posting {
                slot,
                count: *count,
            };
            match self.postings.get_mut(term) {
                Some(list) => list.push(posting),
                None => drop(self.postings.insert(term.clone(), vec![posting])),
            }
        }
        if let Some(speaker) = doc.speaker() {
            *self.speakers.entry(speaker.into()).or_default() += 1;
        }
        self.turns.docs += 1;
        self.turns.terms += u64::from(doc.length);
        self.windows.docs += 1;
        let session = self.session_number(doc.session_id());
        let turn = Turn::new(slot, doc.order(), doc.role(), doc.speaker());
        let length = u64::from(doc.length);
        self.by_id.insert(doc.memory.id, slot);
        self.entries.push(Some(Entry {
            doc,
            session,
            position: 0,
        }));
        let at = self.sessions[session as usize].place(turn.order);
        self.resettle(session, at, |s| {
            s.terms += length;
            s.insert(at, turn);
        });
    }

    /// The turn in the place of one that says the same at the same place. What the background notes
    /// on memories changes their headers alone: that moves no posting and leaves no dead slot, so
    /// searches wait for a moment only.
    fn same_words(&mut self, doc: &Doc) -> Option<&mut Entry> {
        let slot = *self.by_id.get(&doc.memory.id)?;
        let entry = self.entries.get_mut(slot as usize)?.as_mut()?;
        let old = &entry.doc;
        let same = old.terms == doc.terms
            && (old.length, old.head_length) == (doc.length, doc.head_length)
            && (old.session_id(), old.order()) == (doc.session_id(), doc.order())
            && (old.role(), old.speaker()) == (doc.role(), doc.speaker());
        same.then_some(entry)
    }

    /// Takes a turn out, if it is there.
    pub(crate) fn remove(&mut self, id: MemoryId) {
        let Some(slot) = self.by_id.remove(&id) else {
            return;
        };
        let Some(entry) = self.entry(slot) else {
            return;
        };
        let (at, length) = (entry.position as usize, u64::from(entry.doc.length));
        self.resettle(entry.session, at, |s| {
            s.terms -= length;
            s.remove(at);
        });
        let Some(entry) = self.entries[slot as usize].take() else {
            return;
        };
        for (term, _) in &entry.doc.terms {
            if let Some(list) = self.postings.get_mut(term) {
                if let Ok(at) = list.binary_search_by_key(&slot, |p| p.slot) {
                    list.remove(at);
                }
                if list.is_empty() {
                    self.postings.remove(term);
                }
            }
        }
        if let Some(speaker) = entry.doc.speaker()
            && let Some(turns) = self.speakers.get_mut(speaker)
        {
            *turns -= 1;
            if *turns == 0 {
                self.speakers.remove(speaker);
            }
        }
        self.turns.docs -= 1;
        self.turns.terms -= u64::from(entry.doc.length);
        self.windows.docs -= 1;
        self.pack_if_mostly_dead();
    }

    /// Notes uses of a turn, if it is there.
    pub(crate) fn touch(&mut self, id: MemoryId, uses: u64, at: Timestamp) {
        let Some(slot) = self.by_id.get(&id) else {
            return;
        };
        if let Some(entry) = &mut self.entries[*slot as usize] {
            let behaviour = &mut entry.doc.memory.header.behavioural;
            behaviour.use_count = behaviour.use_count.saturating_add(uses);
            behaviour.last_used = behaviour.last_used.max(Some(at));
        }
    }

    fn session_number(&mut self, id: &str) -> u32 {
        if let Some(number) = self.session_ids.get(id) {
            return *number;
        }
        let number = self.sessions.len() as u32;
        self.sessions.push(Session::default());
        self.session_ids.insert(id.into(), number);
        number
    }

    /// Changes a session at one position and carries positions and window totals along. Only the
    /// windows near that position change, unless the session turns into a chat or back.
    fn resettle(&mut self, number: u32, at: usize, change: impl FnOnce(&mut Session)) {
        const REACH: usize = BEFORE + AFTER + 1;
        let mut session = std::mem::take(&mut self.sessions[number as usize]);
        let terms = |s: &Session, from: usize, to: usize| -> u64 {
            (from..to.min(s.turns.len()))
                .map(|t| u64::from(self.window_length(s, t)))
                .sum()
        };
        let (from, to) = (at.saturating_sub(REACH), at + REACH);
        let (had_roles, near_before) = (session.has_roles(), terms(&session, from, to));
        // One turn more or less moves the end of what was near.
        let turns_before = session.turns.len();
        change(&mut session);
        let to_after = (to + session.turns.len()).saturating_sub(turns_before);
        let total = if session.has_roles() == had_roles {
            session.window_terms + terms(&session, from, to_after) - near_before
        } else {
            terms(&session, 0, usize::MAX)
        };
        self.windows.terms = self.windows.terms + total - session.window_terms;
        session.window_terms = total;
        for (position, turn) in session.turns.iter().enumerate().skip(at) {
            if let Some(Some(entry)) = self.entries.get_mut(turn.slot as usize) {
                entry.position = position as u32;
            }
        }
        self.sessions[number as usize] = session;
    }

    fn pack_if_mostly_dead(&mut self) {
        if self.entries.len() < 1_024 || self.by_id.len() * 2 > self.entries.len() {
            return;
        }
        let entries = std::mem::take(self).entries;
        entries.into_iter().flatten().for_each(|e| self.put(e.doc));
    }
}
