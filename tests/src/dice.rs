//! Chance that can be thrown again.

use std::time::{Duration, SystemTime};

/// Pseudo-random numbers: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed that `MEMOS_TEST_SEED` gives, or a fresh one. A test says it when it fails.
    pub fn seed() -> u64 {
        match std::env::var("MEMOS_TEST_SEED") {
            Ok(seed) => seed.parse().expect("MEMOS_TEST_SEED is a number"),
            Err(_) => SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64,
        }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The remainder's bias is far below what a test can see.
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    /// A length of time below `end` milliseconds.
    pub fn millis(&mut self, end: usize) -> Duration {
        Duration::from_micros(self.below(end * 1000) as u64)
    }

    /// One of these; none if there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        (!from.is_empty()).then(|| &from[self.below(from.len())])
    }
}
