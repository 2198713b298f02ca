//! The versions of a memory: list, compare, go back.

use memos_core::{Action, Code, CubeId, Error, Memory, MemoryId, Result, UserId};
use memos_scheduler::time_machine::{Rollback, Version, diff, next_version, versions};

use super::MemOs;
use super::time_machine::plan;
use crate::wire::{
    DiffRequest, DiffResponse, FieldItem, MemoryRollbackRequest, PlanResponse, VersionItem,
    VersionList,
};

impl MemOs {
    /// The versions of a memory that the caller may read, oldest first.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`.
    pub fn versions(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<VersionList> {
        let versions = self.readable_versions(who, cube, id)?;
        Ok(VersionList {
            versions: versions.into_iter().map(version_item).collect(),
        })
    }

    /// What differs between two versions of a memory.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`; `InvalidRequest` for a version that it does not have.
    pub fn diff(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        request: &DiffRequest,
    ) -> Result<DiffResponse> {
        let versions = self.readable_versions(who, cube, id)?;
        let at = |number: Option<u32>, field: &str, default: usize| match number {
            None => Ok(&versions[default]),
            Some(number) => versions
                .iter()
                .rev()
                .find(|v| v.number == number)
                .ok_or_else(|| no_version(id, number, &versions).at(field)),
        };
        let last = versions.len() - 1;
        let from = at(request.from, "from", last.saturating_sub(1))?;
        let to = at(request.to, "to", last)?;
        let changes = diff(&from.memory, &to.memory)?;
        Ok(DiffResponse {
            changes: changes
                .into_iter()
                .map(|change| FieldItem {
                    field: change.field,
                    before: change.before,
                    after: change.after,
                })
                .collect(),
        })
    }

    /// Rolls a memory back to one of its versions. What it leaves stays in its history.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`, `Forbidden`; `InvalidRequest` for a version that it does
    /// not have; `IllegalMove` if it is frozen.
    pub fn roll_back_memory(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        request: &MemoryRollbackRequest,
    ) -> Result<PlanResponse> {
        self.may_write_once(who, cube, id)?;
        self.carry_out(cube, request.dry_run, |snapshot| {
            let rollback = Rollback::memory(snapshot, cube, id, request.version).map_err(|e| {
                if e.field().is_some() {
                    e.at("/version")
                } else {
                    e
                }
            })?;
            let commit = rollback.commit(who);
            Ok((plan(&rollback.steps), commit))
        })
    }

    /// The number that the next change of a memory takes.
    pub(super) fn next_version(&self, memory: &Memory) -> Result<u32> {
        next_version(&*self.vault.snapshot()?, memory)
    }

    /// Whether the caller may write a memory, or might when it was last in the cube.
    fn may_write_once(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<()> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let all = versions(&*self.vault.snapshot()?, cube, id)?;
        let last = all
            .last()
            .ok_or_else(|| Error::memory_not_found(cube, id))?;
        self.guard.memory(who, Action::Write, &header, &last.memory)
    }

    fn readable_versions(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<Vec<Version>> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let mut all = versions(&*self.vault.snapshot()?, cube, id)?;
        all.retain(|v| {
            self.guard
                .memory(who, Action::Read, &header, &v.memory)
                .is_ok()
        });
        if all.is_empty() {
            return Err(Error::memory_not_found(cube, id));
        }
        Ok(all)
    }
}

fn no_version(id: MemoryId, number: u32, versions: &[Version]) -> Error {
    let known: Vec<_> = versions.iter().map(|v| v.number.to_string()).collect();
    Error::new(
        Code::InvalidRequest,
        format!("memory {id} has no version {number}"),
    )
    .remedy(format!("use one of {}", known.join(", ")))
}

fn version_item(version: Version) -> VersionItem {
    let why = version.why;
    let owner = &version.memory.header.governance.owner;
    VersionItem {
        version: version.number,
        from: version.from,
        until: version.until,
        actor: why.as_ref().map_or(owner, |w| &w.actor).to_string(),
        cause: why
            .as_ref()
            .map(|w| w.cause)
            .unwrap_or_default()
            .as_str()
            .into(),
        detail: why.as_ref().and_then(|w| w.detail.clone()),
        evidence: why.map(|w| w.evidence).unwrap_or_default(),
        change: version.change.0,
        memory: version.memory.into(),
    }
}
