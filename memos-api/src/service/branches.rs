//! What-if branches: open, compare, merge. To drop one, delete the cube that it is.

use memos_core::{Action, Code, CubeId, Error, Result, UserId};
use memos_scheduler::time_machine::{Effect, Merge, Point, Policy, diff_branch, fork};

use super::MemOs;
use super::time_machine::{in_body, plan, point};
use crate::wire::{BranchRequest, Cube, MergeRequest, PlanResponse, StepItem};

impl MemOs {
    /// Opens a branch of a cube: a cube of its own that reads through to it as it was.
    ///
    /// # Errors
    /// `CubeNotFound`, `CubeExists`, `SnapshotNotFound`, `InvalidRequest`, `Forbidden` unless the
    /// caller administers the base, since the branch shows all of it.
    pub fn open_branch(&self, who: &UserId, base: &CubeId, request: BranchRequest) -> Result<Cube> {
        self.visible_cube(who, Action::Administer, base)?;
        let id = CubeId::new(request.id).map_err(|e| e.at("/id"))?;
        let name = request.name.unwrap_or_else(|| id.to_string());
        let now = self.clock.now();
        let at = match &request.at {
            Some(text) => point(text, "/at")?,
            None => Point::Instant(memos_core::Timestamp::MAX),
        };
        self.residency.commit(&id, || {
            fork(&*self.vault.snapshot()?, base, &at, &id, &name, who, now).map_err(in_body)
        })?;
        self.cube(who, &id)
    }

    /// What a branch changed against its base.
    ///
    /// # Errors
    /// `CubeNotFound`; `InvalidRequest` if the cube is no branch.
    pub fn diff_branch(&self, who: &UserId, branch: &CubeId) -> Result<PlanResponse> {
        self.visible_cube(who, Action::Administer, branch)?;
        let snapshot = self.vault.snapshot()?;
        let version =
            |m: &Option<Box<memos_core::Memory>>| m.as_ref().map(|m| m.header.behavioural.version);
        let steps = diff_branch(&*snapshot, branch)?
            .into_iter()
            .map(|change| StepItem {
                id: change.memory,
                step: match change.effect {
                    Effect::Added => "added",
                    Effect::Updated | Effect::Restored => "updated",
                    Effect::Withdrawn => "withdrawn",
                }
                .to_owned(),
                from_version: version(&change.base),
                to_version: version(&change.branch),
                refused: None,
            })
            .collect();
        Ok(PlanResponse {
            done: false,
            before: super::time_machine::last_change(&*snapshot, branch)?.0,
            steps,
        })
    }

    /// Merges a branch into its base. The branch stays until it is deleted.
    ///
    /// # Errors
    /// `CubeNotFound`, `Forbidden`; `Conflict` if both sides changed a memory and the request does
    /// not say whose to take; `InvalidRequest` if the cube is no branch.
    pub fn merge_branch(
        &self,
        who: &UserId,
        branch: &CubeId,
        request: &MergeRequest,
    ) -> Result<PlanResponse> {
        let header = self.visible_cube(who, Action::Administer, branch)?;
        let base = header
            .base
            .ok_or_else(|| {
                Error::new(Code::InvalidRequest, format!("cube {branch} is no branch"))
                    .remedy("name a cube that was opened as a branch")
            })?
            .cube_id;
        self.visible_cube(who, Action::Administer, &base)?;
        let policy = policy(request.on_conflict.as_deref())?;
        self.carry_out(&base, request.dry_run, |snapshot| {
            let merge = Merge::plan(snapshot, branch, policy)?;
            let mut steps = plan(&merge.steps);
            if request.dry_run && policy != Policy::Theirs {
                steps.extend(merge.conflicts.iter().map(|conflict| StepItem {
                    id: conflict.memory,
                    step: "refused".to_owned(),
                    from_version: conflict.base,
                    to_version: conflict.branch,
                    refused: Some("it changed on both sides".to_owned()),
                }));
                // A dry run tells of conflicts; only the merge itself fails for them.
                return Ok((steps, memos_core::Commit::default()));
            }
            let commit = merge.commit(who).map_err(|e| {
                if e.field().is_some() {
                    e.at("/on_conflict")
                } else {
                    e
                }
            })?;
            Ok((steps, commit))
        })
    }
}

fn policy(name: Option<&str>) -> Result<Policy> {
    match name {
        None | Some("refuse") => Ok(Policy::Refuse),
        Some("ours") => Ok(Policy::Ours),
        Some("theirs") => Ok(Policy::Theirs),
        Some(other) => Err(Error::new(
            Code::InvalidRequest,
            format!("{other:?} is no way to settle conflicts"),
        )
        .at("/on_conflict")
        .remedy("use refuse, ours or theirs")),
    }
}
