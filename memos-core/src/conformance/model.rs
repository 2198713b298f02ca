//! The rules once more, as plainly as they can be written: a commit works on a copy of everything
//! and takes its place if nothing failed.

use std::collections::BTreeMap;

use super::Dump;
use crate::{Code, Commit, CubeId, EventSeq, MemCube, Memory, MemoryId, Timestamp, Write};

#[derive(Clone, Default)]
pub(super) struct Model {
    cubes: BTreeMap<CubeId, MemCube>,
    memories: BTreeMap<(CubeId, MemoryId), Memory>,
    requests: BTreeMap<[u8; 32], (CubeId, Vec<MemoryId>, Timestamp)>,
    head: u64,
}

/// What the model says to a commit.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Done(EventSeq),
    Repeated(Vec<MemoryId>),
    Refused(Code),
}

impl Model {
    pub(super) fn commit(&mut self, commit: &Commit, now: Timestamp) -> Answer {
        if let Some(request) = &commit.request
            && let Some((_, ids, at)) = self.requests.get(&request.digest)
            && u128::from(now.micros().abs_diff(at.micros())) < request.window.as_micros()
        {
            return Answer::Repeated(ids.clone());
        }
        let mut after = self.clone();
        let mut must_exist = Vec::new();
        for write in &commit.writes {
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
                && ids
                    .iter()
                    .all(|id| memories.contains_key(&(cube.clone(), *id)))
        });
        if let Some(request) = &commit.request {
            let noted = (request.cube_id.clone(), request.ids.clone(), now);
            after.requests.insert(request.digest, noted);
        }
        after.head += commit.events.len() as u64;
        *self = after;
        Answer::Done(EventSeq(self.head))
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
                self.cubes.remove(&id).map(|_| ()).ok_or(Code::CubeNotFound)
            }
            Write::AddMemory(memory) => {
                let key = (memory.cube_id.clone(), memory.id);
                match self.memories.insert(key, memory) {
                    None => Ok(()),
                    Some(_) => Err(Code::Conflict),
                }
            }
            Write::UpdateMemory {
                memory,
                expected_version,
            } => {
                let key = (memory.cube_id.clone(), memory.id);
                match self.memories.insert(key, memory) {
                    None => Err(Code::MemoryNotFound),
                    Some(old) if old.header.behavioural.version == expected_version => Ok(()),
                    Some(_) => Err(Code::Conflict),
                }
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
                }
                Ok(())
            }
            Write::DeleteMemory { cube_id, id } => {
                let old = self.memories.remove(&(cube_id, id));
                old.map(|_| ()).ok_or(Code::MemoryNotFound)
            }
        }
    }

    pub(super) fn dump(&self) -> Dump {
        Dump {
            head: EventSeq(self.head),
            cubes: self.cubes.values().cloned().collect(),
            memories: self.memories.values().cloned().collect(),
        }
    }
}
