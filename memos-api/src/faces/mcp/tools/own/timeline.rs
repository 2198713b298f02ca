use memos_core::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::super::home::named;
use super::super::super::tool::{Call, Said, memory_id};
use super::shown::{Shown, lines};
use crate::wire::{TimelineRequest, TimelineResponse};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Timeline {
    /// The id of the memory in the middle.
    around: Option<String>,
    /// A day, such as 2024-05-08.
    day: Option<String>,
    /// Only what was said from here on: a date, or RFC 3339.
    since: Option<String>,
    /// Only what was said before this: a date, or RFC 3339.
    until: Option<String>,
    /// Only this conversation or document.
    session: Option<String>,
    /// Memories to return at most, 1 to 100; 20 if absent.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// `earlier` or `later` of the page before; name the same stretch again beside it.
    cursor: Option<String>,
    /// Where to look; your usual place if absent.
    cube: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Stretch {
    /// The memories, in the order in which they were said.
    memories: Vec<Shown>,
    /// Pass it as `cursor` for what was said before.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier: Option<String>,
    /// Pass it as `cursor` for what was said after.
    #[serde(skip_serializing_if = "Option::is_none")]
    later: Option<String>,
}

const MOST: u32 = 100;

pub(super) fn timeline(call: &Call<'_>, asked: Timeline) -> Result<Said<Stretch>> {
    if let Some(limit) = asked.limit.filter(|limit| !(1..=MOST).contains(limit)) {
        return Err(super::out_of_range(limit, MOST));
    }
    let around = match named(asked.around) {
        Some(text) => Some(memory_id(&text, "around")?),
        None => None,
    };
    let cube = match around {
        Some(id) => call.cube_with(asked.cube.as_deref(), id)?,
        None => call.cube(asked.cube.as_deref()),
    };
    let request = TimelineRequest {
        around,
        day: named(asked.day),
        since: named(asked.since),
        until: named(asked.until),
        session_id: named(asked.session),
        cursor: named(asked.cursor),
        limit: asked.limit,
    };
    let found = call.memos.timeline(call.who, &cube, &request).map(Some);
    let found = found.map_err(|error| match error.field() {
        Some("cursor" | "/cursor") => {
            error.remedy("pass earlier or later of the page before, as it was returned")
        }
        _ => error,
    });
    let found = call.unless_new(&cube, found)?;
    let TimelineResponse {
        memories,
        earlier,
        later,
    } = found.unwrap_or(TimelineResponse {
        memories: Vec::new(),
        earlier: None,
        later: None,
    });
    let stretch = Stretch {
        memories: memories.into_iter().map(Shown::from).collect(),
        earlier,
        later,
    };
    let text = match stretch.memories.len() {
        0 => "Nothing was said then.".to_owned(),
        _ => lines(&stretch.memories),
    };
    Ok(Said::new(text, stretch))
}
