//! From the model to the table's bytes.

use memos_models::TableParts;

use super::{
    frequency,
    model::{Encoder, HIDDEN},
    principal,
    quantise::quantise,
    wheel::Source,
};
use crate::Outcome;

const DIMENSION: usize = 256;

/// Raise the number after `@` whenever the table's vectors change: stored vectors of different
/// models can't be compared.
const MODEL_ID: &str = "memos-static-256/minilm-l6-v2@1";

/// Makes the packed table.
pub(super) fn make(source: &Source) -> Outcome<Vec<u8>> {
    let vocabulary: Vec<&str> = source.vocabulary.lines().collect();
    let encoder = Encoder::load(&source.weights)?;
    let states = encoder.alone(u32::try_from(vocabulary.len())?)?;
    let mut rows = principal::project(&states, HIDDEN, DIMENSION)?;
    for (row, weight) in rows
        .chunks_exact_mut(DIMENSION)
        .zip(frequency::weights(&vocabulary))
    {
        row.iter_mut().for_each(|value| *value *= weight);
    }
    let (rows, scales) = quantise(&rows, DIMENSION);
    let parts = TableParts {
        model_id: MODEL_ID,
        dimension: DIMENSION,
        vocabulary: &vocabulary,
        scales: &scales,
        rows: &rows,
    };
    Ok(parts.pack()?)
}
