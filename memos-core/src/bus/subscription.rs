//! One reader of the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Seat, Shared};
use crate::{Code, Error, Event, EventSeq, Result, Subscriber};

pub(super) struct Subscription {
    name: String,
    bus: Arc<Shared>,
    seat: Arc<Seat>,
    /// As the durable cursor says.
    acked: EventSeq,
}

impl Subscription {
    /// Not to be used before it has [resumed](Self::resume).
    pub(super) fn new(name: &str, bus: Arc<Shared>, seat: Arc<Seat>) -> Self {
        Self {
            name: name.to_owned(),
            bus,
            seat,
            acked: EventSeq::default(),
        }
    }

    /// Goes on after the durable cursor.
    pub(super) fn resume(&mut self) -> Result<()> {
        self.acked = self.bus.log.cursor(&self.name)?;
        let head = self.bus.log.head();
        if self.acked > head {
            return Err(Error::new(
                Code::Corrupt,
                format!(
                    "subscriber {:?} is done with event {}, but the log ends at {head}",
                    self.name, self.acked
                ),
            )
            .remedy(
                "the log is older than its cursor, as after restoring a part of a backup: restore \
                 the whole folder, or rebuild what this subscriber keeps under a new name",
            ));
        }
        self.seat.delivered.store(self.acked.0, Ordering::SeqCst);
        Ok(())
    }

    fn delivered(&self) -> EventSeq {
        EventSeq(self.seat.delivered.load(Ordering::SeqCst))
    }

    fn read(&self, max: usize) -> Result<Vec<Event>> {
        self.bus.check_open()?;
        let delivered = self.delivered();
        let batch = self.bus.log.events(delivered, max)?;
        let mut last = delivered;
        for event in &batch {
            if event.seq != last.next() {
                return Err(Error::new(
                    Code::Corrupt,
                    format!("after event {last} the log goes on with {}", event.seq),
                )
                .remedy("restore the data folder from a backup"));
            }
            last = event.seq;
        }
        self.seat.delivered.store(last.0, Ordering::SeqCst);
        Ok(batch)
    }
}

impl Subscriber for Subscription {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_batch(&mut self, max: usize, timeout: Duration) -> Result<Vec<Event>> {
        // A time past what the clock can show means for ever.
        let deadline = Instant::now().checked_add(timeout);
        loop {
            // Before waiting, so that what was committed before this call is never waited for;
            // what is announced after this look leaves a token.
            let batch = self.read(max)?;
            if !batch.is_empty() || max == 0 {
                return Ok(batch);
            }
            let woken = match deadline {
                Some(deadline) => self.seat.woken.recv_deadline(deadline).is_ok(),
                None => self.seat.woken.recv().is_ok(),
            };
            if !woken {
                return Ok(batch);
            }
        }
    }

    fn ack(&mut self, seq: EventSeq) -> Result<()> {
        let delivered = self.delivered();
        if seq < self.acked || seq > delivered {
            return Err(Error::new(
                Code::InvalidRequest,
                format!(
                    "subscriber {:?} can't acknowledge event {seq}: it has acknowledged {} and was \
                     given {delivered}",
                    self.name, self.acked
                ),
            )
            .remedy("acknowledge the number of an event of the last batch, when it is done with"));
        }
        if seq > self.acked {
            self.bus.log.advance(&self.name, seq)?;
            self.acked = seq;
        }
        Ok(())
    }

    fn lag(&self) -> u64 {
        self.bus.log.head().0.saturating_sub(self.acked.0)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.bus.free_seat(&self.name);
    }
}
