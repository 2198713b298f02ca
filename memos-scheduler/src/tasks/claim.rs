//! One try at one task: what the worker, the queue and the dispatcher know of it together.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use memos_core::{Progress, Task, TaskId, TaskStatus, Timestamp};

use super::ended::after;

/// A task in somebody's hands. The name of its holder is its own, so that a stored task says
/// whether it is still in these hands, and nobody mistakes a later try for this one.
#[derive(Debug)]
pub struct Claim {
    number: u64,
    task: TaskId,
    kind: &'static str,
    holder: String,
    at: Timestamp,
    lease: Duration,
    withdrawn: AtomicBool,
    hands: AtomicU8,
    /// Progress; a total of `u64::MAX` is not known.
    done: AtomicU64,
    total: AtomicU64,
    reported: AtomicBool,
    /// When the lease ends.
    until: AtomicI64,
    /// When progress is next written to the vault, which renews the lease.
    renew_at: AtomicI64,
}

/// Nobody has begun.
const WAITING: u8 = 0;
/// A worker does it.
const BUSY: u8 = 1;
/// A worker has done it.
const FREE: u8 = 2;
/// A worker does it, but is no longer waited for.
const ABANDONED: u8 = 3;
/// Nobody is to begin.
const RECALLED: u8 = 4;

impl Claim {
    pub(super) fn new(
        run: &str,
        number: u64,
        task: TaskId,
        kind: &'static str,
        now: Timestamp,
        lease: Duration,
    ) -> Self {
        Self {
            number,
            task,
            kind,
            holder: format!("{run}-{number}"),
            at: now,
            lease,
            withdrawn: AtomicBool::new(false),
            hands: AtomicU8::new(WAITING),
            done: AtomicU64::new(0),
            total: AtomicU64::new(u64::MAX),
            reported: AtomicBool::new(false),
            until: AtomicI64::new(after(now, lease).micros()),
            renew_at: AtomicI64::new(after(now, lease / 4).micros()),
        }
    }

    /// Its number in this run of the process.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The task.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// The kind of the task.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The name that the stored task has as its holder.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Whether the task was taken away: called off, or its lease has run out.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Acquire)
    }

    pub(super) fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::Release);
    }

    /// Whether a task, as stored, is in these hands.
    pub(super) fn holds(&self, task: &Task) -> bool {
        matches!(&task.status, TaskStatus::Running { holder, .. } if *holder == self.holder)
    }

    /// When it was made.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    pub(super) fn lease(&self) -> Duration {
        self.lease
    }

    /// A worker begins; false if it must not.
    pub(super) fn begin(&self) -> bool {
        self.change_hands(WAITING, BUSY)
    }

    /// Whether nobody has begun yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.hands.load(Ordering::Acquire) == WAITING
    }

    /// Sees to it that nobody begins; false if somebody has.
    pub(super) fn recall(&self) -> bool {
        self.change_hands(WAITING, RECALLED)
    }

    /// The worker has its hands free again; false if it was abandoned before.
    pub(super) fn free(&self) -> bool {
        self.change_hands(BUSY, FREE)
    }

    /// Gives the worker up; false if it does not work on it.
    pub(super) fn abandon(&self) -> bool {
        self.change_hands(BUSY, ABANDONED)
    }

    fn change_hands(&self, from: u8, to: u8) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        let changed = self.hands.compare_exchange(from, to, success, failure);
        changed.is_ok()
    }

    /// Notes progress; whether it is time to write it down.
    pub(super) fn note(&self, progress: Progress, now: Timestamp) -> bool {
        self.done.store(progress.done, Ordering::Relaxed);
        let total = progress.total.unwrap_or(u64::MAX);
        self.total.store(total, Ordering::Relaxed);
        self.reported.store(true, Ordering::Release);
        now.micros() >= self.renew_at.load(Ordering::Relaxed)
    }

    /// The lease was renewed.
    pub(super) fn renewed(&self, now: Timestamp) {
        let next = after(now, self.lease / 4).micros();
        self.renew_at.store(next, Ordering::Relaxed);
        let until = after(now, self.lease).micros();
        self.until.store(until, Ordering::Relaxed);
    }

    /// When the lease ends.
    pub(super) fn until(&self) -> Timestamp {
        Timestamp::from_micros(self.until.load(Ordering::Relaxed))
    }

    /// How far it has come, if it has said so.
    pub fn progress(&self) -> Option<Progress> {
        self.reported.load(Ordering::Acquire).then(|| {
            let total = self.total.load(Ordering::Relaxed);
            Progress {
                done: self.done.load(Ordering::Relaxed),
                total: (total != u64::MAX).then_some(total),
            }
        })
    }
}
