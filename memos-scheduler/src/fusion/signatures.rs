//! Near-duplicate candidates: MinHash over word shingles with banding, and exact by hash.
//!
//! MinHash and the resemblance that it estimates are Broder's ("On the resemblance and containment
//! of documents", 1997); banding is from Leskovec, Rajaraman and Ullman, "Mining of Massive
//! Datasets", chapter 3. With 32 bands of 3 rows, two texts of resemblance 0.5 meet in a bucket
//! with probability 0.986, of 0.4 with 0.88, of 0.1 with 0.03.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use memos_core::MemoryId;

use super::gist::Gist;

const BANDS: usize = 32;
const ROWS: usize = 3;
const HASHES: usize = BANDS * ROWS;

/// Most members of a bucket that are looked at, newest first: what everybody says is no clue.
const CROWD: usize = 64;

/// Least estimated resemblance of a candidate.
const RESEMBLANCE: f32 = 0.3;

/// The texts of one cube by their shingles.
///
/// Adding, removing and asking cost as much as the text is long, however many texts there are.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    rows: HashMap<MemoryId, Row>,
    /// By band and the hash of its rows.
    buckets: HashMap<(u8, u64), Vec<MemoryId>>,
    /// By the hash of the words that count, negations aside.
    exact: HashMap<u64, Vec<MemoryId>>,
}

#[derive(Debug)]
struct Row {
    minima: Box<[u32; HASHES]>,
    exact: u64,
}

impl Signatures {
    /// Forgets a text; one that is not there is no error.
    pub(super) fn remove(&mut self, id: MemoryId) {
        let Some(row) = self.rows.remove(&id) else {
            return;
        };
        drop_from(&mut self.exact, &row.exact, id);
        for key in bands(&row.minima) {
            drop_from(&mut self.buckets, &key, id);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Notes a text, in place of an earlier one of the same id. One that says nothing, such as
    /// "Thanks!", is not noted.
    pub(super) fn add(&mut self, id: MemoryId, gist: &Gist) {
        self.remove(id);
        if !gist.substantial {
            return;
        }
        let row = Row {
            minima: minima(gist),
            exact: hash(&gist.bare),
        };
        self.exact.entry(row.exact).or_default().push(id);
        for key in bands(&row.minima) {
            self.buckets.entry(key).or_default().push(id);
        }
        self.rows.insert(id, row);
    }

    /// At most `limit` noted texts that may say the same as this one or deny it, most alike first,
    /// with the estimated resemblance, `0..=1`.
    pub(super) fn candidates(&self, gist: &Gist, limit: usize) -> Vec<(MemoryId, f32)> {
        if !gist.substantial {
            return Vec::new();
        }
        let minima = minima(gist);
        let mut seen = HashSet::new();
        let same = self.exact.get(&hash(&gist.bare)).into_iter();
        let near = bands(&minima).filter_map(|key| self.buckets.get(&key));
        let mut found: Vec<(MemoryId, f32)> = same
            .chain(near)
            .flat_map(|bucket| bucket.iter().rev().take(CROWD))
            .filter(|id| seen.insert(**id))
            .filter_map(|id| Some((*id, resemblance(&minima, &self.rows.get(id)?.minima))))
            .filter(|(_, r)| *r >= RESEMBLANCE)
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        found
    }
}

/// Removes an id from a list, and the list when it is empty.
fn drop_from<K: Hash + Eq + Clone>(lists: &mut HashMap<K, Vec<MemoryId>>, key: &K, id: MemoryId) {
    if let Some(list) = lists.get_mut(key) {
        list.retain(|other| *other != id);
        if list.is_empty() {
            lists.remove(key);
        }
    }
}

/// The least hash of the shingles under each of the hash functions.
fn minima(gist: &Gist) -> Box<[u32; HASHES]> {
    let mut minima = Box::new([u32::MAX; HASHES]);
    let words = &gist.bare;
    // Words and pairs of words: sentences are too short for longer shingles.
    let shingles = words.windows(1).chain(words.windows(2)).map(hash);
    for shingle in shingles {
        let mut state = shingle;
        for least in minima.iter_mut() {
            // SplitMix64 (Steele, Lea and Flood, 2014): each step is one more hash function.
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let high = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
            *least = (*least).min(high);
        }
    }
    minima
}

fn bands(minima: &[u32; HASHES]) -> impl Iterator<Item = (u8, u64)> {
    let bands = minima.chunks_exact(ROWS).map(hash::<[u32]>);
    (0_u8..).zip(bands.collect::<Vec<_>>())
}

/// The share of hash functions that agree estimates the share of shingles in common.
fn resemblance(a: &[u32; HASHES], b: &[u32; HASHES]) -> f32 {
    let same = a.iter().zip(b).filter(|(a, b)| a == b).count();
    same as f32 / HASHES as f32
}

/// Of this process only: it is never stored.
fn hash<T: Hash + ?Sized>(of: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn alike_texts_are_found_and_others_are_not() {
        let mut all = Signatures::default();
        let ids: Vec<_> = (0..4).map(|_| MemoryId::generate()).collect();
        let texts = [
            "We booked the night train to Lisbon for the spring holidays.",
            "The invoice of the plumber is still open.",
            "Thanks a lot!",
            "我们订了春假去里斯本的夜车。",
        ];
        for (id, text) in ids.iter().zip(texts) {
            all.add(*id, &Gist::of(text));
        }
        let found = |text| {
            let found = all.candidates(&Gist::of(text), 9);
            found.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(
            found("we booked a night train to LISBON for spring holidays"),
            [ids[0]]
        );
        assert_eq!(found("我们订了春假去里斯本的夜车"), [ids[3]]);
        assert_eq!(found("The invoice of the plumber isn't open."), [ids[1]]);
        assert_eq!(found("Thanks a lot!"), []);
        assert_eq!(all.rows.len(), 3);
    }

    proptest! {
        #[test]
        fn after_any_adds_and_removes_only_the_rest_is_found(
            steps in prop::collection::vec((0_usize..6, 0_usize..5, any::<bool>()), 1..40)
        ) {
            let texts = ["red barn door", "red barn gate", "blue sky over town", "我在杭州住", "nine green bottles"];
            let ids: Vec<_> = (0..6).map(|_| MemoryId::generate()).collect();
            let mut all = Signatures::default();
            let mut model: HashMap<MemoryId, &str> = HashMap::new();
            for (id, text, add) in steps {
                if add {
                    all.add(ids[id], &Gist::of(texts[text]));
                    model.insert(ids[id], texts[text]);
                } else {
                    all.remove(ids[id]);
                    model.remove(&ids[id]);
                }
            }
            for text in texts {
                let found: HashSet<MemoryId> = all.candidates(&Gist::of(text), 99).into_iter().map(|c| c.0).collect();
                let same: HashSet<MemoryId> = model.iter().filter(|(_, t)| **t == text).map(|(id, _)| *id).collect();
                prop_assert!(found.is_superset(&same));
                prop_assert!(found.iter().all(|id| model.contains_key(id)));
            }
            ids.into_iter().for_each(|id| all.remove(id));
            prop_assert!(all.is_empty() && all.buckets.is_empty() && all.exact.is_empty());
        }
    }
}
