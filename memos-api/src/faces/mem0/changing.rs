//! Changing and forgetting.

use memos_core::{Code, CubeId, Error, MemoryId, Result};
use serde_json::{Map, Value, json};

use super::adding::time_of;
use super::contract::Contract;
use super::filters::Reach;
use super::finding::cubes_of;
use super::identity::is_identity;
use super::item::{IMMUTABLE, OWN, item, lifespan_until, own, past};
use crate::faces::kit::Form;
use crate::http::Caller;
use crate::wire::{MemoryItem, PatchRequest};

/// Memories in one batch at most, as on the platform.
pub(super) const MOST_IN_BATCH: usize = 1_000;

/// The memory of an id in a path or a body.
///
/// # Errors
/// `MemoryNotFound` also for what can't be an id: no memory has it.
pub(super) fn find(caller: &Caller, id: &str) -> Result<(CubeId, MemoryId)> {
    let id: MemoryId = id.parse().map_err(|_| {
        Error::new(Code::MemoryNotFound, format!("there is no memory {id:?}"))
            .remedy("list or search for its id")
    })?;
    Ok((caller.memos.locate(&caller.who, id)?, id))
}

/// The memory of an id as it is shown.
pub(super) fn shown(caller: &Caller, id: &str) -> Result<Map<String, Value>> {
    let (cube, id) = find(caller, id)?;
    Ok(item(&caller.memos.memory(&caller.who, &cube, id)?))
}

/// What is to change.
#[derive(Clone, Debug)]
pub(super) struct Change {
    contract: Contract,
    text: Option<String>,
    metadata: Option<Map<String, Value>>,
    timestamp: Option<Value>,
    /// A null clears it.
    expiration_date: Option<Option<String>>,
}

impl Change {
    pub(super) fn of_form(form: &Form<'_>, contract: Contract) -> Self {
        Self {
            contract,
            text: form.text("text").or_else(|| form.text("data")),
            metadata: form.object("metadata").cloned(),
            timestamp: form.any("timestamp").cloned(),
            expiration_date: form
                .fields()
                .contains_key("expiration_date")
                .then(|| form.text("expiration_date")),
        }
    }

    fn patch(&self) -> Result<PatchRequest> {
        let mut metadata = self.metadata.clone();
        if let Some(metadata) = &mut metadata {
            if metadata.contains_key(OWN) {
                return Err(Error::new(
                    Code::InvalidRequest,
                    format!("{OWN:?} is kept for feedback"),
                )
                .at(format!("metadata.{OWN}"))
                .remedy("give the field another name"));
            }
            // Whose a memory is stays as it was added.
            metadata.retain(|name, _| !is_identity(name));
        }
        let patch = PatchRequest {
            text: self.text.clone(),
            info: metadata,
            said_at: self.timestamp.as_ref().map(time_of).transpose()?,
            lifespan: match &self.expiration_date {
                None => None,
                Some(None) => Some("forever".to_owned()),
                Some(Some(date)) => Some(lifespan_until(date)?),
            },
            ..PatchRequest::default()
        };
        if patch == PatchRequest::default() {
            return Err(self.contract.changes_nothing());
        }
        Ok(patch)
    }

    /// The change of one memory, looked at as far as it can be before it is made.
    ///
    /// # Errors
    /// `MemoryNotFound`; `InvalidRequest` if nothing changes, or what must not, or a value is wrong.
    pub(super) fn of(self, caller: &Caller, id: &str) -> Result<Checked> {
        let patch = self.patch()?;
        let (cube, id) = find(caller, id)?;
        let checked = Checked {
            cube,
            id,
            patch,
            expiration_date: self.expiration_date.flatten(),
        };
        let memory = caller
            .memos
            .try_update(&caller.who, &checked.cube, id, &checked.patch)
            .map_err(|e| checked.said(e))?;
        if own(&memory).is_some_and(|own| own.contains_key(IMMUTABLE)) {
            return Err(Error::new(
                Code::InvalidRequest,
                "the memory was added as immutable and can't be changed",
            )
            .remedy("delete it and add what is true now"));
        }
        Ok(checked)
    }
}

