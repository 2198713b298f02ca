//! How far a long call has come, for clients that ask to be told.

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::{Peer, RoleServer};
use tokio::runtime::Handle;

/// Tells the client that called. Made for threads that may wait.
pub(super) struct Progress {
    to: Option<(Peer<RoleServer>, ProgressToken)>,
    runtime: Handle,
}

impl Progress {
    /// To be made inside the runtime.
    pub(super) fn new(peer: Peer<RoleServer>, token: Option<ProgressToken>) -> Self {
        Self {
            to: token.map(|token| (peer, token)),
            runtime: Handle::current(),
        }
    }

    /// So many of so many are done.
    pub(super) fn tell(&self, done: usize, of: usize, what: &str) {
        let Some((peer, token)) = &self.to else {
            return;
        };
        let mut news = ProgressNotificationParam::new(token.clone(), done as f64);
        news.total = Some(of as f64);
        news.message = Some(what.to_owned());
        // Who went away needs no news.
        let _ = self.runtime.block_on(peer.notify_progress(news));
    }
}
