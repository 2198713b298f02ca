//! What messages say, told and not stored: by a language model if there is one, else by the rules of
//! the organiser.

use memos_core::{CubeId, Memory, MemoryId, Moment, Result, UserId};
use memos_scheduler::organise::Organiser;
use memos_scheduler::refine::{PromptName, Refiner};
use serde_json::Value;

use super::MemOs;
use crate::reader::{self, MessageDefaults, read_messages};
use crate::wire::MemoryItem;

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Extracted {
    /// Memories in the making: their ids are those of no stored memory.
    pub(crate) memories: Vec<MemoryItem>,
    /// The messages, by the ids that the memories name.
    pub(crate) turns: Vec<MemoryItem>,
    /// What found them: `rules`, or a model with its prompt.
    pub(crate) rule: String,
    /// Why the language model has no part in it, if it was asked and failed.
    pub(crate) degraded: Option<String>,
}

impl MemOs {
    /// Reads messages as [`add`](Self::add) would, and tells what would be made from them.
    ///
    /// # Errors
    /// `InvalidRequest`, `InvalidTime` at the message.
    pub(crate) fn extract(&self, who: &UserId, messages: &Value) -> Result<Extracted> {
        let now = self.clock.now();
        let defaults = MessageDefaults {
            session_id: Some("extract".to_owned()),
            ..MessageDefaults::at(Moment::from(now))
        };
        let cube = CubeId::new("extract")?;
        let turns: Vec<Memory> = read_messages(messages, &defaults)?
            .into_iter()
            .map(|draft| draft.into_memory(MemoryId::generate(), cube.clone(), who.clone(), now))
            .collect();
        let mut degraded = None;
        let shown = || turns.iter().cloned().map(MemoryItem::from).collect();
        if let Some(model) = &self.model {
            let refiner = Refiner::new(model.port.clone(), reader::fingerprint);
            match refiner.refine(&turns, now) {
                Ok(refined) => {
                    let drafts = refined.drafts.into_iter();
                    return Ok(Extracted {
                        memories: drafts.map(|draft| draft.memory.into()).collect(),
                        turns: shown(),
                        rule: refiner.rule(PromptName::Facts),
                        degraded,
                    });
                }
                // The rules need no model: a failing one is told of, not passed on.
                Err(error) => degraded = Some(error.message().to_owned()),
            }
        }
        let drafts = Organiser.plan(&turns, &[]).into_iter();
        Ok(Extracted {
            memories: drafts.map(|draft| draft.memory.into()).collect(),
            turns: shown(),
            rule: "rules".to_owned(),
            degraded,
        })
    }
}
