//! The one part that asks: a model, and a thread that waits for it.

use std::sync::Arc;

use memos_core::{Code, Error, LanguageModel, Layer, Memory, Result, Timestamp};
use tracing::debug;

use super::drafts::{Fingerprint, Refined, alike};
use super::relations::{self, Judgement};
use super::{PromptName, facts};
use crate::prompting::{ask, unreadable};

/// Most turns that are shown at once: small models lose track of more.
const MAX_TURNS: usize = 40;
/// Most bytes of text that are shown at once, some 4,000 tokens.
const MAX_BYTES: usize = 16_000;

/// Asks a language model about memories. Its methods wait for the answer on the calling thread: they
/// are for workers, not for async code.
///
/// ```
/// use std::sync::Arc;
/// use memos_core::{LanguageModel, Memory, Result, Timestamp};
/// use memos_scheduler::refine::Refiner;
///
/// fn memories_of(model: Arc<dyn LanguageModel>, turns: &[Memory]) -> Result<Vec<Memory>> {
///     let refiner = Refiner::new(model, |text, _| text.len() as u64);
///     let refined = refiner.refine(turns, Timestamp::from_secs(1_700_000_000))?;
///     Ok(refined.drafts.into_iter().map(|draft| draft.memory).collect())
/// }
/// ```
#[derive(Clone)]
pub struct Refiner {
    model: Arc<dyn LanguageModel>,
    fingerprint: Fingerprint,
}

impl Refiner {
    /// A refiner with its model and the hash that evidence is compared by.
    pub fn new(model: Arc<dyn LanguageModel>, fingerprint: Fingerprint) -> Self {
        Self { model, fingerprint }
    }

    /// What a memory says that it was made by, such as `llm:qwen3:8b/facts.v1`.
    pub fn rule(&self, prompt: PromptName) -> String {
        format!("llm:{}/{}", self.model.model_id(), prompt.as_str())
    }

    /// Derived memories of what turns say, in their order. Turns of different owners, cubes or
    /// access are never shown together; what is no evidence in text is passed over.
    ///
    /// # Errors
    /// As [`LanguageModel::complete`]; then nothing comes of any turn, and all can be tried again.
    pub fn refine(&self, turns: &[Memory], now: Timestamp) -> Result<Refined> {
        let rule = self.rule(PromptName::Facts);
        let mut refined = Refined::default();
        for batch in batches(turns) {
            let Some(prompt) = facts::prompt(&batch) else {
                continue;
            };
            let (reply, usage) = ask(&*self.model, &prompt)?;
            refined.usage.prompt += usage.prompt;
            refined.usage.completion += usage.completion;
            refined.take(&reply, &batch, &rule, self.fingerprint, now);
        }
        debug!(
            turns = turns.len(),
            drafts = refined.drafts.len(),
            dropped = ?refined.dropped,
            "turns were refined"
        );
        Ok(refined)
    }

    /// What the newer of two memories is to the older one.
    ///
    /// # Errors
    /// `InvalidRequest` if they differ in owner, cube or access: these are never compared;
    /// `BadReply` for a judgement that can't be read; else as [`LanguageModel::complete`].
    pub fn judge(&self, older: &Memory, newer: &Memory) -> Result<Judgement> {
        if !alike(older, newer) {
            return Err(Error::new(
                Code::InvalidRequest,
                format!(
                    "{} and {} differ in owner, cube or access",
                    older.id, newer.id
                ),
            )
            .remedy("compare memories of one owner with the same access only"));
        }
        let (reply, _) = ask(&*self.model, &relations::judge_prompt(older, newer))?;
        relations::judgement(&reply).ok_or_else(|| unreadable(PromptName::Judge.as_str()))
    }
}

/// Turns that may be shown together, in batches that a model can hold; in the order of their first
/// turns.
fn batches(turns: &[Memory]) -> Vec<Vec<Memory>> {
    let mut batches: Vec<Vec<Memory>> = Vec::new();
    let size = |turn: &Memory| {
        let plain = turn.payload.plaintext();
        plain.map_or(0, |p| {
            p.text.len() + p.caption.as_ref().map_or(0, String::len)
        })
    };
    let evidence = |turn: &&Memory| {
        turn.layer() == Layer::Evidence
            && turn
                .payload
                .plaintext()
                .is_some_and(|p| !p.text.trim().is_empty())
    };
    for turn in turns.iter().filter(evidence) {
        // The last batch of its kind is the one that may have room.
        let of_kind = batches
            .iter_mut()
            .rev()
            .find(|batch| alike(&batch[0], turn));
        let room = of_kind.filter(|batch| {
            let bytes: usize = batch.iter().map(size).sum();
            batch.len() < MAX_TURNS && bytes + size(turn) <= MAX_BYTES
        });
        match room {
            Some(batch) => batch.push(turn.clone()),
            None => batches.push(vec![turn.clone()]),
        }
    }
    batches
}
