//! Chat.

use serde_json::json;

use super::{BASE, Harness, ok, refused, say};

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
    let events: Vec<serde_json::Value> = answer
        .text()
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok())
        .collect();
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
