//! The routes of contract A, without a socket.

mod adds;
mod chats;
mod finds;
mod keeps;
mod refuses;
mod work;

use serde_json::{Value, json};

use crate::faces::kit::testing::{Answer, Harness};

/// Asks a route of the contract, and checks the envelope of success.
async fn ask(face: &Harness, route: &str, body: &Value) -> Value {
    let answer = face.post(&format!("/product/{route}"), body).await;
    let json = answer.is(200);
    assert_eq!(json["code"], 200, "{json}");
    json
}

/// Adds messages of the user Ada; their ids.
async fn add(face: &Harness, texts: &[&str]) -> Vec<String> {
    let messages: Vec<Value> = texts
        .iter()
        .map(|text| json!({"role": "user", "content": text, "chat_time": "2025-06-02T09:00:00"}))
        .collect();
    let added = ask(
        face,
        "add",
        &json!({"user_id": "ada", "messages": messages}),
    )
    .await;
    let items = added["data"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["memory_id"].as_str().unwrap().to_owned())
        .collect()
}

/// The text memories that a question finds.
async fn found(face: &Harness, query: &str) -> Vec<Value> {
    let body = json!({"user_id": "ada", "query": query, "relativity": 0});
    let answer = ask(face, "search", &body).await;
    let memories = answer["data"]["text_mem"][0]["memories"].as_array();
    memories.unwrap().clone()
}

/// The frames of a stream.
fn frames(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    assert!(
        answer
            .header("content-type")
            .starts_with("text/event-stream")
    );
    let lines = answer
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    lines
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}
