//! What a branch changed, and how that comes into its base.

use memos_core::{
    Cause, ChangeSeq, Code, Commit, CubeId, Error, EventKind, Memory, MemoryId, Result, Snapshot,
    State, Tier, Timestamp, UserId, Why,
};
use serde::{Deserialize, Serialize};

use super::fork::base_of;
use super::step::used_as;
use super::undo::Undo;
use super::versions::highest;
use super::{Effect, FieldChange, Past, Step, diff};

/// What a branch made of one memory of its base.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BranchChange {
    /// The memory.
    pub memory: MemoryId,
    /// What became of it in the branch.
    pub effect: Effect,
    /// The fields that differ, if both have it.
    pub fields: Vec<FieldChange>,
    /// What it was at the fork; none if it was not there.
    #[serde(skip)]
    pub base: Option<Box<Memory>>,
    /// What it is in the branch; none if it left it.
    #[serde(skip)]
    pub branch: Option<Box<Memory>>,
}

/// What a branch holds that differs from its base at the fork, by memory id. Version numbers, times
/// of change, uses and tiers alone are no difference. The snapshot must be of a
/// [`Branching`](super::Branching) vault.
///
/// # Errors
/// `CubeNotFound`; `InvalidRequest` if the cube is no branch.
pub fn diff_branch(snapshot: &dyn Snapshot, branch: &CubeId) -> Result<Vec<BranchChange>> {
    let base = base_of(snapshot, branch)?;
    let forked = Past::of(snapshot, &base.cube_id, base.at)?;
    let written = Undo::of(snapshot, branch, ChangeSeq::default())?;
    let mut changes = Vec::new();
    for (id, _) in written.iter() {
        let was = forked.memory(id)?;
        let is = snapshot.memory(branch, id)?;
        if same(was.as_ref(), is.as_ref()) {
            continue;
        }
        changes.push(BranchChange {
            memory: id,
            effect: match (&was, &is) {
                (None, _) => Effect::Added,
                (Some(_), Some(_)) => Effect::Updated,
                (Some(_), None) => Effect::Withdrawn,
            },
            fields: fields(was.as_ref(), is.as_ref())?,
            base: was.map(Box::new),
            branch: is.map(Box::new),
        });
    }
    Ok(changes)
}

/// What a merge does where both sides changed a memory since the fork.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It is not done at all.
    #[default]
    Refuse,
    /// The base's side stays.
    Ours,
    /// The branch's side takes its place.
    Theirs,
}

/// A memory that both sides changed since the fork, each in its way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// The memory.
    pub memory: MemoryId,
    /// Its version in the base; none if it left it.
    pub base: Option<u32>,
    /// Its version in the branch; none if it left it.
    pub branch: Option<u32>,
    /// The fields that differ between the two, the base's value first, if both have it.
    pub fields: Vec<FieldChange>,
}

/// What the merge of a branch into its base does, memory by memory: a dry run until its
/// [`commit`](Merge::commit) is committed. Memories of the base that are frozen or under legal hold
/// stay as they are, and the plan says so. The branch stays too, until it is dropped; merging it
/// again brings what has changed in it since.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Merge {
    /// The branch.
    pub branch: CubeId,
    /// Its base.
    pub base: CubeId,
    /// What happens to conflicts.
    pub policy: Policy,
    /// What it does to the base, by memory id.
    pub steps: Vec<Step>,
    /// Where both sides changed, by memory id.
    pub conflicts: Vec<Conflict>,
}

