//! The sixteen tools of MemOS's own MCP server, with its names and arguments. Where that one answers
//! a text, ours is `{"result": text}` beside it; where it answers an error as if all were well, ours
//! is an error.

mod cubes;
mod memories;
mod talk;

use memos_core::{Code, CubeId, Error, Result, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::home::named;
use super::super::tool::{Call, Nature, Said, Tool};
use crate::faces::kit::cube_of;
use crate::wire::Cube;

/// The field of a cube's `info` that says for which user it was made.
const OWNER: &str = "owner_id";

#[derive(Serialize, JsonSchema)]
struct Told {
    /// What was done.
    result: String,
}

fn told(result: String) -> Said<Told> {
    Said::new(result.clone(), Told { result })
}

pub(in crate::faces::mcp) fn tools() -> Vec<Tool> {
    vec![
        Tool::new(
            "chat",
            "Chat",
            "Chat with MOS system using memory-enhanced responses: what the user's memory cubes hold \
             about the query goes to a language model, which answers. Needs a language model on the \
             server. The exchange is remembered.",
            Nature::Adds,
            talk::chat,
        ),
        Tool::new(
            "create_user",
            "Create user",
            "Create a new user in the MOS system, with a memory cube of the same name. Creating a \
             user that exists changes nothing.",
            Nature::AddsOnce,
            cubes::create_user,
        ),
        Tool::new(
            "create_cube",
            "Create cube",
            "Create a new memory cube for a user. Memory cubes are containers of memories. Each cube \
             can be owned by a user and shared with other users.",
            Nature::Adds,
            cubes::create_cube,
        ),
        Tool::new(
            "register_cube",
            "Register cube",
            "Register an existing memory cube with the MOS system, or a new one if none has that name. \
             The cube becomes available for memory operations.",
            Nature::AddsOnce,
            cubes::register_cube,
        ),
        Tool::new(
            "unregister_cube",
            "Unregister cube",
            "Unregister a memory cube: it is unavailable for memory operations of this session until \
             it is registered again. The cube's data remains intact.",
            Nature::AddsOnce,
            cubes::unregister_cube,
        ),
        Tool::new(
            "search_memories",
            "Search memories",
            "Search for memories across the user's accessible memory cubes. Results are ranked by \
             relevance.",
            Nature::Reads,
            memories::search,
        ),
        Tool::new(
            "add_memory",
            "Add memory",
            "Add memories to a memory cube: direct text content, or conversation messages.",
            Nature::Adds,
            memories::add,
        ),
        Tool::new(
            "get_memory",
            "Get memory",
            "Retrieve a specific memory from a memory cube by its id.",
            Nature::Reads,
            memories::get,
        ),
        Tool::new(
            "update_memory",
            "Update memory",
            "Update an existing memory in a memory cube: its content is replaced, its metadata stays.",
            Nature::Changes,
            memories::update,
        ),
        Tool::new(
            "delete_memory",
            "Delete memory",
            "Delete a specific memory from a memory cube for good. This can't be undone.",
            Nature::Changes,
            memories::delete,
        ),
        Tool::new(
            "delete_all_memories",
            "Delete all memories",
            "Delete all memories from a memory cube for good. The cube stays. This can't be undone.",
            Nature::Changes,
            memories::delete_all,
        ),
        Tool::new(
            "clear_chat_history",
            "Clear chat history",
            "Clear the chat history of a user in this session. Memory cubes and stored memories stay.",
            Nature::Changes,
            talk::clear_history,
        ),
        Tool::new(
            "dump_cube",
            "Dump cube",
            "Export a memory cube with all its memories and metadata as JSON Lines. The answer links \
             to the export; no file is written.",
            Nature::Reads,
            cubes::dump_cube,
        ),
        Tool::new(
            "share_cube",
            "Share cube",
            "Share a memory cube with another user, who can read and search it then.",
            Nature::AddsOnce,
            cubes::share_cube,
        ),
        Tool::new(
            "get_user_info",
            "Get user info",
            "Get information about a user and the memory cubes that the user can access.",
            Nature::Reads,
            cubes::get_user_info,
        ),
        Tool::new(
            "control_memory_scheduler",
            "Control memory scheduler",
            "Control the memory scheduler service, which organises memories in the background: \
             \"start\" sees that it runs. It belongs to the server and its other clients too, so \
             \"stop\" is refused.",
            Nature::AddsOnce,
            talk::control_scheduler,
        ),
    ]
}

/// The cubes of a user: the one of the same name, those made for the user, those shared with the
/// user, and those registered for the user in this session.
fn cubes_of(call: &Call<'_>, user: &str) -> Result<Vec<Cube>> {
    let (own, registered) = (cube_of(user), call.client.registered(user));
    let mut found = every_cube(call, call.who)?;
    found.retain(|cube| {
        cube.id == own.as_str()
            || cube.info.get(OWNER).and_then(|owner| owner.as_str()) == Some(user)
            || registered.iter().any(|one| one.as_str() == cube.id)
    });
    let principal = principal(user)?;
    if principal != *call.who {
        for shared in every_cube(call, &principal)? {
            if found.iter().all(|cube| cube.id != shared.id) {
                found.push(shared);
            }
        }
    }
    Ok(found)
}

/// Who a user is to the guard: what names the user's cube.
fn principal(user: &str) -> Result<UserId> {
    UserId::new(user).or_else(|_| UserId::new(cube_of(user).as_str()))
}

fn every_cube(call: &Call<'_>, who: &UserId) -> Result<Vec<Cube>> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = call.memos.cubes(who, cursor.as_deref(), None)?;
        found.extend(page.cubes);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(found),
        }
    }
}

/// The cube that a call may name, or that of its user.
fn cube_or_own(call: &Call<'_>, cube: Option<&str>, user: Option<&str>) -> Result<CubeId> {
    let id = call.cube(named(cube).or(user));
    registered(call, &id)?;
    Ok(id)
}

/// The cube that a call has to name.
fn cube_named(call: &Call<'_>, cube: &str) -> Result<CubeId> {
    let id = cube_of(filled(cube, "cube_id")?.trim());
    registered(call, &id)?;
    Ok(id)
}

fn filled<T: AsRef<str>>(text: T, field: &str) -> Result<T> {
    named(Some(text)).ok_or_else(|| {
        Error::new(Code::InvalidRequest, format!("{field} is empty"))
            .at(field)
            .remedy("give it at least one letter")
    })
}

fn registered(call: &Call<'_>, cube: &CubeId) -> Result<()> {
    match call.client.has_unregistered(cube) {
        false => Ok(()),
        true => Err(Error::new(
            Code::CubeNotFound,
            format!("cube {cube} is not registered in this session any more"),
        )
        .at("cube_id")
        .remedy("register it again with register_cube")),
    }
}
