//! Chats and suggestions.

use serde_json::json;

use super::{add, ask, found, frames};
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn a_chat_answers_from_memory_and_remembers() {
    let face = Harness::with_model(&["You like strawberries."]);
    add(&face, &["I like strawberries."]).await;
    let body = json!({"user_id": "ada", "query": "What fruit do I like?", "history": [
        {"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi."}
    ], "session_id": null, "max_tokens": null, "temperature": 0.2});
    let answer = face.post("/product/chat/complete", &body).await.is(200);
    let data = json!({"response": "You like strawberries.", "reasoning": null});
    assert_eq!(
        answer,
        json!({"message": "Chat completed successfully", "data": data})
    );
    assert_eq!(found(&face, "fruit").await.len(), 3);
}

#[tokio::test]
async fn a_chat_streams() {
    let face = Harness::with_model(&["You like tea."]);
    let body = json!({"user_id": "ada", "query": "What?", "add_message_on_answer": false,
                      "mem_cube_id": "other"});
    let answer = face.post("/product/chat/stream", &body).await;
    let frames_of = frames(&answer);
    assert!(frames_of.len() > 1 && frames_of.iter().all(|f| f["type"] == "text"));
    let text: Vec<&str> = frames_of
        .iter()
        .map(|f| f["data"].as_str().unwrap())
        .collect();
    assert_eq!(text.concat(), "You like tea.");
    assert!(found(&face, "tea").await.is_empty());
    // The script is over: the model fails.
    let failed = frames(&face.post("/product/chat/stream", &body).await);
    assert_eq!(failed[0]["type"], "error");
}

#[tokio::test]
async fn the_playground_shows_its_steps() {
    let questions = r#"{"questions": ["a?", "b?", "c?"]}"#;
    let face = Harness::with_model(&["You like strawberries.", questions]);
    add(&face, &["I like strawberries."]).await;
    let body = json!({"user_id": "ada", "query": "What fruit do I like?"});
    let events = frames(&face.post("/product/chat/stream/playground", &body).await);
    let mut kinds: Vec<&str> = events.iter().map(|f| f["type"].as_str().unwrap()).collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "status",
            "reference",
            "pref_md_string",
            "reference",
            "text",
            "time",
            "suggestion",
            "end"
        ]
    );
    let of = |kind: &str| events.iter().find(|f| f["type"] == kind).unwrap();
    let shown = &of("reference")["data"][0];
    assert_eq!(shown.as_object().unwrap().len(), 1);
    let metadata = &shown["metadata"];
    assert!(metadata["relativity"].is_number());
    assert_eq!(metadata["ref_id"], metadata["id"].as_str().unwrap()[..8]);
    assert_eq!(metadata["sources"], json!([]));
    assert_eq!(of("suggestion")["data"], json!(["a?", "b?", "c?"]));
    assert!(of("time")["data"]["total_time"].is_number());
}

#[tokio::test]
async fn without_a_model_a_chat_is_refused_in_the_contracts_words() {
    let face = Harness::new();
    assert_eq!(face.memos.model_id(), None);
    let body = json!({"user_id": "ada", "query": "What?"});
    for route in ["complete", "stream", "stream/playground"] {
        let refused = face
            .post(&format!("/product/chat/{route}"), &body)
            .await
            .is(503);
        let words = "Chat service is not available. Chat handler not initialized.";
        assert_eq!(
            refused,
            json!({"code": 503, "message": words, "data": null})
        );
    }
    let path = "/product/chat/stream/business_user";
    let body = json!({"user_id": "ada", "query": "What?", "business_key": "k"});
    assert_eq!(face.post(path, &body).await.is(503)["code"], 503);
    let face = Harness::with_model(&["Tea."]);
    let refused = face.post(path, &body).await.is(403);
    let words =
        "Access denied: Invalid business_key. You do not have permission to use this service.";
    assert_eq!(
        refused,
        json!({"code": 403, "message": words, "data": null})
    );
}

