//! mem0's server and platform, over the whole router.

mod adds;
mod entities;
mod finds;
mod forms;
mod refuses;
mod webhooks;
mod words;

use serde_json::{Value, json};

use crate::faces::kit::testing::Harness;

/// Adds one message and returns the id of its memory.
async fn add(face: &Harness, text: &str, more: Value) -> String {
    let mut body = json!({"messages": [{"role": "user", "content": text}]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let added = face.post("/memories", &body).await.is(200);
    added["results"][0]["id"].as_str().unwrap().to_owned()
}

/// The texts of a list of memories.
fn texts(list: &Value) -> Vec<&str> {
    let all = list.as_array().unwrap().iter();
    all.map(|one| one["memory"].as_str().unwrap()).collect()
}
