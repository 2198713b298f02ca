//! The packed table: a vocabulary of wordpieces and one int8 vector for each, in one piece of
//! bytes that is used where it lies.
//!
//! All numbers are little-endian. In this order, without gaps:
//!
//! | field | type | |
//! |---|---|---|
//! | magic | 8 bytes | `MEMOSTBL` |
//! | version | u32 | 1 |
//! | dimension | u32 | floats per vector |
//! | pieces | u32 | how many, under 65,535 |
//! | slots | u32 | of the index, a power of two |
//! | longest | u32 | longest piece in bytes, without `##` |
//! | text length | u32 | in bytes |
//! | model id length | u32 | in bytes |
//! | model id | UTF-8 | |
//! | scales | f32 × pieces | a row's floats are its bytes times this |
//! | offsets | u32 × (pieces + 1) | where each piece lies in the text |
//! | index | u16 × slots | piece ids by hash (see `vocabulary`), 65,535 in an empty slot |
//! | text | UTF-8 | the pieces end to end, continuations with `##` |
//! | rows | i8 × pieces × dimension | |

use std::{borrow::Cow, ops::Range};

use memos_core::{Code, Error, Result};

use crate::{
    tokenizer::{PieceId, Tokenizer},
    vocabulary::{CONTINUATION, EMPTY, LONGEST_PIECE, Place},
};

pub(crate) const MAGIC: &[u8; 8] = b"MEMOSTBL";
pub(crate) const VERSION: u32 = 1;

/// An opened table.
#[derive(Clone)]
pub struct StaticTable {
    bytes: Cow<'static, [u8]>,
    model_id: String,
    dimension: usize,
    pieces: usize,
    slots: usize,
    longest: usize,
    scales: Range<usize>,
    offsets: Range<usize>,
    index: Range<usize>,
    text: Range<usize>,
    rows: Range<usize>,
}

impl StaticTable {
    /// Opens packed bytes. Copies nothing; checks all that later look-ups rely on.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are not a whole table of this version.
    pub fn open(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        let mut header = Reader::new(&bytes);
        if header.take(MAGIC.len())? != MAGIC {
            return Err(corrupt("the bytes don't begin as a packed table does"));
        }
        let version = header.number()?;
        if version != VERSION as usize {
            return Err(corrupt(format!(
                "the table has format version {version}, this program reads {VERSION}"
            )));
        }
        let dimension = header.number()?;
        let pieces = header.number()?;
        let slots = header.number()?;
        let longest = header.number()?;
        let text_len = header.number()?;
        let id_len = header.number()?;
        if dimension == 0
            || pieces >= usize::from(EMPTY)
            || !slots.is_power_of_two()
            || slots <= pieces
            || longest > LONGEST_PIECE
        {
            return Err(corrupt(format!(
                "the header's numbers can't be: dimension {dimension}, {pieces} pieces, \
                 {slots} slots, longest piece {longest}"
            )));
        }
        let model_id = std::str::from_utf8(header.take(id_len)?)
            .map_err(|e| corrupt("the model id is not UTF-8").caused_by(e))?
            .to_owned();
        let scales = header.section(pieces, 4)?;
        let offsets = header.section(pieces + 1, 4)?;
        let index = header.section(slots, 2)?;
        let text = header.section(text_len, 1)?;
        let rows = header.section(pieces, dimension)?;
        header.end()?;
        let table = Self {
            model_id,
            dimension,
            pieces,
            slots,
            longest,
            scales,
            offsets,
            index,
            text,
            rows,
            bytes,
        };
        table.check()?;
        Ok(table)
    }

    /// Name and revision of the model that it was distilled from, and how.
    pub fn model_id(&self) -> &str {
        &self.model_id
    }

    /// Floats per vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many wordpieces it knows.
    pub fn pieces(&self) -> usize {
        self.pieces
    }

