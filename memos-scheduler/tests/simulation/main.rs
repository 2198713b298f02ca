//! The scheduler under simulated time: random schedules with crashes between any two steps, faults
//! of the vault, duplicates, poison, cancellations and a jumping clock; the same for the same seed.
//!
//! `MEMOS_SEEDS=N` runs so many seeds, `MEMOS_SEED=N` only that one.

#![allow(
    clippy::unwrap_used,
    reason = "a test, and its helpers are no test functions"
)]

mod checks;
mod faulty;
mod handlers;
mod process;
mod rng;
mod world;

use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use rng::Rng;
use world::World;

/// Seeds tried unless `MEMOS_SEEDS` says otherwise.
const SEEDS: u64 = 10_000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

fn simulate(seed: u64) {
    let mut rng = Rng::new(seed);
    let steps = rng.below(30) + 15;
    let mut world = World::new(&mut rng);
    for _ in 0..steps {
        world.step(&mut rng);
    }
    world.settle_down();
    world.check_the_end();
}

#[test]
fn every_task_has_its_effect_once_whatever_happens() {
    handlers::hush_poison();
    if let Some(seed) = number("MEMOS_SEED") {
        return simulate(seed);
    }
    let seeds = number("MEMOS_SEEDS").unwrap_or(SEEDS);
    let begun = Instant::now();
    for seed in 0..seeds {
        if let Err(failure) = panic::catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
            eprintln!("failed with MEMOS_SEED={seed}");
            panic::resume_unwind(failure);
        }
    }
    println!("{seeds} seeds in {:.1} s", begun.elapsed().as_secs_f64());
}
