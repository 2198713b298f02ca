//! The contract over a real folder, without a socket.

mod apart;
mod chat;
mod derived;
mod knowledge;
mod labels;
mod memories;
mod profile;
mod profile_words;
mod refuses;
mod required;
mod searches;

use serde_json::{Value, json};

use crate::faces::kit::testing::Harness;

const BASE: &str = "/api/openmem/v1";

/// The data of an answer that is a success.
#[track_caller]
fn data(answer: &Value) -> Value {
    assert_eq!(answer["code"], 0, "{answer}");
    assert_eq!(answer["message"], "ok", "{answer}");
    assert!(!answer["data"].is_null(), "{answer}");
    answer["data"].clone()
}

async fn ok(face: &Harness, path: &str, body: Value) -> Value {
    let answer = face.post(&format!("{BASE}{path}"), &body).await;
    data(&answer.is(200))
}

/// The code and message of an answer that is none.
async fn refused(face: &Harness, path: &str, body: Value) -> (u16, u64, String) {
    let answer = face.post(&format!("{BASE}{path}"), &body).await;
    let told = answer.json();
    assert_eq!(told.as_object().map(|o| o.len()), Some(3), "{told}");
    assert!(told["data"].is_null(), "{told}");
    (
        answer.status.as_u16(),
        told["code"].as_u64().unwrap(),
        told["message"].as_str().unwrap().to_owned(),
    )
}

async fn say(face: &Harness, user: &str, conversation: &str, text: &str) -> Value {
    let body = json!({
        "user_id": user, "conversation_id": conversation,
        "messages": [{"role": "user", "content": text}],
    });
    ok(face, "/add/message", body).await
}

/// The status of a task once it is completed.
async fn completed(face: &Harness, task: &Value) -> Value {
    for _ in 0..400 {
        let status = ok(face, "/get/status", json!({"task_id": task})).await;
        if status["status"] == "completed" {
            return status;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{task} is not completed")
}

/// The texts that a question finds among facts.
async fn found(face: &Harness, body: Value) -> Vec<String> {
    let data = ok(face, "/search/memory", body).await;
    let list = data["memory_detail_list"].as_array().unwrap();
    list.iter()
        .map(|item| item["memory_value"].as_str().unwrap().to_owned())
        .collect()
}
