//! The clients that are there: their sessions, until they leave, go silent, or the server stops.

use std::sync::{Arc, Once};
use std::time::Duration;

use memos_core::{Code, Error, Result};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use super::server::Server;
use crate::MemOs;

/// Sessions at a time. Each takes some kilobytes.
const MOST: usize = 1_024;

/// A session in which nothing was said for so long is over; its client starts a new one.
const SILENT: Duration = Duration::from_secs(4 * 60 * 60);

/// All sessions of one server.
pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    config: StreamableHttpServerConfig,
    closing: Once,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(SILENT);
        Self {
            manager: Arc::new(manager),
            // Names of hosts are checked for all routes alike.
            config: StreamableHttpServerConfig::default().disable_allowed_hosts(),
            closing: Once::new(),
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

    /// Refuses one more session if there are too many.
    pub(super) async fn room(&self) -> Result<()> {
        match self.manager.sessions.read().await.len() < MOST {
            true => Ok(()),
            false => Err(Error::new(
                Code::Unavailable,
                format!("there are {MOST} sessions already"),
            )
            .remedy("end sessions that are not used, by DELETE with their Mcp-Session-Id")),
        }
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
}
