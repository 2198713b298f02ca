use memos_core::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::super::home::named;
use super::super::super::tool::{Call, Said};
use super::shown::{Shown, lines};
use crate::wire::{SearchRequest, SearchResponse, TimeWindow};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Recall {
    /// The question, in any language and in whole words.
    query: String,
    /// Memories to return at most, 1 to 100; 10 if absent.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Return only as many as fit into this many tokens, 16 or more.
    #[schemars(range(min = 16))]
    max_tokens: Option<u32>,
    /// Only what happened after this: a date, or RFC 3339.
    since: Option<String>,
    /// Only what happened before this: a date, or RFC 3339.
    until: Option<String>,
    /// Only what this person said.
    speaker: Option<String>,
    /// Only what has this label.
    tag: Option<String>,
    /// Only what this condition admits, such as {"info.project": "atlas"} or {"tags": {"contains":
    /// "work"}}; `and`, `or` and `not` combine.
    filter: Option<Map<String, Value>>,
    /// Also return facts, preferences, profiles and summaries that were derived.
    derived: Option<bool>,
    /// Where to look; your usual place if absent.
    cube: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Recalled {
    /// What was found, best first.
    memories: Vec<Shown>,
    /// What was derived from memories and answers too, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    derived: Vec<Shown>,
    /// Parts of the system that could not take part in this answer; empty if all did.
    degraded: Vec<String>,
}

/// Most memories of one answer: more than an agent can read.
const MOST: u32 = 100;

pub(super) fn recall(call: &Call<'_>, asked: Recall) -> Result<Said<Recalled>> {
    let cube = call.cube(asked.cube.as_deref());
    let limit = asked.limit.unwrap_or(10);
    if !(1..=MOST).contains(&limit) {
        return Err(super::out_of_range(limit, MOST));
    }
    let (since, until) = (named(asked.since), named(asked.until));
    let request = SearchRequest {
        query: asked.query,
        cube_ids: vec![cube.to_string()],
        top_k: Some(limit),
        max_tokens: asked.max_tokens,
        filter: condition(asked.filter, asked.speaker, asked.tag),
        time_window: (since.is_some() || until.is_some()).then_some(TimeWindow {
            start: since,
            end: until,
        }),
        include: asked
            .derived
            .unwrap_or_default()
            .then(|| vec!["derived".to_owned()]),
        ..SearchRequest::default()
    };
    let found = call.search(&request).map(Some);
    let Some(found) = call.unless_new(&cube, found)? else {
        let nothing = Recalled {
            memories: Vec::new(),
            derived: Vec::new(),
            degraded: Vec::new(),
        };
        return Ok(Said::new("Nothing has been remembered yet.", nothing));
    };
    let recalled = Recalled::of(found);
    Ok(Said::new(recalled.text(), recalled))
}

/// All conditions together.
fn condition(
    filter: Option<Map<String, Value>>,
    speaker: Option<String>,
    tag: Option<String>,
) -> Option<Value> {
    let filter = filter.filter(|filter| !filter.is_empty());
    let mut all: Vec<Value> = filter.map(Value::Object).into_iter().collect();
    all.extend(named(speaker).map(|name| serde_json::json!({"speaker": name})));
    all.extend(named(tag).map(|tag| serde_json::json!({"tags": {"contains": tag}})));
    match all.len() {
        0 => None,
        1 => all.pop(),
        _ => Some(serde_json::json!({"and": all})),
    }
}

impl Recalled {
    fn of(found: SearchResponse) -> Self {
        Self {
            memories: found.hits.into_iter().map(Shown::hit).collect(),
            derived: found.derived.into_iter().map(Shown::hit).collect(),
            degraded: found.degraded,
        }
    }

    fn text(&self) -> String {
        let mut text = match self.memories.len() {
            0 => "No memory was found.".to_owned(),
            _ => lines(&self.memories),
        };
        if !self.derived.is_empty() {
            text += "\n\nDerived:\n";
            text += &lines(&self.derived);
        }
        if !self.degraded.is_empty() {
            text += &format!("\n\n(Found without: {}.)", self.degraded.join(", "));
        }
        text
    }
}
