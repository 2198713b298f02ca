//! A whole commit on a stage: its writes, its events, and the request that asked for them.

use std::collections::BTreeSet;

use memos_core::{Cause, Commit, Event, EventSeq, NewEvent, Request, Result, Timestamp, Why};
use sled::Tree;

use super::codec::{Counter, Noted};
use super::history::Pen;
use super::keys;
use super::requests::{self, RequestChanges, Requests};
use super::rules::{self, Effects, Encoded};
use super::stage::Stage;

/// The least that a write counts for in the weight of a commit, and in the check for free space.
pub(super) const MIN_WEIGHT: u64 = 1 << 10;

/// A commit with its records encoded, outside the lock.
pub(super) struct Prepared {
    writes: Vec<Encoded>,
    events: Vec<NewEvent>,
    pub(super) request: Option<Request>,
    why: Why,
}

impl Prepared {
    pub(super) fn new(commit: Commit) -> Result<Self> {
        let why = Why::of(&commit);
        let encoded = commit.writes.into_iter().map(Encoded::new);
        Ok(Self {
            writes: encoded.collect::<Result<_>>()?,
            events: commit.events,
            request: commit.request,
            why,
        })
    }

    /// About how many bytes it puts into the log.
    pub(super) fn weight(&self, tree: &Tree) -> Result<u64> {
        self.writes.iter().try_fold(MIN_WEIGHT, |sum, write| {
            Ok(sum.saturating_add(write.weight(tree)?.max(MIN_WEIGHT)))
        })
    }
}

/// How far numbers and dates have come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heads {
    /// The last event.
    pub(super) event: EventSeq,
    pub(super) counter: Counter,
}

/// Lays all of a commit onto the stage; how far it comes, and what becomes of the noted requests.
pub(super) fn stage_commit(
    stage: &mut Stage<'_>,
    heads: Heads,
    requests: &Requests,
    commit: Prepared,
    now: Timestamp,
) -> Result<(Heads, RequestChanges)> {
    let (cause, detail) = (commit.why.cause, commit.why.detail.clone());
    let mut effects = Effects::noted_with(Pen::new(heads.counter, now, commit.why));
    for write in commit.writes {
        rules::stage_write(stage, &mut effects, write)?;
    }
    effects.check(stage)?;
    let mut after = heads;
    for event in commit.events {
        after.event = after.event.next();
        stage_event(stage, event, after.event, now, cause, detail.as_deref())?;
    }
    let requests = stage_requests(stage, requests, &effects, commit.request, now)?;
    after.counter.change = effects.pen.write(stage)?;
    if after.event != heads.event || after.counter.change != heads.counter.change {
        after.counter.at = now;
        stage.write(keys::counter(), &after.counter)?;
    }
    Ok((after, requests))
}

fn stage_event(
    stage: &mut Stage<'_>,
    event: NewEvent,
    seq: EventSeq,
    at: Timestamp,
    cause: Cause,
    detail: Option<&str>,
) -> Result<()> {
    let NewEvent {
        cube_id,
        memory_id,
        actor,
        kind,
    } = event;
    let event = Event {
        seq,
        at,
        cube_id,
        memory_id,
        actor,
        kind,
        cause,
        detail: detail.map(str::to_owned),
    };
    stage.write_new(keys::event(seq), &event)
}

/// Notes the request, and forgets those whose memories are gone or say something else, or whose time
/// is over.
fn stage_requests(
    stage: &mut Stage<'_>,
    requests: &Requests,
    effects: &Effects,
    request: Option<Request>,
    now: Timestamp,
) -> Result<RequestChanges> {
    let mut forget = requests.that_made(&effects.forgotten, &effects.dropped);
    forget.extend(requests.that_made(&effects.stale, &BTreeSet::new()));
    forget.extend(requests.expired(now));
    for digest in &forget {
        stage.remove(keys::request(digest))?;
    }
    let note = match request {
        None => None,
        Some(request) => {
            let noted = Noted {
                cube_id: request.cube_id,
                ids: request.ids,
                at: now,
                until: requests::end(now, request.window),
            };
            stage.write(keys::request(&request.digest), &noted)?;
            Some((request.digest, noted))
        }
    };
    Ok(RequestChanges { forget, note })
}
