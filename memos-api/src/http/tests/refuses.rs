//! Every way to be refused: status, code, field, and what to do.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::{Face, bare, message, with_json};
use crate::Limits;
use crate::http::Options;

const CUBES: &str = "/api/v1/cubes";
const NOTES: &str = "/api/v1/cubes/notes/memories";
const SEARCH: &str = "/api/v1/search";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

fn question(more: &Value) -> Value {
    let mut question = json!({"query": "Where?", "cube_ids": ["notes"]});
    question
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    question
}

#[tokio::test]
async fn bodies_that_are_not_json() {
    let face = Face::new();
    let send = async |body: Vec<u8>| {
        face.send(with_json(Method::POST, SEARCH, body))
            .await
            .problem(400, "invalid_json")
    };
    let detail = |problem: &Value| problem["detail"].as_str().unwrap().to_owned();

    let cut = send(b"{\"query\": \"a\",\n  \"cube_ids\": [".to_vec()).await;
    assert!(detail(&cut).contains("line 2 column 15"), "{cut}");
    assert!(cut["remedy"].as_str().unwrap().contains("close"), "{cut}");
    let wrong = send(b"{\"query\": nope}".to_vec()).await;
    assert!(detail(&wrong).contains("expected"), "{wrong}");
    assert!(
        wrong["remedy"].as_str().unwrap().contains("line 1, column"),
        "{wrong}"
    );
    let empty = send(b" \n".to_vec()).await;
    assert!(detail(&empty).contains("empty"), "{empty}");
    let latin = send(b"{\"query\": \"caf\xe9\"}".to_vec()).await;
    assert!(detail(&latin).contains("byte 14"), "{latin}");
    let list = send(b"[\"a\", [\"notes\"]]".to_vec()).await;
    assert!(detail(&list).contains("an array"), "{list}");
}

#[tokio::test]
async fn deep_nesting() {
    let face = Face::new();
    for open in ["[", "{\"a\":"] {
        let body = open.repeat(1_000_000);
        let problem = face
            .send(with_json(Method::POST, SEARCH, body))
            .await
            .problem(400, "invalid_json");
        assert!(
            problem["remedy"].as_str().unwrap().contains("127"),
            "{problem}"
        );
    }
    // As deep as the parser goes.
    let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
    let body = format!(r#"{{"query": "a", "cube_ids": ["notes"], "filter": {deep}}}"#);
    face.send(with_json(Method::POST, SEARCH, body))
        .await
        .problem(400, "invalid_filter");
}

#[tokio::test]
async fn bodies_that_are_not_declared_as_json() {
    let face = Face::new();
    let body = question(&json!({})).to_string();
    for media_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("json"),
    ] {
        let mut request = Request::post(SEARCH);
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        let answer = face
            .send(request.body(Body::from(body.clone())).unwrap())
            .await;
        let problem = answer.problem(415, "unsupported_media_type");
        assert_eq!(problem["field"], "Content-Type");
    }
    for media_type in [
        "Application/JSON; charset=utf-8",
        "application/merge-patch+json",
    ] {
        let request = Request::post(SEARCH).header("content-type", media_type);
        let answer = face
            .send(request.body(Body::from(body.clone())).unwrap())
            .await;
        answer.problem(404, "cube_not_found");
    }
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let options = Options {
        body_limit: 1000,
        ..Options::default()
    };
    let limits = Limits {
        memories_per_request: 1,
        text_bytes: 100,
        question_bytes: 50,
        ..Limits::default()
    };
    let face = Face::with(options, limits);
    let long = message(&"x".repeat(1000)).to_string();
    face.send(with_json(Method::POST, NOTES, long))
        .await
        .problem(413, "too_large");
    let two =
        json!({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]});
    face.post(NOTES, &two).await.problem(413, "too_large");
    let text = face
        .post(NOTES, &message(&"word ".repeat(50)))
        .await
        .problem(413, "too_large");
    assert_eq!(text["field"], "/messages/0/content");
    let asked = face
        .post(SEARCH, &question(&json!({"query": "word ".repeat(20)})))
        .await;
    assert_eq!(asked.problem(413, "too_large")["field"], "/query");
}

