#![expect(
    clippy::needless_pass_by_value,
    reason = "a tool is given its arguments"
)]

use memos_core::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::super::home::{name_of, named};
use super::super::super::tool::{Call, Said, memory_id};
use super::{Told, cube_named, cube_or_own, cubes_of, registered, told};
use crate::faces::kit::cube_of;
use crate::wire::{AddRequest, MemoryItem, PatchRequest, SearchRequest};

#[derive(Deserialize, JsonSchema)]
pub(super) struct Search {
    /// Search query to find relevant memories.
    query: String,
    /// User ID whose cubes to search. If not provided, uses the default user.
    user_id: Option<String>,
    /// Specific cube IDs to search. If not provided, searches all of the user's cubes.
    cube_ids: Option<Vec<String>>,
}

#[derive(Default, Serialize, JsonSchema)]
pub(super) struct Found {
    /// Textual memories by cube, best first.
    text_mem: Vec<InCube>,
    /// Activation memories: none yet.
    act_mem: Vec<InCube>,
    /// Parametric memories: none yet.
    para_mem: Vec<InCube>,
}

#[derive(Serialize, JsonSchema)]
struct InCube {
    /// The cube.
    cube_id: String,
    /// What it holds that answers.
    memories: Vec<Item>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Item {
    /// The id of the memory.
    id: String,
    /// Its words.
    memory: String,
    /// What is known about it.
    metadata: Map<String, Value>,
}

impl Item {
    fn of(memory: &MemoryItem) -> Self {
        let mut metadata = memory.info.clone();
        let known = json!({
            "type": memory.semantic_type,
            "status": memory.state,
            "key": memory.key,
            "tags": memory.tags,
            "speaker": memory.speaker,
            "session_id": memory.session_id,
            "created_at": memory.created_at,
            "updated_at": memory.updated_at,
            "chat_time": memory.said_at,
        });
        if let Value::Object(known) = known {
            metadata.extend(known);
        }
        Self {
            id: memory.id.to_string(),
            memory: memory.text.clone(),
            metadata,
        }
    }
}

pub(super) fn search(call: &Call<'_>, asked: Search) -> Result<Said<Found>> {
    let cubes = cubes_to_search(call, &asked)?;
    if cubes.is_empty() {
        return Ok(Said::json(Found::default()));
    }
    let request = SearchRequest {
        query: asked.query,
        cube_ids: cubes,
        ..SearchRequest::default()
    };
    let hits = call.search(&request)?.hits;
    let mut answer = Found::default();
    for hit in hits {
        let item = Item::of(&hit.memory);
        match answer
            .text_mem
            .iter_mut()
            .find(|in_cube| in_cube.cube_id == hit.cube_id)
        {
            Some(in_cube) => in_cube.memories.push(item),
            None => answer.text_mem.push(InCube {
                cube_id: hit.cube_id,
                memories: vec![item],
            }),
        }
    }
    Ok(Said::json(answer))
}

/// The cubes that are named, or else all of the user's; without those that are not registered.
fn cubes_to_search(call: &Call<'_>, asked: &Search) -> Result<Vec<String>> {
    let all = asked.cube_ids.as_deref().unwrap_or_default();
    let all: Vec<_> = all.iter().filter_map(|id| named(Some(id))).collect();
    if !all.is_empty() {
        let mut cubes = Vec::new();
        for name in all {
            let cube = cube_of(name.trim());
            registered(call, &cube)?;
            // One's own is empty until it is written to.
            if cube != call.home.cube || call.memos.exists(call.who, &cube)? {
                cubes.push(cube.to_string());
            }
        }
        return Ok(cubes);
    }
    let user = name_of(asked.user_id.clone());
    let mut cubes: Vec<String> =
        cubes_of(call, &user.clone().unwrap_or_else(|| call.home.own_user()))?
            .into_iter()
            .map(|cube| cube.id)
            .collect();
    let home = &call.home.cube;
    if user.is_none()
        && cubes.iter().all(|cube| cube != home.as_str())
        && call.memos.exists(call.who, home)?
    {
        cubes.push(home.to_string());
    }
    cubes.retain(|cube| !call.client.has_unregistered(&cube_of(cube)));
    Ok(cubes)
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Add {
    /// Direct text content to add as memory.
    memory_content: Option<String>,
    /// Not taken: this server opens no files for its clients. Pass the text as memory_content.
    doc_path: Option<String>,
    /// List of conversation messages to add as memories, each with role and content.
    messages: Option<Vec<Map<String, Value>>>,
    /// Target cube ID. If not provided, uses the user's default cube.
    cube_id: Option<String>,
    /// User ID. If not provided, uses the default user.
    user_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Added {
    /// What was done.
    result: String,
    /// The ids of the memories.
    memory_ids: Vec<String>,
}

pub(super) fn add(call: &Call<'_>, asked: Add) -> Result<Said<Added>> {
    if named(asked.doc_path).is_some() {
        return Err(Error::new(
            Code::InvalidRequest,
            "this server opens no files for its clients",
        )
        .at("doc_path")
        .remedy("read the file and pass its text as memory_content"));
    }
    let cube = cube_or_own(call, asked.cube_id.as_deref(), asked.user_id.as_deref())?;
    let mut messages = Vec::new();
    let content = named(asked.memory_content);
    let has_content = content.is_some();
    if let Some(text) = content {
        messages.push(json!({"role": "user", "content": text}));
    }
    messages.extend(
        asked
            .messages
            .unwrap_or_default()
            .into_iter()
            .map(Value::Object),
    );
    if messages.is_empty() {
        return Err(Error::new(Code::InvalidRequest, "there is nothing to add")
            .at("memory_content")
            .remedy("pass memory_content, or messages with at least one message"));
    }
    let user = name_of(asked.user_id).or_else(|| call.home.user.clone());
    let request = AddRequest {
        messages: Some(messages.into()),
        info: user.map(|user| Map::from_iter([("user_id".to_owned(), user.into())])),
        ..AddRequest::default()
    };
    let added = call.add(&cube, &request);
    let added = added.map_err(|error| in_own_fields(error, has_content))?;
    let result = "Memory added successfully".to_owned();
    Ok(Said::new(
        result.clone(),
        Added {
            result,
            memory_ids: added.memories.iter().map(|m| m.id.to_string()).collect(),
        },
    ))
}

/// An error in the names of `add_memory`, whose content is sent on as the first message.
fn in_own_fields(error: Error, has_content: bool) -> Error {
    let Some((number, rest)) = error.field().and_then(|field| {
        let (number, rest) = field.strip_prefix("/messages/")?.split_once('/')?;
        Some((number.parse::<usize>().ok()?, rest.to_owned()))
    }) else {
        return error;
    };
    match (has_content, number) {
        (true, 0) => error.at("memory_content"),
        (true, number) => error.at(format!("/messages/{}/{rest}", number - 1)),
        (false, _) => error,
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct One {
    /// Unique identifier of the cube containing the memory.
    cube_id: String,
    /// Unique identifier of the specific memory.
    memory_id: String,
    /// User ID for access validation. If not provided, uses the default user.
    #[expect(dead_code, reason = "taken as theirs takes it")]
    user_id: Option<String>,
}

pub(super) fn get(call: &Call<'_>, asked: One) -> Result<Said<Item>> {
    let cube = cube_named(call, &asked.cube_id)?;
    let id = memory_id(&asked.memory_id, "memory_id")?;
    let memory = call.memos.memory(call.who, &cube, id)?;
    Ok(Said::json(Item::of(&memory)))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Update {
    /// Unique identifier of the cube containing the memory.
    cube_id: String,
    /// Unique identifier of the memory to update.
    memory_id: String,
    /// New content to replace the existing memory.
    memory_content: String,
    /// User ID for access validation. If not provided, uses the default user.
    #[expect(dead_code, reason = "taken as theirs takes it")]
    user_id: Option<String>,
}

pub(super) fn update(call: &Call<'_>, asked: Update) -> Result<Said<Told>> {
    let cube = cube_named(call, &asked.cube_id)?;
    let id = memory_id(&asked.memory_id, "memory_id")?;
    let patch = PatchRequest {
        text: Some(asked.memory_content),
        ..PatchRequest::default()
    };
    let updated = call.memos.update(call.who, &cube, id, &patch);
    updated.map_err(|error| match error.field() {
        Some("text" | "/text") => error.at("memory_content"),
        _ => error,
    })?;
    Ok(told(format!("Memory updated successfully: {id}")))
}

pub(super) fn delete(call: &Call<'_>, asked: One) -> Result<Said<Told>> {
    let cube = cube_named(call, &asked.cube_id)?;
    let id = memory_id(&asked.memory_id, "memory_id")?;
    call.memos.forget(call.who, &cube, id)?;
    Ok(told(format!("Memory deleted successfully: {id}")))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct All {
    /// Unique identifier of the cube to clear.
    cube_id: String,
    /// User ID for access validation. If not provided, uses the default user.
    #[expect(dead_code, reason = "taken as theirs takes it")]
    user_id: Option<String>,
}

pub(super) fn delete_all(call: &Call<'_>, asked: All) -> Result<Said<Told>> {
    let cube = cube_named(call, &asked.cube_id)?;
    super::super::forget_everything(call, &cube)?;
    Ok(told(format!(
        "All memories deleted successfully from cube: {}",
        asked.cube_id
    )))
}
