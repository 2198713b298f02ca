//! Memories: change.

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, Layer, Memory, MemoryId, NewEvent, Payload,
    Priority, Result, SemanticType, UserId, Why, Write,
};
use memos_scheduler::lifecycle::{parse_lifespan, refuse_change};
use memos_scheduler::work::births;
use serde_json::Value;

use super::{MemOs, check, items};
use crate::reader;
use crate::wire::{MemoryItem, PatchRequest};

impl MemOs {
    /// Changes a memory; what the request leaves out stays. What was made from words that are others
    /// now goes, and the background makes it anew.
    ///
    /// # Errors
    /// `MemoryNotFound`, `Forbidden`, `IllegalMove` in a state that refuses change, `Conflict` if
    /// the request names another version, `InvalidRequest` for a bad value.
    pub fn update(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        patch: &PatchRequest,
    ) -> Result<MemoryItem> {
        if *patch == PatchRequest::default() {
            return Err(
                Error::new(Code::InvalidRequest, "the request changes nothing").remedy(
                    "set at least one of text, said_at, key, tags, info, semantic_type, priority, lifespan",
                ),
            );
        }
        let mut changed = None;
        self.residency.commit(cube, || {
            let (before, mut memory) = self.patched(who, cube, id, patch)?;
            memory.header.behavioural.version = self.next_version(&memory)?;
            memory.header.descriptive.updated_at = self.clock.now();
            let memory = &*changed.insert(memory);
            let mut writes = vec![Write::UpdateMemory {
                memory: memory.clone(),
                expected_version: before.header.behavioural.version,
            }];
            let now = self.clock.now();
            if let Some(due) = self.policy.next_sweep([memory], now) {
                writes.push(births::adding(births::sweep(cube, who, due, now)));
            }
            let mut events = vec![event(cube, id, who, EventKind::Updated)];
            if words(memory) != words(&before) {
                let outdated = self.outdated(who, cube, id)?;
                writes.extend(outdated.writes);
                events.extend(outdated.events);
                if memory.layer() == Layer::Evidence {
                    let (turns, has_model) = (std::slice::from_ref(memory), self.model.is_some());
                    writes.extend(births::on_added(cube, who, turns, None, has_model, now));
                }
            }
            Ok(Commit {
                writes,
                events,
                why: Some(Why::call(who.clone())),
                ..Commit::default()
            })
        })?;
        changed
            .map(MemoryItem::from)
            .ok_or_else(|| Error::new(Code::Internal, "the change was not made"))
    }

    /// What a memory would be after a change that is not made.
    ///
    /// # Errors
    /// Those of [`update`](Self::update), but for what only a commit can find.
    pub fn try_update(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        patch: &PatchRequest,
    ) -> Result<MemoryItem> {
        Ok(self.patched(who, cube, id, patch)?.1.into())
    }

    /// A memory as it is, and with a change.
    fn patched(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        patch: &PatchRequest,
    ) -> Result<(Memory, Memory)> {
        let before = self.writable(who, Action::Write, cube, id)?;
        let version = before.header.behavioural.version;
        if patch.version.is_some_and(|v| v != version) {
            return Err(
                Error::new(Code::Conflict, format!("memory {id} has version {version}"))
                    .at("/version")
                    .remedy("read it again and repeat the change on what it is now"),
            );
        }
        refuse_change(&before)?;
        items::refuse_patch(&before, patch)?;
        let mut memory = before.clone();
        self.apply(&mut memory, patch)?;
        Ok((before, memory))
    }

    pub(super) fn writable(
        &self,
        who: &UserId,
        action: Action,
        cube: &CubeId,
        id: MemoryId,
    ) -> Result<Memory> {
        let header = self.visible_cube(who, Action::Read, cube)?;
        let memory = self
            .vault
            .memory(cube, id)?
            .ok_or_else(|| Error::memory_not_found(cube, id))?;
        self.guard.memory(who, action, &header, &memory)?;
        Ok(memory)
    }

    fn apply(&self, memory: &mut Memory, patch: &PatchRequest) -> Result<()> {
        if let Some(text) = &patch.said_at {
            let said_at = reader::chat_time(&text.as_str().into(), "/said_at")?;
            memory.header.descriptive.said_at = said_at;
            if let Payload::Plaintext(plain) = &mut memory.payload {
                plain.times = reader::time::mentions(&plain.text, said_at);
            }
        }
        if let Some(text) = &patch.text {
            check::text(text, self.limits.text_bytes, "/text")?;
            let said_at = memory.header.descriptive.said_at;
            let Payload::Plaintext(plain) = &mut memory.payload else {
                return Err(Error::new(Code::InvalidRequest, "this memory is not text").at("/text"));
            };
            plain.times = reader::time::mentions(text, said_at);
            plain.text.clone_from(text);
            memory.header.descriptive.entities = reader::names(text, plain.turn.speaker.as_deref());
            memory.header.behavioural.fingerprint =
                reader::fingerprint(text, plain.caption.as_deref());
        }
        let described = &mut memory.header.descriptive;
        if let Some(key) = &patch.key {
            described.key = Some(key.clone()).filter(|k| !k.is_empty());
        }
        if let Some(tags) = &patch.tags {
            described.tags = check::tags(tags)?;
        }
        if let Some(info) = &patch.info {
            check::info(info)?;
        }
        for (name, value) in patch.info.iter().flatten() {
            match value {
                Value::Null => drop(described.info.0.remove(name)),
                value => drop(described.info.0.insert(name.clone(), value.clone())),
            }
        }
        if let Some(name) = &patch.semantic_type {
            described.semantic_type = named(SemanticType::ALL, SemanticType::as_str, name)
                .map_err(|e| e.at("/semantic_type"))?;
        }
        if let Some(text) = &patch.lifespan {
            memory.header.governance.lifespan =
                parse_lifespan(text, self.clock.now()).map_err(|e| e.at("/lifespan"))?;
        }
        if let Some(name) = &patch.priority {
            memory.header.governance.priority =
                named(Priority::ALL, Priority::as_str, name).map_err(|e| e.at("/priority"))?;
        }
        Ok(())
    }
}

fn words(memory: &Memory) -> Option<&str> {
    memory.payload.plaintext().map(|plain| plain.text.as_str())
}

pub(super) fn event(cube: &CubeId, id: MemoryId, who: &UserId, kind: EventKind) -> NewEvent {
    NewEvent {
        cube_id: cube.clone(),
        memory_id: Some(id),
        actor: who.clone(),
        kind,
    }
}

/// The one of a closed vocabulary that has this name.
pub(super) fn named<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, name: &str) -> Result<T> {
    all.iter()
        .copied()
        .find(|one| name_of(*one) == name)
        .ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|one| name_of(*one)).collect();
            Error::new(Code::InvalidRequest, format!("{name:?} is not known"))
                .remedy(format!("use one of {}", names.join(", ")))
        })
}
