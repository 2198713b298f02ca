//! What is passed on, both ways, is passed on as it is.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use futures_util::StreamExt as _;
use memos_tests::{Endpoint, Scripted};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Proxy, asking, options, sent, whole};
use crate::http::{AppState, router};

const CHAT: &str = "/v1/chat/completions";

/// A body in which everything is odd, but right.
const ODD: &str = r#"{ "model":"m","seed":123456789012345678901234567890,"temperature":1.50,
  "big": 1e400, "logit_bias":{"50256":-100},"z":1,"a":[{"b":null}],"user":"ada",
  "tools":[{"type":"function","function":{"name":"f","parameters":{"maximum":9007199254740993}}}],
  "messages":[{"role":"user","content":[{"type":"text","text":"Where does Mina live? \u00e9\/"},
    {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]}],
  "unknown": {"deep": [1.0, 1.10, "\u0041"]} }"#;

#[tokio::test]
async fn a_body_is_passed_on_byte_for_byte() {
    let proxy = Proxy::scripted(vec![Scripted::text("Lyon."); 3]);
    let off = [("x-memos-memory", "off")];
    let answer = whole(sent(&proxy.router, CHAT, &off, ODD).await).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-memos-memory"), "off");
    assert_eq!(answer.header("x-memos-recalled"), "0");
    assert_eq!(proxy.endpoint.asked()[0].bytes, ODD.as_bytes());

    let nothing = whole(sent(&proxy.router, CHAT, &[], ODD).await).await;
    assert_eq!(nothing.header("x-memos-memory"), "ok");
    assert_eq!(proxy.endpoint.asked()[1].bytes, ODD.as_bytes());

    proxy.told("ada", "My sister Mina lives in Lyon.").await;
    let some = whole(sent(&proxy.router, CHAT, &[], ODD).await).await;
    assert_ne!(some.header("x-memos-recalled"), "0");
    let text = String::from_utf8(proxy.endpoint.asked()[2].bytes.clone()).unwrap();
    let (before, rest) = text.split_once(r#"{"role":"system","content":""#).unwrap();
    let (block, after) = rest.split_once(r#""},"#).unwrap();
    assert!(block.contains("Mina lives in Lyon"), "{block}");
    assert_eq!(format!("{before}{after}"), ODD);
}

#[tokio::test]
async fn headers_are_passed_on_but_for_ours() {
    let answer = Scripted::text("Hi.")
        .with_header("x-request-id", "req_theirs")
        .with_header("openai-processing-ms", "7")
        .with_header("x-memos-memory", "forged")
        .with_header("set-cookie", "__cf_bm=1; path=/")
        .with_header("access-control-allow-origin", "*")
        .with_header("access-control-allow-credentials", "true")
        .with_header("keep-alive", "timeout=5");
    let proxy = Proxy::scripted([answer.clone(), answer]);
    let headers = [
        ("authorization", "Bearer sk-client"),
        ("openai-organization", "org-1"),
        ("x-request-id", "mine"),
        ("x-memos-user", "ada"),
        ("cookie", "a=b"),
        ("origin", "http://localhost:3000"),
        ("referer", "http://localhost:3000/secret"),
        ("sec-fetch-site", "same-site"),
    ];
    let path = format!("{CHAT}?api-version=2024-10-21");
    let got = proxy.post(&path, &headers, &asking("Hello?")).await;
    assert_eq!(got.header("x-request-id"), "mine");
    assert_eq!(got.header("x-upstream-request-id"), "req_theirs");
    assert_eq!(got.header("openai-processing-ms"), "7");
    assert_eq!(got.header("x-memos-memory"), "ok");
    assert_eq!(got.header("keep-alive"), "");
    // Ours, for the page that asked; not theirs.
    assert_eq!(
        got.header("access-control-allow-origin"),
        "http://localhost:3000"
    );
    for name in [
        "connection",
        "set-cookie",
        "access-control-allow-credentials",
    ] {
        assert_eq!(got.header(name), "", "{name}");
    }
    let asked = &proxy.endpoint.asked()[0];
    assert_eq!(asked.path, path);
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.header("authorization"), Some("Bearer sk-client"));
    assert_eq!(asked.header("openai-organization"), Some("org-1"));
    assert_eq!(asked.header("x-request-id"), Some("mine"));
    assert_eq!(asked.header("x-memos-user"), None);
    for name in ["cookie", "origin", "referer", "sec-fetch-site"] {
        assert_eq!(asked.header(name), None, "{name}");
    }

    proxy.post(CHAT, &[], &asking("Hello?")).await;
    let asked = &proxy.endpoint.asked()[1];
    assert_eq!(asked.header("authorization"), Some("Bearer sk-configured"));
}

#[tokio::test]
async fn a_stream_goes_on_piece_by_piece_as_it_comes() {
    let pieces = ["Mina ", "lives ", "in Lyon."];
    let proxy = Proxy::scripted([Scripted::stream(&pieces).held_after(2)]);
    let mut body = asking("Where does Mina live?");
    body["stream"] = true.into();
    let user = [("x-memos-user", "ada")];
    let response = sent(&proxy.router, CHAT, &user, body.to_string()).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let mut stream = response.into_body().into_data_stream();
    let mut got = Vec::new();
    // These come while the rest is still held back.
    while !String::from_utf8_lossy(&got).contains("lives ") {
        got.extend(stream.next().await.unwrap().unwrap());
    }
    assert!(!String::from_utf8_lossy(&got).contains("Lyon"));
    proxy.endpoint.wait_held(1);
    assert_eq!(proxy.endpoint.release(), 1);
    while let Some(piece) = stream.next().await {
        got.extend(piece.unwrap());
    }
    let text = String::from_utf8(got).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(text.matches("data: ").count(), pieces.len() + 3);
    let memories = proxy.memories("ada", 2).await;
    assert_eq!(memories[1]["text"], "Mina lives in Lyon.");
    assert_eq!(memories[1]["role"], "assistant");
}

#[tokio::test]
async fn errors_of_the_model_server_are_passed_on_as_they_are() {
    let refusals = [
        (400, Scripted::refusal(400, "no such field")),
        (401, Scripted::refusal(401, "Incorrect API key provided")),
        (429, Scripted::rate_limited(Some("17"))),
        (500, Scripted::body(500, "<html>oops</html>")),
        (503, Scripted::refusal(503, "overloaded")),
    ];
    let script = refusals.clone().map(|(_, answer)| answer);
    let proxy = Proxy::scripted(script);
    for (status, _) in refusals {
        let answer = proxy.chat("ada", &asking("Hello there?")).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-memos-memory"), "ok");
        match status {
            429 => assert_eq!(answer.header("retry-after"), "17"),
            500 => assert_eq!(answer.text(), "<html>oops</html>"),
            _ => assert_eq!(answer.json()["error"]["type"], "scripted"),
        }
    }
    // What failed will be asked again: nothing of it is remembered.
    assert_eq!(proxy.get("/api/v1/cubes/ada").await.status, 404);
}

#[tokio::test]
async fn a_stream_that_breaks_off_breaks_off() {
    let proxy = Proxy::scripted([Scripted::stream(&["one", "two", "three"]).broken_off()]);
    let user = [("x-memos-user", "ada")];
    let body = asking("Count to three.").to_string();
    let response = sent(&proxy.router, CHAT, &user, body).await;
    assert_eq!(response.status(), 200);
    assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
    // The user's words are whole, the answer is not.
    let memories = proxy.memories("ada", 1).await;
    assert_eq!(memories[0]["text"], "Count to three.");
}

#[tokio::test]
async fn what_can_not_be_read_is_the_model_servers_to_refuse() {
    let proxy = Proxy::scripted(vec![Scripted::refusal(400, "messages must be a list"); 3]);
    let body = json!({"model": "m", "messages": "hi"});
    let answer = proxy.chat("ada", &body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["message"], "messages must be a list");
    assert_eq!(answer.header("x-memos-memory"), "degraded: unreadable");
    assert_eq!(proxy.endpoint.asked()[0].bytes, body.to_string().as_bytes());
    // A body nested too deep for a parser with a limit is passed on too.
    let deep = format!(
        "{{\"messages\": {}1{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let answer = whole(sent(&proxy.router, CHAT, &[], deep.clone()).await).await;
    assert_eq!(answer.status, 400);
    assert_eq!(proxy.endpoint.asked()[1].bytes, deep.as_bytes());
    // Who only wants to have it remembered is told too.
    let write = [("x-memos-memory", "write")];
    let answer = proxy.post(CHAT, &write, &body).await;
    assert_eq!(answer.header("x-memos-memory"), "degraded: unreadable");
}

#[tokio::test]
async fn other_routes_are_passed_on_without_memory() {
    let endpoint = Endpoint::answering(|asked| {
        let told = json!({"method": asked.method, "path": asked.path, "body": asked.body});
        Scripted::body(200, told.to_string())
    });
    let proxy = Proxy::before(endpoint);
    let told = proxy.get("/v1/responses/resp_1?include=x").await;
    assert_eq!(told.json()["path"], "/v1/responses/resp_1?include=x");
    assert_eq!(told.json()["method"], "GET");
    let cancelled = proxy
        .post("/v1/responses/resp_1/cancel", &[], &json!({"a": 1}))
        .await;
    assert_eq!(
        cancelled.json(),
        json!({"method": "POST", "path": "/v1/responses/resp_1/cancel", "body": {"a": 1}})
    );
    let left = proxy.get("/v1/responses/..%2f..%2fadmin/%2e%2e/x").await;
    left.error(404, "route_not_found");
    let stored = proxy.get("/v1/chat/completions/c1/messages").await;
    assert_eq!(stored.json()["body"], Value::Null);
    for path in [
        "/v1/chat/completions?limit=2",
        "/v1/conversations/conv_1/items",
        "/v1/files",
        "/v1/batches",
    ] {
        let listed = proxy.get(path).await.json();
        assert_eq!(
            (&listed["method"], &listed["path"]),
            (&"GET".into(), &path.into())
        );
    }
    for path in ["/v1/completions", "/v1/moderations", "/v1/conversations"] {
        let made = proxy.post(path, &[], &json!({"a": 1})).await.json();
        assert_eq!(
            made,
            json!({"method": "POST", "path": path, "body": {"a": 1}})
        );
    }
    for (method, path, kind, body) in [
        ("DELETE", "/v1/models/ft:m", None, ""),
        ("POST", "/v1/batches/b_1/cancel", None, ""),
        (
            "POST",
            "/v1/files",
            Some("Multipart/Form-Data; boundary=x"),
            "--x--",
        ),
    ] {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let request = request.body(Body::from(body)).unwrap();
        let told = whole(proxy.router.clone().oneshot(request).await.unwrap()).await;
        assert_eq!(told.json()["method"], method, "{path}");
        let asked = proxy.endpoint.asked();
        let asked = asked.last().unwrap();
        assert_eq!(
            (asked.path.as_str(), asked.bytes.as_slice()),
            (path, body.as_bytes())
        );
        assert_eq!(asked.header("content-type"), kind);
    }
}

#[tokio::test]
async fn a_compressed_request_is_passed_on_unread() {
    let proxy = Proxy::scripted([Scripted::text("Hi.")]);
    let bytes = &b"\x1f\x8b\x08\x00not json"[..];
    let headers = [("content-encoding", "gzip"), ("x-memos-user", "ada")];
    let answer = whole(sent(&proxy.router, CHAT, &headers, bytes).await).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-memos-memory"), "degraded: unreadable");
    let asked = &proxy.endpoint.asked()[0];
    assert_eq!(asked.bytes, bytes);
    assert_eq!(asked.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn without_memory_there_is_still_a_model() {
    let endpoint = Endpoint::scripted([Scripted::text("Hi.")]);
    let state = AppState::opening(options(&endpoint.base_url()));
    let router = router(state);
    let answer = whole(sent(&router, CHAT, &[], asking("Hello?").to_string()).await).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-memos-memory"), "degraded: unavailable");
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "Hi.");
}
