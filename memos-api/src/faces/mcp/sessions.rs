//! The clients that are there: their sessions, until they leave, go silent, or the server stops.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures_util::StreamExt as _;
use rmcp::transport::streamable_http_server::session::SessionManager as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use super::server::Server;
use crate::MemOs;

/// Sessions at a time. Each takes some eighty kilobytes.
const MOST: usize = 1_024;

/// A session in which nothing was said for so long is over; its client starts a new one.
const SILENT: Duration = Duration::from_secs(4 * 60 * 60);

/// Sessions that have ended and are still remembered, at most, beside as many as there are.
const ENDED: usize = 64;

/// All sessions of one server.
pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    config: StreamableHttpServerConfig,
    closing: Once,
    most: usize,
    seen: Mutex<HashMap<Arc<str>, Seen>>,
}

/// When a client was there last.
struct Seen {
    at: Instant,
    /// Streams that it listens to now.
    streams: usize,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(SILENT);
        // An event without data, which clients before 2025-11-25 take for broken JSON.
        manager.session_config.sse_retry = None;
        Self {
            manager: Arc::new(manager),
            // Names of hosts are checked for all routes alike.
            config: StreamableHttpServerConfig::default()
                .disable_allowed_hosts()
                .with_sse_retry(None),
            closing: Once::new(),
            most: MOST,
            seen: Mutex::default(),
        }
    }

    /// Has all streams end when the MemOS closes: they must not hold a shutdown up.
    pub(super) fn end_with(&self, memos: &MemOs) {
        self.closing.call_once(|| {
            let (closing, all) = (memos.closing(), self.config.cancellation_token.clone());
            tokio::spawn(async move {
                closing.await;
                all.cancel();
            });
        });
    }

    /// Makes room for one more session: the client that was silent for longest, and listens to
    /// nothing, has most likely gone without a word. If it has not, it begins a new session.
    pub(super) async fn room(&self) {
        let there: Vec<Arc<str>> = {
            let sessions = self.manager.sessions.read().await;
            sessions.keys().cloned().collect()
        };
        let mut by_silence: Vec<Arc<str>> = Vec::new();
        {
            let mut seen = self.seen();
            if seen.len() > 2 * there.len() + ENDED {
                seen.retain(|id, _| there.contains(id));
            }
            if there.len() >= self.most {
                by_silence = there;
                by_silence.sort_by_key(|id| seen.get(id).map(|seen| (seen.streams > 0, seen.at)));
            }
        }
        let too_many = (by_silence.len() + 1).saturating_sub(self.most);
        for id in by_silence.into_iter().take(too_many) {
            tracing::info!("a silent session ends: there are too many");
            if let Err(error) = self.manager.close_session(&id).await {
                tracing::debug!(%error, "it had ended already");
            }
            self.seen().remove(&id);
        }
    }

    /// Whether there is a session of this id.
    pub(super) async fn has(&self, id: &str) -> bool {
        self.manager.sessions.read().await.contains_key(id)
    }

    /// A client has come, if the session is one.
    pub(super) async fn visit(self: &Arc<Self>, id: Option<&str>) -> Option<Visit> {
        let sessions = self.manager.sessions.read().await;
        let (id, _) = sessions.get_key_value(id?)?;
        let mut seen = self.seen();
        let of_id = seen.entry(Arc::clone(id)).or_insert_with(|| Seen {
            at: Instant::now(),
            streams: 0,
        });
        of_id.streams += 1;
        Some(Visit {
            sessions: Arc::clone(self),
            id: Arc::clone(id),
        })
    }

    /// What answers a request of a client; `server` makes one for a new session.
    pub(super) fn service(
        &self,
        body_limit: usize,
        server: impl Fn() -> Server + Send + Sync + 'static,
    ) -> StreamableHttpService<Server, LocalSessionManager> {
        let config = self.config.clone().with_max_request_body_bytes(body_limit);
        StreamableHttpService::new(move || Ok(server()), Arc::clone(&self.manager), config)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Arc<str>, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client is there, as long as this is held.
pub(super) struct Visit {
    sessions: Arc<Sessions>,
    id: Arc<str>,
}

impl Visit {
    /// Lasts as long as the client listens to the answer, if that is a stream.
    pub(super) fn last_as(self, answer: Response) -> Response {
        let is_stream = answer
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        match is_stream {
            false => answer,
            true => answer.map(|body| {
                Body::from_stream(body.into_data_stream().map(move |chunk| {
                    let _there = &self;
                    chunk
                }))
            }),
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(seen) = self.sessions.seen().get_mut(&self.id) {
            seen.at = Instant::now();
            seen.streams = seen.streams.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_silent_makes_room() {
        let sessions = Arc::new(Sessions {
            most: 3,
            ..Sessions::new()
        });
        let begin = async || {
            sessions.room().await;
            let (id, transport) = sessions.manager.create_session().await.unwrap();
            // It lasts until the manager ends it.
            std::mem::forget(transport);
            drop(sessions.visit(Some(&id)).await);
            id
        };
        let listener = begin().await;
        let stream = sessions.visit(Some(&listener)).await;
        let (silent, busy) = (begin().await, begin().await);
        drop(sessions.visit(Some(&busy)).await);
        let new = begin().await;
        assert!(!sessions.has(&silent).await);
        for id in [&listener, &busy, &new] {
            assert!(sessions.has(id).await);
        }
        drop(sessions.visit(Some(&new)).await);
        begin().await;
        assert!(sessions.has(&listener).await && !sessions.has(&busy).await);
        // Once it listens no more, it is like the others.
        drop(stream);
        begin().await;
        assert!(!sessions.has(&new).await && sessions.has(&listener).await);
        assert!(sessions.visit(Some("made-up")).await.is_none());
        assert!(sessions.visit(None).await.is_none());
    }
}
