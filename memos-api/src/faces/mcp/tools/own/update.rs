use memos_core::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::super::home::named;
use super::super::super::tool::{Call, Said, memory_id};
use super::shown::Shown;
use crate::wire::PatchRequest;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    /// The id of the memory.
    id: String,
    /// The new words, in place of the old.
    text: Option<String>,
    /// The new labels, in place of the old.
    tags: Option<Vec<String>>,
    /// Fields to set; a null takes a field away.
    info: Option<Map<String, Value>>,
    /// The cube that holds it; looked for if absent.
    cube: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Updated {
    /// The memory as it is now.
    memory: Shown,
    /// How often its content was written.
    version: u32,
}

pub(super) fn update(call: &Call<'_>, asked: Update) -> Result<Said<Updated>> {
    let id = memory_id(&asked.id, "id")?;
    let is_beside = asked.tags.is_some() || asked.info.is_some();
    let text = match is_beside {
        true => named(asked.text),
        false => asked.text,
    };
    if text.is_none() && !is_beside {
        return Err(Error::new(Code::InvalidRequest, "nothing is to change")
            .at("text")
            .remedy("pass text, tags or info"));
    }
    let cube = call.cube_with(asked.cube.as_deref(), id)?;
    let patch = PatchRequest {
        text,
        tags: asked.tags,
        info: asked.info,
        ..PatchRequest::default()
    };
    let item = call.memos.update(call.who, &cube, id, &patch)?;
    let version = item.version;
    let memory = Shown::from(item);
    Ok(Said::new(
        format!("Updated: {}", memory.line()),
        Updated { memory, version },
    ))
}
