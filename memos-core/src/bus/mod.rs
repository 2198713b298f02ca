//! The message bus inside one process.
//!
//! Events lie in the log (a vault's outbox), and each subscriber reads them from there at its own
//! pace. The bus itself holds only who is reading and where, and wakes those who wait.

mod subscription;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crossbeam::channel::{self, Receiver, Sender};

use self::subscription::Subscription;
use crate::{Bus, Code, Error, EventLog, EventSeq, Result, Subscriber};

/// A [`Bus`] over the event log of this process. Dropping it closes it.
///
/// ```
/// use std::sync::Arc;
/// use memos_core::{
///     Bus, Commit, Committed, EventKind, InProcessBus, NewEvent, Vault, VolatileVault,
/// };
///
/// let vault = Arc::new(VolatileVault::default());
/// let bus = InProcessBus::new(vault.clone());
/// let mut subscriber = bus.subscribe("indexer")?;
///
/// let event = NewEvent {
///     cube_id: "notes".parse()?,
///     memory_id: None,
///     actor: "ana".parse()?,
///     kind: EventKind::CubeCreated,
/// };
/// if let Committed::Done(head) = vault.commit(Commit { events: vec![event], ..Commit::default() })? {
///     bus.announce(head);
/// }
///
/// for event in subscriber.try_batch(100)? {
///     assert_eq!(event.kind, EventKind::CubeCreated);
///     subscriber.ack(event.seq)?;
/// }
/// assert_eq!(subscriber.lag(), 0);
/// # Ok::<(), memos_core::Error>(())
/// ```
pub struct InProcessBus(Arc<Shared>);

struct Shared {
    log: Arc<dyn EventLog>,
    closed: AtomicBool,
    /// The live subscriptions, by name.
    seats: RwLock<HashMap<String, Arc<Seat>>>,
}

/// What the bus knows of a live subscription.
struct Seat {
    /// Number of the last event that it took.
    delivered: AtomicU64,
    /// One token at most: more would say nothing more.
    wake: Sender<()>,
    woken: Receiver<()>,
}

impl InProcessBus {
    /// A bus over this log.
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self(Arc::new(Shared {
            log,
            closed: AtomicBool::new(false),
            seats: RwLock::default(),
        }))
    }
}

impl Bus for InProcessBus {
    fn announce(&self, head: EventSeq) {
        // Whoever took that event already needs no waking: calls that come late or twice cost
        // nothing.
        self.0
            .wake_if(|seat| seat.delivered.load(Ordering::SeqCst) < head.0);
    }

    fn subscribe(&self, name: &str) -> Result<Box<dyn Subscriber>> {
        let seat = self.0.take_seat(name)?;
        // From here on, dropping it frees the name, also if the cursor can't be read.
        let mut subscription = Subscription::new(name, Arc::clone(&self.0), seat);
        subscription.resume()?;
        Ok(Box::new(subscription))
    }

    fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        self.0.wake_if(|_| true);
    }
}

impl Drop for InProcessBus {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for InProcessBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InProcessBus")
            .field("closed", &self.0.closed)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn wake_if(&self, waits: impl Fn(&Seat) -> bool) {
        // The lock is held only to look at the map; nobody waits or does I/O under it.
        let seats = self.seats.read().unwrap_or_else(PoisonError::into_inner);
        for seat in seats.values().filter(|seat| waits(seat)) {
            // A full channel holds a token already, which is all that it takes.
            let _ = seat.wake.try_send(());
        }
    }

    fn take_seat(&self, name: &str) -> Result<Arc<Seat>> {
        let mut seats = self.seats.write().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that `close` either is seen here or wakes this seat.
        self.check_open()?;
        if seats.contains_key(name) {
            return Err(Error::new(
                Code::Conflict,
                format!("{name:?} is subscribed already, and two would share one cursor"),
            )
            .remedy("drop the other subscription first, or choose another name"));
        }
        let (wake, woken) = channel::bounded(1);
        let seat = Arc::new(Seat {
            delivered: AtomicU64::new(0),
            wake,
            woken,
        });
        seats.insert(name.to_owned(), Arc::clone(&seat));
        Ok(seat)
    }

    fn free_seat(&self, name: &str) {
        let mut seats = self.seats.write().unwrap_or_else(PoisonError::into_inner);
        seats.remove(name);
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::new(Code::Unavailable, "the message bus is closed")
                .remedy("stop; unread events stay in the log and are delivered after a restart"));
        }
        Ok(())
    }
}
