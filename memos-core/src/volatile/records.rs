//! Cubes and memories in order, shared between the vault and its snapshots.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;

use super::changes::{Staged, StagedCube};
use crate::{CubeId, MemCube, Memory, MemoryId};

/// Cloned only when a commit follows a snapshot that is still alive, and then level by level.
#[derive(Clone, Debug, Default)]
pub(super) struct Records(BTreeMap<CubeId, Arc<Cube>>);

#[derive(Clone, Debug)]
struct Cube {
    header: MemCube,
    memories: BTreeMap<MemoryId, Arc<Memory>>,
}

impl Records {
    pub(super) fn cube(&self, id: &CubeId) -> Option<&MemCube> {
        self.0.get(id).map(|cube| &cube.header)
    }

    pub(super) fn memory(&self, cube: &CubeId, id: MemoryId) -> Option<&Memory> {
        self.0.get(cube)?.memories.get(&id).map(|memory| &**memory)
    }

    pub(super) fn cubes_after(&self, after: Option<&CubeId>) -> impl Iterator<Item = &MemCube> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.0
            .range::<CubeId, _>((from, Bound::Unbounded))
            .map(|(_, cube)| &cube.header)
    }

    pub(super) fn memories_after(
        &self,
        cube: &CubeId,
        after: Option<MemoryId>,
    ) -> impl Iterator<Item = &Memory> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.0
            .get(cube)
            .into_iter()
            .flat_map(move |cube| cube.memories.range((from, Bound::Unbounded)))
            .map(|(_, memory)| &**memory)
    }

    pub(super) fn apply(&mut self, staged: Staged) {
        for (
            id,
            StagedCube {
                fresh,
                header,
                memories,
            },
        ) in staged.cubes
        {
            if fresh {
                self.0.remove(&id);
            }
            let cube = match (self.0.entry(id), header) {
                (Entry::Occupied(cube), header) => {
                    let cube = Arc::make_mut(cube.into_mut());
                    if let Some(header) = header {
                        cube.header = header;
                    }
                    cube
                }
                (Entry::Vacant(place), Some(header)) => {
                    Arc::make_mut(place.insert(Arc::new(Cube {
                        header,
                        memories: BTreeMap::new(),
                    })))
                }
                (Entry::Vacant(_), None) => continue,
            };
            for (id, memory) in memories {
                match memory {
                    Some(memory) => cube.memories.insert(id, Arc::new(memory)),
                    None => cube.memories.remove(&id),
                };
            }
        }
    }
}
