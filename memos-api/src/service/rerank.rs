//! Documents by how well they answer a query, without a language model.
//!
//! The score of a document is `0.7 · cosine + 0.3 · words`, both 0 to 1: the cosine of the embedder's
//! vectors of query and document (nothing below 0), and the share of the query's words that stand in
//! the document, each weighted by `ln(1 + N / n)`, where `n` of the `N` documents hold it. A word
//! that no document holds weighs as if one did. Chinese and Japanese characters are words by pairs.

use std::collections::{BTreeSet, HashMap};

use memos_core::Result;

use super::MemOs;

const DENSE: f64 = 0.7;
const WORDS: f64 = 0.3;

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ranking {
    /// Numbers of the documents with their scores, best first.
    pub(crate) order: Vec<(usize, f64)>,
    /// Length of all that was read, in the embedder's tokens.
    pub(crate) tokens: usize,
}

impl MemOs {
    /// Orders documents by a query.
    ///
    /// # Errors
    /// If the embedder fails.
    pub(crate) fn rerank(&self, query: &str, documents: &[String]) -> Result<Ranking> {
        let texts: Vec<&str> = std::iter::once(query)
            .chain(documents.iter().map(String::as_str))
            .collect();
        let vectors = self.embedder.embed(&texts)?;
        let (asked, vectors) = vectors
            .split_first()
            .map_or((&[][..], &[][..]), |(q, rest)| (q.as_slice(), rest));
        let words = overlaps(query, documents);
        let mut order: Vec<(usize, f64)> = vectors
            .iter()
            .zip(words)
            .map(|(vector, words)| {
                let cosine: f32 = asked.iter().zip(vector).map(|(a, b)| a * b).sum();
                let score = DENSE * f64::from(cosine).clamp(0.0, 1.0) + WORDS * words;
                // Six digits are more than it knows.
                (score * 1e6).round() / 1e6
            })
            .enumerate()
            .collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(Ranking {
            order,
            tokens: texts
                .iter()
                .map(|text| self.embedder.count_tokens(text))
                .sum(),
        })
    }
}

/// For each document the weighted share of the query's words that it holds.
fn overlaps(query: &str, documents: &[String]) -> Vec<f64> {
    let asked = words(query);
    let held: Vec<BTreeSet<String>> = documents.iter().map(|d| words(d)).collect();
    let weight: HashMap<&str, f64> = asked
        .iter()
        .map(|word| {
            let holding = held.iter().filter(|words| words.contains(word)).count();
            let rarity = documents.len() as f64 / holding.max(1) as f64;
            (word.as_str(), (1.0 + rarity).ln())
        })
        .collect();
    let whole: f64 = weight.values().sum();
    held.iter()
        .map(|words| {
            let shared = asked.iter().filter(|word| words.contains(*word));
            let sum: f64 = shared.map(|word| weight[word.as_str()]).sum();
            if whole > 0.0 { sum / whole } else { 0.0 }
        })
        .collect()
}

/// Words in lower case, without an English plural's `s`; runs of ideographs by pairs.
fn words(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for run in text.split(|c: char| !c.is_alphanumeric()) {
        let lower: Vec<char> = run.to_lowercase().chars().collect();
        for part in lower.chunk_by(|a, b| is_ideograph(*a) == is_ideograph(*b)) {
            match part {
                [] => {}
                [one] if is_ideograph(*one) => drop(found.insert(one.to_string())),
                [first, ..] if is_ideograph(*first) => {
                    found.extend(part.windows(2).map(|pair| pair.iter().collect::<String>()));
                }
                _ => {
                    let word: String = part.iter().collect();
                    let stem = word.strip_suffix('s').filter(|stem| stem.len() > 2);
                    found.insert(stem.unwrap_or(&word).to_owned());
                }
            }
        }
    }
    found
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_words_count_and_rare_ones_more() {
        let documents = ["the red ferry", "the blue ferry", "trains"].map(str::to_owned);
        let shares = overlaps("red ferries, ferry", &documents);
        assert!(shares[0] > shares[1] && shares[1] > shares[2], "{shares:?}");
        assert_eq!(shares[2], 0.0);
        assert_eq!(overlaps("", &documents), [0.0; 3]);
    }

    #[test]
    fn chinese_is_compared_by_pairs() {
        let documents = ["我住在杭州".to_owned(), "他喜欢喝茶".to_owned()];
        let shares = overlaps("谁住在杭州？", &documents);
        assert!(shares[0] > 0.5 && shares[1] == 0.0, "{shares:?}");
    }
}
