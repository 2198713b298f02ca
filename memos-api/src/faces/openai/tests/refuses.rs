//! Refusals of our own, in OpenAI's words.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use memos_tests::{Endpoint, Scripted};
use serde_json::json;
use tower::ServiceExt as _;

use super::{Proxy, asking, options, sent, whole};
use crate::MemOs;
use crate::http::{AppState, Options, router};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn bad_requests_are_refused_before_the_model_is_asked() {
    let proxy = Proxy::scripted([]);
    for (headers, body, status, code, param) in [
        (&[][..], "", 400, "invalid_json", None),
        (&[], "{", 400, "invalid_json", None),
        (&[], "[1]", 400, "invalid_json", None),
        (
            &[("x-memos-memory", "on")],
            "{}",
            400,
            "invalid_request",
            Some("x-memos-memory"),
        ),
        (
            &[("x-memos-max-tokens", "x")],
            "{}",
            400,
            "invalid_request",
            Some("x-memos-max-tokens"),
        ),
        (
            &[("host", "evil.example")],
            "{}",
            403,
            "forbidden",
            Some("Host"),
        ),
    ] {
        for path in [CHAT, "/v1/responses"] {
            let answer = whole(sent(&proxy.router, path, headers, body).await).await;
            let error = answer.error(status, code);
            assert_eq!(error["param"].as_str(), param, "{error}");
            assert_eq!(error["type"], "invalid_request_error");
        }
    }
    let not_utf8 = whole(sent(&proxy.router, CHAT, &[], &b"{\"a\": \"\xff\"}"[..]).await).await;
    not_utf8.error(400, "invalid_json");
    let form = Request::post(CHAT)
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .unwrap();
    let form = whole(proxy.router.clone().oneshot(form).await.unwrap()).await;
    form.error(415, "unsupported_media_type");
    proxy
        .get("/v1/chat/nowhere")
        .await
        .error(404, "route_not_found");
    let put = Request::put(CHAT).body(Body::empty()).unwrap();
    let put = whole(proxy.router.clone().oneshot(put).await.unwrap()).await;
    put.error(405, "method_not_allowed");
    assert!(proxy.endpoint.asked().is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let endpoint = Endpoint::scripted([]);
    let options = Options {
        body_limit: 100,
        ..options(&endpoint.base_url())
    };
    let router = router(AppState::opening(options));
    let large = asking(&"x".repeat(200)).to_string();
    let answer = whole(sent(&router, CHAT, &[], large).await).await;
    answer.error(413, "too_large");
}

#[tokio::test]
async fn without_a_model_server_the_remedy_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let memos = MemOs::builder().data(folder.path()).open().unwrap();
    let router = router(AppState::open(Arc::new(memos), Options::default()));
    for path in [
        CHAT,
        "/v1/responses",
        "/v1/responses/r/cancel",
        "/v1/conversations",
        "/v1/completions",
    ] {
        let answer = whole(sent(&router, path, &[], "{}").await).await;
        let error = answer.error(503, "upstream_not_configured");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("MEMOS_PROXY_BASE_URL"), "{message}");
    }
}

#[tokio::test]
async fn a_model_server_that_is_not_there_is_told_of() {
    let gone = Endpoint::scripted([]).base_url();
    let folder = tempfile::tempdir().unwrap();
    let memos = Arc::new(MemOs::builder().data(folder.path()).open().unwrap());
    let router = router(AppState::open(memos, options(&gone)));
    let answer = whole(sent(&router, CHAT, &[], asking("Hi?").to_string()).await).await;
    answer.error(502, "upstream_unreachable");
    assert_eq!(answer.header("x-memos-memory"), "ok");

    // One that is there and hangs up needs no start.
    let proxy = Proxy::scripted([Scripted::dropped()]);
    let answer = proxy.chat("ada", &asking("Hi?")).await;
    let error = answer.error(502, "upstream_broke_off");
    assert!(
        !error["message"].as_str().unwrap().contains("start it"),
        "{error}"
    );
}

#[tokio::test]
async fn a_model_server_that_says_nothing_is_waited_for_so_long() {
    let endpoint = Endpoint::scripted([Scripted::text("Late.").held()]);
    let mut options = options(&endpoint.base_url());
    if let Some(upstream) = &mut options.upstream {
        upstream.timeout = Duration::from_millis(50);
    }
    let router = router(AppState::opening(options));
    let answer = whole(sent(&router, CHAT, &[], asking("Hi?").to_string()).await).await;
    answer.error(504, "upstream_timeout");
}

#[tokio::test]
async fn embeddings_are_refused_in_the_same_words() {
    let proxy = Proxy::scripted([]);
    let path = "/v1/embeddings";
    let tokens = proxy
        .post(path, &[], &json!({"input": [[1, 2]], "model": "m"}))
        .await;
    let error = tokens.error(400, "invalid_request");
    assert_eq!(error["param"], "input");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("check_embedding_ctx_length")
    );
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (bad, why) in [
        (&b""[..], "empty"),
        (b"{", "Expecting property name"),
        (b"{\"input\": \"\xff\"}", "UTF-8"),
        (deep.as_bytes(), "recursion limit"),
    ] {
        let bad = whole(sent(&proxy.router, path, &[], bad.to_vec()).await).await;
        let error = bad.error(400, "invalid_json");
        assert_eq!(error["type"], "invalid_request_error");
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    }
    let list = proxy.post(path, &[], &json!([])).await;
    list.error(400, "invalid_json");
}