    /// The tokenisation that its vocabulary is for.
    pub fn tokenizer(&self) -> Tokenizer<'_> {
        Tokenizer::new(self)
    }

    /// A piece as the vocabulary writes it.
    pub fn piece(&self, id: PieceId) -> &str {
        std::str::from_utf8(self.piece_bytes(id.0)).expect("open() checked the text")
    }

    /// Adds a piece's vector to a sum.
    pub(crate) fn add_row(&self, id: PieceId, sum: &mut [f32]) {
        let id = usize::from(id.0);
        let start = self.rows.start + id * self.dimension;
        let row = &self.bytes[start..start + self.dimension];
        let scale = f32::from_le_bytes(self.word(self.scales.start + id * 4));
        for (sum, &byte) in sum.iter_mut().zip(row) {
            *sum += f32::from(byte.cast_signed()) * scale;
        }
    }

    /// The longest piece in bytes, without `##`.
    pub(crate) fn longest_piece(&self) -> usize {
        self.longest
    }

    /// The piece of these bytes at this place of a word.
    pub(crate) fn find(&self, hash: u32, bare: &[u8], place: Place) -> Option<u16> {
        let mark = match place {
            Place::Start => 0,
            Place::Inside => CONTINUATION.len(),
        };
        let mut slot = hash as usize & (self.slots - 1);
        loop {
            let id = self.slot(slot);
            if id == EMPTY {
                return None;
            }
            let piece = self.piece_bytes(id);
            if piece.len() == bare.len() + mark
                && &piece[mark..] == bare
                && Place::of(piece).0 == place
            {
                return Some(id);
            }
            slot = (slot + 1) & (self.slots - 1);
        }
    }

    /// A piece as the vocabulary writes it, in UTF-8.
    pub(crate) fn piece_bytes(&self, id: u16) -> &[u8] {
        let id = usize::from(id);
        &self.bytes[self.text.start + self.offset(id)..self.text.start + self.offset(id + 1)]
    }

    fn offset(&self, id: usize) -> usize {
        u32::from_le_bytes(self.word(self.offsets.start + id * 4)) as usize
    }

    fn slot(&self, slot: usize) -> u16 {
        let at = self.index.start + slot * 2;
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    fn word(&self, at: usize) -> [u8; 4] {
        self.bytes[at..at + 4]
            .try_into()
            .expect("a slice of four bytes is four bytes")
    }

    /// What the look-ups rely on: pieces inside the text and at its character boundaries, slots
    /// that name pieces, an empty one to stop at, scales that are numbers.
    fn check(&self) -> Result<()> {
        let text = std::str::from_utf8(&self.bytes[self.text.clone()])
            .map_err(|e| corrupt("the vocabulary is not UTF-8").caused_by(e))?;
        let ordered = (0..self.pieces).all(|id| self.offset(id) <= self.offset(id + 1));
        let inside = (0..=self.pieces).all(|id| text.is_char_boundary(self.offset(id)));
        if !ordered || !inside {
            return Err(corrupt("a piece lies outside the vocabulary's text"));
        }
        let ids = || (0..self.slots).map(|slot| self.slot(slot));
        if !ids().all(|id| id == EMPTY || usize::from(id) < self.pieces)
            || !ids().any(|id| id == EMPTY)
        {
            return Err(corrupt(
                "the index names pieces that are not there, or is full",
            ));
        }
        let finite = (0..self.pieces)
            .all(|id| f32::from_le_bytes(self.word(self.scales.start + id * 4)).is_finite());
        if finite {
            Ok(())
        } else {
            Err(corrupt("a row's scale is not a number"))
        }
    }
}

impl std::fmt::Debug for StaticTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaticTable")
            .field("model_id", &self.model_id)
            .field("dimension", &self.dimension)
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
        .remedy("make the table again with `cargo xtask distil` or `distil-han`")
}

/// Walks over the sections.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let range = self.section(len, 1)?;
        Ok(&self.bytes[range])
    }

    fn number(&mut self) -> Result<usize> {
        let range = self.section(4, 1)?;
        let bytes = self.bytes[range]
            .try_into()
            .expect("the section has four bytes");
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn section(&mut self, count: usize, width: usize) -> Result<Range<usize>> {
        let end = count
            .checked_mul(width)
            .and_then(|len| self.at.checked_add(len))
            .filter(|&end| end <= self.bytes.len())
            .ok_or_else(|| {
                corrupt(format!(
                    "the table is cut short: it has {} bytes",
                    self.bytes.len()
                ))
            })?;
        let start = std::mem::replace(&mut self.at, end);
        Ok(start..end)
    }

    fn end(&self) -> Result<()> {
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(corrupt(format!(
                "the table has {} bytes, its header speaks of {}",
                self.bytes.len(),
                self.at
            )))
        }
    }
}
