//! Following resources: a client that subscribed to one is told when it has changed, by whomever.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use memos_core::{CubeId, MemoryId, Result, UserId};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::resources::What;
use crate::http::AppState;
use crate::service::{Follower, Happening};
use crate::wire::{EventItem, EventsRequest, Graph};

/// What happens so soon after the first is told with it.
const TOGETHER: Duration = Duration::from_millis(20);

/// The subscriptions of a session.
#[derive(Default)]
pub(super) struct Watches(Mutex<HashMap<String, AbortHandle>>);

impl Watches {
    pub(super) fn begin(&self, uri: String, watching: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(watching).abort_handle();
        if let Some(before) = self.all().insert(uri, task) {
            before.abort();
        }
    }

    pub(super) fn end(&self, uri: &str) {
        if let Some(task) = self.all().remove(uri) {
            task.abort();
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        self.all().values().for_each(AbortHandle::abort);
    }
}

/// A resource that is followed, from now on.
pub(super) struct Watch {
    state: AppState,
    who: UserId,
    what: What,
    follower: Follower,
    /// The graph as it was told last, if it is one.
    graph: Option<Graph>,
}

impl Watch {
    pub(super) fn new(state: &AppState, who: &UserId, what: What) -> Result<Self> {
        let memos = state.memos()?;
        // Of all cubes: the one that is meant may not be there yet.
        let follower = memos.follow(who, &EventsRequest::default())?;
        let graph = match &what {
            What::Graph(cube) => Some(memos.graph(who, cube).unwrap_or_default()),
            _ => None,
        };
        Ok(Self {
            state: state.clone(),
            who: who.clone(),
            what,
            follower,
            graph,
        })
    }

    /// Calls `tell` after each change, until it says that nobody listens, or the MemOS closes.
    pub(super) async fn run<T: Future<Output = bool> + Send>(self, tell: impl Fn() -> T) {
        let Self {
            state,
            who,
            what,
            follower,
            mut graph,
        } = self;
        let happenings = stream::unfold(follower, Follower::next);
        let mut happenings = pin!(happenings);
        while let Some(first) = happenings.next().await {
            let mut touched = touches(&what, &first);
            let end = Instant::now() + TOGETHER;
            while let Ok(Some(more)) = timeout_at(end, happenings.next()).await {
                touched |= touches(&what, &more);
            }
            if !touched {
                continue;
            }
            if let (What::Graph(cube), Some(told)) = (&what, &mut graph) {
                match look(&state, &who, cube).await {
                    Some(now) if now != *told => *told = now,
                    _ => continue,
                }
            }
            if !tell().await {
                return;
            }
        }
    }
}

async fn look(state: &AppState, who: &UserId, cube: &CubeId) -> Option<Graph> {
    let memos = state.memos().ok()?;
    let (who, cube) = (who.clone(), cube.clone());
    let looked = tokio::task::spawn_blocking(move || memos.graph(&who, &cube));
    // A cube that is gone has no graph.
    Some(looked.await.ok()?.unwrap_or_default())
}

fn touches(what: &What, happening: &Happening) -> bool {
    let Happening::Event(event) = happening else {
        return false;
    };
    // To be read is no change.
    let is_change = !matches!(event.kind.as_str(), "accessed" | "activated");
    is_change && event.cube_id == what.cube().as_str() && concerns(what, event)
}

fn concerns(what: &What, event: &EventItem) -> bool {
    let of = |id: &MemoryId| event.memory_id.is_none_or(|touched| touched == *id);
    match what {
        What::Memory(_, id) => of(id),
        What::Recent(_) | What::Session(..) | What::Dump(_) | What::Graph(_) => true,
    }
}
