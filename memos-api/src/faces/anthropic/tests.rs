//! The route of the memory tool, without a socket.

use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::faces::kit::testing::{Answer, Harness};

const TOOL: &str = "/v1/memory/tool";

fn create(path: &str) -> Value {
    json!({"command": "create", "path": path, "file_text": "Likes tea.\n"})
}

async fn with_header(face: &Harness, header: (&str, &str), body: &Value) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(TOOL)
        .header("content-type", "application/json")
        .header(header.0, header.1)
        .body(body.to_string().into());
    face.ask(request.unwrap()).await
}

#[tokio::test]
async fn the_models_input_is_answered_with_what_it_is_to_be_told() {
    let face = Harness::new();
    assert_eq!(
        face.post(TOOL, &create("/memories/a.md")).await.is(200),
        json!({"content": "File created successfully at: /memories/a.md", "is_error": false})
    );
    assert_eq!(
        face.post(TOOL, &create("/memories/a.md")).await.is(200),
        json!({"content": "Error: File /memories/a.md already exists", "is_error": true})
    );
    let block = json!({
        "type": "tool_use", "id": "toolu_1", "name": "memory",
        "input": {"command": "view", "path": "/memories/a.md", "view_range": [1, 1]}
    });
    assert_eq!(
        face.post(TOOL, &block).await.is(200),
        json!({
            "type": "tool_result", "tool_use_id": "toolu_1", "is_error": false,
            "content": "Here's the content of /memories/a.md with line numbers:\n     1\tLikes tea."
        })
    );
}

#[tokio::test]
async fn each_user_has_files_of_his_own() {
    let face = Harness::new();
    let create = create("/memories/a.md");
    let told = with_header(&face, ("x-memos-user", "ada"), &create)
        .await
        .is(200);
    assert_eq!(told["is_error"], false);
    let of = |field: &str, name: &str| {
        let mut body = json!({"command": "view", "path": "/memories/a.md"});
        body[field] = name.into();
        body
    };
    let (user, cube, bob) = (
        of("user_id", "ada"),
        of("cube_id", "ada"),
        of("user_id", "bob"),
    );
    assert_eq!(face.post(TOOL, &user).await.is(200)["is_error"], false);
    assert_eq!(face.post(TOOL, &cube).await.is(200)["is_error"], false);
    assert_eq!(face.post(TOOL, &bob).await.is(200)["is_error"], true);
    // The cube goes before the user, the header before the field.
    let cube_first =
        json!({"command": "view", "path": "/memories/a.md", "user_id": "bob", "cube_id": "ada"});
    assert_eq!(
        face.post(TOOL, &cube_first).await.is(200)["is_error"],
        false
    );
    let header_first = with_header(&face, ("x-memos-user", "ada"), &bob)
        .await
        .is(200);
    assert_eq!(header_first["is_error"], false);
    // What the tool keeps is found by a native search.
    let asked = json!({"query": "tea", "cube_ids": ["ada"]});
    let found = face.post("/api/v1/search", &asked).await.is(200);
    assert_eq!(found["hits"][0]["memory"]["text"], "Likes tea.\n");
}

#[tokio::test]
async fn what_is_no_call_is_refused_in_the_apis_words() {
    let face = Harness::new();
    for (text, status, kind) in [
        ("", 400, "invalid_request_error"),
        ("{", 400, "invalid_request_error"),
        ("[1]", 400, "invalid_request_error"),
        (
            r#"{"command": "view", "path": "/memories", "user_id": 7}"#,
            400,
            "invalid_request_error",
        ),
        (r#"{"type": "tool_use"}"#, 400, "invalid_request_error"),
        (
            r#"{"type": "tool_use", "id": "t", "name": "bash", "input": {"command": "view", "path": "/memories"}}"#,
            400,
            "invalid_request_error",
        ),
        (
            r#"{"type": "tool_use", "name": "memory", "input": {"command": "view", "path": "/memories"}}"#,
            400,
            "invalid_request_error",
        ),
        (
            r#"{"type": "tool_use", "id": null, "name": "memory", "input": {}}"#,
            400,
            "invalid_request_error",
        ),
    ] {
        let told = face
            .send(Method::POST, TOOL, Some(text.to_owned()))
            .await
            .is(status);
        assert_eq!(told["type"], "error", "{text}");
        assert_eq!(told["error"]["type"], kind, "{text}");
        assert!(told["error"]["message"].is_string() && told["request_id"].is_string());
    }
    // What the model can mend is for the model.
    for input in [
        json!({}),
        json!({"command": "undo"}),
        json!({"type": "tool_use", "id": "t", "name": "memory"}),
    ] {
        let told = face.post(TOOL, &input).await.is(200);
        assert_eq!(told["is_error"], true, "{input}");
    }
    assert_eq!(
        face.get("/v1/memory/other").await.is(404)["error"]["type"],
        "not_found_error"
    );
    assert_eq!(
        face.get(TOOL).await.is(405)["error"]["type"],
        "invalid_request_error"
    );
}
