//! The one thread that writes use counts.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use memos_core::{Code, Error, Result};
use memos_scheduler::UsageLog;

/// Time between two writes of use counts.
const EVERY: Duration = Duration::from_secs(5);

/// Stops and writes a last time when it is dropped.
pub(super) struct Background {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    pub(super) fn start(usage: Arc<UsageLog>) -> Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("memos-usage".into())
            .spawn(move || {
                loop {
                    let last = stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
                    if let Err(error) = usage.flush() {
                        tracing::warn!(%error, "use counts of the last seconds are lost");
                    }
                    if last {
                        return;
                    }
                }
            })
            .map_err(|e| {
                Error::new(Code::Unavailable, "the background thread does not start")
                    .remedy("raise the limit of threads")
                    .caused_by(e)
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the background thread panicked");
        }
    }
}
