//! What is refused, in whose words; and what the server says of itself.

use axum::http::Method;
use serde_json::{Value, json};

use super::add;
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn the_server_refuses_as_fastapi_does() {
    let face = Harness::new();
    let missing = face
        .post("/memories", &json!({"user_id": "ada"}))
        .await
        .is(422);
    assert_eq!(missing["detail"][0]["type"], "missing");
    assert_eq!(missing["detail"][0]["loc"], json!(["body", "messages"]));
    let wrong =
        json!({"messages": [{"role": 5}], "user_id": 7, "metadata": [], "infer": "perhaps"});
    let wrong = face.post("/memories", &wrong).await.is(422);
    let places: Vec<String> = wrong["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["loc"].to_string())
        .collect();
    assert_eq!(
        places,
        [
            r#"["body","infer"]"#,
            r#"["body","user_id"]"#,
            r#"["body","messages",0,"role"]"#,
            r#"["body","messages",0,"content"]"#,
            r#"["body","metadata"]"#
        ]
    );
    let text = json!({"messages": "hello", "user_id": "ada"});
    let text = face.post("/memories", &text).await.is(422);
    assert_eq!(text["detail"].as_array().unwrap().len(), 1, "{text}");
    let kind = json!({"messages": [{"role": "user", "content": "x"}], "user_id": "ada", "memory_type": "nonsense"});
    let kind = face.post("/memories", &kind).await.is(400);
    assert!(
        kind["detail"]
            .as_str()
            .unwrap()
            .starts_with("memory_type: Invalid 'memory_type'"),
        "{kind}"
    );
    let nobody = face
        .post(
            "/memories",
            &json!({"messages": [{"role": "user", "content": "x"}]}),
        )
        .await
        .is(400);
    assert!(
        nobody["detail"].as_str().unwrap().contains("user_id"),
        "{nobody}"
    );
    let broken = face
        .send(Method::POST, "/search", Some("{\"query\":".into()))
        .await
        .is(422);
    assert_eq!(broken["detail"][0]["type"], "json_invalid");
    for (method, path, body, status) in [
        (Method::POST, "/search", json!({"query": "x"}), 400),
        (
            Method::POST,
            "/search",
            json!({"query": " ", "filters": {"user_id": "ada"}}),
            400,
        ),
        (
            Method::POST,
            "/search",
            json!({"query": "x", "filters": {"user_id": {"like": 1}}}),
            400,
        ),
        (
            Method::POST,
            "/search",
            json!({"query": "x", "user_id": "a", "top_k": "few"}),
            422,
        ),
        (
            Method::POST,
            "/memories",
            json!({"messages": [], "user_id": "a"}),
            400,
        ),
        (
            Method::POST,
            "/memories",
            json!({"messages": [{"role": "system", "content": "x"}], "user_id": "a"}),
            400,
        ),
        (
            Method::POST,
            "/memories",
            json!({"messages": [{"role": "user", "content": " "}, {"role": "user", "content": []}], "user_id": "a"}),
            400,
        ),
        (
            Method::POST,
            "/memories",
            json!({"messages": [{"role": "user", "content": "x"}], "user_id": "a".repeat(5_000)}),
            400,
        ),
        (
            Method::POST,
            "/memories",
            json!({"messages": [{"role": "user", "content": "x"}], "user_id": "a", "expiration_date": "soon"}),
            400,
        ),
        (
            Method::POST,
            "/memories",
            json!({"messages": [{"role": "user", "content": "x"}], "user_id": "a", "expiration_date": "2001-01-01"}),
            400,
        ),
        (Method::PUT, "/memories/nope", json!({"text": "x"}), 404),
        (Method::POST, "/configure", json!({"llm": {}}), 400),
        (
            Method::POST,
            "/generate-instructions",
            json!({"use_case": "notes"}),
            503,
        ),
        (Method::POST, "/api-keys", json!({"label": "x"}), 403),
        (
            Method::POST,
            "/auth/login",
            json!({"email": "a@b.c", "password": "x"}),
            403,
        ),
        (Method::POST, "/auth/login", json!({"email": "a@b.c"}), 422),
        (Method::PATCH, "/memories", json!({}), 405),
    ] {
        let refused = face
            .send(method, path, Some(body.to_string()))
            .await
            .is(status);
        assert!(!refused["detail"].is_null(), "{path} {body}: {refused}");
    }
    for path in [
        "/memories/nope",
        "/memories/nope/history",
        "/memories/a/b/c",
        "/auth/nothing",
    ] {
        let refused = face.get(path).await.is(404);
        assert!(refused["detail"].is_string(), "{path}: {refused}");
    }
    face.get("/auth/me").await.is(403);
    face.delete("/api-keys/1").await.is(404);
    let id = add(&face, "One.", json!({"user_id": "ada"})).await;
    for change in [
        json!({}),
        json!({"metadata": {"mem0": {}}}),
        json!({"text": ""}),
        json!({"timestamp": "soon"}),
    ] {
        let refused = face.put(&format!("/memories/{id}"), &change).await.is(400);
        assert!(refused["detail"].is_string(), "{change}");
    }
    assert_eq!(
        face.get("/entities")
            .await
            .is(200)
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_slash_at_the_end_makes_no_difference() {
    let face = Harness::new();
    let body = json!({"messages": [{"role": "user", "content": "One."}], "user_id": "ada"});
    let added = face.post("/memories/", &body).await.is(200);
    let id = added["results"][0]["id"].as_str().unwrap();
    assert_eq!(
        face.get(&format!("/memories/{id}/")).await.is(200),
        face.get(&format!("/memories/{id}")).await.is(200)
    );
    let query = json!({"query": "One", "filters": {"user_id": "ada"}});
    face.post("/search/", &query).await.is(200);
    for path in [
        "/entities/",
        "/memories/",
        "/configure/",
        "/api-keys/",
        "/requests/",
    ] {
        face.get(path).await.is(200);
    }
    face.delete("/entities/user/ada/").await.is(200);
    face.send(Method::POST, "/reset/", None).await.is(200);
}

#[tokio::test]
async fn a_query_that_is_no_text_is_refused() {
    let face = Harness::new();
    let id = add(&face, "One.", json!({"user_id": "\u{fffd}"})).await;
    let refused = face.delete("/memories?user_id=%ff").await.is(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["query", "user_id"]));
    face.get("/memories?user_id=%ff").await.is(422);
    let refused = face.delete("/v1/memories/?user_id=%ff").await.is(400);
    assert!(refused["errors"]["user_id"][0].is_string(), "{refused}");
    face.get(&format!("/memories/{id}")).await.is(200);
}

#[tokio::test]
async fn the_platform_names_each_field_once_and_tells_why_json_is_none() {
    let face = Harness::new();
    let wrong = json!({"messages": "x", "user_id": 7, "metadata": 5});
    let wrong = face.post("/v3/memories/add/", &wrong).await.is(400);
    let detail = wrong["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("user_id: Input should be a valid string; "),
        "{detail}"
    );
    assert_eq!(detail.matches("user_id").count(), 1, "{detail}");
    assert_eq!(
        wrong["errors"]["metadata"],
        json!(["Input should be a valid dictionary"])
    );
    let hooks = "/api/v1/webhooks/projects/memos/";
    let several = face.post(hooks, &json!({})).await.is(400);
    let detail = several["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("event_types: Field required; name: Field required; url: "),
        "{detail}"
    );
    let broken = Some(r#"{"messages": "x", "user_id": "#.to_owned());
    let broken = face
        .send(Method::POST, "/v3/memories/add/", broken)
        .await
        .is(400);
    let detail = broken["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("body: JSON decode error (Expecting value"),
        "{detail}"
    );
    assert_eq!(broken["errors"], json!({}));
}

#[tokio::test]
async fn the_platform_refuses_with_error_and_detail() {
    let face = Harness::new();
    for (method, path, body, status) in [
        (
            Method::POST,
            "/v3/memories/add/",
            json!({"messages": "x"}),
            400,
        ),
        (
            Method::POST,
            "/v3/memories/add/",
            json!({"user_id": "a"}),
            400,
        ),
        (
            Method::POST,
            "/v3/memories/add/",
            json!({"messages": "x", "filters": {"k": 1}}),
            400,
        ),
        (Method::POST, "/v3/memories/add/", json!([1]), 400),
        (Method::POST, "/v3/memories/", json!({}), 400),
        (
            Method::POST,
            "/v3/memories/search/",
            json!({"query": "x"}),
            400,
        ),
        (
            Method::POST,
            "/v3/memories/search/",
            json!({"filters": {"user_id": "a"}}),
            400,
        ),
        (
            Method::POST,
            "/v3/memories/search/",
            json!({"query": "x", "filters": {"user_id": "a"}, "reference_date": "soon"}),
            400,
        ),
        (
            Method::POST,
            "/v1/feedback/",
            json!({"memory_id": "x", "feedback": "MEH"}),
            400,
        ),
        (
            Method::POST,
            "/v1/feedback/",
            json!({"memory_id": "x", "feedback": "POSITIVE"}),
            404,
        ),
        (Method::PUT, "/v1/batch/", json!({}), 400),
        (
            Method::PUT,
            "/v1/batch/",
            json!({"memories": [{"text": "x"}]}),
            400,
        ),
        (Method::PUT, "/v1/memories/nope/", json!({"text": "x"}), 404),
        (Method::GET, "/v1/event/nope/", Value::Null, 404),
        (Method::GET, "/v1/memories/nope/", Value::Null, 404),
        (
            Method::GET,
            "/v1/memories/?page=0&user_id=a",
            Value::Null,
            400,
        ),
        (Method::GET, "/v1/memories/", Value::Null, 400),
        (Method::GET, "/v3/memories/nothing/here/", Value::Null, 404),
        (Method::GET, "/v3/nothing/", Value::Null, 404),
        (Method::GET, "/v2/nothing/", Value::Null, 404),
        (Method::DELETE, "/v3/memories/", Value::Null, 405),
    ] {
        let sent = (!body.is_null()).then(|| body.to_string());
        let refused = face.send(method, path, sent).await.is(status);
        assert!(
            refused["error"].is_string() && refused["detail"].is_string(),
            "{path} {body}: {refused}"
        );
    }
    let many = face
        .post(
            "/v3/memories/search/",
            &json!({"top_k": 5000, "threshold": 7}),
        )
        .await
        .is(400);
    assert_eq!(many["errors"].as_object().unwrap().len(), 3, "{many}");
    // Nothing was written by any of them.
    assert_eq!(face.get("/memories").await.is(200), json!({"results": []}));
}

#[tokio::test]
async fn the_server_shows_what_stands_behind_it_and_what_it_was_asked() {
    let face = Harness::with_model(&[
        r#"{"instructions": "Keep what is about bread.", "test_message": "I love rye."}"#,
    ]);
    let configuration = face.get("/configure").await.is(200);
    assert_eq!(configuration["llm"]["config"]["model"], "scripted");
    assert_eq!(configuration["embedder"]["provider"], "memos");
    assert_eq!(
        face.get("/configure/providers").await.is(200)["llm"],
        json!(["openai"])
    );
    let written = face
        .post("/generate-instructions", &json!({"use_case": "A bakery"}))
        .await
        .is(200);
    assert_eq!(
        written,
        json!({"custom_instructions": "Keep what is about bread.", "test_message": "I love rye."})
    );
    assert_eq!(
        face.get("/auth/setup-status").await.is(200),
        json!({"needsSetup": false})
    );
    assert_eq!(face.get("/api-keys").await.is(200), json!([]));
    face.get("/memories?user_id=secret").await.is(200);
    let asked = face.get("/requests?limit=2").await.is(200);
    assert_eq!(asked.as_array().unwrap().len(), 2);
    assert_eq!(
        (&asked[0]["path"], &asked[0]["status_code"]),
        (&json!("/memories"), &json!(200))
    );
    assert_eq!(asked[1]["path"], "/api-keys");
    assert!(!asked.to_string().contains("secret"));
    face.get("/requests?limit=0").await.is(422);
}

#[tokio::test]
async fn every_kind_of_key_is_accepted() {
    let face = Harness::new();
    for (name, value) in [
        ("authorization", "Token m0-x"),
        ("authorization", "Bearer x.y.z"),
        ("x-api-key", "m0sk_x"),
    ] {
        let request = axum::http::Request::get("/v1/ping/").header(name, value);
        let ping = face
            .ask(request.body(axum::body::Body::empty()).unwrap())
            .await
            .is(200);
        assert_eq!(ping["status"], "ok");
    }
}
