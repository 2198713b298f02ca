//! The scheduler with its threads.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam::channel::{self, Receiver, Sender};
use crossbeam::select;
use memos_core::{Code, Error, Result, Timestamp};

use super::claim::Claim;
use super::dispatcher::{Dispatcher, Turn};
use super::handler::{Committer, Handler};
use super::job::Job;
use super::queue::Queue;
use super::settings::Settings;
use super::worker::{self, Outbox, Report};

/// Longest sleep before the clock is looked at: it may have been set, or the machine suspended,
/// which the timers of sleeping threads don't notice.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// How long after a sign of a worker with a list of tasks its outbox is looked into, once.
const LOOK: Duration = Duration::from_millis(100);

/// Does the tasks of a [`Queue`] with threads of its own, from its start to its end: shutting it
/// down, or dropping it, finishes what runs or hands it back.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use memos_core::{Clock, Commit, Committed, CubeId, Result, SystemClock, Task, Vault, VolatileVault};
/// use memos_scheduler::tasks::*;
///
/// struct Greet;
///
/// impl Handler for Greet {
///     fn kind(&self) -> &'static str {
///         "greet"
///     }
///
///     fn run(&self, task: &Task, _: &Work) -> Result<Effect> {
///         println!("hello {}", task.user);
///         Ok(Effect::none())
///     }
/// }
///
/// struct ToVault(Arc<dyn Vault>);
///
/// impl Committer for ToVault {
///     fn commit(
///         &self,
///         _: Option<&CubeId>,
///         build: &mut dyn FnMut() -> Result<Commit>,
///     ) -> Result<Committed> {
///         self.0.commit(build()?)
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let vault = Arc::new(VolatileVault::default());
/// let clock = Arc::new(SystemClock);
/// let queue = Arc::new(Queue::open(vault.clone(), clock, Arc::new(Priority))?);
/// let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Greet)];
/// let committer = Arc::new(ToVault(vault));
/// let scheduler = MemScheduler::start(queue.clone(), committer, handlers, Settings::default())?;
///
/// queue.submit(Task::new("greet", "ada".parse()?, "diary".parse()?, SystemClock.now()))?;
/// assert!(queue.drain(&TaskFilter::default(), Duration::from_secs(10))?);
/// scheduler.shutdown(Duration::from_secs(1));
/// # Ok(())
/// # }
/// ```
pub struct MemScheduler {
    queue: Arc<Queue>,
    stop: Sender<Duration>,
    grace: Duration,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl MemScheduler {
    /// Puts back what a former process left, and begins.
    ///
    /// # Errors
    /// If the vault fails, or threads can't be started.
    pub fn start(
        queue: Arc<Queue>,
        committer: Arc<dyn Committer>,
        handlers: impl IntoIterator<Item = Arc<dyn Handler>>,
        settings: Settings,
    ) -> Result<Self> {
        let dispatcher = Dispatcher::new(Arc::clone(&queue), committer, handlers, &settings)?;
        let (stop, stopped) = channel::bounded(1);
        let mut pool = Pool::new(settings.workers.get());
        for _ in 0..pool.size {
            pool.hire()?;
        }
        let work = move || pool.serve(dispatcher, &stopped);
        let thread = thread::Builder::new()
            .name("memos-dispatch".into())
            .spawn(work)
            .map_err(|e| no_thread("dispatcher", e))?;
        Ok(Self {
            queue,
            stop,
            grace: settings.grace,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The tasks.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Whether it works: false after a shutdown, or a defect that ended its thread.
    pub fn is_running(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Claims nothing more, lets what runs finish within `grace`, hands the rest back, and returns
    /// when that is on the disk. A second call does nothing.
    pub fn shutdown(&self, grace: Duration) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // Refused only if the thread has ended.
            let _ = self.stop.send(grace);
            if thread.join().is_err() {
                tracing::error!("the dispatcher panicked; what it held waits for the next start");
            }
        }
    }
}

impl Drop for MemScheduler {
    fn drop(&mut self) {
        self.shutdown(self.grace);
    }
}

impl std::fmt::Debug for MemScheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemScheduler")
            .field("running", &self.is_running())
            .finish_non_exhaustive()
    }
}

/// The workers, and what they have in hand.
struct Pool {
    size: usize,
    /// Workers started so far.
    hired: usize,
    /// All that have not ended, those included that were given up with tasks that don't end.
    threads: Vec<JoinHandle<()>>,
    /// Lists of jobs in the hands of those that were not, or on the way to them.
    lists: usize,
    jobs: Sender<Vec<Job>>,
    to_do: Receiver<Vec<Job>>,
    outbox: Outbox,
    /// When to look into the outbox though nobody says so: a worker may be held up by a task after it
    /// did others.
    look_at: Option<Instant>,
    report: Sender<Report>,
    reports: Receiver<Report>,
}

impl Pool {
    fn new(size: usize) -> Self {
        let (jobs, to_do) = channel::unbounded();
        let (report, reports) = channel::unbounded();
        Self {
            size,
            hired: 0,
            threads: Vec::with_capacity(size),
            lists: 0,
            jobs,
            to_do,
            outbox: Outbox::default(),
            look_at: None,
            report,
            reports,
        }
    }

