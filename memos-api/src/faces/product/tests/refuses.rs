//! Errors in the contract's envelope.

use axum::http::Method;
use serde_json::{Value, json};

use super::add;
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn values_of_the_wrong_kind_are_all_named() {
    let face = Harness::new();
    let body = json!({"user_id": 5, "top_k": 0, "mode": "slow", "rerank": null});
    let told = face.post("/product/search", &body).await.is(422);
    assert_eq!(told["code"], 422);
    assert_eq!(told["data"], Value::Null);
    let words = told["message"].as_str().unwrap();
    assert!(
        words.starts_with("Parameter validation error on POST /product/search: "),
        "{words}"
    );
    assert!(
        words.contains("[body -> query] Field required (type: missing)"),
        "{words}"
    );
    let faults: Vec<(&str, &str)> = told["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["loc"][1].as_str().unwrap(), d["type"].as_str().unwrap()))
        .collect();
    // In the order of the fields, whatever the order in which they are read.
    let expected = [
        ("query", "missing"),
        ("user_id", "string_type"),
        ("mode", "enum"),
        ("top_k", "greater_than_equal"),
        ("rerank", "bool_type"),
    ];
    assert_eq!(faults, expected);
}

#[tokio::test]
async fn every_error_has_the_envelope() {
    let face = Harness::new();
    add(&face, &["I like strawberries."]).await;
    let cases = [
        (
            "search",
            json!({"user_id": "ada", "query": "q", "search_memory_type": null}),
            422,
        ),
        (
            "search",
            json!({"user_id": "ada", "query": "q", "operation": [1]}),
            422,
        ),
        (
            "search",
            json!({"user_id": "ada", "query": "q", "filter": {"and": [{"x": {"near": 1}}]}}),
            400,
        ),
        (
            "search",
            json!({"user_id": "ada", "query": "q", "filter": [1]}),
            422,
        ),
        ("add", json!({"messages": "x"}), 400),
        ("add", json!({"user_id": null, "messages": "x"}), 422),
        (
            "add",
            json!({"user_id": "ada", "messages": "x", "async_mode": null}),
            422,
        ),
        ("add", json!({"user_id": "ada"}), 400),
        ("add", json!({"user_id": "ada", "messages": 5}), 422),
        (
            "add",
            json!({"user_id": "ada", "messages": [{"content": "x"}]}),
            422,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": [{"role": "king", "content": "x"}]}),
            422,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": [{"role": "user"}]}),
            422,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": [{"role": "user", "content": null}]}),
            422,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": [{"role": "user", "content": [{"type": "x"}]}]}),
            422,
        ),
        (
            "add",
            json!({"user_id": "ada", "doc_path": "/etc/passwd"}),
            400,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": [{"type": "file", "file": {"path": "a.txt"}}]}),
            400,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": "x", "is_upload_skill": true}),
            400,
        ),
        ("add", json!([]), 422),
        ("get_memory", json!({}), 422),
        ("get_memory", json!(null), 422),
        (
            "get_user_names_by_memory_ids",
            json!({"memory_ids": null}),
            422,
        ),
        ("get_memory_by_ids", json!({"ids": []}), 422),
        ("get_memory_by_ids", json!([1]), 422),
        ("get_all", json!({"user_id": "ada"}), 422),
        (
            "delete_memory",
            json!({"session_id": "a", "conversation_id": "b"}),
            422,
        ),
        ("feedback", json!({"user_id": "ada"}), 422),
        (
            "feedback",
            json!({"user_id": "ada", "history": [], "feedback_content": "x", "mem_cube_id": 5}),
            422,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": [
                {"role": "assistant", "content": null, "tool_calls": [{"id": "c1"}]}]}),
            422,
        ),
        (
            "add",
            json!({"user_id": "ada", "messages": [
                {"role": "assistant", "content": null, "tool_calls": ["x"]}]}),
            422,
        ),
        ("suggestions", json!({"user_id": "ada"}), 422),
        ("create_cube", json!({"cube_name": "x"}), 422),
    ];
    for (route, body, status) in cases {
        let told = face
            .post(&format!("/product/{route}"), &body)
            .await
            .is(status);
        assert_eq!(told["code"], status, "{route} {body}: {told}");
        assert!(
            told["message"].as_str().is_some_and(|m| !m.is_empty()),
            "{told}"
        );
        assert_eq!(told["data"], Value::Null, "{told}");
        assert_eq!(told.get("detail").is_some(), status == 422, "{told}");
    }
}

