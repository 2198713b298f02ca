//! What the server says in mem0's own words, and what it takes as mem0's takes it.

use axum::http::Method;
use serde_json::{Value, json};

use super::{add, texts};
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn the_server_refuses_in_the_words_of_its_contract() {
    let face = Harness::new();
    let nobody = "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e";
    let path = format!("/memories/{nobody}");
    let x = json!([{"role": "user", "content": "x"}]);
    let find = |more: Value| {
        let mut body = json!({"query": "x", "filters": {"user_id": "ada"}});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (method, path, body, status, detail) in [
        (
            Method::POST,
            "/memories",
            json!({"messages": x}),
            400,
            "At least one identifier (user_id, agent_id, run_id) is required.",
        ),
        (
            Method::POST,
            "/search",
            json!({"query": "x"}),
            400,
            "filters must contain at least one of: user_id, agent_id, run_id. Example: filters={'user_id': 'u1'}",
        ),
        (
            Method::POST,
            "/search",
            json!({"query": " "}),
            400,
            "Invalid query: cannot be empty or whitespace-only.",
        ),
        (
            Method::POST,
            "/search",
            find(json!({"top_k": -1})),
            400,
            "Invalid top_k: -1. Must be a non-negative integer.",
        ),
        (
            Method::POST,
            "/search",
            find(json!({"threshold": 2, "top_k": -1})),
            400,
            "Invalid threshold: 2.0. Must be between 0 and 1 (inclusive).",
        ),
        (
            Method::DELETE,
            "/memories",
            Value::Null,
            400,
            "At least one identifier is required.",
        ),
        (
            Method::PUT,
            path.as_str(),
            json!({}),
            400,
            "At least one of text, metadata, or expiration_date must be provided.",
        ),
        (
            Method::PUT,
            path.as_str(),
            json!({"text": "y"}),
            404,
            "Memory with id 0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e not found. Please provide a valid 'memory_id'",
        ),
        (
            Method::DELETE,
            path.as_str(),
            Value::Null,
            404,
            "Memory with id 0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e not found",
        ),
    ] {
        let sent = (!body.is_null()).then(|| body.to_string());
        let refused = face.send(method, path, sent).await.is(status);
        assert_eq!(refused["detail"], detail);
    }
    let blank = find(json!({"filters": {"user_id": ""}}));
    let blank = face.post("/search", &blank).await.is(400);
    assert!(
        blank["detail"]
            .as_str()
            .unwrap()
            .contains("Invalid user_id: cannot be empty or whitespace-only"),
        "{blank}"
    );
}

#[tokio::test]
async fn the_server_takes_what_its_contract_takes() {
    let face = Harness::new();
    let id = add(
        &face,
        "One.",
        json!({"user_id": "5", "expiration_date": "9999-12-31"}),
    )
    .await;
    let path = format!("/memories/{id}");
    assert_eq!(
        face.get(&path).await.is(200)["expiration_date"],
        "9999-12-31"
    );
    let found = async |more: Value| {
        let mut body = json!({"query": "One", "filters": {"user_id": 5}});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let found = face.post("/search", &body).await.is(200);
        found["results"].as_array().unwrap().len()
    };
    for (more, count) in [
        (json!({}), 1),
        (json!({"top_k": 0}), 0),
        (json!({"top_k": 5000}), 1),
        (json!({"filters": {"user_id": {"in": [4, 5]}}}), 1),
    ] {
        assert_eq!(found(more.clone()).await, count, "{more}");
    }
    let none = face.get("/memories?user_id=5&top_k=0").await.is(200);
    assert_eq!(none, json!({"results": []}));
    let many = face.get("/memories?user_id=5&top_k=5000").await.is(200);
    assert_eq!(texts(&many["results"]), ["One."]);
    face.get("/memories?user_id=5&top_k=-1").await.is(422);

    // Whose it is stays, and the rest is changed.
    let change = json!({"metadata": {"user_id": "bo", "actor_id": "eve", "topic": "numbers"}});
    face.put(&path, &change).await.is(200);
    let item = face.get(&path).await.is(200);
    assert_eq!(
        (&item["user_id"], &item["metadata"]),
        (&json!("5"), &json!({"topic": "numbers"}))
    );
}
