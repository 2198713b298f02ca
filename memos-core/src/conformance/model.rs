//! The rules once more, as plainly as they can be written: a commit works on a copy of everything
//! and takes its place if nothing failed.

use std::collections::{BTreeMap, BTreeSet};

use super::Dump;
use crate::{
    Cause, Change, ChangeSeq, Code, Commit, CubeId, Event, EventSeq, MemCube, Memory, MemoryId,
    NamedSnapshot, State, Task, TaskId, Timestamp, UserId, Why, Write,
};

#[derive(Clone, Default)]
pub(super) struct Model {
    cubes: BTreeMap<CubeId, MemCube>,
    memories: BTreeMap<(CubeId, MemoryId), Memory>,
    changes: BTreeMap<ChangeSeq, (CubeId, Change)>,
    named: BTreeMap<(CubeId, String), NamedSnapshot>,
    tasks: BTreeMap<TaskId, Task>,
    requests: BTreeMap<[u8; 32], (CubeId, Vec<MemoryId>, Timestamp)>,
    pub(super) events: Vec<Event>,
    last_change: u64,
    /// When events or changes were last written.
    dated: Option<Timestamp>,
    /// Of the commit under way.
    at: Option<Timestamp>,
    why: Option<Why>,
}

/// What the model says to a commit.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Done(EventSeq),
    Repeated(Vec<MemoryId>),
    Refused(Code),
}

impl Model {
    pub(super) fn commit(&mut self, commit: &Commit, clock: Timestamp) -> Answer {
        let now = self.dated.map_or(clock, |dated| clock.max(dated));
        if let Some(request) = &commit.request
            && let Some((_, ids, at)) = self.requests.get(&request.digest)
            && i128::from(now.micros() - at.micros()) < request.window.as_micros() as i128
        {
            return Answer::Repeated(ids.clone());
        }
        let mut after = self.clone();
        after.at = Some(now);
        let system = || -> UserId { super::ok("memos".parse()) };
        let why = commit.why.clone().unwrap_or_else(|| Why {
            actor: commit
                .events
                .first()
                .map_or_else(system, |e| e.actor.clone()),
            cause: Cause::Call,
            detail: None,
            evidence: vec![],
        });
        after.why = Some(why.clone());
        let mut must_exist = Vec::new();
        let mut stale = Vec::new();
        for write in &commit.writes {
            if let Write::UpdateMemory { memory, .. } = write {
                let key = (memory.cube_id.clone(), memory.id);
                let before = after.memories.get(&key);
                if before.is_some_and(|before| !memory.still_says(before)) {
                    stale.push(key);
                }
            }
            if let Write::AddMemory(memory) = write {
                must_exist.push(&memory.cube_id);
            }
            if let Err(code) = after.write(write.clone()) {
                return Answer::Refused(code);
            }
        }
        if must_exist.iter().any(|id| !after.cubes.contains_key(id)) {
            return Answer::Refused(Code::CubeNotFound);
        }
        let dropped = |id: &CubeId| {
            let dropping = |w: &Write| matches!(w, Write::DeleteCube(gone) if gone == id);
            commit.writes.iter().any(dropping)
        };
        let memories = &after.memories;
        after.requests.retain(|_, (cube, ids, _)| {
            !dropped(cube)
                && ids.iter().all(|id| {
                    let key = (cube.clone(), *id);
                    memories.contains_key(&key) && !stale.contains(&key)
                })
        });
        if let Some(request) = &commit.request {
            let noted = (request.cube_id.clone(), request.ids.clone(), now);
            after.requests.insert(request.digest, noted);
        }
        for event in &commit.events {
            after.events.push(Event {
                seq: EventSeq(after.events.len() as u64 + 1),
                at: now,
                cube_id: event.cube_id.clone(),
                memory_id: event.memory_id,
                actor: event.actor.clone(),
                kind: event.kind,
                cause: why.cause,
                detail: why.detail.clone(),
            });
        }
        if !commit.events.is_empty() || after.last_change > self.last_change {
            after.dated = Some(now);
        }
        *self = after;
        Answer::Done(self.head())
    }

    fn head(&self) -> EventSeq {
        EventSeq(self.events.len() as u64)
    }

    /// Lets a memory become something else, as its history tells.
    fn change(&mut self, cube: CubeId, id: MemoryId, new: Option<Memory>) {
        self.last_change += 1;
        let seq = ChangeSeq(self.last_change);
        let after = new.as_ref().map(|m| m.header.behavioural.version);
        let key = (cube.clone(), id);
        let before = match new {
            Some(memory) => self.memories.insert(key, memory),
            None => self.memories.remove(&key),
        };
        let (Some(at), Some(why)) = (self.at, self.why.clone()) else {
            unreachable!("a commit is under way");
        };
        let change = Change {
            seq,
            at,
            memory_id: id,
            before: before.map(Box::new),
            after,
            why,
        };
        self.changes.insert(seq, (cube, change));
    }

    /// Whether there is a memory of this version.
    fn expect(&self, key: &(CubeId, MemoryId), version: u32) -> Result<(), Code> {
        match self.memories.get(key) {
            None => Err(Code::MemoryNotFound),
            Some(old) if old.header.behavioural.version == version => Ok(()),
            Some(_) => Err(Code::Conflict),
        }
    }

