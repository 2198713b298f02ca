//! Whose turn it is: how many requests are under way, how many a minute, and rest when the endpoint
//! asks for it.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::fault::Fault;

/// Lets requests through, as many at once and as often as is allowed.
#[derive(Debug)]
pub(super) struct Gate {
    slots: Semaphore,
    /// Time that a request takes of a minute.
    interval: Duration,
    /// How far requests may run ahead of their even spacing.
    burst: Duration,
    times: Mutex<Times>,
}

#[derive(Debug)]
struct Times {
    /// When the next request would come if all were evenly spaced: the theoretical arrival time of
    /// the generic cell rate algorithm (ITU-T I.371), which is a token bucket without a timer.
    even: Instant,
    /// No request before this.
    rest_until: Instant,
}

/// The right to have one request under way; given back when dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _slot: SemaphorePermit<'a>,
}

impl Gate {
    pub(super) fn new(at_once: NonZeroUsize, per_minute: Option<NonZeroU32>) -> Self {
        let now = Instant::now();
        let interval = per_minute.map_or(Duration::ZERO, |n| Duration::from_secs(60) / n.get());
        // As many as may be under way at once may also start at once.
        let ahead = u32::try_from(at_once.get() - 1).unwrap_or(u32::MAX);
        let ahead = ahead.min(per_minute.map_or(0, |n| n.get() - 1));
        Self {
            slots: Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS)),
            interval,
            burst: interval * ahead,
            times: Mutex::new(Times {
                even: now,
                rest_until: now,
            }),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `Busy` if there is none before the deadline; known at once if only the rate or a wish for
    /// rest stands in the way.
    pub(super) async fn turn(&self, deadline: Instant) -> Result<Turn<'_>, Fault> {
        let slot = timeout_at(deadline, self.slots.acquire())
            .await
            .map_err(|_| Fault::Busy)?
            .expect("the semaphore is never closed");
        let start = self.book(Instant::now(), deadline).ok_or(Fault::Busy)?;
        sleep_until(start).await;
        Ok(Turn { _slot: slot })
    }

    /// No request for a while.
    pub(super) fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.rest_until = times.rest_until.max(until);
    }

    /// When a request may start; none, and nothing is booked, if that is past the deadline.
    fn book(&self, now: Instant, deadline: Instant) -> Option<Instant> {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let even = times.even.max(now);
        let start = (even.checked_sub(self.burst).unwrap_or(now))
            .max(now)
            .max(times.rest_until);
        if start >= deadline {
            return None;
        }
        times.even = even.max(start) + self.interval;
        Some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(at_once: usize, per_minute: Option<u32>) -> Gate {
        let per_minute = per_minute.map(|n| n.try_into().unwrap());
        Gate::new(at_once.try_into().unwrap(), per_minute)
    }

    #[test]
    fn requests_are_spaced_after_the_first_burst() {
        let gate = gate(2, Some(60));
        let now = Instant::now() + Duration::from_secs(10);
        let far = now + Duration::from_secs(1000);
        let starts: Vec<u64> = (0..5)
            .map(|_| (gate.book(now, far).unwrap() - now).as_secs())
            .collect();
        assert_eq!(starts, [0, 0, 1, 2, 3]);
        // One that can't wait books nothing.
        assert_eq!(gate.book(now, now + Duration::from_secs(4)), None);
        let next = gate.book(now, far).unwrap();
        assert_eq!(next - now, Duration::from_secs(4));
        // Idle time earns no more than the burst.
        let later = now + Duration::from_secs(600);
        let far = later + Duration::from_secs(100);
        let starts: Vec<u64> = (0..3)
            .map(|_| (gate.book(later, far).unwrap() - later).as_secs())
            .collect();
        assert_eq!(starts, [0, 0, 1]);
    }

    #[test]
    fn without_a_rate_only_rest_holds_requests_back() {
        let gate = gate(4, None);
        let now = Instant::now();
        let far = now + Duration::from_secs(1000);
        assert!((0..1000).all(|_| gate.book(now, far) == Some(now)));
        gate.rest(Duration::from_secs(30));
        gate.rest(Duration::from_secs(1));
        assert_eq!(gate.book(now, now + Duration::from_secs(20)), None);
        assert!(gate.book(now, far).unwrap() - now >= Duration::from_secs(30));
    }
}
