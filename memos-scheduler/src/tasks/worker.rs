//! A thread that does tasks.

use std::io;
use std::thread::{self, JoinHandle};

use crossbeam::channel::{Receiver, Sender};

use super::job::{Job, Settlement};

/// Starts one. It ends when there are no more jobs, or when it comes back from a task that it was
/// abandoned with, for another has taken its place.
pub(super) fn spawn(
    number: usize,
    jobs: Receiver<Job>,
    settled: Sender<Settlement>,
) -> io::Result<JoinHandle<()>> {
    let work = move || {
        for job in jobs {
            let settlement = job.perform().commit();
            if !settlement.claim().free() || settled.send(settlement).is_err() {
                break;
            }
        }
    };
    thread::Builder::new()
        .name(format!("memos-work-{number}"))
        .spawn(work)
}
