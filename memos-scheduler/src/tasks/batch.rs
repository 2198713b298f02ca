//! Many steps in one commit, so that the disk is waited for once.

use memos_core::{Code, Commit, Error, Result, Task, Timestamp, Vault, Write};

use super::handler::is_outage;
use super::step::{Step, Taken};
use super::touched::Touched;

/// How often a whole batch is tried before its steps are taken one by one.
const TRIES: usize = 3;

/// What became of a step.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was taken; the task now, or none if it is gone.
    Taken(Option<Box<Task>>),
    /// The stored task does not allow it: what is known of it is out of date.
    Skipped,
    /// The vault refuses what it writes, with this reason, and will again.
    Refused(String),
    /// It is to be taken when the vault is in order again.
    Postponed,
}

/// What became of the steps, one by one, and the tasks that they added.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) added: Touched,
    /// Why some were postponed.
    pub(super) outage: Option<Error>,
}

/// Takes all steps that the stored tasks allow.
pub(super) fn take(
    vault: &dyn Vault,
    steps: &[Step],
    now: Timestamp,
    dice: &mut impl FnMut() -> f64,
) -> Batch {
    let mut batch = Batch::default();
    for _ in 0..TRIES {
        if steps.len() < 2 {
            break;
        }
        match together(vault, steps, now, dice, &mut batch.added) {
            Ok(outcomes) => {
                batch.outcomes = outcomes;
                return batch;
            }
            Err(error) if is_race(error.code()) => {}
            Err(error) if is_outage(error.code()) => {
                batch
                    .outcomes
                    .extend(steps.iter().map(|_| Outcome::Postponed));
                batch.outage = Some(error);
                return batch;
            }
            // One of them is at fault.
            Err(_) => break,
        }
    }
    for step in steps {
        let outcome = match &batch.outage {
            Some(_) => Ok(Outcome::Postponed),
            None => alone(vault, step, now, dice, &mut batch.added),
        };
        batch.outcomes.push(outcome.unwrap_or_else(|error| {
            batch.outage = Some(error);
            Outcome::Postponed
        }));
    }
    batch
}

fn together(
    vault: &dyn Vault,
    steps: &[Step],
    now: Timestamp,
    dice: &mut impl FnMut() -> f64,
    added: &mut Touched,
) -> Result<Vec<Outcome>> {
    let mut writes = Vec::with_capacity(steps.len());
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in steps {
        outcomes.push(match resolve(vault, step, now, dice())? {
            Some(taken) => {
                writes.extend(taken.writes);
                Outcome::Taken(taken.task.map(Box::new))
            }
            None => Outcome::Skipped,
        });
    }
    commit(vault, writes, added)?;
    Ok(outcomes)
}

/// Takes one step; an error is an outage.
fn alone(
    vault: &dyn Vault,
    step: &Step,
    now: Timestamp,
    dice: &mut impl FnMut() -> f64,
    added: &mut Touched,
) -> Result<Outcome> {
    loop {
        let Some(taken) = resolve(vault, step, now, dice())? else {
            return Ok(Outcome::Skipped);
        };
        match commit(vault, taken.writes, added) {
            Ok(()) => return Ok(Outcome::Taken(taken.task.map(Box::new))),
            // Somebody else has got on: there is an end to that.
            Err(error) if is_race(error.code()) => {}
            Err(error) if is_outage(error.code()) => return Err(error),
            Err(error) => return Ok(Outcome::Refused(error.to_string())),
        }
    }
}

fn resolve(vault: &dyn Vault, step: &Step, now: Timestamp, dice: f64) -> Result<Option<Taken>> {
    let Some(stored) = vault.task(step.id())? else {
        return Ok(None);
    };
    match step.take(&stored, now, dice) {
        Err(error) if error.code() == Code::Conflict => Ok(None),
        taken => taken,
    }
}

fn commit(vault: &dyn Vault, writes: Vec<Write>, added: &mut Touched) -> Result<()> {
    if writes.is_empty() {
        return Ok(());
    }
    let new = writes.iter().filter_map(|write| match write {
        Write::AddTask(task) => Some(task.id),
        _ => None,
    });
    let new: Vec<_> = new.collect();
    vault.commit(Commit {
        writes,
        ..Commit::default()
    })?;
    added.written.extend(new);
    Ok(())
}

fn is_race(code: Code) -> bool {
    matches!(code, Code::Conflict | Code::TaskNotFound)
}
