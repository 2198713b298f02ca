//! The versions of one memory.

use memos_core::{
    Change, ChangeSeq, CubeId, Error, Memory, MemoryId, Result, Snapshot, Timestamp, Why,
};
use serde::Serialize;

/// What a memory was for some time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// Its number. A rollback brings a number back together with what it stood for, so the same
    /// one may come twice.
    pub number: u32,
    /// Since when.
    pub from: Timestamp,
    /// Until when, if it is not what the memory is now. The memory may have been out of its cube
    /// until the next one.
    pub until: Option<Timestamp>,
    /// The change that made it; zero if it is older than the history.
    pub change: ChangeSeq,
    /// Who made it, and why; none if it is older than the history.
    pub why: Option<Why>,
    /// The memory, with the use counts that it had at the end of that time.
    pub memory: Memory,
}

/// All versions of a memory, oldest first. The last is what it is now, unless a rollback took it
/// out of its cube.
///
/// # Errors
/// `MemoryNotFound` if the cube neither holds such a memory nor remembers one.
pub fn versions(snapshot: &dyn Snapshot, cube: &CubeId, id: MemoryId) -> Result<Vec<Version>> {
    let history = snapshot.history(cube, id)?;
    let now = snapshot.memory(cube, id)?;
    let mut versions = Vec::with_capacity(history.len() + 1);
    let mut made: Option<&Change> = None;
    for change in &history {
        if let Some(memory) = change.before.as_deref() {
            versions.push(version(made, memory.clone(), Some(change.at)));
        }
        made = Some(change);
    }
    versions.extend(now.map(|memory| version(made, memory, None)));
    if versions.is_empty() {
        return Err(Error::memory_not_found(cube, id));
    }
    Ok(versions)
}

fn version(made: Option<&Change>, memory: Memory, until: Option<Timestamp>) -> Version {
    Version {
        number: memory.header.behavioural.version,
        from: made.map_or(memory.header.descriptive.updated_at, |c| c.at),
        until,
        change: made.map_or(ChangeSeq::default(), |c| c.seq),
        why: made.map(|c| c.why.clone()),
        memory,
    }
}

/// The number that the next change of a memory must take: one more than it ever had, so that no
/// number stands for two contents even after a rollback has put an old one back.
///
/// # Errors
/// If the storage can't be read.
pub fn next_version(snapshot: &dyn Snapshot, memory: &Memory) -> Result<u32> {
    let history = snapshot.history(&memory.cube_id, memory.id)?;
    Ok(highest(&history)
        .max(memory.header.behavioural.version)
        .saturating_add(1))
}

/// The highest number in a history; zero if it is empty.
pub(super) fn highest(history: &[Change]) -> u32 {
    let numbers = history.iter().flat_map(|change| {
        let before = change.before.as_ref();
        [before.map(|m| m.header.behavioural.version), change.after]
    });
    numbers.flatten().max().unwrap_or_default()
}
