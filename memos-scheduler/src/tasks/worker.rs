//! A thread that does tasks.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender};

use super::job::{Job, Settlement};

/// How long results may lie in the outbox while the worker goes on: waking the dispatcher for each of
/// many quick tasks would cost more than the tasks.
const SILENCE: Duration = Duration::from_millis(1);

/// What workers have done, for the dispatcher to collect.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox(Arc<Mutex<Vec<Settlement>>>);

impl Outbox {
    fn put(&self, settlement: Settlement) {
        let mut settled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        settled.push(settlement);
    }

    /// All that lies in it.
    pub(super) fn take(&self) -> Vec<Settlement> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Niceness of a worker: about a tenth of the share of a thread that answers somebody (`sched(7)`),
/// and all of it while nobody asks.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lets whoever answers a caller go first where the processor is short. Nobody needs a privilege for
/// that; where it can't be done, tasks take their share.
fn give_way() {
    // Of the calling thread: on Linux a thread is what has a priority.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "tasks run with the priority of answers");
    }
}

/// What a worker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// There is something in the outbox.
    Done,
    /// The same, and it can do with more.
    Idle,
}

/// Starts one. It does the jobs of each list in order, and ends when there are no more lists, or
/// when it comes back from a task that it was abandoned with, for another has taken its place.
pub(super) fn spawn(
    number: usize,
    lists: Receiver<Vec<Job>>,
    outbox: Outbox,
    reports: Sender<Report>,
) -> io::Result<JoinHandle<()>> {
    let work = move || {
        give_way();
        for list in lists {
            let mut spoke = Instant::now();
            for performed in list.into_iter().filter_map(Job::perform) {
                let settlement = performed.commit();
                if !settlement.claim().free() {
                    return;
                }
                outbox.put(settlement);
                if spoke.elapsed() > SILENCE {
                    // Nobody listens any more only when the process is about to end.
                    let _ = reports.send(Report::Done);
                    spoke = Instant::now();
                }
            }
            if reports.send(Report::Idle).is_err() {
                return;
            }
        }
    };
    thread::Builder::new()
        .name(format!("memos-work-{number}"))
        .spawn(work)
}
