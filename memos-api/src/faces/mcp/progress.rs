//! How far a long call has come, for clients that ask to be told.

use memos_core::{Code, Error, Result};
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use tokio::runtime::Handle;

/// Tells the client that called, and knows whether it still waits. Made for threads that may wait.
pub(super) struct Progress {
    to: Option<(Peer<RoleServer>, ProgressToken)>,
    is_cancelled: Box<dyn Fn() -> bool + Send>,
    runtime: Handle,
}

impl Progress {
    /// To be made inside the runtime.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        let (token, cancelled) = (context.meta.get_progress_token(), context.ct.clone());
        Self {
            to: token.map(|token| (context.peer.clone(), token)),
            is_cancelled: Box::new(move || cancelled.is_cancelled()),
            runtime: Handle::current(),
        }
    }

    /// Before a step that can't be taken back: says how far it has come.
    ///
    /// # Errors
    /// If the call was cancelled: what is left of it must not happen.
    pub(super) fn step(&self, done: usize, of: usize, what: &str) -> Result<()> {
        if (self.is_cancelled)() {
            let why = format!("the call was cancelled after {done} of {of}");
            return Err(Error::new(Code::Conflict, why).remedy("call again to go on"));
        }
        self.tell(done, of, what);
        Ok(())
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
