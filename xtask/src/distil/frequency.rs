//! How often a wordpiece occurs in running text, from the vocabulary alone.
//!
//! A BERT vocabulary lists its reserved names, then single characters by code point, then all
//! other pieces from the most to the least frequent. So a piece's rank is known, and Zipf's law
//! gives its frequency: 1 / rank, over the sum of all. Single characters have no rank: Latin
//! letters, digits and punctuation stand with the most frequent piece, letters of other scripts
//! (rare in an English vocabulary's corpus) with the last.
//!
//! Measured with the finished table, as recall of evidence turns at 10 by the vector alone, on two
//! dialogue sets: this 51.3 and 56.2; a word-frequency list of English, which says nothing of
//! punctuation, 45.3 and 57.4; no weighing at all 40.9 and 53.6. What counts is that punctuation
//! weighs next to nothing; the exponent (0.8 to 1.2) and the other characters' rank hardly matter.

/// Where the single characters begin: after `[PAD]`, `[UNK]`, … and `[unused993]`.
const CHARACTERS: usize = 999;
/// Where the pieces ordered by frequency begin; the first of them is "the".
const RANKED: usize = 1996;

/// Parameter of the smooth inverse frequency a / (a + p) (Arora, Liang and Ma, ICLR 2017).
const A: f64 = 1e-3;

/// The weight of each piece of the vocabulary, between 0 and 1.
pub(super) fn weights(vocabulary: &[&str]) -> Vec<f64> {
    // Of the ranked alone: a thousand single characters at rank 1 would drown them.
    let ranked = ranks(vocabulary).skip(RANKED);
    let total: f64 = ranked.map(|rank| 1.0 / rank).sum();
    ranks(vocabulary)
        .map(|rank| A / (A + 1.0 / (rank * total)))
        .collect()
}

fn ranks<'a>(vocabulary: &'a [&'a str]) -> impl Iterator<Item = f64> + 'a {
    let last = vocabulary.len().saturating_sub(RANKED).max(1);
    vocabulary.iter().enumerate().map(move |(id, piece)| {
        let rank = match id {
            RANKED.. => id - RANKED + 1,
            CHARACTERS.. if is_common(piece) => 1,
            _ => last,
        };
        rank as f64
    })
}

fn is_common(character: &str) -> bool {
    character
        .chars()
        .all(|c| c.is_ascii() || !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_follow_the_order_of_the_vocabulary() {
        let mut vocabulary = vec!["[unused]"; CHARACTERS];
        vocabulary.extend(["!", "a", "语"]);
        vocabulary.resize(RANKED, "é");
        vocabulary.extend(["the", "of", "##s", "rarely"]);
        let weights = weights(&vocabulary);
        assert_eq!(weights.len(), vocabulary.len());
        assert!(weights.iter().all(|w| (0.0..1.0).contains(w)));
        assert!(weights[RANKED..].is_sorted_by(|a, b| a < b));
        assert_eq!(
            weights[CHARACTERS], weights[RANKED],
            "! is as common as the"
        );
        assert_eq!(
            weights[CHARACTERS + 1],
            weights[RANKED],
            "a is as common as the"
        );
        assert_eq!(
            weights[CHARACTERS + 2],
            weights[RANKED + 3],
            "a Chinese character is rare"
        );
        assert_eq!(weights[0], weights[RANKED + 3], "reserved names are rare");
    }
}
