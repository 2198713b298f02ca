//! Chat.

use std::sync::Arc;

use async_trait::async_trait;
use memos_core::{Code, Error, LanguageModel, Piece, Prompt, Reply, Result};
use serde_json::{Value, json};

use super::{BASE, Harness, ok, refused, say};
use crate::Working;
use crate::faces::kit::testing::{Answer, ScriptedModel};

/// The data of a stream's events.
fn events(answer: &Answer) -> Vec<Value> {
    let lines = answer.text().lines();
    lines
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok())
        .collect()
}

/// A model that fails after so many words.
struct Failing(usize);

#[async_trait]
impl LanguageModel for Failing {
    fn model_id(&self) -> &str {
        "failing"
    }

    async fn complete(&self, _: &Prompt) -> Result<Reply> {
        Err(Error::new(
            Code::Unavailable,
            "http://10.0.0.7:1234 is down",
        ))
    }

    async fn stream(
        &self,
        prompt: &Prompt,
        piece: &mut (dyn for<'p> FnMut(Piece<'p>) + Send),
    ) -> Result<Reply> {
        for _ in 0..self.0 {
            piece(Piece::Text("word "));
        }
        self.complete(prompt).await
    }
}

#[tokio::test]
async fn a_stream_that_fails_has_a_status_or_an_end() {
    let body = json!({"user_id": "ada", "conversation_id": "c", "query": "Hello?", "stream": true});
    let with = |words| {
        Harness::with(|builder| {
            builder
                .working(Working::Later)
                .model(Arc::new(Failing(words)))
        })
    };
    let mut whole = body.clone();
    whole["stream"] = json!(false);
    for body in [&body, &whole] {
        let answer = with(0).post(&format!("{BASE}/chat"), body).await;
        assert_eq!(answer.is(503)["code"], 50004);
        assert!(!answer.text().contains("10.0.0.7"), "{}", answer.text());
    }
    let answer = with(2).post(&format!("{BASE}/chat"), &body).await;
    assert_eq!(answer.status, 200);
    let events = events(&answer);
    let kinds: Vec<&str> = events.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "text", "error", "end"]);
    assert!(!answer.text().contains("10.0.0.7"), "{}", answer.text());
}

#[tokio::test]
async fn no_memories_are_shown_if_none_are_asked_for() {
    let model = Arc::new(ScriptedModel::new(&["Hm."]));
    let port = Arc::clone(&model);
    let face = Harness::with(|builder| builder.working(Working::Later).model(port));
    say(&face, "ada", "old", "I live in Lyon.").await;
    let body = json!({"user_id": "ada", "conversation_id": "new", "query": "Where do I live?",
        "memory_limit_number": 0, "relativity": 0});
    ok(&face, "/chat", body).await;
    let asked = model.asked.lock().unwrap();
    let shown = asked[0].messages.iter().any(|m| m.content.contains("Lyon"));
    assert!(!shown, "{:?}", asked[0].messages);
}

#[tokio::test]
async fn a_chat_answers_from_memory_and_is_remembered() {
    let face = Harness::with_model(&["You live in Lyon."]);
    say(&face, "ada", "old", "I live in Lyon.").await;
    let body = json!({"user_id": "ada", "conversation_id": "new", "query": "Where do I live?", "relativity": null});
    let told = ok(&face, "/chat", body).await;
    assert_eq!(told, json!({"response": "You live in Lyon."}));
    let kept = ok(
        &face,
        "/get/message",
        json!({"user_id": "ada", "conversation_id": "new"}),
    )
    .await;
    let lines: Vec<_> = kept["message_detail_list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["role"].as_str().unwrap(), m["content"].as_str().unwrap()))
        .collect();
    assert_eq!(
        lines,
        [
            ("user", "Where do I live?"),
            ("assistant", "You live in Lyon.")
        ]
    );
}

#[tokio::test]
async fn a_stream_has_the_pieces_and_an_end() {
    let face = Harness::with_model(&["You live in Lyon."]);
    let body = json!({"user_id": "ada", "conversation_id": "c", "query": "Where do I live?",
        "stream": true, "add_message_on_answer": false});
    let answer = face.post(&format!("{BASE}/chat"), &body).await;
    assert!(
        answer
            .header("content-type")
            .starts_with("text/event-stream")
    );
    let events = events(&answer);
    let text: String = events
        .iter()
        .filter(|e| e["type"] == "text")
        .map(|e| e["data"].as_str().unwrap())
        .collect();
    assert_eq!(text, "You live in Lyon.");
    assert_eq!(events.last().unwrap(), &json!({"type": "end", "data": ""}));
    assert!(
        answer.text().contains("event: message"),
        "{}",
        answer.text()
    );
    let kept = ok(
        &face,
        "/get/message",
        json!({"user_id": "ada", "conversation_id": "c"}),
    )
    .await;
    assert_eq!(kept, json!({"message_detail_list": []}));
}

#[tokio::test]
async fn without_a_model_a_chat_says_what_it_needs() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "conversation_id": "c", "query": "Hello?"});
    let (status, code, words) = refused(&face, "/chat", body).await;
    assert_eq!((status, code), (503, 50004));
    assert!(words.contains("MEMOS_LLM_MODEL"), "{words}");
    let (_, code, words) = refused(&face, "/chat", json!({"user_id": "ada", "query": "x"})).await;
    assert_eq!(code, 40002);
    assert!(words.contains("conversation_id"), "{words}");
}
