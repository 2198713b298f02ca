//! Okapi BM25 with the non-negative idf of Lucene.

/// Length normalisation of every field.
const B: f32 = 0.75;

/// Saturation of each field (recipe: turns are short, so repeats inside one say little).
pub(crate) const K1_TURN: f32 = 0.9;
pub(crate) const K1_WIDE: f32 = 1.2;

/// Documents of one field: how many, and how long together in terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) docs: u64,
    pub(crate) terms: u64,
}

impl Field {
    pub(crate) fn add(&mut self, other: Self) {
        self.docs += other.docs;
        self.terms += other.terms;
    }

    fn average(self) -> f32 {
        if self.docs == 0 {
            1.0
        } else {
            (self.terms as f32 / self.docs as f32).max(1.0)
        }
    }

    /// Weight of a term that `holders` of the documents hold.
    pub(crate) fn idf(self, holders: u64) -> f32 {
        let (n, df) = (self.docs as f32, holders as f32);
        (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
    }

    /// A term's share of a document's score: `count` times in `length` terms.
    pub(crate) fn term_score(self, idf: f32, k1: f32, count: u32, length: u32) -> f32 {
        let tf = count as f32;
        let norm = 1.0 - B + B * length as f32 / self.average();
        idf * tf * (k1 + 1.0) / (tf + k1 * norm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rarer_and_shorter_scores_more() {
        let field = Field {
            docs: 100,
            terms: 1_000,
        };
        assert!(field.idf(1) > field.idf(50) && field.idf(100) > 0.0);
        let idf = field.idf(3);
        assert!(field.term_score(idf, K1_TURN, 1, 5) > field.term_score(idf, K1_TURN, 1, 50));
        assert!(field.term_score(idf, K1_TURN, 2, 10) > field.term_score(idf, K1_TURN, 1, 10));
    }
}
