//! The routes over a real folder, without a socket.

mod describes;
mod operates;
mod pages;
mod refuses;
mod serves;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{AppState, Options, router};
use crate::{Limits, MemOs};

/// A server over a folder of its own.
struct Face {
    router: Router,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Face {
    fn new() -> Self {
        Self::with(Options::default(), Limits::default())
    }

    fn with(options: Options, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let memos = MemOs::builder()
            .data(folder.path())
            .limits(limits)
            .open()
            .unwrap();
        let router = router(AppState::open(Arc::new(memos), options));
        Self {
            router,
            _folder: folder,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(bare(Method::GET, path)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(bare(Method::DELETE, path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(with_json(Method::POST, path, body.to_string()))
            .await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(with_json(Method::PATCH, path, body.to_string()))
            .await
    }

    /// Adds one message to a cube and returns its id.
    async fn add(&self, cube: &str, text: &str) -> String {
        let path = format!("/api/v1/cubes/{cube}/memories");
        let added = self.post(&path, &message(text)).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
        added.json()["memories"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Checks that this is a whole problem document, and returns it.
    #[track_caller]
    fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(self.status.as_u16(), status, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("urn:memos:problem:{code}"));
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        for told in ["title", "detail", "remedy", "request_id"] {
            assert!(
                problem[told].as_str().is_some_and(|t| !t.is_empty()),
                "{told}: {problem}"
            );
        }
        problem
    }
}

async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

fn bare(method: Method, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap()
}

fn with_json(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

fn message(text: &str) -> Value {
    json!({"messages": [
        {"role": "user", "name": "Ada", "content": text, "chat_time": "2025-06-02T09:00:00+02:00"}
    ]})
}
