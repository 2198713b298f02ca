//! The MemOperator: from a call to the memories that answer it.

mod current;
mod fold;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use memos_core::{
    Candidate, CubeId, Embedder, Error, Guard, Index, IndexQuery, Layer, Memory, MemoryCall,
    MemoryId, Result, Scope, Signals, Vault, Weights,
};

use crate::Residency;
use current::with_current;
use fold::Folding;

/// Weight of each signal.
///
/// First set by the experiment that is the source of this score (one half of LoCoMo's dialogues and
/// BEAM 100K chats, measured on the others), then moved a little, together, on the dev dialogues of
/// both and on the Chinese set of `tests/data`. The optimum is flat: a weight a third off costs less
/// than a point of recall. `memos bench --without SIGNAL` prints what each is worth. `time_fit` stays
/// at zero: once the date is in the text, mapping date ranges gave nothing.
pub const WEIGHTS: Weights = Weights(Signals {
    turn: 0.10,
    window: 0.50,
    session: 0.15,
    session_best: 0.05,
    dense: 0.90,
    neighbour: 0.15,
    session_dense: 0.35,
    speaker: 0.30,
    role: 0.38,
    question: -0.27,
    length: 0.22,
    time: 0.19,
    time_fit: 0.0,
    directive: 0.38,
    superseded: -0.15,
});

/// Candidates fetched per memory asked for, so that folding repeats still fills the answer; so many
/// times more again if it does not.
const SLACK: usize = 2;

/// Retrieves.
pub struct MemOperator {
    vault: Arc<dyn Vault>,
    index: Arc<dyn Index>,
    embedder: Arc<dyn Embedder>,
    guard: Arc<dyn Guard>,
    residency: Arc<Residency>,
    weights: Weights,
}

/// A memory that answers, and why.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The memory, as last committed.
    pub memory: Memory,
    /// Weighted sum of the signals.
    pub score: f32,
    /// The signals.
    pub signals: Signals,
    /// Others that say the same and are not listed for that, best first. A larger `top_k` may know
    /// of more.
    pub folded: Vec<MemoryId>,
}

/// What a call found, each list as long as the call asked for at most.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Raw evidence, best first; empty if the call does not search it.
    pub hits: Vec<Hit>,
    /// What was derived from evidence, best first; empty if the call does not search it. Its scores
    /// can't be compared with those of the evidence.
    pub derived: Vec<Hit>,
    /// What could not take part, by the name of its signal.
    pub degraded: Vec<String>,
}

/// Reads a record of a searched state; `None` if it is not, or no longer, in it.
type Records<'a> = dyn Fn(&CubeId, MemoryId) -> Result<Option<Memory>> + 'a;

impl MemOperator {
    /// Over the ports that it needs, with the weights of [`WEIGHTS`].
    pub fn new(
        vault: Arc<dyn Vault>,
        index: Arc<dyn Index>,
        embedder: Arc<dyn Embedder>,
        guard: Arc<dyn Guard>,
        residency: Arc<Residency>,
    ) -> Self {
        Self {
            vault,
            index,
            embedder,
            guard,
            residency,
            weights: WEIGHTS,
        }
    }

    /// The same with other weights: baselines and experiments.
    #[must_use]
    pub fn with_weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// The weights in force.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Answers a call from what is live.
    ///
    /// # Errors
    /// `CubeNotFound` for a cube that the caller can't see. A failing embedder is no error: the
    /// answer goes by words alone and says so in [`Found::degraded`].
    pub fn search(&self, call: &MemoryCall) -> Result<Found> {
        let scopes = self.scopes(call)?;
        for scope in &scopes {
            self.residency.load(&scope.cube_id)?;
        }
        self.answer(&*self.index, call, &scopes, &|cube, id| {
            self.vault.memory(cube, id)
        })
    }

    /// Answers a call from another state of its cubes, such as one of [`Views`](crate::Views):
    /// `view` finds the memories, `records` reads them as they are in that state.
    ///
    /// Who may see the past is decided now: a memory that is live is found only by those who may
    /// see it both in the view and today.
    ///
    /// # Errors
    /// As [`search`](Self::search); `CubeNotFound` also for a cube that the view does not hold.
    pub fn search_in(
        &self,
        view: &Arc<dyn Index>,
        call: &MemoryCall,
        records: impl Fn(&CubeId, MemoryId) -> Result<Option<Memory>>,
    ) -> Result<Found> {
        let scopes = self.scopes(call)?;
        self.answer(&**view, call, &scopes, &|cube, id| {
            let shown = match self.vault.memory(cube, id)? {
                Some(live) => scopes
                    .iter()
                    .any(|s| s.cube_id == *cube && s.admits(&live.header.governance)),
                None => true,
            };
            if shown { records(cube, id) } else { Ok(None) }
        })
    }

    fn answer(
        &self,
        index: &dyn Index,
        call: &MemoryCall,
        scopes: &[Scope],
        records: &Records<'_>,
    ) -> Result<Found> {
        let mut found = Found::default();
        let vector = self.vector(&call.question).unwrap_or_else(|error| {
            tracing::warn!(%error, "no vector for the question: answering by words alone");
            found.degraded.push("dense".into());
            vec![0.0; self.embedder.dimension()]
        });
        for (layer, hits) in [
            (Layer::Evidence, &mut found.hits),
            (Layer::Derived, &mut found.derived),
        ] {
            if call.layers.contain(layer) {
                let query = IndexQuery {
                    call,
                    vector: &vector,
                    scopes,
                    weights: &self.weights,
                    limit: call.top_k.saturating_mul(SLACK),
                    layer,
                };
                let found = best(index, query, records)?;
                *hits = with_current(found, call, scopes, records)?;
            }
        }
        Ok(found)
    }

    fn scopes(&self, call: &MemoryCall) -> Result<Vec<Scope>> {
        let mut scopes = Vec::with_capacity(call.cubes.len());
        let mut seen = HashSet::new();
        for id in call.cubes.iter().filter(|id| seen.insert(*id)) {
            let cube = self
                .vault
                .cube(id)?
                .ok_or_else(|| Error::cube_not_found(id))?;
            scopes.push(self.guard.scope(&call.caller, &cube)?);
        }
        Ok(scopes)
    }

    fn vector(&self, question: &str) -> Result<Vec<f32>> {
        let mut vectors = self.embedder.embed(&[question])?;
        vectors.pop().ok_or_else(|| {
            Error::new(
                memos_core::Code::Internal,
                "the embedder returned no vector",
            )
        })
    }
}

/// The best of one layer, as many as the call asks for: more candidates are fetched until folding
/// leaves enough of them, or there are no more.
fn best(index: &dyn Index, mut query: IndexQuery<'_>, records: &Records<'_>) -> Result<Vec<Hit>> {
    loop {
        let candidates = index.candidates(&query)?;
        let all = candidates.len() < query.limit;
        let hits = read(candidates, query.call, records)?;
        if all || hits.len() == query.call.top_k {
            return Ok(hits);
        }
        query.limit = query.limit.saturating_mul(2 * SLACK);
    }
}

/// Reads the candidates' records and folds what says the same. One forgotten since the index
/// answered is left out.
fn read(candidates: Vec<Candidate>, call: &MemoryCall, records: &Records<'_>) -> Result<Vec<Hit>> {
    let mut folding = Folding::default();
    for candidate in candidates {
        if folding.len() == call.top_k {
            break;
        }
        if let Some(memory) = records(&candidate.cube_id, candidate.id)? {
            folding.take(candidate, memory);
        }
    }
    Ok(folding.hits(call.valid_at.is_none()))
}
