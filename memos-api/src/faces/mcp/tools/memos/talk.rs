#![expect(
    clippy::needless_pass_by_value,
    reason = "a tool is given its arguments"
)]

use memos_core::{Code, CubeId, Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use tokio::runtime::Handle;

use super::super::super::home::name_of;
use super::super::super::tool::{Call, Said};
use super::{Told, cubes_of, told};
use crate::faces::kit::cube_of;
use crate::service::{ChatRequest, Exchange};

/// Preferences that the model sees beside the memories.
const PREFERENCES: usize = 6;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Chat {
    /// The user's query or question to be answered.
    query: String,
    /// User ID for the chat session. If not provided, uses the default user.
    user_id: Option<String>,
}

pub(super) fn chat(call: &Call<'_>, asked: Chat) -> Result<Said<Told>> {
    let user = user(call, asked.user_id);
    let cubes: Vec<CubeId> = cubes_of(call, &user)?
        .into_iter()
        .filter_map(|cube| CubeId::new(cube.id).ok())
        .filter(|cube| !call.client.has_unregistered(cube))
        .collect();
    let request = ChatRequest {
        query: asked.query,
        cubes,
        history: call.client.history(&user),
        preferences: PREFERENCES,
        ..ChatRequest::default()
    };
    let chat = call.memos.prepare_chat(call.who, &request)?;
    let answer = Handle::current().block_on(chat.answer(&mut |_| {}))?.text;
    let exchange = Exchange {
        cubes: vec![cube_of(&user)],
        info: Map::from_iter([("user_id".to_owned(), user.as_str().into())]),
        ..Exchange::default()
    };
    call.memos
        .remember_chat(call.who, &exchange, &request.query, &answer)?;
    call.client.talked(&user, request.query, &answer);
    Ok(told(answer))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct ClearHistory {
    /// User ID whose chat history to clear. If not provided, uses the default user.
    user_id: Option<String>,
}

pub(super) fn clear_history(call: &Call<'_>, asked: ClearHistory) -> Result<Said<Told>> {
    let user = user(call, asked.user_id);
    call.client.clear_history(&user);
    Ok(told(format!("Chat history cleared for user: {user}")))
}

fn user(call: &Call<'_>, user: Option<String>) -> String {
    name_of(user).unwrap_or_else(|| call.home.own_user())
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Control {
    /// "start" to enable the scheduler, "stop" to disable it.
    action: String,
}

pub(super) fn control_scheduler(call: &Call<'_>, asked: Control) -> Result<Said<Told>> {
    match asked.action.to_ascii_lowercase().as_str() {
        "start" if call.memos.works_in_background() => {
            Ok(told("Memory scheduler started".to_owned()))
        }
        "start" => Err(
            Error::new(Code::Unavailable, "this process does no background work")
                .remedy("run memos serve, which does"),
        ),
        "stop" => Err(Error::new(
            Code::Forbidden,
            "the scheduler works for all clients of this server, so no client can stop it",
        )
        .at("action")
        .remedy("cancel single tasks with memos tasks cancel, or stop the server")),
        _ => Err(Error::new(
            Code::InvalidRequest,
            "Invalid action. Use 'start' or 'stop'",
        )
        .at("action")
        .remedy("use start or stop")),
    }
}
