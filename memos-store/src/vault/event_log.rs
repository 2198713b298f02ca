//! The log of events, and where its subscribers stand.

use memos_core::{Code, Error, Event, EventLog, EventSeq, Result};

use super::codec::{self, Cursor};
use super::commit::MIN_WEIGHT;
use super::sled_vault::{SledVault, get, get_bytes};
use super::stage::Stage;
use super::{failure, keys, large};

/// Longest name of a subscriber, in bytes.
const MAX_SUBSCRIBER: usize = 256;

impl EventLog for SledVault {
    fn head(&self) -> EventSeq {
        self.head_on_disk()
    }

    fn events(&self, after: EventSeq, limit: usize) -> Result<Vec<Event>> {
        let head = self.head();
        if after >= head {
            return Ok(Vec::new());
        }
        // Events never change, so nothing can come in between.
        self.tree()
            .range(keys::event(after.next())..=keys::event(head))
            .take(limit)
            .map(|entry| {
                let (key, value) = entry.map_err(|e| failure::sled(e, "read the events"))?;
                codec::decode(&large::join(&key, value, |k| get_bytes(self.tree(), k))?)
            })
            .collect()
    }

    fn cursor(&self, subscriber: &str) -> Result<EventSeq> {
        let cursor = get::<Cursor>(self.tree(), &keys::cursor(subscriber))?;
        Ok(cursor.map_or(EventSeq::default(), |c| c.0))
    }

    fn advance(&self, subscriber: &str, seq: EventSeq) -> Result<()> {
        if subscriber.len() > MAX_SUBSCRIBER {
            return Err(Error::new(
                Code::InvalidRequest,
                format!(
                    "a subscriber's name of {} bytes is too long",
                    subscriber.len()
                ),
            )
            .remedy(format!("use up to {MAX_SUBSCRIBER} bytes")));
        }
        let key = keys::cursor(subscriber);
        let mut writer = self.lock_for(MIN_WEIGHT)?;
        let mut stage = Stage::new(self.tree());
        self.or_fail(stage.write(key, &Cursor(seq)))?;
        let ticket = self.apply(&mut writer, stage)?;
        drop(writer);
        self.wait(ticket)
    }
}