#[tokio::test]
async fn suggestions_come_in_threes() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "mem_cube_id": "ada", "language": "en"});
    let made = ask(&face, "suggestions", &body).await;
    assert_eq!(made["message"], "Suggestions retrieved successfully");
    assert_eq!(made["data"]["query"].as_array().unwrap().len(), 3);
    let body = json!({"user_id": "ada", "mem_cube_id": "ada", "message": null});
    let made = ask(&face, "suggestions", &body).await;
    assert!(made["data"]["query"][0].as_str().unwrap().contains('？'));
}

#[tokio::test]
async fn what_a_model_thinks_is_no_part_of_its_answer() {
    const REPLY: &str = "<think>A fruit, then. Hm.</think>\n\nHello you there";
    let questions = r#"{"questions": ["a?", "b?", "c?"]}"#;
    let face = Harness::with_model(&[REPLY, REPLY, REPLY, questions]);
    let body = json!({"user_id": "ada", "query": "What fruit do I like?"});
    let answer = face.post("/product/chat/complete", &body).await.is(200);
    let data = json!({"response": "Hello you there", "reasoning": "A fruit, then. Hm."});
    assert_eq!(answer["data"], data);
    let remembered = found(&face, "Hello fruit").await;
    assert!(!remembered.is_empty());
    for memory in &remembered {
        assert!(!memory.to_string().contains("then. Hm"), "{memory}");
    }

    let events = frames(&face.post("/product/chat/stream", &body).await);
    let of = |kind: &str| -> String {
        let of_kind = events.iter().filter(|event| event["type"] == kind);
        of_kind
            .map(|event| event["data"].as_str().unwrap())
            .collect()
    };
    assert_eq!(of("reasoning"), "A fruit, then. Hm.");
    assert_eq!(of("text"), "Hello you there");
    assert!(events.iter().all(|event| event["type"] != "status"));

    let body = json!({"user_id": "ada", "query": "What fruit do I like?", "internet_search": true,
                      "include_preference": false});
    let events = frames(&face.post("/product/chat/stream/playground", &body).await);
    let mut steps: Vec<String> = events
        .iter()
        .map(|event| match event["type"].as_str().unwrap() {
            "status" => format!("status {}", event["data"].as_str().unwrap()),
            kind => kind.to_owned(),
        })
        .collect();
    steps.dedup();
    assert_eq!(
        steps,
        [
            "status 0",
            "status 1",
            "reference",
            "status start_internet_search",
            "reference",
            "status reasoning",
            "reasoning",
            "status 2",
            "text",
            "internet_reference",
            "time",
            "suggestion",
            "end"
        ]
    );
}

#[tokio::test]
async fn what_a_chat_does_not_use_has_no_bounds() {
    let face = Harness::with_model(&["Tea."]);
    let mut body = json!({"user_id": "ada", "query": "What?", "max_tokens": 0, "temperature": -1,
                          "top_k": 0, "pref_top_k": -1});
    face.post("/product/chat/complete", &body).await.is(200);
    body["threshold"] = json!(null);
    let told = face.post("/product/chat/complete", &body).await.is(422);
    assert_eq!(told["detail"][0]["type"], "float_type");
    body["threshold"] = json!(0.5);
    body["query"] = json!("");
    let told = face.post("/product/chat/complete", &body).await.is(400);
    assert!(
        told["message"].as_str().unwrap().starts_with("query"),
        "{told}"
    );
}

#[tokio::test]
async fn a_question_without_words_is_refused_whatever_there_is_to_search() {
    let face = Harness::with_model(&["Hello."]);
    for route in ["complete", "stream", "stream/playground"] {
        let body = json!({"user_id": "new", "query": " "});
        let path = format!("/product/chat/{route}");
        let told = face.post(&path, &body).await.is(400);
        let words = told["message"].as_str().unwrap();
        assert!(words.starts_with("query: "), "{words}");
    }
}

#[tokio::test]
async fn the_playground_tells_each_fault_once() {
    let face = Harness::new();
    let body = json!({"user_id": "a", "query": "q", "include_preference": null,
                      "internet_search": "maybe"});
    let path = "/product/chat/stream/playground";
    let told = face.post(path, &body).await.is(422);
    let faults = told["detail"].as_array().unwrap();
    let kinds: Vec<_> = faults.iter().map(|fault| &fault["type"]).collect();
    assert_eq!(kinds, ["bool_type", "bool_parsing"]);
}
