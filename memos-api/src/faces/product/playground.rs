//! `POST /product/chat/stream/playground`: a chat that shows its steps.

use std::time::Instant;

use axum::response::Response;
use memos_core::Result;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::chat::{Ask, Steps, pieces, unavailable};
use super::{fields, memory};
use crate::faces::kit::{JsonBody, Preference, Stop, frames};
use crate::http::{AppState, Caller, blocking};
use crate::service::{Chat, SuggestIn};

/// Memories that are shown before the rest.
const FIRST: usize = 5;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(playground))
}

/// Chat with memory, step by step
#[utoipa::path(
    post,
    path = "/product/chat/stream/playground",
    tag = "product",
    operation_id = "product_playground",
    request_body(content = Object, example = json!({"user_id": "ada", "query": "What do I like?"})),
    responses((
        status = 200, description = "Events of each step.",
        content_type = "text/event-stream", body = String
    )),
)]
async fn playground(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let mut ask = fields::read(&body, &fields::CHAT, |form| {
        let mut ask = Ask::read(form, true);
        // The guide's first step searches the internet never, its second one always.
        match form.text("beginner_guide_step").as_deref() {
            Some("first") => ask.internet = false,
            Some("second") => ask.internet = true,
            _ => {}
        }
        ask
    })?;
    if let Some(told) = unavailable(&caller) {
        return Ok(told);
    }
    let start = Instant::now();
    let (caller, ask, chat) = blocking(move || {
        let chat = ask.prepare(&caller)?;
        Ok((caller, ask, chat))
    })
    .await?;
    let (frames, response) = frames();
    tokio::spawn(async move {
        for status in ["0", "1"] {
            frames.send(json!({"type": "status", "data": status})).await;
        }
        // First the best, then all that the answer goes by.
        frames.send(reference(&chat, FIRST)).await;
        if ask.shows_preferences {
            let block = preferences(&chat);
            frames
                .send(json!({"type": "pref_md_string", "data": block}))
                .await;
        }
        if ask.internet {
            let status = "start_internet_search";
            frames.send(json!({"type": "status", "data": status})).await;
        }
        frames.send(reference(&chat, usize::MAX)).await;
        let Some(text) = pieces(&chat, &frames, Steps::Told).await else {
            return;
        };
        if ask.internet {
            // There is no searcher here: nothing was found.
            frames
                .send(json!({"type": "internet_reference", "data": []}))
                .await;
        }
        // Nothing is cached ahead of the question, so nothing is faster for it.
        let total = (start.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        let time = json!({"total_time": total, "speed_improvement": "0%"});
        frames.send(json!({"type": "time", "data": time})).await;
        let done = blocking(move || {
            ask.remember(&caller, &text)?;
            let is_chinese = memos_core::is_mostly_han(&ask.request.query);
            let language = match is_chinese {
                true => SuggestIn::Chinese,
                false => SuggestIn::English,
            };
            let said = [ask.request.query.clone(), text];
            let cube = ask.request.cubes.first();
            let made = cube.map(|cube| caller.memos.suggest(&caller.who, cube, language, &said));
            made.transpose()
        });
        let frame = match done.await {
            Ok(made) => {
                let questions = made.map(|made| made.questions).unwrap_or_default();
                json!({"type": "suggestion", "data": questions})
            }
            Err(error) => json!({"type": "error", "content": error.to_string()}),
        };
        frames.send(frame).await;
        frames.send(json!({"type": "end"})).await;
    });
    Ok(response)
}

fn reference(chat: &Chat, most: usize) -> Value {
    let shown = chat.evidence.iter().take(most);
    let shown: Vec<Value> = shown
        .map(|hit| memory::reference(&hit.memory, hit.relevance))
        .collect();
    json!({"type": "reference", "data": shown})
}

/// The preferences as Markdown, by kind.
fn preferences(chat: &Chat) -> String {
    let mut block = String::new();
    for (kind, title) in [
        (Preference::Explicit, "Explicit Preference"),
        (Preference::Implicit, "Implicit Preference"),
    ] {
        let of_kind = chat
            .preferences
            .iter()
            .filter(|hit| Preference::of(&hit.memory) == kind);
        for (number, hit) in of_kind.enumerate() {
            if number == 0 {
                block.push_str(&format!("**{title}**\n"));
            }
            block.push_str(&format!("{}. {}\n", number + 1, hit.memory.text));
        }
    }
    block
}