/// A change of a memory that can be made.
pub(super) struct Checked {
    cube: CubeId,
    id: MemoryId,
    patch: PatchRequest,
    expiration_date: Option<String>,
}

impl Checked {
    pub(super) fn carry_out(&self, caller: &Caller) -> Result<MemoryItem> {
        let updated = caller
            .memos
            .update(&caller.who, &self.cube, self.id, &self.patch);
        updated.map_err(|e| self.said(e))
    }

    fn said(&self, error: Error) -> Error {
        past(error, self.expiration_date.as_deref())
    }
}

/// Forgets a memory, and the older ones whose place it took if that is asked for.
pub(super) fn forget(caller: &Caller, id: &str, with_linked: bool) -> Result<()> {
    let (cube, id) = find(caller, id)?;
    let linked = match with_linked {
        true => caller.memos.superseded(&caller.who, &cube, id)?,
        false => Vec::new(),
    };
    caller.memos.forget(&caller.who, &cube, id)?;
    if !linked.is_empty() {
        caller.memos.forget_all(&caller.who, &cube, &linked)?;
    }
    Ok(())
}

/// Forgets all that a filter admits, with what was made from it; how many.
pub(super) fn forget_all(caller: &Caller, reach: &Reach) -> Result<usize> {
    let filter = reach.filter()?.ok_or_else(|| {
        Error::new(
            Code::InvalidRequest,
            "At least one filter is required to delete memories",
        )
        .remedy("name user_id, agent_id, app_id or run_id; \"*\" stands for all of a kind")
    })?;
    let mut gone = 0;
    for cube in cubes_of(caller, reach)? {
        if caller.memos.exists(&caller.who, &cube)? {
            let forgotten = caller.memos.forget_where(&caller.who, &cube, &filter)?;
            gone += forgotten.memories + forgotten.derived;
        }
    }
    Ok(gone)
}

/// Forgets all memories of all cubes that the caller owns.
pub(super) fn reset(caller: &Caller) -> Result<usize> {
    let everything = memos_core::Filter::parse(&json!({"said_at": {"gte": "0001-01-01"}}))?;
    let mut gone = 0;
    for cube in caller.memos.all_cubes(&caller.who)? {
        let header = caller.memos.cube(&caller.who, &cube)?;
        if header.owner == caller.who.as_str() {
            let forgotten = caller.memos.forget_where(&caller.who, &cube, &everything)?;
            gone += forgotten.memories + forgotten.derived;
        }
    }
    Ok(gone)
}

/// What somebody thinks of a memory.
pub(super) struct Opinion {
    pub(super) memory_id: String,
    pub(super) feedback: Option<&'static str>,
    pub(super) reason: Option<String>,
}

impl Opinion {
    pub(super) fn of_form(form: &Form<'_>) -> Self {
        Self {
            memory_id: form.need_text("memory_id"),
            feedback: form.choice("feedback", &["POSITIVE", "NEGATIVE", "VERY_NEGATIVE"]),
            reason: form.text("feedback_reason"),
        }
    }

    /// Keeps it beside the memory, in its history, and weighs the memory by it: the scheduler lets go
    /// of what is disliked before what is liked.
    pub(super) fn carry_out(&self, caller: &Caller) -> Result<()> {
        let (cube, id) = find(caller, &self.memory_id)?;
        let memory = caller.memos.memory(&caller.who, &cube, id)?;
        let mut kept = own(&memory).cloned().unwrap_or_default();
        kept.retain(|name, _| name == IMMUTABLE);
        if let Some(word) = self.feedback {
            kept.insert("feedback".into(), word.into());
            kept.insert("feedback_reason".into(), self.reason.clone().into());
        }
        let own = match kept.is_empty() {
            true => Value::Null,
            false => kept.into(),
        };
        let priority = match self.feedback {
            Some("POSITIVE") => "high",
            Some(_) => "low",
            None => "normal",
        };
        let patch = PatchRequest {
            info: Some(Map::from_iter([(OWN.to_owned(), own)])),
            priority: Some(priority.to_owned()),
            ..PatchRequest::default()
        };
        caller
            .memos
            .update(&caller.who, &cube, id, &patch)
            .map(drop)
    }
}
