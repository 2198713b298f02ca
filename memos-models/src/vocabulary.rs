//! How a wordpiece is found by its bytes: an open-addressing hash index, laid out when the table
//! is packed, so that opening a table builds nothing.
//!
//! The hash is 32-bit FNV-1a (Fowler, Noll, Vo), folded; it is part of the packed format.

/// Longest piece that the format allows, in bytes, without its `##`.
pub(crate) const LONGEST_PIECE: usize = 64;

/// What marks a piece that continues a word.
pub(crate) const CONTINUATION: &str = "##";

/// An index slot that holds no piece.
pub(crate) const EMPTY: u16 = u16::MAX;

/// Where in a word a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It begins the word.
    Start,
    /// It continues the word: written with `##` in the vocabulary.
    Inside,
}

impl Place {
    /// Of a piece as the vocabulary writes it, with its bare text.
    pub(crate) fn of(piece: &[u8]) -> (Self, &[u8]) {
        match piece.strip_prefix(CONTINUATION.as_bytes()) {
            Some(rest) if !rest.is_empty() => (Self::Inside, rest),
            _ => (Self::Start, piece),
        }
    }

    /// The hash of no bytes: FNV's basis, and for continuations the hash of `##`.
    pub(crate) const fn seed(self) -> Hash {
        let basis = Hash(0x811c_9dc5);
        match self {
            Self::Start => basis,
            Self::Inside => basis.push(b'#').push(b'#'),
        }
    }
}

/// A hash being computed, byte by byte.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u32);

impl Hash {
    pub(crate) const fn push(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u32).wrapping_mul(0x0100_0193))
    }

    /// Folds the high bits in: the index uses the low ones.
    pub(crate) const fn finish(self) -> u32 {
        self.0 ^ (self.0 >> 15)
    }
}

/// The index of a vocabulary: ids in slots, linear probing, inserted in order of their ids. The
/// number of slots is a power of two, at least twice the pieces.
pub(crate) fn index(pieces: &[&str]) -> Vec<u16> {
    let slots = (pieces.len() * 2).next_power_of_two();
    let mut index = vec![EMPTY; slots];
    for (id, piece) in (0_u16..).zip(pieces) {
        let (place, bare) = Place::of(piece.as_bytes());
        let hash = bare
            .iter()
            .fold(place.seed(), |hash, &byte| hash.push(byte))
            .finish();
        let mut slot = hash as usize & (slots - 1);
        while index[slot] != EMPTY {
            slot = (slot + 1) & (slots - 1);
        }
        index[slot] = id;
    }
    index
}
