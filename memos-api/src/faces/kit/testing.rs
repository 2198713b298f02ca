//! A server without a socket, for tests of faces.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use memos_core::{Code, Error, LanguageModel, Piece, Prompt, Reply, Result, TokenUsage};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::http::{AppState, Options, router};
use crate::service::Builder;
use crate::{MemOs, Working};

/// A MemOS behind the whole router.
pub(crate) struct Harness {
    pub(crate) memos: Arc<MemOs>,
    router: Router,
    _folder: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Harness {
    /// Background work is noted and not done: answers depend on the requests alone.
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder.working(Working::Later))
    }

    /// With background work, as a server has it.
    pub(crate) fn working() -> Self {
        Self::with(|builder| builder)
    }

    /// With a language model that answers these, one after the other.
    pub(crate) fn with_model(replies: &[&str]) -> Self {
        let model = Arc::new(ScriptedModel::new(replies));
        Self::with(|builder| builder.working(Working::Later).model(model))
    }

    pub(crate) fn with(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let builder = configure(MemOs::builder()).data(folder.path());
        let memos = Arc::new(builder.open().unwrap());
        let state = AppState::open(Arc::clone(&memos), Options::default());
        Self {
            memos,
            router: router(state),
            _folder: folder,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    /// A request with this text as its JSON, whatever it is.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.into()),
            None => request.body(Body::empty()),
        };
        self.ask(request.unwrap()).await
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap(),
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The JSON of an answer that has this status.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.json()
    }
}

/// A model that says what it is told to, word by word if it streams, and keeps what it was asked.
pub(crate) struct ScriptedModel {
    replies: Mutex<VecDeque<String>>,
    pub(crate) asked: Mutex<Vec<Prompt>>,
}

impl ScriptedModel {
    pub(crate) fn new(replies: &[&str]) -> Self {
        let replies = replies.iter().map(|reply| (*reply).to_owned());
        Self {
            replies: Mutex::new(replies.collect()),
            asked: Mutex::default(),
        }
    }
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    fn model_id(&self) -> &str {
        "scripted"
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Reply> {
        self.asked.lock().unwrap().push(prompt.clone());
        let next = self.replies.lock().unwrap().pop_front();
        let text = next.ok_or_else(|| Error::new(Code::Unavailable, "the script is over"))?;
        Ok(Reply {
            json: match &prompt.schema {
                Some(_) => serde_json::from_str(&text).ok(),
                None => None,
            },
            text,
            model: "scripted".to_owned(),
            usage: TokenUsage::default(),
        })
    }

    async fn stream(
        &self,
        prompt: &Prompt,
        piece: &mut (dyn for<'p> FnMut(Piece<'p>) + Send),
    ) -> Result<Reply> {
        let reply = self.complete(prompt).await?;
        for word in reply.text.split_inclusive(' ') {
            piece(Piece::Text(word));
        }
        Ok(reply)
    }
}
