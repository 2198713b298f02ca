//! Texts to vectors by looking words up.

use std::ops::ControlFlow;

use memos_core::{Embedder, Result};

use crate::table::StaticTable;

/// The bundled table; `cargo xtask distil` makes it.
static BUNDLED: &[u8] = include_bytes!("../assets/static-256.memostbl");

/// How many wordpieces of a text go into its vector: the length that the distilled model was
/// trained with. Later ones change little and cost time.
pub const EMBEDDED_PIECES: usize = 128;

/// The mean of the vectors of a text's wordpieces, normalised.
///
/// No model runs: a sentence costs some microseconds, and the same text has the same bits of vector
/// on every machine. Frequent pieces weigh little, which the table's rows already hold (the smooth
/// inverse frequency of Arora, Liang and Ma, ICLR 2017).
#[derive(Clone, Debug)]
pub struct StaticEmbedder {
    table: StaticTable,
}

impl StaticEmbedder {
    /// The embedder over the table that this crate carries.
    pub fn bundled() -> Self {
        let table = StaticTable::open(BUNDLED).expect("the tests open the bundled table");
        Self::new(table)
    }

    /// An embedder over a table of your own.
    pub fn new(table: StaticTable) -> Self {
        Self { table }
    }

    /// The table.
    pub fn table(&self) -> &StaticTable {
        &self.table
    }

    /// The vector of one text.
    pub fn embed_one(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; self.table.dimension()];
        let mut pieces = 0;
        self.table.tokenizer().pieces(text, |piece| {
            if let Some(id) = piece {
                self.table.add_row(id, &mut sum);
            }
            pieces += 1;
            if pieces < EMBEDDED_PIECES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        // Of the sum as of the mean: the length goes anyway.
        normalise(&mut sum);
        sum
    }
}

impl Embedder for StaticEmbedder {
    fn model_id(&self) -> &str {
        self.table.model_id()
    }

    fn dimension(&self) -> usize {
        self.table.dimension()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        Ok(texts.iter().map(|text| self.embed_one(text)).collect())
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.table.tokenizer().count(text)
    }
}

/// To length 1; zeros stay.
fn normalise(vector: &mut [f32]) {
    // Lanes, so that the compiler may vectorise without changing the order of the sum.
    const LANES: usize = 16;
    let mut lanes = [0.0_f32; LANES];
    for chunk in vector.chunks(LANES) {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value * value;
        }
    }
    let length = lanes.iter().sum::<f32>().sqrt();
    if length > 0.0 {
        for value in vector {
            *value /= length;
        }
    }
}
