//! The proxy in front of a scripted model server, without a socket of its own.

mod passes;
mod recalls;
mod refuses;
mod remembers;
mod serves;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use memos_tests::{Endpoint, Scripted};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::MemOs;
use crate::config::Secret;
use crate::http::{AppState, Options, Upstream, router};

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(30);

/// A server in front of a scripted one.
struct Proxy {
    router: Router,
    endpoint: Endpoint,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

fn options(base_url: &str) -> Options {
    Options {
        upstream: Some(Upstream {
            base_url: base_url.to_owned(),
            api_key: Some(Secret("sk-configured".into())),
            timeout: Duration::from_secs(20),
            section: "proxy",
        }),
        ..Options::default()
    }
}

impl Proxy {
    fn scripted(answers: impl IntoIterator<Item = Scripted>) -> Self {
        Self::before(Endpoint::scripted(answers))
    }

    fn before(endpoint: Endpoint) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let memos = MemOs::builder().data(folder.path()).open().unwrap();
        let state = AppState::open(Arc::new(memos), options(&endpoint.base_url()));
        Self {
            router: router(state),
            endpoint,
            _folder: folder,
        }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let sent = sent(&self.router, path, headers, body.to_string()).await;
        whole(sent).await
    }

    /// Chats, as this user.
    async fn chat(&self, user: &str, body: &Value) -> Answer {
        self.post("/v1/chat/completions", &[("x-memos-user", user)], body)
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        whole(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Remembers something of a user.
    async fn told(&self, cube: &str, text: &str) -> String {
        let path = format!("/api/v1/cubes/{cube}/memories");
        let body = json!({"messages": [{"role": "user", "content": text}]});
        let added = self.post(&path, &[], &body).await;
        assert_eq!(added.status, 201, "{}", added.text());
        added.json()["memories"][0]["id"].as_str().unwrap().into()
    }

    /// The memories of a cube, as soon as there are so many.
    async fn memories(&self, cube: &str, count: usize) -> Vec<Value> {
        let start = Instant::now();
        loop {
            let page = self
                .get(&format!("/api/v1/cubes/{cube}/memories?limit=100"))
                .await;
            let memories = page.json()["memories"].as_array().cloned();
            let memories = memories.unwrap_or_default();
            if memories.len() >= count {
                assert_eq!(memories.len(), count, "{memories:?}");
                return memories;
            }
            assert!(
                start.elapsed() < HANG,
                "{count} are not there: {memories:?}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// It is an error of ours in OpenAI's words.
    #[track_caller]
    fn error(&self, status: u16, code: &str) -> Value {
        let error = self.json()["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        assert_eq!(self.status, status, "{error}");
        assert_eq!(self.header("content-type"), "application/json");
        assert!(!self.header("x-request-id").is_empty());
        assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()));
        assert!(error["type"].is_string(), "{error}");
        assert!(error.get("param").is_some(), "{error}");
        error
    }
}

async fn sent(
    router: &Router,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Response<Body> {
    let mut request = Request::builder()
        .method("POST")
        .uri(path)
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

async fn whole(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap(),
    }
}

/// A question in a chat.
fn asking(text: &str) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]})
}
