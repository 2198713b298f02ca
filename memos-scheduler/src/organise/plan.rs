//! What should be derived from some turns, and what of it is new.

use memos_core::Memory;

use super::draft::{Draft, Meeting, by_audience, changed};
use super::profile::{interests, profile};
use super::summary::{Of, sessions, summary};

/// Derives memories from turns, without a language model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Organiser;

impl Organiser {
    /// What is to be written so that what follows from some turns is there: summaries, preferences
    /// and facts of profiles that are new or have changed.
    ///
    /// `turns` are all turns of one session, which gives its summary, or all turns of one day, which
    /// gives the day's if the day has several sessions. `known` are the derived memories of the cube
    /// (all of them, or those with the same owners), which carry their keys in their field `key`.
    /// Doing it again with what was written among the known gives nothing. A known memory that was
    /// merged, superseded, frozen or held stays as it is.
    ///
    /// What people come back to is found only where `turns` spans several sessions; for a whole
    /// cube see [`interests`](Self::interests).
    pub fn plan(&self, turns: &[Memory], known: &[Memory]) -> Vec<Draft> {
        let mut summaries = Vec::new();
        let mut statements = Vec::new();
        for group in by_audience(turns) {
            let by_session = sessions(&group);
            let made = match &by_session[..] {
                [(id, turns)] => summary(turns, Of::Session(id)),
                _ => {
                    let day = group
                        .first()
                        .map(|m| m.header.descriptive.said_at.date().to_string());
                    day.and_then(|day| summary(&group, Of::Day(&day)))
                }
            };
            summaries.extend(made);
            statements.extend(profile(&group));
            statements.extend(interests(&group));
        }
        let mut drafts = changed(summaries, known, Meeting::Replace);
        drafts.extend(changed(statements, known, Meeting::AddEvidence));
        drafts
    }

    /// What people come back to again and again over several sessions, of all `turns` given: three
    /// turns in two sessions at least. As [`plan`](Self::plan) otherwise.
    pub fn interests(&self, turns: &[Memory], known: &[Memory]) -> Vec<Draft> {
        let groups = by_audience(turns);
        let drafts = groups.iter().flat_map(|group| interests(group)).collect();
        changed(drafts, known, Meeting::AddEvidence)
    }
}

#[cfg(test)]
mod tests;
