//! Words to wordpieces: greedy, longest match first.
//!
//! The algorithm is WordPiece as used by BERT (Devlin et al., 2019, arXiv:1810.04805): the longest
//! piece that starts the word, then the longest that continues it (written `##…`), and so on; a
//! word that can't be covered is one unknown piece. Hashes of all prefixes come from one pass over
//! the bytes, so that a candidate costs one look-up and no slicing of strings.

use std::ops::ControlFlow;

use crate::{
    table::StaticTable,
    vocabulary::{LONGEST_PIECE, Place},
    words,
};

/// Position of a wordpiece in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PieceId(pub(crate) u16);

impl PieceId {
    /// Its number: the model's token id.
    pub fn get(self) -> u16 {
        self.0
    }
}

/// BERT's uncased tokenisation over a table's vocabulary. Adds no `[CLS]` and `[SEP]`, and reads
/// their names in a text as text.
#[derive(Clone, Copy, Debug)]
pub struct Tokenizer<'a> {
    table: &'a StaticTable,
}

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(table: &'a StaticTable) -> Self {
        Self { table }
    }

    /// Hands the pieces of the text to `emit`, in order, until it breaks; none stands for a word
    /// that the vocabulary can't spell (`[UNK]`).
    pub fn pieces(&self, text: &str, mut emit: impl FnMut(Option<PieceId>) -> ControlFlow<()>) {
        let mut spelled = Spelling::new();
        words::split(text, |word| {
            spelled.len = 0;
            match word.as_bytes() {
                Some(bytes) if self.spell(bytes, &mut spelled) => spelled
                    .ids()
                    .iter()
                    .try_for_each(|&id| emit(Some(PieceId(id)))),
                _ => emit(None),
            }
        });
    }

    /// The pieces of the text.
    pub fn encode(&self, text: &str) -> Vec<Option<PieceId>> {
        let mut found = Vec::new();
        self.pieces(text, |piece| {
            found.push(piece);
            ControlFlow::Continue(())
        });
        found
    }

    /// How many pieces the text has.
    pub fn count(&self, text: &str) -> usize {
        let mut count = 0;
        self.pieces(text, |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        count
    }

    /// Covers a word with pieces; false if it can't.
    fn spell(&self, word: &[u8], spelled: &mut Spelling) -> bool {
        let mut rest = word;
        let mut place = Place::Start;
        while !rest.is_empty() {
            let Some((id, len)) = self.longest(rest, place) else {
                return false;
            };
            spelled.push(id);
            rest = &rest[len..];
            place = Place::Inside;
        }
        true
    }

    /// The longest piece that the bytes begin with, and its length in bytes.
    fn longest(&self, bytes: &[u8], place: Place) -> Option<(u16, usize)> {
        let mut hashes = [0_u32; LONGEST_PIECE];
        let mut hash = place.seed();
        for (slot, &byte) in hashes.iter_mut().zip(bytes) {
            hash = hash.push(byte);
            *slot = hash.finish();
        }
        let longest = bytes.len().min(self.table.longest_piece());
        // A prefix that ends inside a character equals no piece, since pieces are whole text.
        (1..=longest).rev().find_map(|len| {
            let id = self.table.find(hashes[len - 1], &bytes[..len], place)?;
            Some((id, len))
        })
    }
}

/// The pieces of one word, held back until the whole word is covered.
struct Spelling {
    ids: [u16; Self::CAPACITY],
    len: usize,
}

impl Spelling {
    /// Every piece covers a byte at least, and words are at most 100 characters of 4 bytes.
    const CAPACITY: usize = 400;

    fn new() -> Self {
        Self {
            ids: [0; Self::CAPACITY],
            len: 0,
        }
    }

    fn push(&mut self, id: u16) {
        self.ids[self.len] = id;
        self.len += 1;
    }

    fn ids(&self) -> &[u16] {
        &self.ids[..self.len]
    }
}
