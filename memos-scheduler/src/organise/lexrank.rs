//! Which sentences stand at the centre: LexRank (Erkan and Radev, "LexRank: Graph-based Lexical
//! Centrality as Salience in Text Summarization", JAIR 22, 2004).

use super::vector::Vector;

/// Probability of following a similarity rather than jumping, as in the paper.
const DAMPING: f32 = 0.85;
/// Similarities below this are noise, as in the paper.
const THRESHOLD: f32 = 0.1;
/// The walk has settled when no rank moves by more.
const SETTLED: f32 = 1e-6;
const MOST_STEPS: usize = 100;

/// The rank of each sentence: the share of time that a walk over similar sentences spends there.
/// The ranks sum to 1. Quadratic in the number of sentences.
pub(super) fn lexrank(sentences: &[Vector]) -> Vec<f32> {
    let n = sentences.len();
    if n == 0 {
        return Vec::new();
    }
    // Continuous LexRank: edges weigh as much as the sentences are alike. A sentence without
    // neighbours leads to itself alone.
    let mut edges: Vec<Vec<(usize, f32)>> = vec![Vec::new(); n];
    for i in 0..n {
        for j in i + 1..n {
            let alike = sentences[i].cosine(&sentences[j]);
            if alike >= THRESHOLD {
                edges[i].push((j, alike));
                edges[j].push((i, alike));
            }
        }
        edges[i].push((i, 1.0));
    }
    for out in &mut edges {
        let sum: f32 = out.iter().map(|(_, w)| w).sum();
        out.iter_mut().for_each(|(_, w)| *w /= sum);
    }
    let jump = (1.0 - DAMPING) / n as f32;
    let mut ranks = vec![1.0 / n as f32; n];
    for _ in 0..MOST_STEPS {
        let mut next = vec![jump; n];
        for (i, out) in edges.iter().enumerate() {
            for (j, weight) in out {
                next[*j] += DAMPING * weight * ranks[i];
            }
        }
        let moved = next
            .iter()
            .zip(&ranks)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        ranks = next;
        if moved < SETTLED {
            break;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::super::vector::Vectors;
    use super::*;

    #[test]
    fn the_sentence_that_all_others_echo_ranks_first() {
        let texts: Vec<Vec<String>> = ["a b c d", "a b x", "c d y", "p q", "b c z"]
            .iter()
            .map(|t| t.split(' ').map(str::to_owned).collect())
            .collect();
        let ranks = lexrank(&Vectors::of(&texts).vectors);
        let best = (0..5)
            .max_by(|i, j| ranks[*i].total_cmp(&ranks[*j]))
            .unwrap();
        assert_eq!(best, 0);
        assert!((ranks.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        assert!(lexrank(&[]).is_empty());
    }
}