    fn write(&mut self, write: Write) -> Result<(), Code> {
        match write {
            Write::CreateCube(cube) => match self.cubes.insert(cube.id.clone(), cube) {
                None => Ok(()),
                Some(_) => Err(Code::CubeExists),
            },
            Write::EnsureCube(cube) => {
                self.cubes.entry(cube.id.clone()).or_insert(cube);
                Ok(())
            }
            Write::UpdateCube(cube) => {
                let old = self.cubes.insert(cube.id.clone(), cube);
                old.map(|_| ()).ok_or(Code::CubeNotFound)
            }
            Write::DeleteCube(id) => {
                self.memories.retain(|(cube, _), _| *cube != id);
                self.changes.retain(|_, (cube, _)| *cube != id);
                self.named.retain(|(cube, _), _| *cube != id);
                self.cubes.remove(&id).map(|_| ()).ok_or(Code::CubeNotFound)
            }
            Write::AddMemory(memory) => {
                let (cube, id) = (memory.cube_id.clone(), memory.id);
                if self.memories.contains_key(&(cube.clone(), id)) {
                    return Err(Code::Conflict);
                }
                self.change(cube, id, Some(memory));
                Ok(())
            }
            Write::UpdateMemory {
                memory,
                expected_version,
            } => {
                let (cube, id) = (memory.cube_id.clone(), memory.id);
                self.expect(&(cube.clone(), id), expected_version)?;
                self.change(cube, id, Some(memory));
                Ok(())
            }
            Write::WithdrawMemory {
                cube_id,
                id,
                expected_version,
            } => {
                self.expect(&(cube_id.clone(), id), expected_version)?;
                self.change(cube_id, id, None);
                Ok(())
            }
            Write::Touch {
                cube_id,
                id,
                uses,
                at,
            } => {
                if let Some(memory) = self.memories.get_mut(&(cube_id, id)) {
                    let b = &mut memory.header.behavioural;
                    b.use_count = b.use_count.saturating_add(uses);
                    b.last_used = b.last_used.max(Some(at));
                    if uses > 0 && memory.state == State::Generated {
                        memory.state = State::Activated;
                    }
                }
                Ok(())
            }
            Write::Place { cube_id, id, tier } => {
                if let Some(memory) = self.memories.get_mut(&(cube_id, id)) {
                    memory.header.behavioural.tier = tier;
                }
                Ok(())
            }
            Write::DeleteMemory { cube_id, id } => {
                let told = self.changes.len();
                self.changes
                    .retain(|_, (cube, change)| *cube != cube_id || change.memory_id != id);
                let old = self.memories.remove(&(cube_id, id));
                match old {
                    None if self.changes.len() == told => Err(Code::MemoryNotFound),
                    _ => Ok(()),
                }
            }
            Write::NameSnapshot { cube_id, snapshot } => {
                if !self.cubes.contains_key(&cube_id) {
                    return Err(Code::CubeNotFound);
                }
                let key = (cube_id, snapshot.name.clone());
                match self.named.insert(key, snapshot) {
                    None => Ok(()),
                    Some(_) => Err(Code::Conflict),
                }
            }
            Write::DropSnapshot { cube_id, name } => {
                let old = self.named.remove(&(cube_id, name));
                old.map(|_| ()).ok_or(Code::SnapshotNotFound)
            }
            Write::AddTask(task) => {
                let old = self.tasks.get(&task.id).cloned();
                for task in Task::admit(old, *task) {
                    self.tasks.insert(task.id, task);
                }
                Ok(())
            }
            Write::UpdateTask {
                task,
                expected_revision,
            } => match self.tasks.insert(task.id, *task) {
                None => Err(Code::TaskNotFound),
                Some(old) if old.revision == expected_revision => Ok(()),
                Some(_) => Err(Code::Conflict),
            },
            Write::RemoveTask(id) => {
                self.tasks.remove(&id);
                Ok(())
            }
        }
    }

    /// The last change of a cube at or before an instant.
    pub(super) fn change_at(&self, cube: &CubeId, instant: Timestamp) -> ChangeSeq {
        let theirs = self.changes.values().filter(|(c, _)| c == cube);
        let seqs = theirs.filter(|(_, c)| c.at <= instant).map(|(_, c)| c.seq);
        seqs.max().unwrap_or_default()
    }

    pub(super) fn cubes_of(&self, id: MemoryId) -> Vec<CubeId> {
        let keys = self.memories.keys().filter(|(_, memory)| *memory == id);
        keys.map(|(cube, _)| cube.clone()).collect()
    }

    pub(super) fn made_from(&self, cube: &CubeId, id: MemoryId) -> Vec<MemoryId> {
        let are = self.memories.iter().filter(|((c, _), _)| c == cube);
        let are = are.map(|(_, memory)| memory);
        let were = self.changes.values().filter(|(c, _)| c == cube);
        let were = were.filter_map(|(_, change)| change.before.as_deref());
        let named = are
            .chain(were)
            .filter(|m| m.header.behavioural.derived_from.contains(&id));
        let ids: BTreeSet<MemoryId> = named.map(|m| m.id).collect();
        ids.into_iter().collect()
    }

    pub(super) fn dump(&self) -> Dump {
        let mut changes: Vec<_> = self.changes.values().cloned().collect();
        // Each cube's together, and in order as before.
        changes.sort_by(|(a, _), (b, _)| a.cmp(b));
        let named =
            |((cube, _), name): (&(CubeId, String), &NamedSnapshot)| (cube.clone(), name.clone());
        Dump {
            head: self.head(),
            cubes: self.cubes.values().cloned().collect(),
            memories: self.memories.values().cloned().collect(),
            changes,
            named: self.named.iter().map(named).collect(),
            tasks: self.tasks.values().cloned().collect(),
        }
    }
}
