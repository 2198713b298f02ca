//! The work of refinement: a language model reads turns of a session.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use memos_core::{
    Cause, Clock, Commit, CubeId, Error, EventKind, Info, LanguageModel, Memory, MemoryId,
    NewEvent, Repeat, Result, Snapshot, Task, UserId, Vault, Why, Write,
};

use super::derived::{Known, Reading};
use super::{FUSE, REFINE, births};
use crate::recent_cubes::{RecentCubes, lock};
use crate::refine::{Draft, PromptName, Refiner};
use crate::tasks::{Effect, Handler, Limits, Work};

/// Turns read in one run: one question to the model, for most dialogues.
const AT_ONCE: usize = 40;

/// A try may wait for the model's own retries.
const LEASE: Duration = Duration::from_secs(10 * 60);

/// Derives memories from turns with a language model. A bad, empty or late answer changes nothing:
/// the task is tried again, and parked in the end.
pub struct Refining {
    shared: Arc<Shared>,
    refiner: Refiner,
    at_once: NonZeroUsize,
}

struct Shared {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    reading: Reading,
    known: RecentCubes<Known>,
}

impl Refining {
    /// With a model that may be asked so often at a time.
    pub fn new(
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
        model: Arc<dyn LanguageModel>,
        reading: Reading,
        at_once: NonZeroUsize,
    ) -> Self {
        Self {
            refiner: Refiner::new(model, reading.fingerprint),
            shared: Arc::new(Shared {
                vault,
                clock,
                reading,
                known: RecentCubes::default(),
            }),
            at_once,
        }
    }
}

impl Handler for Refining {
    fn kind(&self) -> &'static str {
        REFINE
    }

    fn limits(&self) -> Limits {
        Limits {
            concurrency: self.at_once,
            // Each has turns of its own.
            exclusive_per_cube: false,
            lease: LEASE,
            ..Limits::default()
        }
    }

    fn run(&self, task: &Task, work: &Work) -> Result<Effect> {
        let cube = &task.cube_id;
        let now = self.shared.clock.now();
        let (part, rest) = task.memories.split_at(task.memories.len().min(AT_ONCE));
        let mut turns = Vec::with_capacity(part.len());
        for id in part {
            let memory = self.shared.vault.memory(cube, *id)?;
            turns.extend(memory.filter(|m| m.state.is_hot()));
        }
        work.progress(0, Some(task.memories.len() as u64))?;
        let refined = self.refiner.refine(&turns, now)?;
        let mut outcome = Info::default();
        let (usage, dropped) = (refined.usage, refined.dropped);
        let dropped = dropped.malformed + dropped.unsourced + dropped.mixed + dropped.beyond;
        for (name, count) in [
            ("turns", turns.len() as u64),
            ("prompt_tokens", usage.prompt),
            ("completion_tokens", usage.completion),
            ("dropped", dropped as u64),
        ] {
            outcome.0.insert(name.into(), count.into());
        }
        let mut effect = Effect::none().outcome(outcome);
        if !rest.is_empty() {
            let next = Task::new(REFINE, task.user.clone(), cube.clone(), now);
            let key = format!("{REFINE} {cube} from {}", rest[0]);
            effect = effect.then(Task {
                memories: rest.to_vec(),
                priority: task.priority,
                request: task.request.clone(),
                labels: task.labels.clone(),
                ..next.keyed(key, Repeat::Again)
            });
        }
        if refined.drafts.is_empty() {
            return Ok(effect);
        }
        let (shared, cube_id, user) = (Arc::clone(&self.shared), cube.clone(), task.user.clone());
        let (drafts, rule) = (refined.drafts, self.refiner.rule(PromptName::Facts));
        let effect = effect.then(births::of_cube(FUSE, cube, &task.user, now));
        Ok(effect.change(cube.clone(), move |outcome| {
            let commit = shared.write(&cube_id, &user, &drafts, &rule)?;
            outcome
                .0
                .insert("derived".into(), commit.writes.len().into());
            Ok(commit)
        }))
    }
}

impl Shared {
    /// The commit that adds what is new and whose evidence is still there.
    fn write(&self, cube: &CubeId, user: &UserId, drafts: &[Draft], rule: &str) -> Result<Commit> {
        let snapshot = self.vault.snapshot()?;
        if snapshot.cube(cube)?.is_none() {
            return Err(Error::cube_not_found(cube));
        }
        let known = self.known.of(cube);
        let mut known = lock(&known);
        known.refresh(&*snapshot, cube)?;
        let known = known.derived(&*snapshot, cube)?;
        let mut evidence: Vec<MemoryId> = Vec::new();
        let mut commit = Commit::default();
        for draft in drafts {
            let mut memory = draft.memory.clone();
            self.reading.complete(&mut memory, self.clock.now(), 1);
            if is_known(&memory, &known) || !has_evidence(&*snapshot, &memory)? {
                continue;
            }
            for id in &memory.header.behavioural.derived_from {
                if !evidence.contains(id) {
                    evidence.push(*id);
                }
            }
            commit.events.push(NewEvent {
                cube_id: cube.clone(),
                memory_id: Some(memory.id),
                actor: user.clone(),
                kind: EventKind::Added,
            });
            commit.writes.push(Write::AddMemory(memory));
        }
        let why = Why::new(user.clone(), Cause::Refinement);
        commit.why = Some(why.detail(rule).evidence(evidence));
        Ok(commit)
    }
}

/// Whether the same was derived from the same before, such as by a try that was taken for lost.
fn is_known(memory: &Memory, known: &[Memory]) -> bool {
    let b = &memory.header.behavioural;
    known.iter().any(|other| {
        let o = &other.header.behavioural;
        o.fingerprint == b.fingerprint
            && b.derived_from.iter().all(|id| o.derived_from.contains(id))
            && other.header.governance.owner == memory.header.governance.owner
            && other.header.governance.access == memory.header.governance.access
    })
}

/// Whether nothing that it was made from was forgotten while the model read.
fn has_evidence(snapshot: &dyn Snapshot, memory: &Memory) -> Result<bool> {
    for id in &memory.header.behavioural.derived_from {
        if snapshot.memory(&memory.cube_id, *id)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
