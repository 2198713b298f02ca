//! What mem0 does with memories, for faces that say it in other words: the body of a request in,
//! the answer out.

use memos_core::Result;
use serde_json::{Map, Value, json};

use super::adding::Adding;
use super::changing::{self, Change};
use super::contract::Contract;
use super::dialect::as_one;
use super::entities::{self, directory};
use super::finding::{Finding, of_platform, reach};
use super::identity::{Ids, nobody};
use super::item::item;
use super::listing::{Listing, Turn};
use crate::faces::kit::{Form, Nulls, Stop};
use crate::http::Caller;

/// Memories in an answer if the caller does not say.
const TOP_K: i64 = 10;

pub(in crate::faces) fn add(caller: &Caller, body: &Value) -> Result<Vec<Value>> {
    let adding = read(body, |form| Adding::of_form(form, Contract::Platform))?;
    Ok(adding.carry_out(caller)?.results())
}

pub(in crate::faces) fn search(caller: &Caller, body: &Value) -> Result<Vec<Value>> {
    read(body, |form| {
        Finding::of_form(form, Contract::Platform, TOP_K)
    })?
    .carry_out(caller, of_platform)
}

/// A page in Django's frame. Another one has no address here: it is asked for by arguments.
pub(in crate::faces) fn list(caller: &Caller, body: &Value) -> Result<Value> {
    let (listing, turn) = read(body, |form| (Listing::of_form(form), Turn::of_form(form)))?;
    let (results, total) = listing.carry_out(caller, false, turn.offset(), turn.limit())?;
    Ok(turn.framed(
        total,
        &results,
        |page| json!({"page": page, "page_size": turn.size}),
    ))
}

pub(in crate::faces) fn get(caller: &Caller, id: &str) -> Result<Map<String, Value>> {
    changing::shown(caller, id)
}

pub(in crate::faces) fn update(
    caller: &Caller,
    id: &str,
    body: &Value,
) -> Result<Map<String, Value>> {
    let change = read(body, |form| Change::of_form(form, Contract::Platform))?;
    Ok(item(&change.of(caller, id)?.carry_out(caller)?))
}

pub(in crate::faces) fn delete(caller: &Caller, id: &str) -> Result<()> {
    changing::forget(caller, id, false)
}

/// Forgets all memories of those that are named; how many.
pub(in crate::faces) fn delete_all(caller: &Caller, body: &Value) -> Result<usize> {
    changing::forget_all(caller, &read(body, reach)??)
}

/// Forgets those that are named, each with all memories that name it.
///
/// # Errors
/// `MemoryNotFound` if there is none of any of them: who asked may have meant another name.
pub(in crate::faces) fn delete_entities(caller: &Caller, body: &Value) -> Result<()> {
    let ids = read(body, Ids::of_form)?;
    let Some((first, its_name)) = ids.named().next() else {
        return Err(nobody());
    };
    let mut gone = 0;
    for (entity, name) in ids.named() {
        gone += entities::forget(caller, entity, name)?;
    }
    match gone {
        0 => Err(entities::unknown(first, its_name)),
        _ => Ok(()),
    }
}

pub(in crate::faces) fn list_entities(caller: &Caller) -> Result<Vec<Value>> {
    let all = directory(caller)?;
    Ok(all.iter().map(entities::Entry::of_server).collect())
}

fn read<T>(body: &Value, read: impl FnOnce(&Form<'_>) -> T) -> Result<T> {
    Form::read(body, Nulls::Absent, read).map_err(|stop| match stop {
        Stop::Error(error) => error,
        Stop::Invalid(faults) => as_one(&faults),
    })
}
