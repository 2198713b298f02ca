//! Views: states of cubes other than the live one, made searchable when somebody asks for them.

mod change;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use memos_core::{ChangeSeq, CubeId, Embedder, Index, Memory, MemoryId, Result, State};

use crate::recent_cubes::lock;
use crate::residency::vectors;

use change::Prepared;
pub use change::ViewChange;

/// Memories read and embedded at a time while a view is built.
const PAGE: usize = 256;

/// Which memories of a cube a view holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ViewOf {
    /// Those that were in the hot states after a change of the cube, as they then were.
    AsOf(ChangeSeq),
    /// Those that are archived now. Inside the view they count as activated, for an index holds no
    /// others: a filter on the state sees that.
    Archived,
}

/// Which states of which cubes one view holds: they share one scale of scores.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ViewKey(BTreeMap<CubeId, ViewOf>);

impl FromIterator<(CubeId, ViewOf)> for ViewKey {
    fn from_iter<I: IntoIterator<Item = (CubeId, ViewOf)>>(states: I) -> Self {
        Self(states.into_iter().collect())
    }
}

impl ViewKey {
    fn is_of_archived(&self, cube: &CubeId) -> bool {
        self.0.get(cube) == Some(&ViewOf::Archived)
    }
}

/// How much [`Views`] keep. The latest view is kept whatever its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewLimits {
    /// Views.
    pub views: usize,
    /// Memories in all of them together.
    pub memories: usize,
}

impl Default for ViewLimits {
    /// Eight views and 100,000 memories: about 250 MB of turns of a dialogue (2.5 kB each, measured).
    fn default() -> Self {
        Self {
            views: 8,
            memories: 100_000,
        }
    }
}

/// Builds views on request and keeps those used last.
///
/// A view has an index of its own. While one is built, others who ask for it wait; nobody else
/// does, live searches least of all. Every commit must be told by [`apply`](Self::apply), or a view
/// goes on to show what was forgotten, and that of the archive what came back.
pub struct Views {
    make: Box<dyn Fn() -> Arc<dyn Index> + Send + Sync>,
    embedder: Arc<dyn Embedder>,
    limits: ViewLimits,
    shelf: Mutex<HashMap<ViewKey, Arc<Slot>>>,
    /// Counts requests, to tell which view was used last.
    requests: AtomicU64,
}

/// A view's place, from the first request on.
#[derive(Default)]
struct Slot {
    /// Held by the one who builds.
    building: Mutex<()>,
    stage: Mutex<Stage>,
    memories: AtomicUsize,
    used: AtomicU64,
}

#[derive(Default)]
enum Stage {
    #[default]
    Empty,
    /// With what changed meanwhile.
    Building(Vec<Arc<Prepared>>),
    Ready(Arc<dyn Index>),
}

impl Views {
    /// None yet. `make` makes an empty index for the vectors of `embedder`.
    pub fn new(
        make: impl Fn() -> Arc<dyn Index> + Send + Sync + 'static,
        embedder: Arc<dyn Embedder>,
        limits: ViewLimits,
    ) -> Self {
        Self {
            make: Box::new(make),
            embedder,
            limits,
            shelf: Mutex::default(),
            requests: AtomicU64::default(),
        }
    }

    /// The view of a key, built from `page` if it is not there: up to so many memories of a cube
    /// after one, or from the first, ordered by id, all pages from one state of the vault that is
    /// not older than the first call. Those that the view does not hold are passed over.
    ///
    /// # Errors
    /// Those of `page` and of the embedder; nothing is kept then, and the next call tries again.
    pub fn get(
        &self,
        key: &ViewKey,
        page: impl FnMut(&CubeId, Option<MemoryId>, usize) -> Result<Vec<Memory>>,
    ) -> Result<Arc<dyn Index>> {
        let slot = self.slot(key);
        if let Some(view) = slot.ready() {
            return Ok(view);
        }
        let _building = lock(&slot.building);
        // Who waited finds what the other has built.
        if let Some(view) = slot.ready() {
            return Ok(view);
        }
        let begun = Begun::with(&slot);
        let view = self.build(key, page);
        if let Ok(view) = &view {
            begun.finish(key, view);
        }
        self.shorten(key);
        view
    }

    /// How many memories the kept views hold together.
    pub fn memories(&self) -> usize {
        lock(&self.shelf).values().map(|slot| slot.size()).sum()
    }

    /// Carries a commit into the views that it concerns, after the vault has it. Commits of one cube
    /// must come in the order of the vault.
    pub fn apply(&self, change: ViewChange) {
        if change.is_empty() {
            return;
        }
        let slots: Vec<(ViewKey, Arc<Slot>)> = {
            let shelf = lock(&self.shelf);
            shelf
                .iter()
                .map(|(k, s)| (k.clone(), Arc::clone(s)))
                .collect()
        };
        if slots.is_empty() {
            return;
        }
        let wanted = |m: &Memory| slots.iter().any(|(key, _)| key.is_of_archived(&m.cube_id));
        let prepared =
            Arc::new(change.prepare(wanted, |memories| vectors(&*self.embedder, memories)));
        for (key, slot) in slots {
            slot.follow(&key, &prepared);
        }
    }

