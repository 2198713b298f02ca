//! How failed work is tried again.

use std::time::Duration;

/// How failures are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Failures after which a task is given up.
    pub attempts: u32,
    /// Losses of its holder after which a task is given up: it may be what kills the process.
    pub losses: u32,
    /// Pause after the first failure; it doubles with each.
    pub pause: Duration,
    /// Longest pause.
    pub longest: Duration,
}

impl Default for RetryPolicy {
    /// Five tries over about half an hour; a task may be caught in 20 crashes.
    fn default() -> Self {
        Self {
            attempts: 5,
            losses: 20,
            pause: Duration::from_secs(10),
            longest: Duration::from_secs(15 * 60),
        }
    }
}

impl RetryPolicy {
    /// Pause after so many failures: exponential, with "equal jitter" (half is fixed, half is drawn;
    /// Brooker, "Exponential Backoff And Jitter", AWS 2015). `dice` is in `0..1`.
    pub fn pause_after(&self, attempts: u32, dice: f64) -> Duration {
        let doubled = self
            .pause
            .saturating_mul(1_u32 << attempts.saturating_sub(1).min(20))
            .min(self.longest);
        doubled.mul_f64(0.5 + 0.5 * dice.clamp(0.0, 1.0))
    }
}
