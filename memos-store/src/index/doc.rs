//! One memory as the index sees it.

use std::collections::BTreeMap;

use memos_core::{Memory, Moment, Role, evidence_line};

use super::vector::Quantised;
use crate::text::{is_directive, question_share, terms};

/// Words at a turn's start that its neighbours see: a long reply must not drown them.
const HEAD: u32 = 100;

/// Words beyond which saying more earns no more.
const LENGTH_CAP: usize = 20;

/// A memory with everything that scoring needs, made outside the lock.
#[derive(Debug)]
pub(crate) struct Doc {
    pub(crate) memory: Memory,
    /// Each distinct term with its counts, by term.
    pub(crate) terms: Vec<(Box<str>, Count)>,
    pub(crate) length: u32,
    pub(crate) head_length: u32,
    pub(crate) vector: Quantised,
    pub(crate) question: f32,
    pub(crate) verbosity: f32,
    pub(crate) names_time: bool,
    pub(crate) directive: bool,
}

/// How often a term stands in a turn, and in its first [`HEAD`] words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) all: u16,
    pub(crate) head: u16,
}

impl Doc {
    /// `None` for a memory without text or out of the hot states: the index holds the others.
    pub(crate) fn analyse(memory: &Memory, vector: &[f32]) -> Option<Self> {
        let plain = memory
            .payload
            .plaintext()
            .filter(|_| memory.state.is_hot())?;
        let role = plain.turn.role;
        let found = terms(&evidence_line(memory)?);
        let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
        let (mut length, mut head_length) = (0, 0);
        for (term, words_before) in found.iter() {
            let count = counts.entry(term).or_default();
            count.all = count.all.saturating_add(1);
            length += 1;
            if words_before < HEAD {
                count.head += 1;
                head_length += 1;
            }
        }
        Some(Self {
            terms: counts.into_iter().map(|(t, c)| (t.into(), c)).collect(),
            length,
            head_length,
            vector: Quantised::new(vector),
            question: question_share(&plain.text),
            verbosity: (1.0 + found.words().min(LENGTH_CAP) as f32).ln(),
            names_time: !plain.times.is_empty(),
            directive: is_directive(&plain.text, role),
            memory: memory.clone(),
        })
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.memory.payload.plaintext()?.turn.role
    }

    pub(crate) fn speaker(&self) -> Option<&str> {
        self.memory.payload.plaintext()?.turn.speaker.as_deref()
    }

    /// Whether it says nothing: such a memory is found by nothing. So one is kept out of searches by
    /// leaving its text empty; it has its place beside others all the same.
    pub(crate) fn is_blank(&self) -> bool {
        let plain = self.memory.payload.plaintext();
        plain.is_none_or(|plain| plain.text.trim().is_empty() && plain.caption.is_none())
            && self.memory.header.descriptive.key.is_none()
    }

    pub(crate) fn session_id(&self) -> &str {
        self.memory
            .payload
            .plaintext()
            .map_or("", |p| &p.turn.session_id)
    }

    /// Place in its session: by time, then by id.
    pub(crate) fn order(&self) -> (Moment, memos_core::MemoryId) {
        (self.memory.header.descriptive.said_at, self.memory.id)
    }
}
