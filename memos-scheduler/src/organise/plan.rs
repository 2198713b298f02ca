//! What should be derived from some turns, and what of it is new.

use memos_core::{Memory, MemoryId, Result};

use super::draft::{Draft, Meeting, by_audience, changed};
use super::profile::{Interests, habit, profile};
use super::summary::{Of, sessions, summary};

/// Derives memories from turns, without a language model.
///
/// `known` are the derived memories of the cube (all of them, or those with the same owners), which
/// carry their keys in their field `key`. Doing it again with what was written among the known gives
/// nothing. A known memory that was merged, superseded, frozen or held stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Organiser;

impl Organiser {
    /// What is to be written so that what follows from some sessions is there: summaries,
    /// preferences and facts of profiles that are new or have changed. `turns` are all turns of
    /// these sessions.
    pub fn plan(&self, turns: &[Memory], known: &[Memory]) -> Vec<Draft> {
        let mut summaries = Vec::new();
        let mut statements = Vec::new();
        for group in by_audience(turns) {
            for (id, turns) in sessions(&group) {
                summaries.extend(summary(&turns, Of::Session(id)));
            }
            statements.extend(profile(&group));
        }
        let mut drafts = changed(summaries, known, Meeting::Replace);
        drafts.extend(changed(statements, known, Meeting::AddEvidence));
        drafts
    }

    /// The summary of a day, of which `turns` are all, if it has several sessions: that of one says
    /// the same.
    pub fn day(&self, turns: &[Memory], known: &[Memory]) -> Vec<Draft> {
        let groups = by_audience(turns).into_iter();
        let summaries = groups.filter(|group| sessions(group).len() > 1);
        let summaries = summaries.filter_map(|group| {
            let day = group.first()?.header.descriptive.said_at.date();
            summary(&group, Of::Day(&day.to_string()))
        });
        changed(summaries.collect(), known, Meeting::Replace)
    }

    /// What people come back to again and again over several sessions, three turns in two sessions
    /// at least, as far as some turns bring it up. `read` reads what else shows it.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) fn interests(
        self,
        interests: &Interests,
        turns: &[MemoryId],
        known: &[Memory],
        read: impl Fn(MemoryId) -> Result<Option<Memory>>,
    ) -> Result<Vec<Draft>> {
        let mut drafts = Vec::new();
        for found in interests.of(turns) {
            let evidence: Vec<Memory> = found
                .evidence
                .iter()
                .filter_map(|id| read(*id).transpose())
                .collect::<Result<_>>()?;
            // What was forgotten since shows nothing any more: the next run counts anew.
            if evidence.len() == found.evidence.len() {
                drafts.extend(habit(&found, &evidence.iter().collect::<Vec<_>>()));
            }
        }
        Ok(changed(drafts, known, Meeting::AddEvidence))
    }
}

#[cfg(test)]
mod tests;