impl Merge {
    /// Plans the merge of a branch into its base. The snapshot must be of a
    /// [`Branching`](super::Branching) vault.
    ///
    /// # Errors
    /// `CubeNotFound`; `InvalidRequest` if the cube is no branch.
    pub fn plan(snapshot: &dyn Snapshot, branch: &CubeId, policy: Policy) -> Result<Self> {
        let base = base_of(snapshot, branch)?.cube_id;
        let (mut steps, mut conflicts) = (Vec::new(), Vec::new());
        for change in diff_branch(snapshot, branch)? {
            let id = change.memory;
            let now = snapshot.memory(&base, id)?;
            let (was, is) = (change.base.as_deref(), change.branch.as_deref());
            if same(now.as_ref(), is) {
                continue;
            }
            if !same(now.as_ref(), was) {
                conflicts.push(Conflict {
                    memory: id,
                    base: now.as_ref().map(|m| m.header.behavioural.version),
                    branch: is.map(|m| m.header.behavioural.version),
                    fields: fields(now.as_ref(), is)?,
                });
                if policy != Policy::Theirs {
                    continue;
                }
            }
            let target = match is {
                None => None,
                Some(is) => Some(merged(snapshot, &base, now.as_ref(), is.clone())?),
            };
            steps.extend(Step::new(id, now.as_ref(), target, Effect::Updated));
        }
        Ok(Self {
            branch: branch.clone(),
            base,
            policy,
            steps,
            conflicts,
        })
    }

    /// The changes of the base and their events. It holds for the base as the plan saw it: a memory
    /// that changed since makes it a `Conflict`.
    ///
    /// # Errors
    /// `Conflict` if both sides changed a memory and the policy is to refuse that.
    pub fn commit(&self, who: &UserId) -> Result<Commit> {
        if self.policy == Policy::Refuse && !self.conflicts.is_empty() {
            let ids: Vec<String> = self
                .conflicts
                .iter()
                .map(|c| c.memory.to_string())
                .collect();
            return Err(Error::new(
                Code::Conflict,
                format!(
                    "branch {:?} and its base {:?} both changed {} memories since the fork: {}",
                    self.branch.as_str(),
                    self.base.as_str(),
                    ids.len(),
                    ids.join(", ")
                ),
            )
            .at("policy")
            .remedy("choose `ours` to keep the base's side, `theirs` to take the branch's"));
        }
        let mut commit = Commit::default();
        for step in &self.steps {
            let Some(write) = step.write(&self.base) else {
                continue;
            };
            let kind = match step.effect {
                Effect::Added => EventKind::Added,
                Effect::Updated | Effect::Restored => EventKind::Updated,
                Effect::Withdrawn => EventKind::Withdrawn,
            };
            commit.writes.push(write);
            commit.events.push(step.event(&self.base, who, kind));
        }
        if !commit.writes.is_empty() {
            let why = Why::new(who.clone(), Cause::Branch);
            commit.why = Some(why.detail(format!("merged from {}", self.branch)));
        }
        Ok(commit)
    }
}

/// A branch's memory as the base's next version of it.
fn merged(
    snapshot: &dyn Snapshot,
    base: &CubeId,
    now: Option<&Memory>,
    mut memory: Memory,
) -> Result<Memory> {
    memory.cube_id = base.clone();
    let known = highest(&snapshot.history(base, memory.id)?)
        .max(now.map_or(0, |m| m.header.behavioural.version));
    if known > 0 {
        memory.header.behavioural.version = known.saturating_add(1);
    }
    if let Some(now) = now {
        used_as(&mut memory, now);
    }
    Ok(memory)
}

/// Whether two memories say the same, wherever they lie and however they are used.
fn same(a: Option<&Memory>, b: Option<&Memory>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => said(a.clone(), &a.cube_id) == said(b.clone(), &a.cube_id),
        _ => false,
    }
}

/// A memory without what uses, moves and changes alone leave on it.
fn said(mut memory: Memory, cube: &CubeId) -> Memory {
    memory.cube_id = cube.clone();
    // The first use alone turns the one into the other.
    if memory.state == State::Generated {
        memory.state = State::Activated;
    }
    memory.header.descriptive.updated_at = Timestamp::MIN;
    let behavioural = &mut memory.header.behavioural;
    behavioural.version = 0;
    behavioural.use_count = 0;
    behavioural.last_used = None;
    behavioural.tier = Tier::default();
    memory
}

fn fields(a: Option<&Memory>, b: Option<&Memory>) -> Result<Vec<FieldChange>> {
    match (a, b) {
        (Some(a), Some(b)) => diff(&said(a.clone(), &a.cube_id), &said(b.clone(), &a.cube_id)),
        _ => Ok(Vec::new()),
    }
}
