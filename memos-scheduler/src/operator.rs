//! The MemOperator: from a call to the memories that answer it.

use std::collections::HashSet;
use std::sync::Arc;

use memos_core::{
    Candidate, Embedder, Error, Guard, Index, IndexQuery, Memory, MemoryCall, Result, Scope,
    Signals, Vault, Weights,
};

use crate::Residency;

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
}

/// What a call found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// What could not take part, by the name of its signal.
    pub degraded: Vec<String>,
}

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

    /// Answers a call.
    ///
    /// # Errors
    /// `CubeNotFound` for a cube that the caller can't see. A failing embedder is no error: the
    /// answer goes by words alone and says so in [`Found::degraded`].
    pub fn search(&self, call: &MemoryCall) -> Result<Found> {
        let scopes = self.scopes(call)?;
        let mut found = Found::default();
        let vector = self.vector(&call.question).unwrap_or_else(|error| {
            tracing::warn!(%error, "no vector for the question: answering by words alone");
            found.degraded.push("dense".into());
            vec![0.0; self.embedder.dimension()]
        });
        let mut limit = call.top_k.saturating_mul(SLACK);
        loop {
            let candidates = self.index.candidates(&IndexQuery {
                call,
                vector: &vector,
                scopes: &scopes,
                weights: &self.weights,
                limit,
            })?;
            let all = candidates.len() < limit;
            found.hits = self.read(candidates, call.top_k)?;
            if all || found.hits.len() == call.top_k {
                return Ok(found);
            }
            limit = limit.saturating_mul(2 * SLACK);
        }
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
            self.residency.load(id)?;
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

    /// Reads the candidates' records, folding what one speaker repeats word for word in one session
    /// into the best of it. One forgotten since the index answered is left out.
    fn read(&self, candidates: Vec<Candidate>, top_k: usize) -> Result<Vec<Hit>> {
        let mut hits = Vec::with_capacity(top_k.min(candidates.len()));
        let mut said = HashSet::new();
        for candidate in candidates {
            if hits.len() == top_k {
                break;
            }
            let Some(memory) = self.vault.memory(&candidate.cube_id, candidate.id)? else {
                continue;
            };
            let turn = memory.payload.plaintext().map(|p| p.turn.clone());
            let fingerprint = memory.header.behavioural.fingerprint;
            let place = turn.map(|t| (t.session_id, t.speaker));
            if said.insert((candidate.cube_id, fingerprint, place)) {
                hits.push(Hit {
                    memory,
                    score: candidate.score,
                    signals: candidate.signals,
                });
            }
        }
        Ok(hits)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use memos_core::{Code, UserId, VolatileVault};

    use super::*;
    use crate::testing::{Brute, Letters, OwnerOnly, ada, adding, call, memory, text, vault};

    fn operator() -> (Arc<VolatileVault>, Arc<Letters>, MemOperator) {
        let (vault, _) = vault();
        let (index, letters) = (Arc::new(Brute::default()), Arc::new(Letters::default()));
        let residency = Arc::new(Residency::new(
            Arc::clone(&vault) as _,
            Arc::clone(&index) as _,
            Arc::clone(&letters) as _,
        ));
        let operator = MemOperator::new(
            Arc::clone(&vault) as _,
            index,
            Arc::clone(&letters) as _,
            Arc::new(OwnerOnly),
            residency,
        );
        (vault, letters, operator)
    }

    fn texts(found: &Found) -> Vec<&str> {
        found.hits.iter().map(|h| text(&h.memory)).collect()
    }

    #[test]
    fn repeats_of_one_speaker_fold_and_the_answer_still_fills() {
        let (vault, _, operator) = operator();
        let all = [
            memory("abc", 1),
            memory("abc", 2),
            memory("abd", 3),
            memory("xyz", 4),
        ];
        vault.commit(adding(&all)).unwrap();
        let found = operator.search(&call("abc", ada(), 2)).unwrap();
        assert_eq!(texts(&found), ["abc", "abd"]);
        assert_eq!(found.hits[0].memory.id, all[0].id);
        assert!(found.degraded.is_empty());
    }

    #[test]
    fn many_repeats_leave_room_for_the_rest() {
        let (vault, _, operator) = operator();
        let mut all: Vec<Memory> = (0..60).map(|day| memory("abc", day)).collect();
        all.push(memory("abd", 70));
        all.push(memory("xyz", 71));
        vault.commit(adding(&all)).unwrap();
        let found = operator.search(&call("abc", ada(), 3)).unwrap();
        assert_eq!(texts(&found), ["abc", "abd", "xyz"]);
    }

    #[test]
    fn another_is_told_that_there_is_no_such_cube() {
        let (vault, _, operator) = operator();
        vault.commit(adding(&[memory("abc", 1)])).unwrap();
        let eve: UserId = "eve".parse().unwrap();
        let refused = operator.search(&call("abc", eve, 2)).unwrap_err();
        assert_eq!(refused.code(), Code::CubeNotFound);
    }

    #[test]
    fn a_missing_model_degrades_and_says_so() {
        let (vault, letters, operator) = operator();
        vault.commit(adding(&[memory("abc", 1)])).unwrap();
        operator.search(&call("abc", ada(), 2)).unwrap();
        letters.broken.store(true, Ordering::Relaxed);
        let found = operator.search(&call("abc", ada(), 2)).unwrap();
        assert_eq!(
            (found.hits.len(), found.degraded),
            (1, vec!["dense".to_owned()])
        );
    }

    #[test]
    fn the_same_cube_twice_is_one_cube() {
        let (vault, _, operator) = operator();
        vault.commit(adding(&[memory("abc", 1)])).unwrap();
        let mut twice = call("abc", ada(), 5);
        twice.cubes.push(twice.cubes[0].clone());
        assert_eq!(operator.search(&twice).unwrap().hits.len(), 1);
    }
}
