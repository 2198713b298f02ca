//! Texts to vectors by looking words up.

use std::ops::ControlFlow;

use memos_core::{Embedder, Result};

use crate::{
    han::{self, Stretch},
    table::StaticTable,
    tokenizer::PieceId,
};

/// The bundled tables; `cargo xtask distil` makes the first, `cargo xtask distil-han` the second.
static PIECES: &[u8] = include_bytes!("../assets/static-256.memostbl");
static HAN: &[u8] = include_bytes!("../assets/han-96.memostbl");

/// How many wordpieces and Chinese words of a text go into its vector: the length that the
/// distilled model was trained with. Later ones change little and cost time.
pub const EMBEDDED_PIECES: usize = 128;

/// Raise the number after `@` whenever the way changes in which rows become a vector: stored
/// vectors of different models can't be compared.
const REVISION: &str = "memos-static@2";

/// The means of the vectors of a text's wordpieces and of its Chinese words, joined.
///
/// A vector has two parts. The first is the mean over the wordpieces of all that is not Chinese,
/// the second that over the Chinese words; each is normalised and takes the share of the length
/// that its script has of the text. So the cosine of two English texts, and that of two Chinese
/// ones, is that of the one part; of an English and a Chinese text it is 0.
///
/// No model runs: a text costs some microseconds, and the same text has the same bits of vector on
/// every machine. Frequent words weigh little, which the tables' rows already hold (the smooth
/// inverse frequency of Arora, Liang and Ma, ICLR 2017).
#[derive(Clone, Debug)]
pub struct StaticEmbedder {
    pieces: StaticTable,
    han: StaticTable,
    model_id: String,
}

impl StaticEmbedder {
    /// The embedder over the tables that this crate carries.
    pub fn bundled() -> Self {
        let open = |bytes| StaticTable::open(bytes).expect("the tests open the bundled tables");
        Self::new(open(PIECES), open(HAN))
    }

    /// An embedder over tables of your own: of wordpieces, and of Chinese words.
    pub fn new(pieces: StaticTable, han: StaticTable) -> Self {
        let model_id = format!("{REVISION}/{}+{}", pieces.model_id(), han.model_id());
        Self {
            pieces,
            han,
            model_id,
        }
    }

    /// The table of wordpieces.
    pub fn table(&self) -> &StaticTable {
        &self.pieces
    }

    /// The table of Chinese words.
    pub fn han_table(&self) -> &StaticTable {
        &self.han
    }

    /// The vector of one text.
    pub fn embed_one(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; self.dimension()];
        let (latin, han) = vector.split_at_mut(self.pieces.dimension());
        let covered = self.sum(text, latin, han);
        let (latin_length, han_length) = (length(latin), length(han));
        // Of the sums as of the means: the lengths go anyway.
        let share = if han_length == 0.0 {
            1.0
        } else if latin_length == 0.0 {
            0.0
        } else {
            covered.latin_share()
        };
        scale(latin, latin_length, share);
        scale(han, han_length, 1.0 - share);
        vector
    }

    /// Sums the rows of both parts.
    fn sum(&self, text: &str, latin: &mut [f32], han: &mut [f32]) -> Covered {
        let mut covered = Covered::default();
        let mut left = EMBEDDED_PIECES;
        let mut taken = || {
            left -= 1;
            if left > 0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        han::split(text, &self.han, |stretch| match stretch {
            Stretch::Word { id, chars } => {
                self.han.add_row(id, han);
                covered.han_chars += chars;
                taken()
            }
            Stretch::Other(text) => {
                let mut flow = ControlFlow::Continue(());
                self.pieces.tokenizer().pieces(text, |piece| {
                    if let Some(id) = piece {
                        self.pieces.add_row(id, latin);
                        covered.words += usize::from(starts_word(&self.pieces, id));
                    }
                    flow = taken();
                    flow
                });
                flow
            }
        });
        covered
    }
}

impl Embedder for StaticEmbedder {
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn dimension(&self) -> usize {
        self.pieces.dimension() + self.han.dimension()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        Ok(texts.iter().map(|text| self.embed_one(text)).collect())
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.pieces.tokenizer().count(text)
    }
}

/// How much of a text each part knows.
#[derive(Clone, Copy, Debug, Default)]
struct Covered {
    /// Words of the first part; punctuation marks are none.
    words: usize,
    /// Characters of the Chinese words.
    han_chars: usize,
}

impl Covered {
    /// The first part's share, from 0 to 1, of a text with Chinese words: two characters, the
    /// usual length of a Chinese word, count as one word.
    fn latin_share(self) -> f32 {
        let (words, han) = (self.words as f32, self.han_chars as f32 / 2.0);
        words / (words + han)
    }
}

/// Whether a piece is a word or begins one, rather than continuing it or being a punctuation mark.
fn starts_word(table: &StaticTable, id: PieceId) -> bool {
    let first = table.piece_bytes(id.0).first().copied().unwrap_or(b'#');
    if first.is_ascii() {
        return first.is_ascii_alphanumeric();
    }
    let first = table.piece(id).chars().next();
    first.is_some_and(char::is_alphanumeric)
}

fn length(vector: &[f32]) -> f32 {
    // Lanes, so that the compiler may vectorise without changing the order of the sum.
    const LANES: usize = 16;
    let mut lanes = [0.0_f32; LANES];
    for chunk in vector.chunks(LANES) {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value * value;
        }
    }
    lanes.iter().sum::<f32>().sqrt()
}

/// From its length to that whose square is `share`; zeros stay.
fn scale(vector: &mut [f32], length: f32, share: f32) {
    if length > 0.0 {
        let target = share.sqrt();
        for value in vector {
            *value = *value / length * target;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static BUNDLED: LazyLock<StaticEmbedder> = LazyLock::new(StaticEmbedder::bundled);

    /// The mean of the wordpieces' rows, normalised: the whole vector of a text without Chinese.
    fn by_pieces(text: &str) -> Vec<f32> {
        let table = BUNDLED.table();
        let mut sum = vec![0.0; table.dimension()];
        let pieces = table.tokenizer().encode(text);
        for &id in pieces.iter().take(EMBEDDED_PIECES).flatten() {
            table.add_row(id, &mut sum);
        }
        let length = length(&sum);
        scale(&mut sum, length, 1.0);
        sum
    }

    proptest! {
        #[test]
        fn without_chinese_the_first_part_is_all(text in "[a-zA-Zäßж ,.!0-9]{0,300}") {
            let vector = BUNDLED.embed_one(&text);
            let (latin, han) = vector.split_at(256);
            prop_assert_eq!(latin, by_pieces(&text));
            prop_assert!(han.iter().all(|&value| value == 0.0));
        }

        #[test]
        fn in_mixed_text_the_parts_keep_their_directions(
            word in "[a-z]{1,8}",
            han in prop::sample::select(vec!["医院", "我们去公园", "外婆的生日"]),
        ) {
            let embedder = &*BUNDLED;
            let mixed = format!("{word}，{han}");
            let latin = embedder.embed_one(&format!("{word}，"));
            let chinese = embedder.embed_one(han);
            let mixed = embedder.embed_one(&mixed);
            let share = 1.0 / (1.0 + han.chars().count() as f32 / 2.0);
            for (at, value) in mixed.iter().enumerate() {
                let expected = latin[at] * share.sqrt() + chinese[at] * (1.0 - share).sqrt();
                prop_assert!((value - expected).abs() < 1e-5, "at {at}: {value}, not {expected}");
            }
        }
    }
}
