//! Bad input of every kind gets the contract's own error, on every route.

use axum::http::Method;
use serde_json::json;

use super::super::PATHS;
use super::{BASE, Harness};

#[tokio::test]
async fn any_body_is_answered_in_the_contracts_words() {
    let face = Harness::new();
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let bodies = [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"text\"".to_owned(),
        "{}".to_owned(),
        format!("{{\"messages\": {deep}}}"),
        json!({"user_id": [], "agent_id": {}, "messages": "x", "query": 5, "task_id": {}, "memory_ids": 3,
            "filter": "x", "bind_list": {}, "metadata": [], "file": "x", "documents": {}, "top_n": "x",
            "knowledgebase_ids": 7, "file_ids": "x", "conversation_id": [], "page": "x"}).to_string(),
        json!({"user_id": "", "messages": [null, 5, {"role": 7}], "query": "\u{0}", "task_id": "\u{0}",
            "memory_ids": [null], "memory_id": "x", "feedback_content": "", "bind_list": [1],
            "documents": [{}], "knowledgebase_name": " ", "profile_template_id": "../x", "file": [3],
            "knowledgebase_id": "../../x", "conversation_id": "c", "metadata": {"a": {"b": {"c": {"d": 1}}}}}).to_string(),
    ];
    for path in PATHS {
        for body in &bodies {
            let path = format!("{BASE}{path}");
            let answer = face.send(Method::POST, &path, Some(body.clone())).await;
            let told = answer.json();
            let status = answer.status.as_u16();
            // Listing needs nothing, and a listing's page can be left out.
            if status == 200 {
                assert!(
                    path.ends_with("/list/profile_template"),
                    "{path} took {body}: {told}"
                );
                continue;
            }
            assert!((400..500).contains(&status), "{path} {body}: {told}");
            assert!(
                told["code"].as_u64().is_some_and(|c| c >= 40000),
                "{path} {body}: {told}"
            );
            assert!(
                told["message"].as_str().is_some_and(|m| !m.is_empty()),
                "{told}"
            );
            assert!(told.get("data").is_some_and(|d| d.is_null()), "{told}");
        }
    }
}

#[tokio::test]
async fn unknown_paths_methods_and_types_are_the_contracts_too() {
    let face = Harness::new();
    let missing = face.post(&format!("{BASE}/add/nothing"), &json!({})).await;
    assert_eq!(missing.is(404)["code"], 40001);
    let wrong = face.get(&format!("{BASE}/add/message")).await;
    assert_eq!(wrong.is(405)["code"], 40000);
    assert_eq!(wrong.header("allow"), "POST");
    let request = axum::http::Request::post(format!("{BASE}/add/message"))
        .header("content-type", "text/plain")
        .body("{}".into())
        .unwrap();
    assert_eq!(face.ask(request).await.is(415)["code"], 40006);
    // The native API keeps its own words, and so does the other contract's prefix.
    let native = face.get("/api/v1/none").await;
    assert_eq!(native.header("content-type"), "application/problem+json");
    let product = face.get("/product/none").await;
    assert_ne!(product.json()["code"], 40001);
}

#[tokio::test]
async fn nothing_of_a_bad_addition_is_kept() {
    let face = Harness::new();
    for bad in [
        json!({"user_id": ["ada", "bob"], "messages": [
            {"role": "user", "content": "Good."}, {"role": "user", "content": [{"type": "video"}]}]}),
        json!({"user_id": "ada", "messages": [{"role": "king", "content": "Bad."}]}),
        json!({"user_id": "ada", "allow_knowledgebase_ids": ["none"], "messages": [{"role": "user", "content": "Bad."}]}),
    ] {
        let answer = face.post(&format!("{BASE}/add/message"), &bad).await;
        assert!(answer.status.is_client_error(), "{}", answer.text());
        let page = face
            .post(&format!("{BASE}/get/memory"), &json!({"user_id": "ada"}))
            .await;
        assert_eq!(page.is(200)["data"]["total"], 0, "{bad}");
    }
}
