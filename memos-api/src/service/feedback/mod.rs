//! Feedback: words that say that a memory is wrong, or has changed.
//!
//! The words are kept and what they correct ends here; [`putting_away`] is for a face that promises
//! that what was corrected is found no longer.

mod putting_away;

use std::collections::BTreeSet;

use memos_core::{Action, Code, CubeId, Error, Memory, MemoryId, Result, UserId};
use memos_scheduler::feedback::{RuleVerdict, decide, effect};
use memos_scheduler::fusion::{Statement, Verdict, judge};
use serde_json::json;

use super::replacement::{self, Replacement};
use super::{By, MemOs, check};
use crate::wire::{AddRequest, FeedbackRequest, FeedbackResponse, MemoryItem, SearchRequest};

/// Memories that a correction is looked for among.
const CANDIDATES: u32 = 20;

/// Candidates shown to who said what nobody understood.
const SHOWN: usize = 5;

impl MemOs {
    /// Keeps the words as evidence, and ends the validity of the memory that they correct. An order
    /// to replace words is carried out in all memories of the cube.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`, `InvalidRequest`, `Forbidden`; `IllegalMove` if a memory
    /// that was pointed at is frozen. The words are kept also then.
    pub fn feedback(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &FeedbackRequest,
    ) -> Result<FeedbackResponse> {
        self.feedback_by(who, cube, request, By::default())
    }

    /// The same; the work that follows is found by these names.
    ///
    /// # Errors
    /// As [`feedback`](Self::feedback).
    pub(crate) fn feedback_by(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &FeedbackRequest,
        by: By<'_>,
    ) -> Result<FeedbackResponse> {
        check::text(&request.feedback, self.limits.text_bytes, "/feedback")?;
        self.visible_cube(who, Action::Write, cube)?;
        let named = self.pointed_at(who, cube, request)?;
        // Looked for before the words are there: they would find themselves.
        let candidates = match &named {
            Some(memories) => memories.clone(),
            None => self.meant(who, cube, &request.feedback)?,
        };
        let added = self.keep_words(who, cube, request, by)?;
        if let Some(order) = Replacement::read(&request.feedback).filter(|_| named.is_none()) {
            return Ok(FeedbackResponse {
                added,
                corrected: self.replace_words(who, cube, &order, added)?,
                rule: replacement::RULE.to_owned(),
                candidates: Vec::new(),
                degraded: None,
            });
        }
        let words = self
            .vault
            .memory(cube, added)?
            .ok_or_else(|| Error::memory_not_found(cube, added))?;
        let model = self.model.as_ref().map(|model| &*model.port);
        let decision = decide(&words, &candidates, named.is_some(), &by_fusion, model);
        if decision.corrects.is_empty() {
            let shown = candidates.into_iter().take(SHOWN).map(MemoryItem::from);
            return Ok(FeedbackResponse {
                added,
                corrected: Vec::new(),
                rule: decision.rule,
                candidates: shown.collect(),
                degraded: decision.degraded,
            });
        }
        let mut corrected = Vec::new();
        self.residency.commit(cube, || {
            let snapshot = self.vault.snapshot()?;
            let words = snapshot
                .memory(cube, added)?
                .ok_or_else(|| Error::memory_not_found(cube, added))?;
            let mut memories = Vec::new();
            for id in &decision.corrects {
                memories.extend(snapshot.memory(cube, *id)?);
            }
            let number = |memory: &Memory| self.next_version(memory);
            let commit = effect(&words, &memories, &decision, &number, self.clock.now())?;
            // Fusion reads the words too, and may have been the first to draw the same conclusion; and of
            // what says several things another may have been corrected before.
            let before = memories
                .iter()
                .filter(|m| m.header.behavioural.superseded_by.is_some())
                .map(|m| m.id);
            let changed = commit.events.iter().filter_map(|event| event.memory_id);
            let all: BTreeSet<MemoryId> = before.chain(changed).collect();
            corrected = all.into_iter().filter(|id| *id != added).collect();
            Ok(commit)
        })?;
        Ok(FeedbackResponse {
            added,
            corrected,
            rule: decision.rule,
            candidates: Vec::new(),
            degraded: decision.degraded,
        })
    }

    fn pointed_at(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &FeedbackRequest,
    ) -> Result<Option<Vec<Memory>>> {
        let Some(ids) = request.memory_ids.as_ref().filter(|ids| !ids.is_empty()) else {
            return Ok(None);
        };
        if ids.len() > CANDIDATES as usize {
            return Err(
                Error::new(Code::TooLarge, format!("{} memories are named", ids.len()))
                    .at("/memory_ids")
                    .remedy(format!("name at most {CANDIDATES}")),
            );
        }
        let read = ids.iter().enumerate().map(|(i, id)| {
            self.writable(who, Action::Write, cube, *id)
                .map_err(|e| e.at(format!("/memory_ids/{i}")))
        });
        read.collect::<Result<_>>().map(Some)
    }

    /// What a search finds for the words, of what the caller may change.
    fn meant(&self, who: &UserId, cube: &CubeId, words: &str) -> Result<Vec<Memory>> {
        let request = SearchRequest {
            query: words.to_owned(),
            cube_ids: vec![cube.to_string()],
            top_k: Some(CANDIDATES),
            ..SearchRequest::default()
        };
        // A cube that is not there yet holds nothing to correct.
        let found = self
            .operator
            .search(&self.call(who, &request, CANDIDATES as usize)?)?;
        let header = self.visible_cube(who, Action::Read, cube)?;
        let hits = found.hits.into_iter().map(|hit| hit.memory);
        Ok(hits
            .filter(|m| self.guard.memory(who, Action::Write, &header, m).is_ok())
            .collect())
    }

    fn keep_words(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &FeedbackRequest,
        by: By<'_>,
    ) -> Result<MemoryId> {
        let mut message = json!({"role": "user", "content": request.feedback});
        // Without a time it is said now, and sent again it is the same request.
        if let Some(time) = &request.chat_time {
            message["chat_time"] = json!(time);
        }
        if let Some(speaker) = &request.speaker {
            message["name"] = json!(speaker);
        }
        let words = AddRequest {
            messages: Some(json!([message])),
            session_id: request.session_id.clone(),
            tags: Some(vec!["feedback".to_owned()]),
            info: request.info.clone(),
            ..AddRequest::default()
        };
        let added = self.add_by(who, cube, &words, by)?;
        let first = added.memories.first().map(|memory| memory.id);
        first.ok_or_else(|| Error::new(Code::Internal, "the feedback was not kept"))
    }
}

/// How the rules of fusion see two statements.
fn by_fusion(older: &Memory, newer: &Memory) -> Option<RuleVerdict> {
    let (old, new) = (Statement::of(older)?, Statement::of(newer)?);
    let verdict = judge(&old, &new, None);
    let rule = verdict.rule();
    let rule = rule.strip_prefix("fusion.").unwrap_or(&rule).to_owned();
    match verdict {
        Verdict::Supersedes { .. } => Some(RuleVerdict::Supersedes(rule)),
        Verdict::Contradicts { .. } => Some(RuleVerdict::Contradicts(rule)),
        Verdict::Duplicate { .. } | Verdict::Unrelated => None,
    }
}
