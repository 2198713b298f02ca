//! How the scheduler works.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::ended::Retention;

/// How the scheduler works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Threads that do tasks.
    pub workers: NonZeroUsize,
    /// How many tasks a worker gets at most on top of one, if all take less than a millisecond, and
    /// together less than eight: so one commit claims and completes many.
    pub ahead: usize,
    /// How long running tasks may go on when the scheduler is dropped.
    pub grace: Duration,
    /// How long ended tasks are kept.
    pub retention: Retention,
    /// Where the jitter of pauses comes from; by chance if not given.
    pub seed: Option<u64>,
}

impl Default for Settings {
    /// Four threads, since tasks wait for models and disks, up to 32 quick tasks ahead for each, and five
    /// seconds of grace.
    fn default() -> Self {
        Self {
            workers: NonZeroUsize::new(4).expect("four is not zero"),
            ahead: 32,
            grace: Duration::from_secs(5),
            retention: Retention::default(),
            seed: None,
        }
    }
}
