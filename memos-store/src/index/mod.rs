//! The retrieval index: one per cube, in memory, rebuilt from the vault on first use.
//!
//! One posting list per term serves three BM25 fields. The turn field reads it as it is; the window
//! field spreads each posting over the neighbours in its session; the session field sums postings
//! by session. So adding or forgetting a turn touches only that turn's own postings, and the
//! neighbours' scores follow by themselves. A cube has two such indexes, one for raw evidence and
//! one for what was derived from it.

mod bm25;
mod cube;
mod doc;
mod layered;
mod query;
mod score;
mod session;
mod signal;
#[cfg(test)]
mod tests;
mod vector;
mod view;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use memos_core::{
    Candidate, Code, CubeId, Error, Index, IndexQuery, Memory, MemoryId, Result, Timestamp,
};

use cube::CubeIndex;
use doc::Doc;
use layered::Layered;

type Shared = Arc<RwLock<Layered>>;

/// Memories added under one hold of a cube's lock, so that a large import lets searches through.
const BATCH: usize = 64;

/// In-process index over any number of cubes. Searches share a cube; a change holds it for some
/// microseconds a memory, with the text analysis done before.
#[derive(Debug)]
pub struct MemoryIndex {
    dimension: usize,
    cubes: RwLock<HashMap<CubeId, Shared>>,
}

impl MemoryIndex {
    /// An empty index for vectors of `dimension` floats.
    pub fn new(dimension: usize) -> Self {
        Self {
            dimension,
            cubes: RwLock::default(),
        }
    }

    fn cube(&self, id: &CubeId) -> Option<Shared> {
        self.cubes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    fn cube_or_new(&self, id: &CubeId) -> Shared {
        if let Some(cube) = self.cube(id) {
            return cube;
        }
        let mut cubes = self.cubes.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cubes.entry(id.clone()).or_default())
    }

    fn check_dimension(&self, vector: &[f32]) -> Result<()> {
        if vector.len() == self.dimension {
            return Ok(());
        }
        Err(Error::new(
            Code::Internal,
            format!(
                "a vector of {} floats in an index of {}",
                vector.len(),
                self.dimension
            ),
        ))
    }
}

impl Index for MemoryIndex {
    fn put(&self, cube: &CubeId, memories: &[Memory], vectors: &[Vec<f32>]) -> Result<()> {
        if memories.len() != vectors.len() {
            return Err(Error::new(
                Code::Internal,
                format!("{} vectors for {} memories", vectors.len(), memories.len()),
            ));
        }
        vectors.iter().try_for_each(|v| self.check_dimension(v))?;
        let shared = self.cube_or_new(cube);
        for (memories, vectors) in memories.chunks(BATCH).zip(vectors.chunks(BATCH)) {
            let docs: Vec<_> = memories
                .iter()
                .zip(vectors)
                .map(|(m, v)| (m.id, Doc::analyse(m, v)))
                .collect();
            let mut cube = shared.write().unwrap_or_else(PoisonError::into_inner);
            for (id, doc) in docs {
                match doc {
                    Some(doc) => cube.put(doc),
                    // It left the hot states, or lost its text.
                    None => cube.remove(id),
                }
            }
        }
        Ok(())
    }

    fn remove(&self, cube: &CubeId, id: MemoryId) {
        if let Some(cube) = self.cube(cube) {
            cube.write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(id);
        }
    }

    fn drop_cube(&self, cube: &CubeId) {
        self.cubes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(cube);
    }

    fn touch(&self, cube: &CubeId, id: MemoryId, uses: u64, at: Timestamp) {
        if let Some(cube) = self.cube(cube) {
            cube.write()
                .unwrap_or_else(PoisonError::into_inner)
                .touch(id, uses, at);
        }
    }

    fn candidates(&self, query: &IndexQuery<'_>) -> Result<Vec<Candidate>> {
        self.check_dimension(query.vector)?;
        let shared = query
            .scopes
            .iter()
            .map(|s| {
                self.cube(&s.cube_id)
                    .ok_or_else(|| Error::cube_not_found(&s.cube_id))
            })
            .collect::<Result<Vec<_>>>()?;
        let cubes: Vec<_> = shared
            .iter()
            .map(|c| c.read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let cubes: Vec<&CubeIndex> = cubes.iter().map(|c| c.layer(query.layer)).collect();
        Ok(query::candidates(&cubes, query))
    }

    fn len(&self, cube: &CubeId) -> Option<usize> {
        Some(
            self.cube(cube)?
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .len(),
        )
    }
}
