//! Figures for metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use super::queue::Queue;

/// How the queue does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By kind of task.
    pub kinds: BTreeMap<String, KindStats>,
    /// Changed tasks that could not be read; the dispatcher tries again.
    pub unread: usize,
}

/// How the tasks of one kind do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindStats {
    /// Whether somebody handles it. If not, its tasks wait.
    pub handled: bool,
    /// Tasks that wait, due or not.
    pub waiting: usize,
    /// Tasks that are being done.
    pub running: usize,
    /// Tasks done since the start.
    pub done: u64,
    /// Tries that failed since the start.
    pub failed: u64,
    /// Tasks given up since the start.
    pub dead: u64,
    /// Tries lost since the start, with a former process or by their leases.
    pub lost: u64,
    /// How long the task that waits longest is due.
    pub oldest_waiting: Duration,
}

impl Queue {
    /// Figures of this instant. Looks at every known task, under the lock: some milliseconds for a
    /// hundred thousand of them.
    pub fn stats(&self) -> Stats {
        let now = self.now();
        let index = self.lock();
        let mut by_number: BTreeMap<u32, KindStats> = BTreeMap::new();
        for (number, _, kind) in index.lanes.kinds.iter() {
            let stats = KindStats {
                handled: kind.limit > 0,
                running: kind.running,
                done: kind.tally.done,
                failed: kind.tally.failed,
                dead: kind.tally.dead,
                lost: kind.tally.lost,
                ..KindStats::default()
            };
            by_number.insert(number, stats);
        }
        index.for_each_waiting(|kind, due| {
            let stats = by_number.entry(kind).or_default();
            stats.waiting += 1;
            let micros = now.micros().saturating_sub(due.micros());
            let waited = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
            stats.oldest_waiting = stats.oldest_waiting.max(waited);
        });
        let named = by_number.into_iter().map(|(number, stats)| {
            let name = index.lanes.kinds.name(number).clone();
            (name, stats)
        });
        Stats {
            kinds: named.collect(),
            unread: index.unread.len(),
        }
    }
}
