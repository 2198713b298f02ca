//! The dispatcher: what is to be done next, decided and written down in turns.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use memos_core::{Code, Error, Result, RetryPolicy, Task, TaskId, TaskStatus, Timestamp};

use super::batch::{self, Outcome};
use super::claim::Claim;
use super::dice::Dice;
use super::ended::{Retention, after};
use super::handler::{Committer, Handler, Limits};
use super::job::{End, Job, Settlement, Work};
use super::plan::{self, Picked};
use super::queue::Queue;
use super::settings::Settings;
use super::step::{Lost, Step};

/// Tasks lost with a former process, or by their leases, that one commit puts back.
pub(super) const LOST_AT_ONCE: usize = 256;

/// Pause after the vault refused a turn; it doubles with each.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Gives tasks out and takes their results, one turn at a time. It has no threads and waits for
/// nothing, so that every order of events can be tried.
pub struct Dispatcher {
    pub(super) queue: Arc<Queue>,
    committer: Arc<dyn Committer>,
    pub(super) handlers: BTreeMap<&'static str, (Arc<dyn Handler>, Limits)>,
    pub(super) retention: Retention,
    /// Random name of this run of the process.
    pub(super) run: String,
    pub(super) claims: u64,
    /// Steps with tasks whose tries have ended, not yet written down.
    pub(super) settled: Vec<Step>,
    /// Quick tasks that a worker gets on top of one.
    pub(super) ahead: usize,
    stopping: Arc<AtomicBool>,
    dice: Dice,
    /// After a turn that the vault refused: when to try again, and how many it has refused.
    pause: Option<(Timestamp, u32)>,
    pub(super) forget_at: Timestamp,
}

/// What a turn comes to.
#[derive(Debug, Default)]
pub struct Turn {
    /// Tasks to be done, in the order of their turns: each list by one worker, one after the other.
    /// The result of each is to be [settled](Dispatcher::settle).
    pub jobs: Vec<Vec<Job>>,
    /// Claims that nobody had begun with in time: their tasks wait again, and the jobs do nothing.
    pub recalled: Vec<Arc<Claim>>,
    /// Claims whose leases have run out, or would have if the task had not been called off: what
    /// still comes of them has no effect, and whoever holds them may never come back.
    pub lapsed: Vec<Arc<Claim>>,
    /// When the next turn is needed, unless something happens before.
    pub wake_at: Option<Timestamp>,
}

impl Dispatcher {
    /// A dispatcher of these kinds of tasks. It must be the vault's only one: what runs by the vault
    /// is taken to be lost with a former process, and waits again.
    ///
    /// # Errors
    /// If the vault fails. On a full disk it begins, and tries again until there is room.
    pub fn new(
        queue: Arc<Queue>,
        committer: Arc<dyn Committer>,
        handlers: impl IntoIterator<Item = Arc<dyn Handler>>,
        settings: &Settings,
    ) -> Result<Self> {
        let handlers = handlers.into_iter().map(|handler| {
            let limits = handler.limits();
            (handler.kind(), (handler, limits))
        });
        let seed = settings.seed;
        let mut dispatcher = Self {
            handlers: handlers.collect(),
            retention: settings.retention,
            run: run_name(),
            claims: 0,
            settled: Vec::new(),
            ahead: settings.ahead,
            stopping: Arc::default(),
            dice: Dice(seed.unwrap_or_else(|| RandomState::new().hash_one(()))),
            pause: None,
            forget_at: queue.now(),
            queue,
            committer,
        };
        dispatcher.put_back_lost()?;
        let mut index = dispatcher.queue.lock();
        for (kind, (_, limits)) in &dispatcher.handlers {
            let limit = limits.concurrency.get();
            index
                .lanes
                .set_limits(kind, limit, limits.exclusive_per_cube);
        }
        drop(index);
        Ok(dispatcher)
    }

