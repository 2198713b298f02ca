//! Ended tasks, and how long they are kept.

use std::collections::BTreeSet;
use std::time::Duration;

use memos_core::{TaskId, Timestamp};

/// How long ended tasks are kept, and how many. The older go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How long one that was done.
    pub done: Duration,
    /// How long one that was given up or called off.
    pub given_up: Duration,
    /// How many that were done.
    pub most_done: usize,
    /// How many that were given up or called off.
    pub most_given_up: usize,
}

impl Default for Retention {
    /// A day and 20,000 tasks; what needs a look, 30 days and 20,000.
    fn default() -> Self {
        Self {
            done: Duration::from_secs(24 * 3600),
            given_up: Duration::from_secs(30 * 24 * 3600),
            most_done: 20_000,
            most_given_up: 20_000,
        }
    }
}

/// The ended tasks, oldest first.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) done: BTreeSet<(Timestamp, TaskId)>,
    pub(super) given_up: BTreeSet<(Timestamp, TaskId)>,
}

impl Ended {
    /// Up to `limit` tasks that are kept no longer.
    pub(super) fn obsolete(&self, now: Timestamp, keep: &Retention, limit: usize) -> Vec<TaskId> {
        let done = outdated(&self.done, now, keep.done, keep.most_done);
        let given_up = outdated(&self.given_up, now, keep.given_up, keep.most_given_up);
        done.chain(given_up).take(limit).collect()
    }

    /// When the next one is kept no longer.
    pub(super) fn next(&self, keep: &Retention) -> Option<Timestamp> {
        let of = |tasks: &BTreeSet<(Timestamp, TaskId)>, time, most| {
            let &(at, _) = tasks.first()?;
            // Those beyond the number are late already.
            Some(if tasks.len() > most {
                at
            } else {
                after(at, time)
            })
        };
        let done = of(&self.done, keep.done, keep.most_done);
        let given_up = of(&self.given_up, keep.given_up, keep.most_given_up);
        done.into_iter().chain(given_up).min()
    }
}

fn outdated(
    tasks: &BTreeSet<(Timestamp, TaskId)>,
    now: Timestamp,
    time: Duration,
    most: usize,
) -> impl Iterator<Item = TaskId> {
    let surplus = tasks.len().saturating_sub(most);
    let late =
        move |&(n, (at, _)): &(usize, &(Timestamp, TaskId))| n < surplus || after(*at, time) <= now;
    tasks
        .iter()
        .enumerate()
        .take_while(late)
        .map(|(_, &(_, id))| id)
}

/// An instant, so much later.
pub(super) fn after(at: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.micros().saturating_add(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_and_the_surplus_go_oldest_first() {
        let at = |secs| Timestamp::from_secs(secs);
        let ids: Vec<TaskId> = (0..6).map(|_| TaskId::generate()).collect();
        let mut ended = Ended::default();
        for (secs, id) in (0..).zip(&ids[..4]) {
            ended.done.insert((at(secs), *id));
        }
        for (secs, id) in (0..).zip(&ids[4..]) {
            ended.given_up.insert((at(secs), *id));
        }
        let keep = Retention {
            done: Duration::from_secs(10),
            given_up: Duration::from_secs(100),
            most_done: 3,
            most_given_up: 3,
        };
        assert_eq!(ended.obsolete(at(5), &keep, 9), [ids[0]]);
        assert_eq!(ended.next(&keep), Some(at(0)), "one is too many");
        assert_eq!(ended.obsolete(at(12), &keep, 9), ids[..3]);
        assert_eq!(ended.obsolete(at(12), &keep, 2), ids[..2]);
        ended.done.pop_first();
        assert_eq!(ended.next(&keep), Some(at(11)));
        ended.done.clear();
        assert_eq!(ended.next(&keep), Some(at(100)));
        assert_eq!(ended.obsolete(at(101), &keep, 9), ids[4..]);
    }
}
