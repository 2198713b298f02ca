//! Deep search: a language model takes the question apart, and the search goes in rounds.

use std::collections::HashMap;

use memos_core::{Code, CubeId, Error, MemoryCall, MemoryId, Result, UserId, evidence_line};
use memos_scheduler::deep::{DeepSearch, Evidence};
use memos_scheduler::{Found, Hit};

use super::MemOs;
use crate::reader;
use crate::wire::DeepStep;

/// What a deep search found, and how.
pub(super) struct Deep {
    pub(super) found: Found,
    pub(super) steps: Vec<DeepStep>,
}

impl MemOs {
    /// Answers a call in rounds. A model that fails leaves the plain answer, and the answer says so.
    pub(super) fn search_deep(&self, call: &MemoryCall) -> Result<Deep> {
        let Some(model) = &self.model else {
            return Err(Error::new(
                Code::InvalidRequest,
                "a deep search needs a language model, and none is configured",
            )
            .at("/deep")
            .remedy("set MEMOS_LLM_BASE_URL and MEMOS_LLM_MODEL, or leave deep out"));
        };
        let mut first: Option<Found> = None;
        let mut hits: HashMap<(CubeId, MemoryId), Hit> = HashMap::new();
        let mut search = |question: &str| {
            let round = MemoryCall {
                question: question.to_owned(),
                intent: reader::question::intent(question),
                window: reader::time::window(question, call.asked_at),
                ..call.clone()
            };
            let found = self.operator.search(&round)?;
            let evidence = found
                .hits
                .iter()
                .map(|hit| Evidence {
                    id: (hit.memory.cube_id.clone(), hit.memory.id),
                    line: evidence_line(&hit.memory).unwrap_or_default(),
                    score: hit.score,
                })
                .collect();
            for hit in &found.hits {
                let id = (hit.memory.cube_id.clone(), hit.memory.id);
                hits.entry(id).or_insert_with(|| hit.clone());
            }
            first.get_or_insert(found);
            Ok(evidence)
        };
        let caller: &UserId = &call.caller;
        let deep = DeepSearch::new(model.port.clone()).run(caller, &call.question, &mut search)?;
        let mut found = first.unwrap_or_default();
        found.hits = deep
            .found
            .iter()
            .take(call.top_k)
            .filter_map(|id| hits.remove(id))
            .collect();
        found
            .degraded
            .extend(deep.degraded.map(|why| format!("deep: {why}")));
        let steps = deep.steps.into_iter().map(|step| DeepStep {
            query: step.query,
            found: step.found,
            verdict: step.verdict.as_str().to_owned(),
        });
        Ok(Deep {
            found,
            steps: steps.collect(),
        })
    }
}
