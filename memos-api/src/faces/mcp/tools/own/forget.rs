#![expect(
    clippy::needless_pass_by_value,
    reason = "a tool is given its arguments"
)]

use std::collections::HashSet;

use memos_core::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::super::tool::{Call, Said, memory_id};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Forget {
    /// The ids of the memories.
    #[schemars(length(min = 1))]
    ids: Vec<String>,
    /// The cube that holds them; looked for if absent.
    cube: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Forgotten {
    /// The ids of the memories that are gone.
    forgotten: Vec<String>,
    /// The ids that no memory has.
    not_found: Vec<String>,
}

pub(super) fn forget(call: &Call<'_>, asked: Forget) -> Result<Said<Forgotten>> {
    if asked.ids.is_empty() {
        return Err(Error::new(Code::InvalidRequest, "no id is given")
            .at("ids")
            .remedy("pass the ids of the memories, as recall returned them"));
    }
    // A wrong id stops the call before anything is gone.
    let mut ids = asked
        .ids
        .iter()
        .enumerate()
        .map(|(i, text)| memory_id(text, &format!("ids[{i}]")))
        .collect::<Result<Vec<_>>>()?;
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    let (mut forgotten, mut not_found) = (Vec::new(), Vec::new());
    for (done, id) in ids.iter().enumerate() {
        call.progress.step(done, ids.len(), "forgetting")?;
        let gone = call
            .cube_with(asked.cube.as_deref(), *id)
            .and_then(|cube| call.memos.forget(call.who, &cube, *id));
        match gone {
            Ok(()) => forgotten.push(id.to_string()),
            Err(e) if matches!(e.code(), Code::MemoryNotFound | Code::CubeNotFound) => {
                not_found.push(id.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    if forgotten.is_empty() {
        return Err(Error::new(
            Code::MemoryNotFound,
            format!("no memory has the id {}", not_found.join(" or ")),
        )
        .at("ids")
        .remedy("recall it first and pass its id; a forgotten memory does not come back"));
    }
    let mut text = match forgotten.len() {
        1 => "Forgotten.".to_owned(),
        many => format!("Forgot {many} memories."),
    };
    if !not_found.is_empty() {
        text += &format!(" Not found: {}.", not_found.join(", "));
    }
    Ok(Said::new(
        text,
        Forgotten {
            forgotten,
            not_found,
        },
    ))
}
