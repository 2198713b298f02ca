//! The work of the lifecycle: what is due by lifespan, decay, use and capacity.

use std::sync::Arc;

use memos_core::{Clock, Commit, Error, Info, Memory, Result, Task, Vault};

use super::{SWEEP, births};
use crate::lifecycle::{LifecyclePolicy, Sweep};
use crate::tasks::{Effect, Handler, Work};
use crate::time_machine::next_version;

/// Sweeps a cube: one batch of moves in each run, until none is due.
pub struct Sweeping {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    policy: LifecyclePolicy,
}

impl Sweeping {
    /// By a policy.
    pub fn new(vault: Arc<dyn Vault>, clock: Arc<dyn Clock>, policy: LifecyclePolicy) -> Self {
        Self {
            vault,
            clock,
            policy,
        }
    }
}

impl Handler for Sweeping {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    fn run(&self, task: &Task, _: &Work) -> Result<Effect> {
        let id = &task.cube_id;
        let snapshot = self.vault.snapshot()?;
        let cube = snapshot
            .cube(id)?
            .ok_or_else(|| Error::cube_not_found(id))?;
        let now = self.clock.now();
        let sweep = Sweep::new(self.policy.clone(), cube.owner.clone());
        let plan = sweep.plan(&*snapshot, &cube, now)?;
        drop(snapshot);
        let mut outcome = Info::default();
        outcome.0.insert("looked_at".into(), plan.looked_at.into());
        // Each batch of moves has its own reason, so it is a commit of its own.
        let again = match plan.batches.len() {
            0 => plan.next_at,
            _ => Some(now),
        };
        let mut effect = Effect::none().outcome(outcome);
        if let Some(at) = again {
            effect = effect.then(births::sweep(id, &task.user, at, now));
        }
        let Some(batch) = plan.batches.into_iter().next() else {
            return Ok(effect);
        };
        let (vault, clock, cube_id) =
            (Arc::clone(&self.vault), Arc::clone(&self.clock), id.clone());
        Ok(effect.change(id.clone(), move |outcome| {
            let snapshot = vault.snapshot()?;
            let memory = |id| snapshot.memory(&cube_id, id);
            let number = |memory: &Memory| next_version(&*snapshot, memory);
            let made = sweep.commit(&batch, &cube_id, clock.now(), &memory, &number)?;
            let moved = batch.moves.len() - made.passed;
            outcome.0.insert("moved".into(), moved.into());
            outcome.0.insert("passed".into(), made.passed.into());
            Ok::<Commit, Error>(made.commit)
        }))
    }
}