#[tokio::test]
async fn routes_and_methods_that_are_not_there() {
    let face = Face::new();
    for path in ["/api", "/api/v1", "/api/v1/cubes/", "/api/v2/cubes"] {
        face.get(path).await.problem(404, "route_not_found");
    }
    for (method, path, allowed) in [
        (Method::PUT, CUBES, &["GET", "POST"][..]),
        (Method::POST, "/api/v1/cubes/a", &["GET", "DELETE"]),
        (Method::GET, SEARCH, &["POST"]),
        (Method::POST, "/health", &["GET"]),
    ] {
        let answer = face.send(bare(method, path)).await;
        answer.problem(405, "method_not_allowed");
        let allow = answer.header("allow");
        assert!(allowed.iter().all(|m| allow.contains(m)), "{path}: {allow}");
    }
}

#[tokio::test]
async fn ids_in_the_path() {
    let face = Face::new();
    for path in [
        "/api/v1/cubes/a%20b",
        "/api/v1/cubes/a%2Fb/memories",
        "/api/v1/cubes//memories",
    ] {
        assert_eq!(
            face.get(path).await.problem(400, "invalid_request")["field"],
            "cube_id"
        );
    }
    let path = format!("{NOTES}/not-a-uuid");
    assert_eq!(
        face.get(&path).await.problem(400, "invalid_request")["field"],
        "id"
    );
    assert_eq!(
        face.delete(&path).await.problem(400, "invalid_request")["field"],
        "id"
    );
    assert_eq!(
        face.get("/api/v1/cubes/%FF")
            .await
            .problem(400, "invalid_request")["field"],
        "path"
    );
}

#[tokio::test]
async fn query_parameters() {
    let face = Face::new();
    face.add("notes", "Hello there.").await;
    for (query, field) in [
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=a%2Fb", "cursor"),
        ("page=2", "page"),
    ] {
        for path in [CUBES, NOTES] {
            let answer = face.get(&format!("{path}?{query}")).await;
            assert_eq!(
                answer.problem(400, "invalid_request")["field"],
                field,
                "{path}?{query}"
            );
        }
    }
    face.get(&format!("{NOTES}?filter=%7B"))
        .await
        .problem(400, "invalid_filter");
}

#[tokio::test]
async fn cubes() {
    let face = Face::new();
    assert_eq!(face.post(CUBES, &json!({"id": "a"})).await.status, 201);
    face.post(CUBES, &json!({"id": "a"}))
        .await
        .problem(409, "cube_exists");
    let bad = face
        .post(CUBES, &json!({"id": "a b"}))
        .await
        .problem(400, "invalid_request");
    assert_eq!(bad["field"], "/id");
    for name in ["", " "] {
        let empty = face.post(CUBES, &json!({"name": name})).await;
        assert_eq!(empty.problem(400, "invalid_request")["field"], "/name");
    }
    let unknown = face
        .post(CUBES, &json!({"colour": "red"}))
        .await
        .problem(400, "invalid_request");
    assert!(
        unknown["detail"].as_str().unwrap().contains("colour"),
        "{unknown}"
    );
    for path in ["/api/v1/cubes/none", "/api/v1/cubes/none/memories"] {
        face.get(path).await.problem(404, "cube_not_found");
    }
    face.delete("/api/v1/cubes/none")
        .await
        .problem(404, "cube_not_found");
    face.get(&format!("/api/v1/cubes/none/memories/{NOBODY}"))
        .await
        .problem(404, "cube_not_found");
}

#[tokio::test]
async fn adds() {
    let face = Face::new();
    for (body, code, field) in [
        (json!({}), "invalid_request", "/messages"),
        (json!({"messages": []}), "invalid_request", "/messages"),
        (
            json!({"messages": [{"role": "king", "content": "a"}]}),
            "invalid_request",
            "/messages/0/role",
        ),
        (
            json!({"messages": [{"role": "user"}]}),
            "invalid_request",
            "/messages/0/content",
        ),
        (
            json!({"messages": [{"role": "user", "content": "a"}], "session_id": ""}),
            "invalid_request",
            "/session_id",
        ),
        (
            json!({"messages": [{"role": "user", "content": "a"}], "chat_time": "soon"}),
            "invalid_time",
            "/chat_time",
        ),
        (
            json!({"documents": [{"text": 5}]}),
            "invalid_request",
            "/documents/0/text",
        ),
        (
            json!({"documents": [{"text": "a", "format": "pdf"}]}),
            "invalid_request",
            "/documents/0/format",
        ),
        (
            json!({"documents": [{"name": "a.json"}]}),
            "invalid_request",
            "/documents/0/text",
        ),
        (
            json!({"documents": [{"text": "{\"a\": 1}"}]}),
            "invalid_document",
            "/documents/0/text",
        ),
        (
            json!({"messages": [{"role": "user", "name": "", "content": "a"}]}),
            "invalid_request",
            "/messages/0/name",
        ),
        (
            json!({"documents": [{"text": "no", "format": "jsonl"}]}),
            "invalid_document",
            "/documents/0/text",
        ),
    ] {
        let answer = face.post(NOTES, &body).await;
        let problem = answer.problem(400, code);
        assert_eq!(problem["field"], field, "{body} {problem}");
    }
    face.get("/api/v1/cubes/notes")
        .await
        .problem(404, "cube_not_found");
}

