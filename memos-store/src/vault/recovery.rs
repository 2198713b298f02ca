//! What a start reads from the store.

use memos_core::{Event, EventSeq, Result};
use sled::Tree;

use super::codec::{self, Counter};
use super::commit::Heads;
use super::requests::Requests;
use super::sled_vault::{get, get_bytes};
use super::{failure, keys, large};

/// How far numbers and dates have come.
pub(super) fn heads(tree: &Tree) -> Result<Heads> {
    let event = last_event(tree)?;
    let counter = match get(tree, &keys::counter())? {
        Some(counter) => counter,
        // Version 1 counted no changes, but it dated events.
        None => match get::<Event>(tree, &keys::event(event))? {
            Some(last) => Counter {
                at: last.at,
                ..Counter::default()
            },
            None => Counter::default(),
        },
    };
    Ok(Heads { event, counter })
}

fn last_event(tree: &Tree) -> Result<EventSeq> {
    let last = tree.scan_prefix([keys::EVENT]).next_back().transpose();
    match last.map_err(|e| failure::sled(e, "read the events"))? {
        None => Ok(EventSeq::default()),
        Some((key, _)) => match key.last_chunk() {
            Some(seq) if key.len() == 9 => Ok(EventSeq(u64::from_be_bytes(*seq))),
            _ => Err(failure::corrupt("an event has a malformed key")),
        },
    }
}

pub(super) fn load_requests(tree: &Tree) -> Result<Requests> {
    let mut requests = Requests::default();
    for entry in tree.scan_prefix([keys::REQUEST]) {
        let (key, head) = entry.map_err(|e| failure::sled(e, "read the requests"))?;
        let digest = key
            .get(1..)
            .and_then(|rest| rest.try_into().ok())
            .ok_or_else(|| failure::corrupt("a request has a malformed key"))?;
        let noted = large::join(&key, head, |k| get_bytes(tree, k))?;
        requests.note(digest, codec::decode(&noted)?);
    }
    Ok(requests)
}
