//! A whole commit on a stage: its writes, its events, and the request that asked for them.

use memos_core::{Event, EventSeq, NewEvent, Request, Result, Timestamp};

use super::codec::Noted;
use super::keys;
use super::requests::{self, RequestChanges, Requests};
use super::rules::{self, Effects, Encoded};
use super::stage::Stage;

/// Lays all of a commit onto the stage; its last event, and what becomes of the noted requests.
pub(super) fn stage_commit(
    stage: &mut Stage<'_>,
    last: EventSeq,
    requests: &Requests,
    writes: Vec<Encoded>,
    events: Vec<NewEvent>,
    request: Option<Request>,
    now: Timestamp,
) -> Result<(EventSeq, RequestChanges)> {
    let mut effects = Effects::default();
    for write in writes {
        rules::stage_write(stage, &mut effects, write)?;
    }
    effects.check(stage)?;
    let last = stage_events(stage, events, last, now)?;
    let changes = stage_requests(stage, requests, &effects, request, now)?;
    Ok((last, changes))
}

/// Numbers the events after `last`; the number of the last one.
fn stage_events(
    stage: &mut Stage<'_>,
    events: Vec<NewEvent>,
    mut last: EventSeq,
    at: Timestamp,
) -> Result<EventSeq> {
    for event in events {
        last = last.next();
        let NewEvent {
            cube_id,
            memory_id,
            actor,
            kind,
        } = event;
        let event = Event {
            seq: last,
            at,
            cube_id,
            memory_id,
            actor,
            kind,
        };
        stage.write(keys::event(last), &event)?;
    }
    Ok(last)
}

/// Notes the request, and forgets those whose memories are gone or whose time is over.
fn stage_requests(
    stage: &mut Stage<'_>,
    requests: &Requests,
    effects: &Effects,
    request: Option<Request>,
    now: Timestamp,
) -> Result<RequestChanges> {
    let mut forget = requests.that_made(&effects.forgotten, &effects.dropped);
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
