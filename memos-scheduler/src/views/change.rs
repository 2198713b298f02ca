//! What a commit does to views.

use std::collections::HashMap;

use memos_core::{CubeId, Index, Memory, MemoryId, Result, State, Write};

use super::{ViewKey, ViewOf};

/// What a commit does to [`Views`](super::Views). Most commits do nothing to them.
#[derive(Debug, Default)]
pub struct ViewChange {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    /// It is archived, with this content.
    Archived(Box<Memory>),
    /// It is live, or out of the cube, but not out of its history.
    NotArchived(CubeId, MemoryId),
    /// Neither it nor its history is there.
    Forgotten(CubeId, MemoryId),
    /// The cube is gone.
    Dropped(CubeId),
}

impl ViewChange {
    /// That of a commit of these writes.
    pub fn by(writes: &[Write]) -> Self {
        let step = |write: &Write| match write {
            Write::AddMemory(memory) | Write::UpdateMemory { memory, .. }
                if memory.state == State::Archived =>
            {
                Some(Step::Archived(Box::new(memory.clone())))
            }
            Write::UpdateMemory { memory, .. } => {
                Some(Step::NotArchived(memory.cube_id.clone(), memory.id))
            }
            Write::WithdrawMemory { cube_id, id, .. } => {
                Some(Step::NotArchived(cube_id.clone(), *id))
            }
            Write::DeleteMemory { cube_id, id } => Some(Step::Forgotten(cube_id.clone(), *id)),
            Write::DeleteCube(cube) => Some(Step::Dropped(cube.clone())),
            _ => None,
        };
        Self {
            steps: writes.iter().filter_map(step).collect(),
        }
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// With the vectors of archived memories that some view wants.
    pub(super) fn prepare(
        self,
        wanted: impl Fn(&Memory) -> bool,
        vectors: impl FnOnce(&[Memory]) -> Result<Vec<Vec<f32>>>,
    ) -> Prepared {
        let archived: Vec<Memory> = self
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Archived(memory) if wanted(memory) => Some((**memory).clone()),
                _ => None,
            })
            .collect();
        let vectors = if archived.is_empty() {
            Ok(Vec::new())
        } else {
            vectors(&archived)
        };
        let vectors = vectors.unwrap_or_else(|error| {
            tracing::warn!(%error, "no vectors for archived memories: their view is built anew");
            Vec::new()
        });
        Prepared {
            steps: self.steps,
            vectors: archived.iter().map(|m| m.id).zip(vectors).collect(),
        }
    }
}

/// A change that can be applied to any view.
#[derive(Debug)]
pub(super) struct Prepared {
    steps: Vec<Step>,
    vectors: HashMap<MemoryId, Vec<f32>>,
}

impl Prepared {
    /// Changes a view. False if it is not what it should be after that and has to be built anew.
    pub(super) fn apply(&self, key: &ViewKey, view: &dyn Index) -> bool {
        let mut kept = true;
        for step in &self.steps {
            kept &= match step {
                Step::Archived(memory) if key.is_of_archived(&memory.cube_id) => {
                    self.put(memory, view)
                }
                Step::NotArchived(cube, id) if key.is_of_archived(cube) => {
                    view.remove(cube, *id);
                    true
                }
                Step::Forgotten(cube, id) => forget(key, view, cube, *id),
                Step::Dropped(cube) if key.0.contains_key(cube) => {
                    view.drop_cube(cube);
                    false
                }
                Step::Archived(_) | Step::NotArchived(..) | Step::Dropped(_) => true,
            };
        }
        kept
    }

    fn put(&self, memory: &Memory, view: &dyn Index) -> bool {
        let (Some(vector), Some(shown)) = (
            self.vectors.get(&memory.id),
            ViewOf::Archived.shows(memory.clone()),
        ) else {
            return false;
        };
        let put = view.put(&memory.cube_id, &[shown], std::slice::from_ref(vector));
        put.is_ok()
    }
}

/// Takes a memory out of all of a view. In another cube, a branch of its own or the base of it, it
/// may still be there: only building tells.
fn forget(key: &ViewKey, view: &dyn Index, cube: &CubeId, id: MemoryId) -> bool {
    let mut kept = true;
    for held in key.0.keys() {
        let before = view.len(held);
        view.remove(held, id);
        kept &= held == cube || view.len(held) == before;
    }
    kept
}
