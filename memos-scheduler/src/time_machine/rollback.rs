//! The way back: planned first, then committed.

use memos_core::{
    Cause, ChangeSeq, Code, Commit, CubeId, Error, EventKind, Memory, MemoryId, NewEvent, Result,
    Snapshot, UserId, Why,
};
use serde::Serialize;

use super::step::used_as;
use super::{Effect, Past, Point, Refusal, Step, versions};

/// What a rollback does, memory by memory: a dry run until its [`commit`](Rollback::commit) is
/// committed. A memory that is frozen or under legal hold stays as it is, and the plan says so; but for one that is frozen by a
/// rollback, when that is taken back.
///
/// A rollback is a change like any other: what it takes back stays in the history, so the way
/// forward again is a rollback to the instant before it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rollback {
    /// The cube.
    pub cube_id: CubeId,
    /// Where it goes back to, in words.
    pub to: String,
    /// The last change that counts then; none if it is about one memory.
    pub at: Option<ChangeSeq>,
    /// What it does, by memory id. Memories that stay the same are not here.
    pub steps: Vec<Step>,
}

impl Rollback {
    /// Of a cube, to what it was. Use counts and tiers stay those of now; a memory that comes back
    /// has those that it had. What was forgotten does not come back.
    ///
    /// # Errors
    /// `CubeNotFound`; those of [`Point::resolve`].
    pub fn cube(snapshot: &dyn Snapshot, cube: &CubeId, to: &Point) -> Result<Self> {
        if snapshot.cube(cube)?.is_none() {
            return Err(Error::cube_not_found(cube));
        }
        let at = to.resolve(snapshot, cube)?;
        let past = Past::of(snapshot, cube, at)?;
        let mut steps = Vec::new();
        for (id, before) in past.differences() {
            let now = snapshot.memory(cube, id)?;
            steps.extend(step(snapshot, cube, id, (now.as_ref(), before))?);
        }
        Ok(Self {
            cube_id: cube.clone(),
            to: to.to_string(),
            at: Some(at),
            steps,
        })
    }

    /// Of one memory, to what stood under a version number; it comes back into its cube if it had
    /// left it.
    ///
    /// # Errors
    /// `MemoryNotFound`; `InvalidRequest` if it has no such version.
    pub fn memory(
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        id: MemoryId,
        version: u32,
    ) -> Result<Self> {
        let all = versions(snapshot, cube, id)?;
        // The last of that number: only its use counts are newer.
        let Some(wanted) = all.iter().rev().find(|v| v.number == version) else {
            let mut numbers: Vec<u32> = all.iter().map(|v| v.number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            return Err(Error::new(
                Code::InvalidRequest,
                format!("memory {id} has no version {version}"),
            )
            .at("version")
            .remedy(format!("its versions: {}", numbers.join(", "))));
        };
        let now = all.last().filter(|v| v.until.is_none()).map(|v| &v.memory);
        Ok(Self {
            cube_id: cube.clone(),
            to: format!("version {version}"),
            at: None,
            steps: step(snapshot, cube, id, (now, Some(&wanted.memory)))?
                .into_iter()
                .collect(),
        })
    }

    /// Whether it changes nothing: all is as it was, or refused.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.refused.is_some())
    }

    /// The changes and events that do it; nothing at all if it [is empty](Rollback::is_empty). It
    /// holds for the cube as the plan saw it: a memory that changed since makes it a `Conflict`.
    pub fn commit(&self, who: &UserId) -> Commit {
        let mut commit = Commit::default();
        for step in &self.steps {
            let Some(write) = step.write(&self.cube_id) else {
                continue;
            };
            let kind = match step.effect {
                Effect::Withdrawn => EventKind::Withdrawn,
                Effect::Added | Effect::Updated | Effect::Restored => EventKind::Restored,
            };
            commit.writes.push(write);
            commit.events.push(step.event(&self.cube_id, who, kind));
        }
        if commit.writes.is_empty() {
            return commit;
        }
        if self.at.is_some() {
            commit.events.push(NewEvent {
                cube_id: self.cube_id.clone(),
                memory_id: None,
                actor: who.clone(),
                kind: EventKind::RolledBack,
            });
        }
        let why = Why::new(who.clone(), Cause::Rollback).detail(format!("to {}", self.to));
        commit.why = Some(why);
        commit
    }
}

fn step(
    snapshot: &dyn Snapshot,
    cube: &CubeId,
    id: MemoryId,
    (now, before): (Option<&Memory>, Option<&Memory>),
) -> Result<Option<Step>> {
    let mut target = before.cloned();
    if let (Some(before), Some(now)) = (&mut target, now) {
        used_as(before, now);
        // Of one version only its use can have made the one of the other.
        if version(before) == version(now) && before.state.is_mutable() && now.state.is_mutable() {
            before.state = now.state;
        }
    }
    let Some(mut step) = Step::new(id, now, target, Effect::Restored) else {
        return Ok(None);
    };
    if step.refused == Some(Refusal::Frozen) && takes_back(snapshot, cube, id, before)? {
        step.refused = None;
    }
    Ok(Some(step))
}

/// Whether this only takes the last change of a memory back, and that was a rollback. What a
/// rollback froze, since it was frozen then, must not stand in its own way forward.
fn takes_back(
    snapshot: &dyn Snapshot,
    cube: &CubeId,
    id: MemoryId,
    before: Option<&Memory>,
) -> Result<bool> {
    let history = snapshot.history(cube, id)?;
    Ok(history.last().is_some_and(|last| {
        last.why.cause == Cause::Rollback
            && last.before.as_deref().map(version) == before.map(version)
    }))
}

fn version(memory: &Memory) -> u32 {
    memory.header.behavioural.version
}
