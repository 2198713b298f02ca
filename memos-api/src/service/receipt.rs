//! What an addition left behind: its memories, and the work that follows it, found by a text that
//! its caller keeps.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use memos_core::{
    Action, Code, CubeId, Error, LinkKind, Memory, MemoryId, Result, TaskStatus, UserId,
};
use memos_scheduler::tasks::TaskFilter;

use super::MemOs;
use super::cubes::SCAN;
use crate::wire::{AddRequest, MemoryItem};

/// Between two looks at work that is waited for.
const LOOK: Duration = Duration::from_millis(20);

/// Memories of one commit are made within this time.
const ONE_COMMIT_MICROS: i64 = 1_000_000;

/// Names an addition. It needs no record: the text holds the request, and for each cube the first
/// memory and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// By which the tasks that follow are found.
    pub(crate) request: String,
    pub(crate) parts: Vec<Part>,
}

/// What was added to one cube.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) cube: CubeId,
    pub(crate) first: MemoryId,
    pub(crate) count: usize,
}

impl fmt::Display for Receipt {
    /// `REQUEST~FIRST.COUNT.CUBE~…`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.request)?;
        for part in &self.parts {
            write!(f, "~{}.{}.{}", part.first, part.count, part.cube)?;
        }
        Ok(())
    }
}

impl FromStr for Receipt {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::new(Code::TaskNotFound, format!("there is no task {text:?}"))
                .remedy("pass the task_id of an answer as it is")
        };
        let mut pieces = text.split('~');
        let request = pieces
            .next()
            .filter(|r| !r.is_empty())
            .ok_or_else(unknown)?;
        let parts = pieces.map(|piece| {
            let mut fields = piece.splitn(3, '.');
            let mut next = || fields.next().ok_or_else(unknown);
            let (first, count, cube) = (next()?, next()?, next()?);
            Ok(Part {
                first: first.parse().map_err(|_| unknown())?,
                count: count.parse().map_err(|_| unknown())?,
                cube: CubeId::new(cube).map_err(|_| unknown())?,
            })
        });
        let parts: Vec<Part> = parts.collect::<Result<_>>()?;
        if parts.is_empty() {
            return Err(unknown());
        }
        Ok(Self {
            request: request.to_owned(),
            parts,
        })
    }
}

/// How far the work has come that follows an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Running,
    Completed,
    /// Some of it was given up. What was added is there all the same.
    Failed,
}

/// What came of an addition so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// What was added, and what was made from it.
    pub(crate) added: Vec<MemoryItem>,
    /// What was there before, and has changed by it.
    pub(crate) updated: Vec<MemoryItem>,
}

impl MemOs {
    /// Adds to several cubes, each for itself: the same requests again, within the repeat window, add
    /// nothing and give the same receipt.
    ///
    /// # Errors
    /// As [`add`](Self::add); what is written to one cube before another refuses stays, and is not
    /// written again by a retry.
    pub(crate) fn add_everywhere(
        &self,
        who: &UserId,
        requests: &[(CubeId, AddRequest)],
    ) -> Result<Receipt> {
        let mut receipt = Receipt {
            request: name_of(requests)?,
            parts: Vec::with_capacity(requests.len()),
        };
        for (cube, request) in requests {
            let added = self.add_for(who, cube, request, Some(&receipt.request))?;
            let first = added.memories.first().map(|memory| memory.id);
            let first =
                first.ok_or_else(|| Error::new(Code::Internal, "an addition added no memory"))?;
            receipt.parts.push(Part {
                cube: cube.clone(),
                first,
                count: added.memories.len(),
            });
        }
        Ok(receipt)
    }

    /// How far the work that follows an addition has come. Who asks is waiting: what only waits to
    /// settle is done now.
    ///
    /// # Errors
    /// `TaskNotFound` for memories that are not there, or not for the caller.
    pub(crate) fn standing(&self, who: &UserId, receipt: &Receipt) -> Result<Standing> {
        let mut standing = Standing::Completed;
        for part in &receipt.parts {
            let filter = TaskFilter {
                cube: Some(part.cube.clone()),
                request: Some(receipt.request.clone()),
                ..TaskFilter::default()
            };
            self.hasten(who, &filter)?;
            for task in self.queue.list(&filter, None, SCAN)? {
                match task.status {
                    TaskStatus::Waiting | TaskStatus::Running { .. } => {
                        return Ok(Standing::Running);
                    }
                    TaskStatus::Dead { .. } => standing = Standing::Failed,
                    TaskStatus::Done { .. } | TaskStatus::Cancelled { .. } => {}
                }
            }
        }
        // What is told to be done is found by the next search.
        for part in &receipt.parts {
            self.residency.catch_up(&part.cube);
        }
        Ok(standing)
    }

