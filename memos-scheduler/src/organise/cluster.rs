//! Agglomerative clustering by average link, the same for the same input.

use super::vector::Vector;

/// Groups vectors whose average similarity is at least `threshold`: each group's members in order,
/// groups by their first member.
///
/// The nearest-neighbour chain finds the whole tree in quadratic time and space (Murtagh, "A Survey
/// of Recent Advances in Hierarchical Clustering Algorithms", 1983); average link is reducible, so
/// cutting the tree at the threshold gives what merging the best pair first would give.
pub(super) fn cluster(vectors: &[Vector], threshold: f32) -> Vec<Vec<usize>> {
    let n = vectors.len();
    let mut alike: Vec<Vec<f32>> = vectors
        .iter()
        .map(|a| vectors.iter().map(|b| a.cosine(b)).collect())
        .collect();
    let mut size = vec![1.0_f32; n];
    let mut alive = vec![true; n];
    let mut parent: Vec<usize> = (0..n).collect();
    let mut chain: Vec<usize> = Vec::new();
    for _ in 1..n {
        if chain.is_empty() {
            chain.extend(alive.iter().position(|a| *a));
        }
        let (a, b) = loop {
            let Some(&tip) = chain.last() else {
                return groups(&parent);
            };
            let before = chain.len().checked_sub(2).map(|i| chain[i]);
            let Some(next) = nearest(&alike[tip], &alive, tip, before) else {
                return groups(&parent);
            };
            if Some(next) == before {
                chain.truncate(chain.len() - 2);
                break (tip.min(next), tip.max(next));
            }
            chain.push(next);
        };
        let height = alike[a][b];
        if height >= threshold {
            let (from, to) = (root(&parent, b), root(&parent, a));
            parent[from.max(to)] = from.min(to);
        }
        // Lance and Williams: similarities of the union are averages weighted by size.
        let all = size[a] + size[b];
        for k in 0..n {
            if alive[k] && k != a && k != b {
                let mean = (size[a] * alike[a][k] + size[b] * alike[b][k]) / all;
                alike[a][k] = mean;
                alike[k][a] = mean;
            }
        }
        size[a] = all;
        alive[b] = false;
    }
    groups(&parent)
}

/// The most alike; of equals the one before in the chain, else the first.
fn nearest(alike: &[f32], alive: &[bool], own: usize, before: Option<usize>) -> Option<usize> {
    let mut best: Option<usize> = before;
    for k in (0..alike.len()).filter(|k| alive[*k] && *k != own) {
        if best.is_none_or(|b| alike[k] > alike[b]) {
            best = Some(k);
        }
    }
    best
}

fn root(parent: &[usize], mut i: usize) -> usize {
    while parent[i] != i {
        i = parent[i];
    }
    i
}

fn groups(parent: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); parent.len()];
    for i in 0..parent.len() {
        groups[root(parent, i)].push(i);
    }
    groups.retain(|g| !g.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::vector::Vectors;
    use super::*;

    fn vectors(texts: &[Vec<String>]) -> Vec<Vector> {
        Vectors::of(texts).vectors
    }

    fn split(texts: &[&str]) -> Vec<Vec<String>> {
        let words = |t: &&str| t.split(' ').map(str::to_owned).collect();
        texts.iter().map(words).collect()
    }

    /// Merges the best pair until none reaches the threshold.
    fn naive(vectors: &[Vector], threshold: f32) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = (0..vectors.len()).map(|i| vec![i]).collect();
        loop {
            let mut best: Option<(f32, usize, usize)> = None;
            for i in 0..groups.len() {
                for j in i + 1..groups.len() {
                    let pairs = groups[i]
                        .iter()
                        .flat_map(|a| groups[j].iter().map(move |b| (a, b)));
                    let sum: f32 = pairs.map(|(a, b)| vectors[*a].cosine(&vectors[*b])).sum();
                    let mean = sum / (groups[i].len() * groups[j].len()) as f32;
                    if best.is_none_or(|(b, ..)| mean > b) {
                        best = Some((mean, i, j));
                    }
                }
            }
            match best {
                Some((mean, i, j)) if mean >= threshold => {
                    let moved = groups.remove(j);
                    groups[i].extend(moved);
                    groups[i].sort_unstable();
                }
                _ => break,
            }
        }
        groups.sort();
        groups
    }

    #[test]
    fn texts_of_one_topic_stand_together() {
        let texts = split(&[
            "cat dog",
            "cat dog fish",
            "stock bond",
            "bond stock fund",
            "poem",
        ]);
        assert_eq!(
            cluster(&vectors(&texts), 0.2),
            [vec![0, 1], vec![2, 3], vec![4]]
        );
        assert!(cluster(&[], 0.2).is_empty());
    }

    proptest! {
        #[test]
        fn the_chain_finds_what_the_naive_way_finds(
            texts in proptest::collection::vec(
                proptest::collection::btree_set("[a-p]", 1..6), 0..9,
            ),
            threshold in 0.05_f32..0.9,
        ) {
            let texts: Vec<Vec<String>> = texts.into_iter().map(|t| t.into_iter().collect()).collect();
            let vectors = vectors(&texts);
            // Where two pairs are equally alike either way is right.
            let mut seen: Vec<f32> = Vec::new();
            for i in 0..vectors.len() {
                for j in i + 1..vectors.len() {
                    seen.push(vectors[i].cosine(&vectors[j]));
                }
            }
            seen.sort_by(f32::total_cmp);
            prop_assume!(seen.windows(2).all(|w| w[1] - w[0] > 1e-4));
            prop_assert_eq!(cluster(&vectors, threshold), naive(&vectors, threshold));
        }
    }
}