#[tokio::test]
async fn changes() {
    let face = Face::new();
    let id = face.add("notes", "Hello there.").await;
    let path = format!("{NOTES}/{id}");
    for (body, field) in [
        (json!({"priority": "urgent"}), "/priority"),
        (json!({"semantic_type": "rumour"}), "/semantic_type"),
        (json!({"text": " "}), "/text"),
        (json!({"version": "one"}), "/version"),
    ] {
        let problem = face
            .patch(&path, &body)
            .await
            .problem(400, "invalid_request");
        assert_eq!(problem["field"], field, "{problem}");
    }
    face.patch(&path, &json!({}))
        .await
        .problem(400, "invalid_request");
    let stale = face
        .patch(&path, &json!({"key": "k", "version": 9}))
        .await
        .problem(409, "conflict");
    assert_eq!(stale["field"], "/version");
    let missing = format!("{NOTES}/{NOBODY}");
    face.patch(&missing, &json!({"key": "k"}))
        .await
        .problem(404, "memory_not_found");
    face.delete(&missing).await.problem(404, "memory_not_found");
}

#[tokio::test]
async fn questions() {
    let face = Face::new();
    face.add("notes", "Hello there.").await;
    for path in [SEARCH, "/api/v1/context"] {
        for (more, code, field) in [
            (json!({"query": " "}), "invalid_request", "/query"),
            (json!({"cube_ids": []}), "invalid_request", "/cube_ids"),
            (
                json!({"cube_ids": ["a b"]}),
                "invalid_request",
                "/cube_ids/0",
            ),
            (json!({"cube_ids": "notes"}), "invalid_request", "/cube_ids"),
            (json!({"topk": 3}), "invalid_request", "/topk"),
            (
                json!({"time_window": ["2025-01-01", "2025-02-01"]}),
                "invalid_request",
                "/time_window",
            ),
            (json!({"top_k": 0}), "invalid_request", "/top_k"),
            (json!({"top_k": -1}), "invalid_request", "/top_k"),
            (json!({"types": ["rumour"]}), "invalid_request", "/types/0"),
            (json!({"asked_at": "soon"}), "invalid_time", "/asked_at"),
            (
                json!({"time_window": {"start": "soon"}}),
                "invalid_time",
                "/time_window/start",
            ),
        ] {
            let problem = face.post(path, &question(&more)).await.problem(400, code);
            assert_eq!(problem["field"], field, "{more} {problem}");
        }
        let filter = question(&json!({"filter": {"speeker": "Ada"}}));
        let problem = face
            .post(path, &filter)
            .await
            .problem(400, "invalid_filter");
        assert!(
            problem["field"]
                .as_str()
                .is_some_and(|f| f.starts_with("/filter")),
            "{problem}"
        );
        let nowhere = question(&json!({"cube_ids": ["none"]}));
        face.post(path, &nowhere)
            .await
            .problem(404, "cube_not_found");
    }
}

#[tokio::test]
async fn names_that_are_not_ours() {
    let face = Face::new();
    let request = Request::get("/api/v1/cubes")
        .header("host", "evil.example")
        .body(Body::empty());
    assert_eq!(
        face.send(request.unwrap()).await.problem(403, "forbidden")["field"],
        "Host"
    );
    let request = Request::get("/api/v1/cubes")
        .header("host", "localhost:7777")
        .body(Body::empty());
    assert_eq!(face.send(request.unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_connection_that_can_not_go_on_says_so() {
    let face = Face::new();
    let send = async |length: usize| {
        let request = Request::post("/nowhere").body(Body::from(vec![b'x'; length]));
        face.send(request.unwrap()).await
    };
    let small = send(1_000_000).await;
    assert_eq!(
        (small.status.as_u16(), small.header("connection")),
        (404, "")
    );
    let large = send(40_000_000).await;
    assert_eq!(
        (large.status.as_u16(), large.header("connection")),
        (404, "close")
    );
}
