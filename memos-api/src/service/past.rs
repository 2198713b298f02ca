//! Searching what is not live: cubes as they were, and the archive.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use memos_core::{ChangeSeq, CubeId, Memory, MemoryCall, MemoryId, Result, Snapshot, State};
use memos_scheduler::time_machine::Past;
use memos_scheduler::{Found, ViewKey, ViewOf};

use super::MemOs;
use super::time_machine::point;
use crate::wire::SearchRequest;

/// Which change of each cube a question goes to.
pub(super) type Points = BTreeMap<CubeId, ChangeSeq>;

impl MemOs {
    /// The points in the past that a request asks about, if it does.
    pub(super) fn as_of(
        &self,
        call: &MemoryCall,
        request: &SearchRequest,
    ) -> Result<Option<Points>> {
        let Some(text) = &request.as_of else {
            return Ok(None);
        };
        let to = point(text, "/as_of")?;
        let snapshot = self.vault.snapshot()?;
        let mut points = Points::new();
        for cube in &call.cubes {
            // Who may not see a cube must not learn of its snapshots.
            self.visible_cube(&call.caller, memos_core::Action::Read, cube)?;
            let at = to.resolve(&*snapshot, cube).map_err(|e| e.at("/as_of"))?;
            points.insert(cube.clone(), at);
        }
        Ok(Some(points))
    }

    /// Answers from cubes as they were (recorded time). The first question to a point builds an
    /// index of it; what was forgotten since is not in it.
    pub(super) fn search_past(&self, call: &MemoryCall, points: &Points) -> Result<Found> {
        let key: ViewKey = points
            .iter()
            .map(|(cube, at)| (cube.clone(), ViewOf::AsOf(*at)))
            .collect();
        // Taken when the view asks for the first page: what is forgotten before is not in it, and
        // what is forgotten after, the view is told.
        let snapshot = OnceCell::new();
        let pasts: RefCell<BTreeMap<CubeId, Past<'_>>> = RefCell::default();
        let view = self.views.get(&key, |cube, after, limit| {
            let Some(at) = points.get(cube) else {
                return Ok(Vec::new());
            };
            let snapshot = taken(&snapshot, || self.vault.snapshot())?;
            let mut pasts = pasts.borrow_mut();
            if !pasts.contains_key(cube) {
                pasts.insert(cube.clone(), Past::of(&**snapshot, cube, *at)?);
            }
            pasts
                .get(cube)
                .map_or(Ok(Vec::new()), |past| past.memories(after, limit))
        })?;
        let now = self.vault.snapshot()?;
        self.operator
            .search_in(&view, call, |cube, id| match points.get(cube) {
                Some(at) => memory_at(&*now, cube, id, *at),
                None => Ok(None),
            })
    }

    /// Answers from the archive of the call's cubes. The first question builds an index of it.
    pub(super) fn search_archived(&self, call: &MemoryCall) -> Result<Found> {
        let key: ViewKey = call
            .cubes
            .iter()
            .map(|cube| (cube.clone(), ViewOf::Archived))
            .collect();
        let snapshot = OnceCell::new();
        let view = self.views.get(&key, |cube, after, limit| {
            taken(&snapshot, || self.vault.snapshot())?.memories(cube, after, limit)
        })?;
        self.operator.search_in(&view, call, |cube, id| {
            let memory = self.vault.memory(cube, id)?;
            Ok(memory.filter(|m| m.state == State::Archived))
        })
    }
}

/// A memory as it was after a change of its cube.
fn memory_at(
    snapshot: &dyn Snapshot,
    cube: &CubeId,
    id: MemoryId,
    at: ChangeSeq,
) -> Result<Option<Memory>> {
    let history = snapshot.history(cube, id)?;
    match history.into_iter().find(|change| change.seq > at) {
        Some(next) => Ok(next.before.map(|memory| *memory)),
        None => snapshot.memory(cube, id),
    }
}

/// What a cell holds, made if it is empty.
fn taken<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}
