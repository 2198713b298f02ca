//! A cube's two layers, each an index with postings, sessions and statistics of its own: what is
//! derived moves no score of the evidence.

use memos_core::{Layer, MemoryId, Timestamp};

use super::cube::CubeIndex;
use super::doc::Doc;

/// The evidence of a cube and what was derived from it.
#[derive(Debug, Default)]
pub(crate) struct Layered {
    evidence: CubeIndex,
    derived: CubeIndex,
}

impl Layered {
    pub(crate) fn layer(&self, layer: Layer) -> &CubeIndex {
        match layer {
            Layer::Evidence => &self.evidence,
            Layer::Derived => &self.derived,
        }
    }

    /// Memories in both.
    pub(crate) fn len(&self) -> usize {
        self.evidence.len() + self.derived.len()
    }

    /// Adds a memory to its layer, or replaces the one of its id; it may have been in the other.
    pub(crate) fn put(&mut self, doc: Doc) {
        let (its, other) = match doc.memory.layer() {
            Layer::Evidence => (&mut self.evidence, &mut self.derived),
            Layer::Derived => (&mut self.derived, &mut self.evidence),
        };
        other.remove(doc.memory.id);
        its.put(doc);
    }

    /// Takes a memory out of whichever layer it is in.
    pub(crate) fn remove(&mut self, id: MemoryId) {
        self.evidence.remove(id);
        self.derived.remove(id);
    }

    /// Notes uses of a memory, if it is there.
    pub(crate) fn touch(&mut self, id: MemoryId, uses: u64, at: Timestamp) {
        self.evidence.touch(id, uses, at);
        self.derived.touch(id, uses, at);
    }
}