    fn hire(&mut self) -> Result<()> {
        self.hired += 1;
        let worker = worker::spawn(
            self.hired,
            self.to_do.clone(),
            self.outbox.clone(),
            self.report.clone(),
        );
        self.threads
            .push(worker.map_err(|e| no_thread("worker", e))?);
        Ok(())
    }

    fn serve(mut self, mut dispatcher: Dispatcher, stopped: &Receiver<Duration>) {
        let queue = Arc::clone(dispatcher.queue());
        loop {
            let turn = dispatcher.turn(self.size.saturating_sub(self.lists));
            self.replace(&turn.lapsed);
            let mut sleep = sleep(&turn, queue.now());
            self.hand_out(turn.jobs);
            if let Some(at) = self.look_at {
                sleep = sleep.min(at.saturating_duration_since(Instant::now()));
            }
            select! {
                recv(self.reports) -> report => self.hear(report.ok()),
                recv(queue.rung()) -> _ => {}
                recv(stopped) -> grace => {
                    return self.finish(dispatcher, grace.unwrap_or_default());
                }
                default(sleep) => {}
            }
            self.collect(&mut dispatcher);
        }
    }

    fn hand_out(&mut self, lists: Vec<Vec<Job>>) {
        for list in lists {
            self.lists += 1;
            if list.len() > 1 {
                self.look_at = Some(Instant::now() + LOOK);
            }
            // Never refused: this end holds a receiver too.
            let _ = self.jobs.send(list);
        }
    }

    fn hear(&mut self, report: Option<Report>) {
        match report {
            Some(Report::Idle) => self.lists -= 1,
            Some(Report::Done) => self.look_at = Some(Instant::now() + LOOK),
            None => {}
        }
    }

    /// Takes in all that has been done so far, so that one commit writes it down.
    fn collect(&mut self, dispatcher: &mut Dispatcher) {
        while let Ok(report) = self.reports.try_recv() {
            self.hear(Some(report));
        }
        self.look_at = self.look_at.filter(|at| *at > Instant::now());
        for settlement in self.outbox.take() {
            dispatcher.settle(settlement);
        }
    }

    /// Puts new workers in the place of those that did not come back in time: as many as there are
    /// workers, for a thread can't be ended from outside.
    fn replace(&mut self, lapsed: &[Arc<Claim>]) {
        for claim in lapsed {
            let (task, kind) = (claim.task(), claim.kind());
            self.threads.retain(|thread| !thread.is_finished());
            if self.threads.len() >= 2 * self.size {
                tracing::error!(%task, kind, "a task outlives its lease, and keeps its worker");
                continue;
            }
            if !claim.abandon() {
                continue;
            }
            tracing::warn!(%task, kind, "a task outlives its lease: its worker is replaced");
            match self.hire() {
                // The rest of its list is recalled.
                Ok(()) => self.lists -= 1,
                // One worker less.
                Err(error) => tracing::error!(%error, "its worker can't be replaced"),
            }
        }
    }

    fn finish(mut self, mut dispatcher: Dispatcher, grace: Duration) {
        dispatcher.stop();
        dispatcher.turn(0);
        let deadline = Instant::now().checked_add(grace);
        while self.lists > 0 {
            let report = match deadline {
                Some(deadline) => self.reports.recv_deadline(deadline).ok(),
                None => self.reports.recv().ok(),
            };
            if report.is_none() {
                break;
            }
            self.hear(report);
            self.collect(&mut dispatcher);
            dispatcher.turn(0);
        }
        self.collect(&mut dispatcher);
        dispatcher.hand_back();
        dispatcher.turn(0);
        // The workers end when there is nobody to give them work.
        let Self {
            size,
            threads,
            lists,
            jobs,
            ..
        } = self;
        drop(jobs);
        if lists == 0 && threads.len() == size {
            for thread in threads {
                let _ = thread.join();
            }
        } else {
            tracing::warn!("tasks that did not end in time were handed back");
        }
    }
}

/// How long there is nothing to do.
fn sleep(turn: &Turn, now: Timestamp) -> Duration {
    let Some(wake_at) = turn.wake_at else {
        return LONGEST_SLEEP;
    };
    let micros = wake_at.micros().saturating_sub(now.micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0)).min(LONGEST_SLEEP)
}

fn no_thread(what: &str, error: std::io::Error) -> Error {
    Error::new(
        Code::Unavailable,
        format!("can't start the {what} thread: {error}"),
    )
    .remedy("let the process have more threads")
    .caused_by(error)
}
