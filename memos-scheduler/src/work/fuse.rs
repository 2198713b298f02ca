//! The work of fusion: new memories are compared with what the cube holds.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use memos_core::{
    Cause, Clock, Commit, CubeId, Error, Info, Memory, MemoryId, Result, Task, Vault,
};

use super::changes::Changes;
use super::{FUSE, births};
use crate::fusion::{Fused, Fusion, Opinion, Verdict};
use crate::tasks::{Effect, Handler, Work};
use crate::time_machine::next_version;

/// Changes that say nothing new.
const SILENT: [Cause; 4] = [Cause::Fusion, Cause::Use, Cause::Lifespan, Cause::Capacity];

/// Another's opinion on two memories, such as a language model's; see [`Opinion`].
pub type Adviser =
    dyn Fn(&Task, &Memory, &Memory, &Verdict) -> Result<Option<Verdict>> + Send + Sync;

/// Fuses what is new in a cube, a page of changes in each run.
pub struct Fusing {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    fusion: Arc<Fusion>,
    adviser: Option<Box<Adviser>>,
}

impl Fusing {
    /// By rules alone.
    pub fn new(vault: Arc<dyn Vault>, clock: Arc<dyn Clock>, fusion: Arc<Fusion>) -> Self {
        Self {
            vault,
            clock,
            fusion,
            adviser: None,
        }
    }

    /// With another's opinion on what the rules find.
    #[must_use]
    pub fn advised(mut self, adviser: Box<Adviser>) -> Self {
        self.adviser = Some(adviser);
        self
    }
}

impl Handler for Fusing {
    fn kind(&self) -> &'static str {
        FUSE
    }

    fn run(&self, task: &Task, work: &Work) -> Result<Effect> {
        let cube = &task.cube_id;
        let snapshot = self.vault.snapshot()?;
        if snapshot.cube(cube)?.is_none() {
            self.fusion.forget_cube(cube);
            return Err(Error::cube_not_found(cube));
        }
        let changes = Changes::since(&*snapshot, cube, task, &SILENT)?;
        let mut outcome = Info::default();
        changes.mark(&mut outcome);
        let next = || births::of_cube(FUSE, cube, &task.user, self.clock.now());
        let done = |outcome, more| match more {
            true => Effect::none().outcome(outcome).then(next()),
            false => Effect::none().outcome(outcome),
        };
        if changes.ids.is_empty() {
            return Ok(done(outcome, changes.more));
        }
        // A model is asked here, where nobody waits for the cube.
        let opinions = Opinions::default();
        let ask = |older: &Memory, newer: &Memory, verdict: &Verdict| {
            let Some(adviser) = &self.adviser else {
                return Ok(None);
            };
            work.progress(0, None)?;
            opinions.ask(older, newer, || adviser(task, older, newer, verdict))
        };
        let opinion: Option<&Opinion<'_>> = match self.adviser {
            Some(_) => Some(&ask),
            None => None,
        };
        let plan = self.fusion.plan(&*snapshot, cube, &changes.ids, opinion)?;
        drop(snapshot);
        if plan.is_empty() {
            return Ok(done(outcome, changes.more));
        }
        let (vault, clock) = (Arc::clone(&self.vault), Arc::clone(&self.clock));
        let (fusion, cube_id) = (Arc::clone(&self.fusion), cube.clone());
        let opinions = opinions.0.into_inner();
        Ok(Effect::none()
            .outcome(outcome)
            .then(next())
            .change(cube.clone(), move |outcome| {
                let known = |older: &Memory, newer: &Memory, _: &Verdict| {
                    Ok(opinions.get(&pair(older, newer)).cloned().flatten())
                };
                let snapshot = vault.snapshot()?;
                let plan = fusion.plan(&*snapshot, &cube_id, &changes.ids, Some(&known))?;
                let (commit, rest) = together(&plan, &|fused| {
                    let failed = RefCell::new(None);
                    let number = |memory: &Memory| {
                        next_version(&*snapshot, memory).unwrap_or_else(|error| {
                            failed.replace(Some(error));
                            0
                        })
                    };
                    let commit = fusion.commit(&*snapshot, fused, clock.now(), &number)?;
                    match failed.take() {
                        Some(error) => Err(error),
                        None => Ok(commit),
                    }
                })?;
                if rest > 0 {
                    changes.mark_unfinished(outcome);
                }
                outcome.0.insert("fused".into(), (plan.len() - rest).into());
                Ok(commit)
            }))
    }
}

/// As many as go into one commit: it has one reason, and changes no memory twice. How many are left.
pub(super) fn together(
    plan: &[Fused],
    commit_of: &dyn Fn(&Fused) -> Result<Option<Commit>>,
) -> Result<(Commit, usize)> {
    let mut all = Commit::default();
    let mut touched: BTreeSet<MemoryId> = BTreeSet::new();
    let mut rest = 0;
    for fused in plan {
        if touched.contains(&fused.older) || touched.contains(&fused.newer) {
            rest += 1;
            continue;
        }
        let Some(one) = commit_of(fused)? else {
            continue;
        };
        match (&mut all.why, one.why) {
            (Some(why), Some(other)) if why.actor != other.actor || why.detail != other.detail => {
                rest += 1;
                continue;
            }
            (Some(why), Some(other)) => why.evidence.extend(other.evidence),
            (why, other) => *why = other,
        }
        touched.extend([fused.older, fused.newer]);
        all.writes.extend(one.writes);
        all.events.extend(one.events);
    }
    Ok((all, rest))
}

type Pair = (CubeId, MemoryId, MemoryId);

fn pair(older: &Memory, newer: &Memory) -> Pair {
    (older.cube_id.clone(), older.id, newer.id)
}

/// What another said of each pair, so that it is asked once.
#[derive(Default)]
struct Opinions(RefCell<BTreeMap<Pair, Option<Verdict>>>);

impl Opinions {
    fn ask(
        &self,
        older: &Memory,
        newer: &Memory,
        ask: impl FnOnce() -> Result<Option<Verdict>>,
    ) -> Result<Option<Verdict>> {
        let pair = pair(older, newer);
        if let Some(known) = self.0.borrow().get(&pair) {
            return Ok(known.clone());
        }
        let opinion = ask()?;
        self.0.borrow_mut().insert(pair, opinion.clone());
        Ok(opinion)
    }
}
