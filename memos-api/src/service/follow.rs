//! Following what happens: events from the log, and changes of tasks as they come.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use memos_core::{
    Action, CubeId, Error, Event, EventLog, EventSeq, Guard, MemCube, Result, UserId, Vault,
};
use tokio::sync::{broadcast, watch};

use super::MemOs;
use super::background::TaskNews;
use crate::wire::{EventItem, EventsRequest, TaskItem};

/// Events read from the log at a time.
const PAGE: usize = 256;

/// What a follower hears.
#[derive(Clone, Debug)]
pub enum Happening {
    /// Something happened to a cube or a memory.
    Event(EventItem),
    /// A task changed.
    Task(Box<TaskItem>),
    /// So many changes of tasks came too fast to be told.
    Lagged(u64),
}

/// One who follows. It ends when the MemOS closes.
pub struct Follower {
    log: Arc<dyn EventLog>,
    sight: Sight,
    after: EventSeq,
    heads: watch::Receiver<Head>,
    tasks: broadcast::Receiver<TaskNews>,
    ready: VecDeque<Happening>,
}

/// How far the log has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: EventSeq,
    /// No more will come.
    pub(super) closed: bool,
}

/// What a caller may hear of.
struct Sight {
    who: UserId,
    only: Option<CubeId>,
    vault: Arc<dyn Vault>,
    guard: Arc<dyn Guard>,
}

impl MemOs {
    /// Follows what happens in the cubes that the caller may read.
    ///
    /// # Errors
    /// `CubeNotFound` if a cube is named that the caller can't see.
    pub fn follow(&self, who: &UserId, request: &EventsRequest) -> Result<Follower> {
        let only = match &request.cube_id {
            None => None,
            Some(id) => {
                let id = CubeId::new(id.as_str()).map_err(|e| e.at("cube_id"))?;
                self.visible_cube(who, Action::Read, &id)?;
                Some(id)
            }
        };
        let mut heads = self.heads.subscribe();
        // A page that is there already is read at once.
        heads.mark_changed();
        Ok(Follower {
            after: request.after.map_or_else(|| self.log.head(), EventSeq),
            log: Arc::clone(&self.log),
            sight: Sight {
                who: who.clone(),
                only,
                vault: Arc::clone(&self.vault),
                guard: Arc::clone(&self.guard),
            },
            heads,
            tasks: self.task_changes.subscribe(),
            ready: VecDeque::new(),
        })
    }

    /// Ends when followers do, or with the MemOS, which it does not keep open.
    pub(crate) fn closing(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut heads = self.heads.subscribe();
        async move {
            // A sender that is gone means the same.
            let _ = heads.wait_for(|head| head.closed).await;
        }
    }

    /// Ends all followers: streams must not hold a shutdown up.
    pub fn end_followers(&self) {
        self.heads.send_modify(|head| head.closed = true);
    }
}

impl Follower {
    /// The next thing that happens, with the follower for the one after; none when all is over.
    pub async fn next(mut self) -> Option<(Happening, Self)> {
        loop {
            if let Some(happening) = self.ready.pop_front() {
                return Some((happening, self));
            }
            tokio::select! {
                changed = self.heads.changed() => {
                    changed.ok()?;
                    if self.heads.borrow().closed {
                        return None;
                    }
                    self = self.read().await?;
                }
                task = self.tasks.recv() => match task {
                    Ok(TaskNews::Changed(task)) => {
                        let follower = self;
                        self = on_a_thread(move || follower.hear(*task)).await?;
                    }
                    Ok(TaskNews::Missed(missed)) => {
                        self.ready.push_back(Happening::Lagged(missed));
                    }
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        self.ready.push_back(Happening::Lagged(missed));
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }

    async fn read(self) -> Option<Self> {
        on_a_thread(move || match self.read_page() {
            Ok(follower) => Some(follower),
            Err(error) => {
                tracing::warn!(%error, "a stream of events ends: the log can't be read");
                None
            }
        })
        .await
    }

    fn read_page(mut self) -> Result<Self> {
        let events = self.log.events(self.after, PAGE)?;
        if events.len() == PAGE {
            // There may be more: come back without waiting.
            self.heads.mark_changed();
        }
        let mut seen = HashMap::new();
        for event in events {
            self.after = event.seq;
            if self.sight.admits_event(&event, &mut seen)? {
                self.ready.push_back(Happening::Event(event.into()));
            }
        }
        Ok(self)
    }

    fn hear(mut self, task: TaskItem) -> Option<Self> {
        if self.sight.admits_task(&task) {
            self.ready.push_back(Happening::Task(Box::new(task)));
        }
        Some(self)
    }
}

impl Sight {
    fn admits_event(&self, event: &Event, seen: &mut HashMap<CubeId, bool>) -> Result<bool> {
        if self
            .only
            .as_ref()
            .is_some_and(|only| *only != event.cube_id)
        {
            return Ok(false);
        }
        // Of a cube that is gone, only who did it hears.
        if event.actor == self.who {
            return Ok(true);
        }
        if let Some(admitted) = seen.get(&event.cube_id) {
            return Ok(*admitted);
        }
        let admitted = self
            .vault
            .cube(&event.cube_id)?
            .is_some_and(|c| self.sees(&c));
        seen.insert(event.cube_id.clone(), admitted);
        Ok(admitted)
    }

    fn admits_task(&self, task: &TaskItem) -> bool {
        if self
            .only
            .as_ref()
            .is_some_and(|only| only.as_str() != task.cube_id)
        {
            return false;
        }
        task.user == self.who.as_str()
            || CubeId::new(task.cube_id.as_str())
                .ok()
                .and_then(|id| self.vault.cube(&id).ok()?)
                .is_some_and(|cube| self.sees(&cube))
    }

    fn sees(&self, cube: &MemCube) -> bool {
        self.guard.cube(&self.who, Action::Read, cube).is_ok()
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Option<T> + Send + 'static,
) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => {
            let error =
                Error::new(memos_core::Code::Internal, "a follower panicked").caused_by(error);
            tracing::error!(%error, "a stream of events ends");
            None
        }
    }
}
