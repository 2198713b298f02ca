//! The route with raw JSON-RPC, without a socket.

mod cancels;
mod graph;
mod protocol;
mod resources;
mod talk;
mod theirs;
mod whose;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::http::{AppState, Options, router};
use crate::{MemOs, Working};

/// A server over a folder of its own.
struct Stage {
    router: Router,
    memos: Arc<MemOs>,
    _folder: tempfile::TempDir,
}

/// A client with a session.
struct Visitor<'a> {
    stage: &'a Stage,
    path: String,
    session: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Stage {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let memos = MemOs::builder().data(folder.path());
        let memos = Arc::new(memos.working(Working::Later).open().unwrap());
        Self {
            router: router(AppState::open(Arc::clone(&memos), options)),
            memos,
            _folder: folder,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Sends bytes as a message.
    async fn raw(&self, path: &str, bytes: impl Into<Body>) -> Answer {
        self.send(message(path, None, bytes)).await
    }

    /// A client of `/mcp` with this query.
    async fn visit(&self, query: &str) -> Visitor<'_> {
        let path = format!("/mcp{query}");
        let hello = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        });
        let answer = self.raw(&path, hello.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let told = answer.result();
        assert_eq!(told["serverInfo"]["name"], "memos", "{told}");
        let visitor = Visitor {
            stage: self,
            path,
            session: answer.headers["mcp-session-id"]
                .to_str()
                .unwrap()
                .to_owned(),
        };
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let accepted = visitor.send(&ready).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.text);
        visitor
    }
}

fn message(path: &str, session: Option<&str>, bytes: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    request.body(bytes.into()).unwrap()
}

impl Visitor<'_> {
    async fn send(&self, body: &Value) -> Answer {
        let request = message(&self.path, Some(&self.session), body.to_string());
        self.stage.send(request).await
    }

    async fn ask(&self, method: &str, params: Value) -> Answer {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.send(&request).await
    }

    /// A call as it is answered.
    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        self.ask("tools/call", params).await.result()
    }

    /// The data of a call that goes well.
    async fn did(&self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], false, "{tool}: {result}");
        result["structuredContent"].clone()
    }

    /// What a call that does not go well says.
    async fn refused(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], true, "{tool}: {result}");
        assert!(result.get("structuredContent").is_none(), "{result}");
        let remedy = &result["_meta"]["error"]["remedy"];
        assert!(remedy.as_str().is_some_and(|r| !r.is_empty()), "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

impl Answer {
    /// The messages of the stream, or the one that is the body.
    fn messages(&self) -> Vec<Value> {
        if self.headers["content-type"] == "application/json" {
            return vec![serde_json::from_str(&self.text).unwrap()];
        }
        self.text
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            // Older clients can't read an event without data.
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }

    #[track_caller]
    fn last(&self) -> Value {
        let mut messages = self.messages();
        messages.pop().unwrap_or_else(|| panic!("{}", self.text))
    }

    #[track_caller]
    fn result(&self) -> Value {
        let last = self.last();
        assert!(last.get("error").is_none(), "{last}");
        last["result"].clone()
    }

    /// The error of the protocol with this code.
    #[track_caller]
    fn error(&self, code: i64) -> Value {
        let last = self.last();
        assert_eq!(last["jsonrpc"], "2.0", "{last}");
        assert_eq!(last["error"]["code"], code, "{last}");
        assert!(!last["error"]["message"].as_str().unwrap().is_empty());
        last
    }
}