    /// The queue that it works on.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    fn put_back_lost(&mut self) -> Result<()> {
        let running = self.queue.lock().running();
        if !running.is_empty() {
            tracing::info!(
                tasks = running.len(),
                "tasks of a former process wait again"
            );
        }
        for ids in running.chunks(LOST_AT_ONCE) {
            let steps: Vec<Step> = ids.iter().map(|id| self.lose(*id, Lost::Process)).collect();
            let (outcomes, outage) = self.take(&steps);
            match outage {
                // What is stored can be read all the same: they wait for room like all others.
                Some(error) if error.code() == Code::DiskFull => {
                    self.postpone(steps, &outcomes);
                    self.pause = Some(self.next_pause(self.queue.now(), &error));
                }
                Some(error) => return Err(error),
                None => {}
            }
        }
        Ok(())
    }

    /// Keeps for the next turn what the vault had no chance to take.
    fn postpone(&mut self, steps: impl IntoIterator<Item = Step>, outcomes: &[Outcome]) {
        let postponed = steps.into_iter().zip(outcomes);
        let postponed = postponed.filter(|(_, outcome)| matches!(outcome, Outcome::Postponed));
        self.settled.extend(postponed.map(|(step, _)| step));
    }

    /// Takes the result of a try. It is written down in the next turn, if it was not yet.
    pub fn settle(&mut self, settlement: Settlement) {
        let Settlement { claim, end, took } = settlement;
        let mut index = self.queue.lock();
        if let Some(number) = index.lanes.kinds.number(claim.kind()) {
            index.lanes.kinds.get_mut(number).note_pace(took);
        }
        if !index.stop(claim.number()) {
            // Its lease ran out, and the task is another's.
            return;
        }
        if matches!(end, End::Committed) {
            index.tally(claim.kind()).done += 1;
        }
        drop(index);
        let (task, kind) = (claim.task(), claim.kind());
        self.settled.push(match end {
            End::Committed => return,
            // What is known of it may be as old as the claim.
            End::Void => return self.queue.recheck(task),
            End::Done { outcome, next } => Step::Finish {
                claim,
                outcome,
                next,
            },
            End::Failed(why) => {
                tracing::warn!(%task, kind, why, "a task failed");
                let policy = self.policy(kind);
                Step::Fail { claim, why, policy }
            }
            End::Hopeless(why) => {
                tracing::warn!(%task, kind, why, "a task is given up");
                Step::Refuse { claim, why }
            }
            End::Early(until, why) => {
                tracing::info!(%task, kind, %until, why, "a task is put off");
                Step::Postpone { claim, why, until }
            }
            End::Stopped => Step::HandBack(claim),
        });
    }

    /// From now on no tasks are claimed, and those that run are told that the process is to end.
    pub fn stop(&mut self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Hands back what is not settled yet; what still comes of it has no effect. To be followed by a
    /// last turn.
    pub fn hand_back(&mut self) {
        self.pause = None;
        let mut index = self.queue.lock();
        let claims: Vec<Arc<Claim>> = index.claims().cloned().collect();
        for claim in claims {
            index.stop(claim.number());
            claim.recall();
            claim.withdraw();
            self.settled.push(Step::HandBack(claim));
        }
    }

    /// Writes down what was settled, puts back what was lost, forgets what is old, and claims tasks
    /// for up to `free` workers, and of quick kinds some ahead: all in one commit. If the vault refuses it, nothing has happened,
    /// and turns do nothing until a pause is over.
    pub fn turn(&mut self, free: usize) -> Turn {
        let now = self.queue.now();
        let recalled = self.recall(now);
        if let Some(until) = self.paused(now) {
            return Turn {
                recalled,
                wake_at: Some(until),
                ..Turn::default()
            };
        }
        let mut steps = std::mem::take(&mut self.settled);
        let settled = steps.len();
        self.look_after_old(now, &mut steps);
        let picked = self.choose(free, now);
        let claimed = steps.len();
        steps.extend(picked.iter().map(Picked::step));
        let (outcomes, outage) = self.take(&steps);
        let lapsed = self.queue.lock().stop_overdue(now);
        self.postpone(steps.into_iter().take(settled), &outcomes);
        self.pause = outage.map(|error| self.next_pause(now, &error));
        let jobs = self.jobs(picked, outcomes.into_iter().skip(claimed));
        // Whoever held what has lapsed is as good as free.
        let has_room = jobs.len() < free + lapsed.len();
        Turn {
            jobs,
            recalled,
            lapsed,
            wake_at: self.wake_at(now, has_room),
        }
    }

    fn paused(&self, now: Timestamp) -> Option<Timestamp> {
        let (until, _) = self.pause?;
        // A clock that was set back must not prolong it.
        (now < until && until <= after(now, LONGEST_PAUSE)).then_some(until)
    }

    fn next_pause(&self, now: Timestamp, error: &Error) -> (Timestamp, u32) {
        let refused = self.pause.map_or(0, |(_, refused)| refused);
        let pause = PAUSE.saturating_mul(1 << refused.min(5)).min(LONGEST_PAUSE);
        tracing::warn!(%error, ?pause, "the vault refuses the writes of the queue");
        (after(now, pause), refused + 1)
    }

    /// Takes steps and tells the queue; with the error if the vault is out of order.
    fn take(&mut self, steps: &[Step]) -> (Vec<Outcome>, Option<Error>) {
        let now = self.queue.now();
        let dice = &mut self.dice;
        let batch = batch::take(&*self.queue.vault, steps, now, &mut || dice.roll());
        self.queue.observe(&batch.added);
        for (step, outcome) in steps.iter().zip(&batch.outcomes) {
            match outcome {
                Outcome::Taken(Some(task)) => {
                    self.count(step, task);
                    self.queue.learn(task);
                }
                Outcome::Taken(None) | Outcome::Skipped => self.queue.recheck(step.id()),
                Outcome::Refused(why) => self.refused(step, why),
                Outcome::Postponed => {}
            }
        }
        (batch.outcomes, batch.outage)
    }

    fn count(&self, step: &Step, task: &Task) {
        let mut index = self.queue.lock();
        let tally = index.tally(&task.kind);
        match step {
            Step::Finish { .. } => tally.done += 1,
            Step::Fail { .. } | Step::Refuse { .. } => tally.failed += 1,
            Step::Lose { .. } => tally.lost += 1,
            Step::Claim(_) | Step::HandBack(_) | Step::Postpone { .. } | Step::Forget(_) => {}
        }
        if matches!(task.status, TaskStatus::Dead { .. }) {
            tally.dead += 1;
        }
    }

    /// The vault takes nothing of the kind that a step writes, as if it is too large.
    fn refused(&mut self, step: &Step, why: &str) {
        let task = step.id();
        tracing::error!(%task, why, "the vault refuses what is to be written of a task");
        match step {
            Step::Finish { claim, .. }
            | Step::Fail { claim, .. }
            | Step::Postpone { claim, .. } => {
                let claim = Arc::clone(claim);
                let why = format!("what came of it can't be written: {why}");
                self.settled.push(Step::Refuse { claim, why });
            }
            // Until the next start, so that it does not come up again and again.
            _ => _ = self.queue.lock().remove(task),
        }
    }

    /// Jobs of what was claimed, by runs; what was not is put back.
    fn jobs(&self, picked: Vec<Picked>, outcomes: impl Iterator<Item = Outcome>) -> Vec<Vec<Job>> {
        let mut runs: BTreeMap<usize, Vec<Job>> = BTreeMap::new();
        let mut index = self.queue.lock();
        for (Picked { claim, lane, run }, outcome) in picked.into_iter().zip(outcomes) {
            let handler = self.handlers.get(claim.kind());
            let (Outcome::Taken(Some(task)), Some((handler, _))) = (outcome, handler) else {
                index.unpick(claim.task(), lane);
                continue;
            };
            index.start(lane, Arc::clone(&claim));
            runs.entry(run).or_default().push(Job {
                task: *task,
                handler: Arc::clone(handler),
                work: Work {
                    queue: Arc::clone(&self.queue),
                    claim,
                    stopping: Arc::clone(&self.stopping),
                },
                committer: Arc::clone(&self.committer),
            });
        }
        runs.into_values().collect()
    }

    fn wake_at(&self, now: Timestamp, has_room: bool) -> Option<Timestamp> {
        if let Some((until, _)) = self.pause {
            return Some(until);
        }
        if !self.settled.is_empty() {
            return Some(now);
        }
        let index = self.queue.lock();
        // The turn itself may have set tasks free, or added some.
        let may_claim = has_room && !self.is_stopping();
        if may_claim && index.lanes.next().is_some() {
            return Some(now);
        }
        if !index.unread.is_empty() {
            return Some(after(now, PAUSE));
        }
        let forget = index.ended.next(&self.retention);
        let forget = forget.map(|at| at.max(self.forget_at));
        let recall = index.in_hand().map(|claim| plan::recall_at(claim)).min();
        let next = index.next().into_iter();
        next.chain(forget).chain(recall).min()
    }

    fn lose(&self, id: TaskId, from: Lost) -> Step {
        let policy = self.policy(self.queue.lock().kind_of(id).unwrap_or_default());
        Step::Lose { id, policy, from }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn policy(&self, kind: &str) -> RetryPolicy {
        let limits = self.handlers.get(kind).map(|(_, limits)| limits.retry);
        limits.unwrap_or_default()
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher")
            .field("run", &self.run)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

/// A name that no other run of a process has: the random end of a UUID.
fn run_name() -> String {
    let uuid = TaskId::generate().to_string();
    uuid.rsplit('-').next().unwrap_or_default().to_owned()
}
