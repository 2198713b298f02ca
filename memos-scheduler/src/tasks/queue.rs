//! The queue as the threads share it: the index under its lock, the bell of the dispatcher, and
//! those who listen.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crossbeam::channel::{self, Receiver, Sender};
use memos_core::{Clock, Code, Error, Result, Task, TaskId, Timestamp, Vault};

use super::claim::Claim;
use super::feed::{Broadcast, TaskUpdate};
use super::index::{Index, Source};
use super::strategy::Strategy;
use super::touched::Touched;

/// Tasks read at a time when the queue is opened.
const PAGE: usize = 512;

/// The stored tasks, known well enough to choose from.
///
/// It has to learn of every commit that writes tasks: of those that others make by
/// [`observe`](Self::observe), as from a decorator of the vault. No lock is held while anything is
/// written.
///
/// ```
/// use std::sync::Arc;
///
/// use memos_core::{Commit, SystemClock, Task, Clock, Vault, VolatileVault, Write};
/// use memos_scheduler::tasks::{Priority, Queue, TaskFilter, Touched};
///
/// # fn main() -> memos_core::Result<()> {
/// let vault = Arc::new(VolatileVault::default());
/// let queue = Queue::open(vault.clone(), Arc::new(SystemClock), Arc::new(Priority))?;
///
/// let task = Task::new("fuse", "ada".parse()?, "diary".parse()?, SystemClock.now());
/// let commit = Commit { writes: vec![Write::AddTask(Box::new(task.clone()))], ..Commit::default() };
/// let touched = Touched::of(&commit.writes);
/// vault.commit(commit)?;
/// queue.observe(&touched);
///
/// assert_eq!(queue.list(&TaskFilter::default(), None, 10)?, [task]);
/// # Ok(())
/// # }
/// ```
pub struct Queue {
    pub(super) vault: Arc<dyn Vault>,
    pub(super) clock: Arc<dyn Clock>,
    index: Mutex<Index>,
    /// Rung when a task has ended.
    pub(super) ended: Condvar,
    pub(super) feed: Broadcast,
    bell: Sender<()>,
    rung: Receiver<()>,
}

impl Queue {
    /// The queue of what the vault holds. Nothing may write tasks to the vault until it can be
    /// [observed](Self::observe).
    ///
    /// # Errors
    /// If the vault can't be read.
    pub fn open(
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
        strategy: Arc<dyn Strategy>,
    ) -> Result<Self> {
        let mut index = Index::new(strategy);
        let snapshot = vault.snapshot()?;
        let now = clock.now();
        let mut after = None;
        loop {
            let page = snapshot.tasks(after, PAGE)?;
            for task in &page {
                index.apply(task, Source::Certain, now);
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.id),
                _ => break,
            }
        }
        drop(snapshot);
        let (bell, rung) = channel::bounded(1);
        Ok(Self {
            vault,
            clock,
            index: Mutex::new(index),
            ended: Condvar::new(),
            feed: Broadcast::default(),
            bell,
            rung,
        })
    }

    /// Takes note of a commit that others made, after it was made. Costs nothing if it touches no
    /// tasks, and a read of each if it does: the vault may have merged what was added.
    pub fn observe(&self, touched: &Touched) {
        if touched.is_empty() {
            return;
        }
        for &id in &touched.written {
            match self.vault.task(id) {
                Ok(Some(task)) => {
                    self.learn(&task);
                    self.learn_run_before(&task);
                }
                Ok(None) => self.recheck(id),
                Err(error) => self.note_unread(id, &error),
            }
        }
        touched.removed.iter().for_each(|id| self.recheck(*id));
        self.ring();
    }

    /// Takes in a record written or read a moment ago.
    pub(super) fn learn(&self, task: &Task) {
        let mut index = self.lock();
        if index.doubts(task) {
            drop(index);
            return self.recheck(task.id);
        }
        let ends = index.ends;
        if index.apply(task, Source::Recent, self.clock.now()) {
            self.feed
                .send(|| TaskUpdate::Changed(Arc::new(task.clone())));
        }
        self.tell_if_ended(&index, ends);
    }

    /// Takes in the record of the run before a task's last, which was written when it started over. It
    /// is no news: its end was told.
    fn learn_run_before(&self, task: &Task) {
        let Some(id) = task.run_before() else { return };
        let mut index = self.lock();
        match self.vault.task(id) {
            Ok(Some(before)) => _ = index.apply(&before, Source::Recent, self.clock.now()),
            Ok(None) => {}
            Err(error) => {
                drop(index);
                self.note_unread(id, &error);
            }
        }
    }

    /// Looks a task up while nothing can come between, and takes in what is there.
    pub(super) fn recheck(&self, id: TaskId) {
        let mut index = self.lock();
        let ends = index.ends;
        match self.vault.task(id) {
            Ok(Some(task)) => {
                index.unread.remove(&id);
                if index.apply(&task, Source::Certain, self.clock.now()) {
                    self.feed.send(|| TaskUpdate::Changed(Arc::new(task)));
                }
            }
            Ok(None) => {
                index.unread.remove(&id);
                if index.remove(id) {
                    self.feed.send(|| TaskUpdate::Removed(id));
                }
            }
            Err(error) => {
                drop(index);
                return self.note_unread(id, &error);
            }
        }
        self.tell_if_ended(&index, ends);
    }

    fn note_unread(&self, id: TaskId, error: &Error) {
        tracing::warn!(task = %id, %error, "a changed task can't be read: the queue will try again");
        self.lock().unread.insert(id);
    }

    fn tell_if_ended(&self, index: &Index, ends: u64) {
        if index.ends != ends {
            self.ended.notify_all();
        }
    }

    /// The task as stored, if a claim holds it.
    ///
    /// # Errors
    /// `Conflict` if it does not; and if the vault can't be read.
    pub(super) fn held(&self, claim: &Claim) -> Result<Task> {
        let task = self.vault.task(claim.task())?;
        task.filter(|task| claim.holds(task)).ok_or_else(|| {
            Error::new(
                Code::Conflict,
                format!("task {} was taken out of these hands", claim.task()),
            )
            .remedy("leave it: it was called off, or its lease has run out and it is done again")
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Index> {
        // It is only a hint of what the vault holds.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Wakes the dispatcher.
    pub(super) fn ring(&self) {
        // A bell that was rung already is as good.
        let _ = self.bell.try_send(());
    }

    /// Where the bell is heard.
    pub(super) fn rung(&self) -> &Receiver<()> {
        &self.rung
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