    fn slot(&self, key: &ViewKey) -> Arc<Slot> {
        let mut shelf = lock(&self.shelf);
        let slot = shelf.entry(key.clone()).or_default();
        let now = self.requests.fetch_add(1, Ordering::Relaxed);
        slot.used.store(now, Ordering::Relaxed);
        Arc::clone(slot)
    }

    fn build(
        &self,
        key: &ViewKey,
        mut page: impl FnMut(&CubeId, Option<MemoryId>, usize) -> Result<Vec<Memory>>,
    ) -> Result<Arc<dyn Index>> {
        let view = (self.make)();
        for (cube, of) in &key.0 {
            // An empty cube is in the view too.
            view.put(cube, &[], &[])?;
            let mut after = None;
            loop {
                let read = page(cube, after, PAGE)?;
                let Some(last) = read.last() else { break };
                after = Some(last.id);
                let shown: Vec<Memory> = read.into_iter().filter_map(|m| of.shows(m)).collect();
                view.put(cube, &shown, &vectors(&*self.embedder, &shown)?)?;
            }
            tracing::debug!(%cube, ?of, memories = view.len(cube), "view built");
        }
        Ok(view)
    }

    /// Drops what was not used for longest until the rest is within the limits. What somebody is
    /// building, waiting for or taking stays.
    fn shorten(&self, latest: &ViewKey) {
        let mut shelf = lock(&self.shelf);
        loop {
            let memories: usize = shelf.values().map(|slot| slot.size()).sum();
            if shelf.len() <= self.limits.views && memories <= self.limits.memories {
                return;
            }
            let idle = shelf
                .iter()
                .filter(|(key, slot)| *key != latest && Arc::strong_count(slot) == 1);
            let oldest = idle.min_by_key(|(_, slot)| slot.used.load(Ordering::Relaxed));
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            shelf.remove(&key);
        }
    }
}

impl ViewOf {
    /// How a memory stands in the view, if it is in it.
    fn shows(self, mut memory: Memory) -> Option<Memory> {
        match self {
            Self::AsOf(_) => memory.state.is_hot().then_some(memory),
            Self::Archived => (memory.state == State::Archived).then(|| {
                memory.state = State::Activated;
                memory
            }),
        }
    }
}

impl Slot {
    fn ready(&self) -> Option<Arc<dyn Index>> {
        match &*lock(&self.stage) {
            Stage::Ready(view) => Some(Arc::clone(view)),
            Stage::Empty | Stage::Building(_) => None,
        }
    }

    fn size(&self) -> usize {
        self.memories.load(Ordering::Relaxed)
    }

    /// Changes the view, or sees to it that it changes when it is built.
    fn follow(&self, key: &ViewKey, change: &Arc<Prepared>) {
        let mut stage = lock(&self.stage);
        match &mut *stage {
            // Whoever builds it reads a later state.
            Stage::Empty => {}
            Stage::Building(meanwhile) => meanwhile.push(Arc::clone(change)),
            Stage::Ready(view) => {
                let view = Arc::clone(view);
                let kept = change.apply(key, &*view);
                *stage = self.settled(key, view, kept);
            }
        }
    }

    /// What becomes of the slot with a view that can, or can't, be kept.
    fn settled(&self, key: &ViewKey, view: Arc<dyn Index>, kept: bool) -> Stage {
        let held = key.0.keys().filter_map(|cube| view.len(cube)).sum();
        self.memories
            .store(if kept { held } else { 0 }, Ordering::Relaxed);
        if kept {
            Stage::Ready(view)
        } else {
            Stage::Empty
        }
    }
}

/// A slot while its view is built; empty again if that fails.
struct Begun<'a> {
    slot: &'a Slot,
}

impl<'a> Begun<'a> {
    fn with(slot: &'a Slot) -> Self {
        *lock(&slot.stage) = Stage::Building(Vec::new());
        Self { slot }
    }

    /// Catches up with what changed meanwhile, and keeps the view if it can be kept.
    fn finish(self, key: &ViewKey, view: &Arc<dyn Index>) {
        let mut stage = lock(&self.slot.stage);
        let mut kept = true;
        if let Stage::Building(meanwhile) = std::mem::take(&mut *stage) {
            for change in meanwhile {
                kept &= change.apply(key, &**view);
            }
        }
        *stage = self.slot.settled(key, Arc::clone(view), kept);
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut stage = lock(&self.slot.stage);
        if matches!(*stage, Stage::Building(_)) {
            *stage = Stage::Empty;
        }
    }
}
