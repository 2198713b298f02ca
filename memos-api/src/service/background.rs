//! The threads beside the scheduler's: one writes down what is counted, one passes changes of tasks
//! on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use memos_core::{Code, Error, Result};
use memos_scheduler::UsageLog;
use memos_scheduler::tasks::{Feed, TaskUpdate};
use tokio::sync::broadcast;

use super::spending::Spending;
use crate::wire::TaskItem;

/// Time between two writes of what is counted.
const EVERY: Duration = Duration::from_secs(5);

/// Longest wait for a change of a task before the end is looked for.
const PATIENCE: Duration = Duration::from_millis(200);

/// What is told of tasks.
#[derive(Clone, Debug)]
pub(super) enum TaskNews {
    /// One has changed.
    Changed(Box<TaskItem>),
    /// So many changes came too fast.
    Missed(u64),
}

/// Stops and writes a last time when it is dropped.
pub(super) struct Background {
    stop: Option<Sender<()>>,
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    pub(super) fn start(
        usage: Arc<UsageLog>,
        mut spending: Option<Spending>,
        tasks: Feed,
        changes: broadcast::Sender<TaskNews>,
    ) -> Result<Self> {
        let (stop, stopped) = channel();
        let ended = Arc::new(AtomicBool::new(false));
        let noting = spawn("memos-usage", move || {
            loop {
                let last = stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
                if let Err(error) = usage.flush() {
                    tracing::warn!(%error, "use counts of the last seconds are lost");
                }
                if let Some(Err(error)) = spending.as_mut().map(Spending::keep) {
                    tracing::warn!(%error, "what was spent is not written down yet");
                }
                if last {
                    return;
                }
            }
        })?;
        let over = Arc::clone(&ended);
        let passing = spawn("memos-feed", move || {
            while !over.load(Ordering::Acquire) {
                let news = match tasks.next(PATIENCE) {
                    Some(_) | None if changes.receiver_count() == 0 => continue,
                    Some(TaskUpdate::Changed(task)) => {
                        TaskNews::Changed(Box::new(TaskItem::from((*task).clone())))
                    }
                    Some(TaskUpdate::Lagged(missed)) => TaskNews::Missed(missed),
                    Some(TaskUpdate::Removed(_)) | None => continue,
                };
                // Refused only if the last one has gone in between.
                let _ = changes.send(news);
            }
        })?;
        Ok(Self {
            stop: Some(stop),
            ended,
            threads: vec![noting, passing],
        })
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map_err(|e| {
            Error::new(Code::Unavailable, "a background thread does not start")
                .remedy("raise the limit of threads")
                .caused_by(e)
        })
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.ended.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a background thread panicked");
            }
        }
    }
}
