//! Sparse TF-IDF vectors over the terms of a set of texts.

use std::collections::HashMap;

/// A unit vector: term numbers in order with their weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vector(Vec<(u32, f32)>);

impl Vector {
    /// Cosine with another, `0..=1`.
    pub(super) fn cosine(&self, other: &Self) -> f32 {
        let (mut a, mut b, mut sum) = (0, 0, 0.0);
        while let (Some((i, x)), Some((j, y))) = (self.0.get(a), other.0.get(b)) {
            match i.cmp(j) {
                std::cmp::Ordering::Less => a += 1,
                std::cmp::Ordering::Greater => b += 1,
                std::cmp::Ordering::Equal => {
                    sum += x * y;
                    a += 1;
                    b += 1;
                }
            }
        }
        sum
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Which texts hold which terms.
pub(super) struct Vectors {
    /// One per text.
    pub(super) vectors: Vec<Vector>,
    /// Terms by number, in order of first use.
    pub(super) terms: Vec<String>,
    /// Inverse document frequency of each term: `ln(1 + n / df)`.
    pub(super) idf: Vec<f32>,
}

impl Vectors {
    /// From the terms of each text: weight `(1 + ln tf) · idf`, length 1.
    pub(super) fn of(texts: &[Vec<String>]) -> Self {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut terms: Vec<String> = Vec::new();
        let mut holding: Vec<u32> = Vec::new();
        let mut counted: Vec<Vec<(u32, u32)>> = Vec::with_capacity(texts.len());
        for text in texts {
            let mut counts: Vec<(u32, u32)> = Vec::with_capacity(text.len());
            let mut ids: Vec<u32> = text
                .iter()
                .map(|term| {
                    *numbers.entry(term).or_insert_with(|| {
                        terms.push(term.clone());
                        holding.push(0);
                        terms.len() as u32 - 1
                    })
                })
                .collect();
            ids.sort_unstable();
            for id in ids {
                match counts.last_mut() {
                    Some((last, n)) if *last == id => *n += 1,
                    _ => {
                        holding[id as usize] += 1;
                        counts.push((id, 1));
                    }
                }
            }
            counted.push(counts);
        }
        let all = texts.len() as f32;
        let idf: Vec<f32> = holding
            .iter()
            .map(|n| (1.0 + all / *n as f32).ln())
            .collect();
        let vectors = counted
            .into_iter()
            .map(|counts| unit(counts, &idf))
            .collect();
        Self {
            vectors,
            terms,
            idf,
        }
    }
}

fn unit(counts: Vec<(u32, u32)>, idf: &[f32]) -> Vector {
    let mut weights: Vec<(u32, f32)> = counts
        .into_iter()
        .map(|(id, n)| (id, (1.0 + (n as f32).ln()) * idf[id as usize]))
        .collect();
    let length = weights.iter().map(|(_, w)| w * w).sum::<f32>().sqrt();
    if length > 0.0 {
        weights.iter_mut().for_each(|(_, w)| *w /= length);
    }
    Vector(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_share_rare_terms_are_alike() {
        let text = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let found = Vectors::of(&[
            text("a b c"),
            text("a b d"),
            text("a e f"),
            text("g"),
            vec![],
        ]);
        let cosine = |i: usize, j: usize| found.vectors[i].cosine(&found.vectors[j]);
        assert!((cosine(0, 0) - 1.0).abs() < 1e-6);
        assert!(cosine(0, 1) > cosine(0, 2) && cosine(0, 2) > 0.0);
        assert_eq!((cosine(0, 3), cosine(0, 4)), (0.0, 0.0));
        assert!(found.vectors[4].is_empty());
        assert_eq!(found.terms, ["a", "b", "c", "d", "e", "f", "g"]);
        assert!(found.idf[0] < found.idf[6]);
    }
}
