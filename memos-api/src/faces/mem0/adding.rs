//! Adding: whose the messages are, and what comes of them.

use memos_core::{Code, CubeId, Error, Result};
use serde_json::{Map, Value, json};

use super::contract::Contract;
use super::identity::{Entity, Ids, is_identity};
use super::item::{IMMUTABLE, OWN, lifespan_until, past};
use super::messages;
use crate::faces::kit::Form;
use crate::http::Caller;
use crate::wire::{AddRequest, AddResponse, MemoryItem};

/// Longest name of a session.
const SESSION_BYTES: usize = 256;

/// The one `memory_type` that there is.
const PROCEDURAL: &str = "procedural_memory";

/// A request to add.
pub(super) struct Adding {
    contract: Contract,
    ids: Ids,
    filters: Option<Value>,
    messages: Value,
    metadata: Map<String, Value>,
    expiration_date: Option<String>,
    timestamp: Option<Value>,
    is_immutable: bool,
    memory_type: Option<String>,
}

impl Adding {
    pub(super) fn of_form(form: &Form<'_>, contract: Contract) -> Self {
        for name in ["prompt", "custom_instructions", "agent_custom_instructions"] {
            form.text(name);
        }
        form.maybe_flag("infer");
        Self {
            contract,
            ids: Ids::of_form(form),
            filters: form.any("filters").cloned(),
            messages: messages::of_form(form, contract),
            metadata: form.object("metadata").cloned().unwrap_or_default(),
            expiration_date: form.text("expiration_date"),
            timestamp: form.any("timestamp").cloned(),
            is_immutable: form.flag("immutable", false),
            memory_type: form.text("memory_type"),
        }
    }

    /// Adds the messages.
    ///
    /// # Errors
    /// `InvalidRequest` if nobody is named; those of [`MemOs::add`](crate::MemOs::add).
    pub(super) fn carry_out(mut self, caller: &Caller) -> Result<Added> {
        if let Some(filters) = &self.filters {
            self.ids.take_filters(filters)?;
        }
        self.ids.refuse_unaskable()?;
        let home = self.ids.home();
        let cube = home.ok_or_else(|| self.contract.adds_for_nobody())?;
        let request = self.request()?;
        let id = caller.request_id.as_deref();
        let added = caller.memos.add_for(&caller.who, &cube, &request, id);
        let added = added.map_err(|e| past(e, self.expiration_date.as_deref()))?;
        if !added.duplicate_of_request {
            caller.metrics().added(added.memories.len());
        }
        Added::read(caller, &cube, &added)
    }

    /// The same request for the same call: nothing in it depends on when it comes.
    fn request(&self) -> Result<AddRequest> {
        if self.metadata.contains_key(OWN) {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("{OWN:?} is kept for feedback"),
            )
            .at(format!("metadata.{OWN}"))
            .remedy("give the field another name"));
        }
        if let Some(other) = self.memory_type.as_deref().filter(|t| *t != PROCEDURAL) {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("Invalid 'memory_type': {other:?}"),
            )
            .at("memory_type")
            .remedy(format!("pass {PROCEDURAL}, or leave it out")));
        }
        let mut info = self.metadata.clone();
        // Whose a memory is, the request itself says and nothing else.
        info.retain(|name, _| !is_identity(name));
        info.extend(self.ids.as_filter());
        if self.is_immutable {
            info.insert(OWN.into(), json!({IMMUTABLE: true}));
        }
        let run = self.ids.get(Entity::Run);
        Ok(AddRequest {
            messages: Some(messages::said_by_somebody(&self.messages)?),
            session_id: run
                .filter(|run| run.len() <= SESSION_BYTES)
                .map(str::to_owned),
            chat_time: self.timestamp.as_ref().map(time_of).transpose()?,
            info: Some(info),
            lifespan: self
                .expiration_date
                .as_deref()
                .map(lifespan_until)
                .transpose()?,
            ..AddRequest::default()
        })
    }
}

/// What was added.
pub(super) struct Added {
    pub(super) memories: Vec<MemoryItem>,
}

impl Added {
    fn read(caller: &Caller, cube: &CubeId, added: &AddResponse) -> Result<Self> {
        let read = added.memories.iter();
        let read = read.map(|one| caller.memos.memory(&caller.who, cube, one.id));
        Ok(Self {
            memories: read.collect::<Result<_>>()?,
        })
    }

    /// The name by which the platform tells of it: the id of its first memory. A retry of the request
    /// gets the same.
    pub(super) fn event_id(&self) -> Option<String> {
        self.memories.first().map(|memory| memory.id.to_string())
    }

    pub(super) fn results(&self) -> Vec<Value> {
        self.memories.iter().map(result).collect()
    }
}

/// A memory that was added.
pub(super) fn result(memory: &MemoryItem) -> Value {
    let mut result = json!({
        "id": memory.id.to_string(),
        "memory": memory.text,
        "event": "ADD",
        "data": {"memory": memory.text},
    });
    if let Some(role) = &memory.role {
        result["role"] = role.as_str().into();
    }
    if let Some(speaker) = &memory.speaker {
        result["actor_id"] = speaker.as_str().into();
    }
    result
}

/// Seconds since 1970, or a time, as a text.
pub(super) fn time_of(value: &Value) -> Result<String> {
    Ok(crate::reader::chat_time(value, "timestamp")?.to_string())
}