    /// Waits until the work that follows an addition is done, but not longer than this.
    ///
    /// # Errors
    /// As [`standing`](Self::standing).
    pub(crate) fn settle(
        &self,
        who: &UserId,
        receipt: &Receipt,
        longest: Duration,
    ) -> Result<Standing> {
        let deadline = Instant::now() + longest;
        loop {
            let standing = self.standing(who, receipt)?;
            let waits = standing == Standing::Running && self.scheduler.is_some();
            let closing = self.heads.borrow().closed;
            if !waits || closing || Instant::now() >= deadline {
                return Ok(standing);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// What came of an addition so far.
    ///
    /// # Errors
    /// `TaskNotFound` if nothing of what was added is there, or not for the caller.
    pub(crate) fn outcome(&self, who: &UserId, receipt: &Receipt) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for part in &receipt.parts {
            let Ok(header) = self.visible_cube(who, Action::Read, &part.cube) else {
                continue;
            };
            let scope = self.guard.scope(who, &header)?;
            let evidence = self.added_with(part)?;
            let since = evidence.first().map(|m| m.header.descriptive.created_at);
            let mut made = BTreeSet::new();
            let mut corrected = BTreeSet::new();
            for memory in &evidence {
                made.extend(self.vault.made_from(&part.cube, memory.id)?);
                let links = memory.header.behavioural.links.iter();
                corrected.extend(links.filter(|l| l.kind == LinkKind::Corrects).map(|l| l.to));
            }
            let sees = |memory: &Memory| scope.admits(&memory.header.governance);
            outcome
                .added
                .extend(evidence.into_iter().filter(sees).map(MemoryItem::from));
            for id in corrected.difference(&made) {
                let memory = self.vault.memory(&part.cube, *id)?;
                outcome
                    .updated
                    .extend(memory.filter(|m| sees(m)).map(MemoryItem::from));
            }
            for id in made {
                let memory = self.vault.memory(&part.cube, id)?;
                let Some(memory) = memory.filter(|m| sees(m)) else {
                    continue;
                };
                match Some(memory.header.descriptive.created_at) < since {
                    true => outcome.updated.push(memory.into()),
                    false => outcome.added.push(memory.into()),
                }
            }
        }
        match outcome.added.is_empty() {
            true => Err(Error::new(
                Code::TaskNotFound,
                format!("nothing of what the task {receipt} added is there"),
            )
            .remedy("it may have been forgotten; pass the task_id of an answer as it is")),
            false => Ok(outcome),
        }
    }

    /// The memories of one commit, found by the first of them.
    pub(super) fn added_with(&self, part: &Part) -> Result<Vec<Memory>> {
        let Some(first) = self.vault.memory(&part.cube, part.first)? else {
            return Ok(Vec::new());
        };
        let born = first.header.descriptive.created_at;
        let mut found = vec![first];
        let mut after = Some(part.first);
        let snapshot = self.vault.snapshot()?;
        'pages: while found.len() < part.count {
            let page = snapshot.memories(&part.cube, after, SCAN)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for memory in page {
                let at = memory.header.descriptive.created_at;
                if at.micros() > born.micros() + ONE_COMMIT_MICROS {
                    break 'pages;
                }
                if at == born && found.len() < part.count {
                    found.push(memory);
                }
            }
        }
        Ok(found)
    }
}

/// The same requests have the same name.
fn name_of(requests: &[(CubeId, AddRequest)]) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for (cube, request) in requests {
        let body = serde_json::to_vec(request).map_err(|e| {
            Error::new(Code::Internal, "the request can't be written as JSON").caused_by(e)
        })?;
        for part in [cube.as_str().as_bytes(), &body] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    Ok(format!("add-{}", &hasher.finalize().to_hex()[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_a_text_and_back() {
        let receipt = Receipt {
            request: "add:0123".to_owned(),
            parts: ["ada", "用户.7"]
                .map(|cube| Part {
                    cube: CubeId::new(cube).unwrap(),
                    first: MemoryId::generate(),
                    count: 3,
                })
                .to_vec(),
        };
        assert_eq!(receipt.to_string().parse::<Receipt>().unwrap(), receipt);
    }

    #[test]
    fn anything_else_is_no_task() {
        let id = MemoryId::generate();
        for bad in [
            String::new(),
            "x".to_owned(),
            "~".to_owned(),
            format!("x~{id}"),
            format!("x~{id}.1"),
            format!("x~{id}.-1.ada"),
            format!("x~{id}.1.a/b"),
            "x~y.1.ada".to_owned(),
        ] {
            let error = bad.parse::<Receipt>().unwrap_err();
            assert_eq!(error.code(), Code::TaskNotFound, "{bad}");
        }
    }
}
