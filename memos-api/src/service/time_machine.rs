//! Cubes as they were: rollback, dump, named snapshots.

use memos_core::{
    Action, ChangeSeq, Commit, CubeId, Error, NamedSnapshot, Result, Snapshot, Timestamp, UserId,
    Write,
};
use memos_scheduler::time_machine::{
    Effect, Past, Point, Rollback, Step, drop_snapshot, dump, take_snapshot,
};
use memos_scheduler::work::births;

use super::MemOs;
use crate::wire::{
    DumpRequest, PlanResponse, RollbackRequest, SnapshotItem, SnapshotList, SnapshotRequest,
    StepItem,
};

impl MemOs {
    /// Rolls a cube back to what it was. What it leaves stays in the history.
    ///
    /// # Errors
    /// `CubeNotFound`, `SnapshotNotFound`, `InvalidRequest`, `Forbidden` unless the caller
    /// administers the cube.
    pub fn roll_back(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &RollbackRequest,
    ) -> Result<PlanResponse> {
        self.visible_cube(who, Action::Administer, cube)?;
        let to = point(&request.to, "/to")?;
        self.carry_out(cube, request.dry_run, |snapshot| {
            let rollback = Rollback::cube(snapshot, cube, &to).map_err(|e| e.at("/to"))?;
            let commit = rollback.commit(who);
            Ok((plan(&rollback.steps), commit))
        })
    }

    /// Writes a cube out, line by line: its header, then its memories by id. The same state gives
    /// the same lines.
    ///
    /// # Errors
    /// `CubeNotFound`, `SnapshotNotFound`, `InvalidRequest`, `Forbidden` unless the caller
    /// administers the cube; those of `write`.
    pub fn dump(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &DumpRequest,
        write: &mut dyn FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        self.visible_cube(who, Action::Administer, cube)?;
        let at = request
            .at
            .as_deref()
            .map(|text| point(text, "at"))
            .transpose()?;
        let snapshot = self.vault.snapshot()?;
        match at {
            None => dump(&*snapshot, cube)?.try_for_each(|line| write(&line?)),
            Some(at) => {
                let at = at.resolve(&*snapshot, cube).map_err(|e| e.at("at"))?;
                let past = Past::of(&*snapshot, cube, at)?;
                past.dump()?.try_for_each(|line| write(&line?))
            }
        }
    }

    /// Names the state of a cube.
    ///
    /// # Errors
    /// `CubeNotFound`, `Forbidden`, `Conflict` if the name is taken, `InvalidRequest`.
    pub fn take_snapshot(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: SnapshotRequest,
    ) -> Result<SnapshotItem> {
        self.visible_cube(who, Action::Write, cube)?;
        let at = request
            .at
            .as_deref()
            .map(|text| point(text, "/at"))
            .transpose()?;
        self.residency.commit(cube, || {
            let snapshot = self.vault.snapshot()?;
            let (name, now) = (&request.name, self.clock.now());
            take_snapshot(&*snapshot, cube, name, at.as_ref(), request.note, who, now)
                .map_err(in_body)
        })?;
        let all = self.vault.snapshot()?.named(cube)?;
        all.into_iter()
            .find(|one| one.name == request.name.trim())
            .map(snapshot_item)
            .ok_or_else(|| Error::cube_not_found(cube))
    }

    /// The named snapshots of a cube.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub fn snapshots(&self, who: &UserId, cube: &CubeId) -> Result<SnapshotList> {
        self.visible_cube(who, Action::Read, cube)?;
        let all = self.vault.snapshot()?.named(cube)?;
        Ok(SnapshotList {
            snapshots: all.into_iter().map(snapshot_item).collect(),
        })
    }

    /// Drops a name. What it stood for stays in the history.
    ///
    /// # Errors
    /// `CubeNotFound`, `SnapshotNotFound`, `Forbidden`.
    pub fn drop_snapshot(&self, who: &UserId, cube: &CubeId, name: &str) -> Result<()> {
        self.visible_cube(who, Action::Write, cube)?;
        self.residency.commit(cube, || {
            drop_snapshot(&*self.vault.snapshot()?, cube, name, who)
        })?;
        Ok(())
    }

    /// Plans alone in the cube, and commits unless it is a dry run or there is nothing to do.
    pub(super) fn carry_out(
        &self,
        cube: &CubeId,
        dry_run: bool,
        make: impl Fn(&dyn Snapshot) -> Result<(Vec<StepItem>, Commit)>,
    ) -> Result<PlanResponse> {
        let mut answer = PlanResponse {
            done: false,
            before: 0,
            steps: Vec::new(),
        };
        let mut look = || -> Result<Commit> {
            let snapshot = self.vault.snapshot()?;
            let (steps, mut commit) = make(&*snapshot)?;
            answer.steps = steps;
            answer.before = last_change(&*snapshot, cube)?.0;
            answer.done = !dry_run && !commit.writes.is_empty();
            self.sweep_when_due(cube, &mut commit);
            Ok(commit)
        };
        if dry_run {
            look()?;
        } else {
            self.residency.commit(cube, look)?;
        }
        Ok(answer)
    }

    /// What comes back may have a lifespan that no sweep knows of any more.
    fn sweep_when_due(&self, cube: &CubeId, commit: &mut Commit) {
        let written = commit.writes.iter().filter_map(|write| match write {
            Write::AddMemory(memory) | Write::UpdateMemory { memory, .. } => Some(memory),
            _ => None,
        });
        let now = self.clock.now();
        if let (Some(due), Some(why)) = (self.policy.next_sweep(written, now), &commit.why) {
            let task = births::sweep(cube, &why.actor, due, now);
            commit.writes.push(births::adding(task));
        }
    }
}

/// An error of a field of the request, named by its place in the body.
pub(super) fn in_body(error: Error) -> Error {
    match error.field() {
        Some(field) if !field.starts_with('/') => {
            let pointer = format!("/{field}");
            error.at(pointer)
        }
        _ => error,
    }
}

/// The last change of a cube.
pub(super) fn last_change(snapshot: &dyn Snapshot, cube: &CubeId) -> Result<ChangeSeq> {
    snapshot.change_at(cube, Timestamp::MAX)
}

/// A point in the history of a cube, as people write it.
pub(super) fn point(text: &str, field: &str) -> Result<Point> {
    text.parse().map_err(|e: Error| e.at(field))
}

pub(super) fn plan(steps: &[Step]) -> Vec<StepItem> {
    steps
        .iter()
        .map(|step| StepItem {
            id: step.memory,
            step: match (&step.refused, step.effect) {
                (Some(_), _) => "refused",
                (None, Effect::Added) => "added",
                (None, Effect::Updated) => "updated",
                (None, Effect::Restored) => "restored",
                (None, Effect::Withdrawn) => "withdrawn",
            }
            .to_owned(),
            from_version: step.from,
            to_version: step.to,
            refused: step.refused.map(|why| why.to_string()),
        })
        .collect()
}

fn snapshot_item(named: NamedSnapshot) -> SnapshotItem {
    SnapshotItem {
        name: named.name,
        change: named.at.0,
        taken_at: named.taken_at,
        by: named.by.into(),
        note: named.note,
    }
}