#[tokio::test]
async fn the_envelope_is_around_what_never_reaches_a_route() {
    let face = Harness::new();
    let asked = [
        (Method::POST, "/product/nowhere", Some("{}"), 404),
        (Method::GET, "/product/add", None, 405),
        (Method::POST, "/product/add", Some("{\"user_id\": "), 422),
        (Method::POST, "/product/add", Some(""), 422),
        (Method::GET, "/product/scheduler/status", None, 422),
    ];
    for (method, path, body, status) in asked {
        let told = face
            .send(method, path, body.map(str::to_owned))
            .await
            .is(status);
        assert_eq!(told["code"], status, "{path}: {told}");
        assert_eq!(told["data"], Value::Null);
    }
    for (path, status, words) in [
        ("/product/nowhere", 404, "Not Found"),
        ("/product/add", 405, "Method Not Allowed"),
    ] {
        let told = face.delete(path).await.is(status);
        let expected = json!({"code": status, "message": words, "data": null, "detail": words});
        assert_eq!(told, expected);
    }
    let told = face.get("/product/scheduler/status").await.is(422);
    let fault = json!({"type": "missing", "loc": ["query", "user_id"], "msg": "Field required",
                       "input": null});
    assert_eq!(told["detail"], json!([fault]));
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let body = format!("{{\"user_id\": \"a\", \"messages\": {deep}}}");
    let told = face
        .send(Method::POST, "/product/add", Some(body))
        .await
        .is(422);
    assert_eq!(told["detail"][0]["type"], "json_invalid");
}

#[tokio::test]
async fn what_is_no_json_is_told_as_the_public_server_tells_it() {
    let face = Harness::new();
    for (body, at, words) in [
        ("not json", 0, "Expecting value"),
        ("{\"a\": \"b", 6, "Unterminated string starting at"),
        (
            "{\"query\": \"你好\", \"user_id\": }",
            27,
            "Expecting value",
        ),
        ("   ", 3, "Expecting value"),
    ] {
        let asked = face.send(Method::POST, "/product/search", Some(body.to_owned()));
        let told = asked.await.is(422);
        let fault = json!({"type": "json_invalid", "loc": ["body", at], "msg": "JSON decode error",
                           "input": {}, "ctx": {"error": words}});
        assert_eq!(told["detail"], json!([fault]), "{body}");
    }
    let told = face.post("/product/search", &json!(null)).await.is(422);
    let fault = json!({"type": "missing", "loc": ["body"], "msg": "Field required", "input": null});
    assert_eq!(told["detail"], json!([fault]));
}

#[tokio::test]
async fn two_names_of_a_session_that_differ_contradict_each_other() {
    let face = Harness::new();
    let body = json!({"session_id": "a", "conversation_id": "b"});
    let told = face.post("/product/delete_memory", &body).await.is(422);
    let words = "Value error, session_id and conversation_id must be identical when both are set";
    let fault = json!({"type": "value_error", "loc": ["body"], "msg": words, "input": body,
                       "ctx": {"error": {}}});
    assert_eq!(told["detail"], json!([fault]));
}

#[tokio::test]
async fn a_condition_that_cannot_be_asked_is_named_where_it_was_written() {
    let face = Harness::new();
    add(&face, &["one"]).await;
    let filter = json!({"and": [{"tags": {"contains": ["a"]}}]});
    for (route, body) in [
        (
            "search",
            json!({"user_id": "ada", "query": "q", "filter": filter}),
        ),
        (
            "get_memory",
            json!({"mem_cube_id": "ada", "filter": filter}),
        ),
        ("delete_memory", json!({"filter": filter})),
    ] {
        let path = format!("/product/{route}");
        let told = face.post(&path, &body).await.is(400);
        let words = told["message"].as_str().unwrap();
        assert!(
            words.starts_with("filter.and[0].tags.contains: "),
            "{words}"
        );
    }
    let file = json!({"type": "file", "file": {"file_data": "", "filename": "a.txt"}});
    let body = json!({"user_id": "ada", "messages": [{"role": "user", "content": [file]}]});
    let told = face.post("/product/add", &body).await.is(400);
    let words = told["message"].as_str().unwrap();
    assert!(
        words.starts_with("messages[0].content[0].file.file_data: "),
        "{words}"
    );
}

#[tokio::test]
async fn a_slash_too_much_leads_to_the_path_without_it() {
    let face = Harness::new();
    for (method, path, to) in [
        (Method::POST, "/product/search/", "/product/search"),
        (
            Method::GET,
            "/product/scheduler/status/?user_id=ada",
            "/product/scheduler/status?user_id=ada",
        ),
        (
            Method::GET,
            "/product/get_memory/x/",
            "/product/get_memory/x",
        ),
    ] {
        let answer = face.send(method, path, None).await;
        assert_eq!(answer.status.as_u16(), 307, "{path}");
        assert_eq!(answer.header("location"), to);
    }
    face.get("/product/nowhere/").await.is(404);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_nobodys_id() {
    let face = Harness::new();
    let told = face.get("/product/get_memory/%ff").await.is(200);
    assert_eq!(told["data"], Value::Null);
    assert_eq!(told["message"], "Memory with ID \u{fffd} not found");
}
