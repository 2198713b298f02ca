//! Putting away what feedback corrected, and what followed from it alone.

use std::collections::BTreeSet;

use memos_core::{
    Code, CubeId, Error, Memory, MemoryId, Move, Payload, Result, SemanticType, State, UserId,
};
use memos_scheduler::feedback::{CorrectionKind, Decision, decide, effect};
use memos_scheduler::organise::{Organiser, sentences};

use super::by_fusion;
use crate::service::MemOs;
use crate::wire::{FeedbackResponse, MoveRequest};

impl MemOs {
    /// Puts away what feedback has corrected, and forgets what follows from that alone: the next
    /// search finds neither. What says more than that one thing stays, and only what follows from
    /// the wrong words is put away. What is frozen or held stays.
    ///
    /// # Errors
    /// If the storage fails.
    pub(crate) fn put_away_corrected(
        &self,
        who: &UserId,
        cube: &CubeId,
        done: &FeedbackResponse,
    ) -> Result<()> {
        let Some(words) = self.vault.memory(cube, done.added)? else {
            return Ok(());
        };
        let (mut doomed, mut ended) = (Vec::new(), Vec::new());
        for id in &done.corrected {
            // Replaced words hold on.
            let known = self.vault.memory(cube, *id)?;
            let Some(known) = known.filter(|m| m.header.behavioural.superseded_by.is_some()) else {
                continue;
            };
            let said = things_said(&known);
            let wrong = match said.as_slice() {
                [_] if known.header.descriptive.semantic_type != SemanticType::DomainKnowledge => {
                    if !self.archived(who, cube, *id)? {
                        continue;
                    }
                    None
                }
                said => Some(statements_at_odds(&words, &known, said)),
            };
            for made in self.vault.made_from(cube, *id)? {
                let Some(made) = self.vault.memory(cube, made)? else {
                    continue;
                };
                let is_wrong = wrong
                    .as_ref()
                    .is_none_or(|wrong| wrong.contains(text(&made)));
                match &wrong {
                    None if self.follows_from_alone(cube, &made, *id)? => doomed.push(made.id),
                    // Its evidence stays, and would lead to it again.
                    _ if is_wrong && is_at_odds(&words, &made) => ended.push(made.id),
                    Some(_) if is_wrong && self.follows_from_alone(cube, &made, *id)? => {
                        ended.push(made.id);
                    }
                    _ => {}
                }
            }
        }
        self.end(cube, &words, &done.rule, ended.clone())?;
        for id in ended {
            self.archived(who, cube, id)?;
        }
        match self.forget_all(who, cube, &doomed) {
            Err(error) if is_kept(&error) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Ends the validity of memories that follow from what the words corrected.
    fn end(
        &self,
        cube: &CubeId,
        words: &Memory,
        rule: &str,
        corrects: Vec<MemoryId>,
    ) -> Result<()> {
        if corrects.is_empty() {
            return Ok(());
        }
        let decision = Decision {
            corrects,
            rule: rule.to_owned(),
            kind: CorrectionKind::Changed,
            named: false,
            degraded: None,
        };
        self.residency.commit(cube, || {
            let snapshot = self.vault.snapshot()?;
            let words = snapshot
                .memory(cube, words.id)?
                .ok_or_else(|| Error::memory_not_found(cube, words.id))?;
            let mut memories = Vec::new();
            for id in &decision.corrects {
                memories.extend(snapshot.memory(cube, *id)?);
            }
            let number = |memory: &Memory| self.next_version(memory);
            effect(&words, &memories, &decision, &number, self.clock.now())
        })?;
        Ok(())
    }

    /// Archives a memory; whether it may be.
    fn archived(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<bool> {
        let away = MoveRequest {
            step: Move::Archive.as_str().to_owned(),
            reason: Some("corrected by feedback".to_owned()),
        };
        match self.change_state(who, cube, id, &away) {
            Ok(_) => Ok(true),
            Err(error) if is_kept(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether all that a memory was made from is this one, or was corrected too.
    fn follows_from_alone(&self, cube: &CubeId, made: &Memory, id: MemoryId) -> Result<bool> {
        for from in &made.header.behavioural.derived_from {
            let memory = self.vault.memory(cube, *from)?;
            let holds = memory.is_some_and(|m| {
                m.state != State::Archived || m.header.behavioural.superseded_by.is_none()
            });
            if *from != id && holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a memory may not be changed as it is.
fn is_kept(error: &Error) -> bool {
    matches!(error.code(), Code::IllegalMove | Code::Forbidden)
}

/// The words of a memory.
fn text(memory: &Memory) -> &str {
    memory.payload.plaintext().map_or("", |plain| &plain.text)
}

/// The things that a memory says: its sentences, and the clauses of those that say several things.
fn things_said(memory: &Memory) -> Vec<&str> {
    let text = text(memory);
    let says_several = |sentence: &str| {
        let drafts = Organiser.plan(&[saying(memory, sentence)], &[]);
        drafts.len() > 1
    };
    let mut said = Vec::new();
    for sentence in sentences(text).into_iter().map(|at| &text[at]) {
        match says_several(sentence) {
            true => said.extend(clauses(sentence)),
            false => said.push(sentence),
        }
    }
    said
}

/// A sentence between its commas and ands.
fn clauses(sentence: &str) -> impl Iterator<Item = &str> {
    let between_marks = sentence.split([',', ';', '，', '；']);
    let clauses = between_marks
        .flat_map(|part| part.split(" and "))
        .map(str::trim);
    clauses.filter(|clause| clause.contains(char::is_alphanumeric))
}

/// A memory as if it said this alone, and had not been corrected.
fn saying(memory: &Memory, words: &str) -> Memory {
    let mut one = memory.clone();
    one.header.behavioural.superseded_by = None;
    if let Payload::Plaintext(plain) = &mut one.payload {
        plain.text = words.to_owned();
        plain.times.clear();
    }
    one
}

/// Whether feedback says that a memory is wrong which says one thing.
fn is_at_odds(words: &Memory, memory: &Memory) -> bool {
    let is_one = things_said(memory).len() == 1;
    let one = saying(memory, text(memory));
    is_one
        && !decide(words, &[one], false, &by_fusion, None)
            .corrects
            .is_empty()
}

/// What the rules derive from those things said by a memory that feedback says are wrong.
fn statements_at_odds(words: &Memory, known: &Memory, said: &[&str]) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for thing in said {
        let one = saying(known, thing);
        let decision = decide(words, std::slice::from_ref(&one), false, &by_fusion, None);
        if decision.corrects.is_empty() {
            continue;
        }
        let drafts = Organiser.plan(std::slice::from_ref(&one), &[]);
        let texts = drafts
            .iter()
            .filter_map(|draft| draft.memory.payload.plaintext());
        wrong.extend(texts.map(|plain| plain.text.clone()));
    }
    wrong
}
