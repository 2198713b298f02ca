//! Writes the format that [`StaticTable`](crate::StaticTable) reads.

use memos_core::{Code, Error, Result};

use crate::{
    table::{MAGIC, VERSION},
    vocabulary::{self, EMPTY, LONGEST_PIECE, Place},
};

/// What a packed table is made of.
#[derive(Clone, Copy, Debug)]
pub struct TableParts<'a> {
    /// Name and revision of the model and the way of distilling it.
    pub model_id: &'a str,
    /// Length of a vector.
    pub dimension: usize,
    /// The wordpieces in the order of their ids, continuations with `##`.
    pub vocabulary: &'a [&'a str],
    /// What a row's bytes are multiplied by, one per piece.
    pub scales: &'a [f32],
    /// The rows, end to end: pieces × dimension.
    pub rows: &'a [i8],
}

impl TableParts<'_> {
    /// The table's bytes; the same parts give the same bytes.
    ///
    /// # Errors
    /// `InvalidRequest` if the parts don't fit together or exceed the format.
    pub fn pack(&self) -> Result<Vec<u8>> {
        self.check()?;
        let index = vocabulary::index(self.vocabulary);
        let text = self.vocabulary.concat();
        let longest = self
            .vocabulary
            .iter()
            .map(|piece| Place::of(piece.as_bytes()).1.len());
        let mut bytes = MAGIC.to_vec();
        for number in [
            VERSION as usize,
            self.dimension,
            self.vocabulary.len(),
            index.len(),
            longest.max().unwrap_or(0),
            text.len(),
            self.model_id.len(),
        ] {
            put(&mut bytes, number)?;
        }
        bytes.extend_from_slice(self.model_id.as_bytes());
        for scale in self.scales {
            bytes.extend_from_slice(&scale.to_le_bytes());
        }
        let mut offset = 0;
        put(&mut bytes, offset)?;
        for piece in self.vocabulary {
            offset += piece.len();
            put(&mut bytes, offset)?;
        }
        bytes.extend(index.iter().flat_map(|id| id.to_le_bytes()));
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend(self.rows.iter().map(|value| value.cast_unsigned()));
        Ok(bytes)
    }

    fn check(&self) -> Result<()> {
        let pieces = self.vocabulary.len();
        if pieces >= usize::from(EMPTY) {
            return Err(invalid(format!(
                "{pieces} pieces are too many for 16-bit ids"
            )));
        }
        if self.dimension == 0
            || self.scales.len() != pieces
            || self.rows.len() != pieces * self.dimension
        {
            return Err(invalid(format!(
                "{pieces} pieces need as many scales and {} row values each; there are {} and {}",
                self.dimension,
                self.scales.len(),
                self.rows.len()
            )));
        }
        match self
            .vocabulary
            .iter()
            .find(|p| Place::of(p.as_bytes()).1.len() > LONGEST_PIECE)
        {
            Some(piece) => Err(invalid(format!(
                "the piece {piece:?} has over {LONGEST_PIECE} bytes"
            ))),
            None => Ok(()),
        }
    }
}

fn put(bytes: &mut Vec<u8>, number: usize) -> Result<()> {
    let number = u32::try_from(number)
        .map_err(|e| invalid(format!("{number} exceeds the format's 32 bits")).caused_by(e))?;
    bytes.extend_from_slice(&number.to_le_bytes());
    Ok(())
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidRequest, message)
        .remedy("give a vocabulary of under 65,535 pieces, and one scale and one row for each")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StaticTable;

    const VOCABULARY: [&str; 5] = ["[UNK]", "play", "##ing", "##s", "#"];

    fn parts() -> TableParts<'static> {
        TableParts {
            model_id: "test@1",
            dimension: 2,
            vocabulary: &VOCABULARY,
            scales: &[0.0, 1.0, 0.5, 0.5, 2.0],
            rows: &[0, 0, 1, 2, 4, 4, -6, 0, 127, -127],
        }
    }

    #[test]
    fn what_is_packed_is_read() {
        let table = StaticTable::open(parts().pack().unwrap()).unwrap();
        assert_eq!(
            (table.model_id(), table.dimension(), table.pieces()),
            ("test@1", 2, 5)
        );
        let pieces = |text: &str| -> Vec<Option<&str>> {
            table
                .tokenizer()
                .encode(text)
                .into_iter()
                .map(|id| id.map(|id| table.piece(id)))
                .collect()
        };
        assert_eq!(
            pieces("Playings #"),
            [Some("play"), Some("##ing"), Some("##s"), Some("#")]
        );
        // A word that starts with a continuation, or ends uncovered, is unknown as a whole.
        assert_eq!(pieces("ing playx"), [None, None]);
        let mut sum = [0.0, 0.0];
        for id in table.tokenizer().encode("plays #").into_iter().flatten() {
            table.add_row(id, &mut sum);
        }
        assert_eq!(sum, [1.0 - 3.0 + 254.0, 2.0 - 254.0]);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let long = "x".repeat(LONGEST_PIECE + 1);
        let mut vocabulary = VOCABULARY;
        vocabulary[1] = &long;
        for wrong in [
            TableParts {
                scales: &[1.0],
                ..parts()
            },
            TableParts {
                rows: &[1],
                ..parts()
            },
            TableParts {
                vocabulary: &vocabulary,
                ..parts()
            },
        ] {
            assert_eq!(wrong.pack().unwrap_err().code(), Code::InvalidRequest);
        }
    }

    #[test]
    fn a_table_cut_anywhere_or_longer_is_corrupt() {
        let whole = parts().pack().unwrap();
        for len in 0..whole.len() {
            let error = StaticTable::open(whole[..len].to_vec()).unwrap_err();
            assert_eq!(error.code(), Code::Corrupt, "cut to {len}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert!(StaticTable::open(longer).is_err());
    }

    #[test]
    fn a_damaged_table_is_refused_or_stays_readable() {
        let whole = parts().pack().unwrap();
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                if let Ok(table) = StaticTable::open(damaged) {
                    // No panic, whatever it finds.
                    let mut sum = vec![0.0; table.dimension()];
                    for id in table
                        .tokenizer()
                        .encode("playings # x")
                        .into_iter()
                        .flatten()
                    {
                        table.add_row(id, &mut sum);
                        table.piece(id);
                    }
                }
            }
        }
    }
}
