//! What happens to tasks, told to whoever listens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam::channel::{self, Receiver, Sender, TryRecvError, TrySendError};
use memos_core::{Task, TaskId};

/// Updates that wait for one reader before it counts as too slow.
const ROOM: usize = 1024;

/// One thing that a [`Feed`] tells.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskUpdate {
    /// A task was added or has changed: what it is now.
    Changed(Arc<Task>),
    /// A task is gone.
    Removed(TaskId),
    /// The reader was too slow: so many updates are missing here.
    Lagged(u64),
}

/// Updates of tasks since [`Queue::feed`](super::Queue::feed), in order. One that is not read fast
/// enough misses some and is told so; it holds nobody up.
#[derive(Debug)]
pub struct Feed {
    updates: Receiver<TaskUpdate>,
    missed: Arc<AtomicU64>,
}

impl Feed {
    /// The next update, if one comes in time.
    pub fn next(&self, timeout: Duration) -> Option<TaskUpdate> {
        // Missed updates come after those in the channel, and none is sent until the reader knows.
        self.try_next()
            .or_else(|| self.updates.recv_timeout(timeout).ok())
    }

    /// The next update, if there is one.
    pub fn try_next(&self) -> Option<TaskUpdate> {
        match self.updates.try_recv() {
            Ok(update) => Some(update),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                let missed = self.missed.swap(0, Ordering::AcqRel);
                (missed > 0).then_some(TaskUpdate::Lagged(missed))
            }
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Broadcast(Mutex<Vec<Reader>>);

#[derive(Debug)]
struct Reader {
    updates: Sender<TaskUpdate>,
    missed: Arc<AtomicU64>,
}

impl Broadcast {
    pub(super) fn subscribe(&self) -> Feed {
        let (sender, updates) = channel::bounded(ROOM);
        let missed = Arc::new(AtomicU64::new(0));
        let reader = Reader {
            updates: sender,
            missed: Arc::clone(&missed),
        };
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readers.push(reader);
        Feed { updates, missed }
    }

    /// Tells all; `update` is made only if somebody listens.
    pub(super) fn send(&self, update: impl FnOnce() -> TaskUpdate) {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.is_empty() {
            return;
        }
        let update = update();
        readers.retain(|reader| {
            if reader.missed.load(Ordering::Acquire) > 0 {
                reader.missed.fetch_add(1, Ordering::AcqRel);
                // The feed holds the other one as long as it lives.
                return Arc::strong_count(&reader.missed) > 1;
            }
            match reader.updates.try_send(update.clone()) {
                Ok(()) => true,
                Err(TrySendError::Full(_)) => {
                    reader.missed.fetch_add(1, Ordering::AcqRel);
                    true
                }
                Err(TrySendError::Disconnected(_)) => false,
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_learns_where_it_has_a_gap() {
        let broadcast = Broadcast::default();
        let (slow, quick) = (broadcast.subscribe(), broadcast.subscribe());
        let ids: Vec<TaskId> = (0..ROOM + 3).map(|_| TaskId::generate()).collect();
        for id in &ids {
            broadcast.send(|| TaskUpdate::Removed(*id));
            assert_eq!(quick.try_next(), Some(TaskUpdate::Removed(*id)));
        }
        for id in &ids[..ROOM] {
            assert_eq!(slow.try_next(), Some(TaskUpdate::Removed(*id)));
        }
        assert_eq!(slow.next(Duration::ZERO), Some(TaskUpdate::Lagged(3)));
        assert_eq!(slow.try_next(), None);
        broadcast.send(|| TaskUpdate::Removed(ids[0]));
        assert_eq!(slow.try_next(), Some(TaskUpdate::Removed(ids[0])));
        assert_eq!(quick.try_next(), Some(TaskUpdate::Removed(ids[0])));
    }

    #[test]
    fn who_went_away_is_forgotten() {
        let broadcast = Broadcast::default();
        let silent = broadcast.subscribe();
        drop(broadcast.subscribe());
        for _ in 0..=ROOM {
            broadcast.send(|| TaskUpdate::Removed(TaskId::generate()));
        }
        assert_eq!(broadcast.0.lock().unwrap().len(), 1);
        drop(silent);
        broadcast.send(|| TaskUpdate::Removed(TaskId::generate()));
        assert_eq!(broadcast.0.lock().unwrap().len(), 0);
        broadcast.send(|| unreachable!("nobody listens"));
    }
}
