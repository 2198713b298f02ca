//! Webhooks: addresses that are told of what happens to memories.
//!
//! They are kept in the header of a cube of their owner's, and told of by a
//! [courier](courier::Couriers) that goes through the event log with each of them, each event once it
//! is on the disk, also over restarts. An address that does not answer is tried three times, and left
//! in peace for a while if it goes on; others do not wait for it.

mod courier;
mod round;

use std::sync::Arc;

use memos_core::{Code, CubeId, Error, MemoryId, Result, Timestamp, UserId};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MemOs;
pub(super) use courier::{Couriers, Post};

/// What the names of the cubes that keep them begin with.
const CUBES: &str = crate::service::Own::Webhooks.prefix();

/// The note in their header.
const NOTE: &str = "webhooks";

/// Webhooks of one owner.
const MOST: usize = 50;

/// Bytes of a name or an address.
const LONGEST: usize = 2_048;

/// What can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A memory was added.
    Add,
    /// A memory was changed.
    Update,
    /// A memory was forgotten.
    Delete,
    /// A memory got categories; nothing here gives it any.
    Categorize,
}

/// An address that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its identity.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it is told of.
    pub topics: Vec<Topic>,
    /// When it was made: it is told of what happens from then on.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What becomes of a webhook; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// A new name.
    pub name: Option<String>,
    /// A new address.
    pub url: Option<String>,
    /// What it is told of, in place of before.
    pub topics: Option<Vec<Topic>>,
}

impl MemOs {
    /// The webhooks of a caller, the oldest first.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn webhooks(&self, who: &UserId) -> Result<Vec<Webhook>> {
        let note = self.note_of(who, &cube(who)?, NOTE)?;
        Ok(read(&note.unwrap_or_default()))
    }

    /// Makes a webhook. It is told of memories in the cubes that its owner can see.
    ///
    /// # Errors
    /// `InvalidRequest` for a bad address or name; `TooLarge` if there are too many.
    pub fn create_webhook(
        &self,
        who: &UserId,
        name: &str,
        url: &str,
        topics: &[Topic],
    ) -> Result<Webhook> {
        let now = self.clock.now();
        let webhook = Webhook {
            id: format!("wh_{}", MemoryId::generate()),
            name: checked_name(name)?,
            url: checked_url(url)?,
            topics: checked_topics(topics)?,
            created_at: now,
            updated_at: now,
        };
        // What was before it does not concern it.
        self.log
            .advance(&round::reader_of(&webhook.id), self.log.head())?;
        self.amend_note(who, &cube(who)?, NOTE, |note| {
            let mut all = read(note);
            if all.len() >= MOST {
                return Err(Error::new(
                    Code::TooLarge,
                    format!("there are {MOST} webhooks already"),
                )
                .remedy("delete one that is not needed any more"));
            }
            all.push(webhook.clone());
            *note = written(&all);
            Ok(())
        })?;
        self.send_couriers();
        Ok(webhook)
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// `MemoryNotFound` if there is none of this id; `InvalidRequest` for a bad value.
    pub fn change_webhook(
        &self,
        who: &UserId,
        id: &str,
        change: &WebhookChange,
    ) -> Result<Webhook> {
        let name = change.name.as_deref().map(checked_name).transpose()?;
        let url = change.url.as_deref().map(checked_url).transpose()?;
        let topics = change.topics.as_deref().map(checked_topics).transpose()?;
        let now = self.clock.now();
        self.amend_known(who, id, |all, place| {
            let webhook = &mut all[place];
            webhook.name = name.unwrap_or_else(|| webhook.name.clone());
            webhook.url = url.unwrap_or_else(|| webhook.url.clone());
            webhook.topics = topics.unwrap_or_else(|| webhook.topics.clone());
            webhook.updated_at = now;
            webhook.clone()
        })
    }

    /// Deletes a webhook: it is told of nothing more.
    ///
    /// # Errors
    /// `MemoryNotFound` if there is none of this id.
    pub fn delete_webhook(&self, who: &UserId, id: &str) -> Result<()> {
        self.amend_known(who, id, |all, place| drop(all.remove(place)))
    }

    fn amend_known<T>(
        &self,
        who: &UserId,
        id: &str,
        change: impl FnOnce(&mut Vec<Webhook>, usize) -> T,
    ) -> Result<T> {
        let unknown = || {
            Error::new(Code::MemoryNotFound, format!("there is no webhook {id:?}"))
                .remedy("list the webhooks")
        };
        // Nothing is written for one that is not there, not even an empty list.
        if !self.webhooks(who)?.iter().any(|one| one.id == id) {
            return Err(unknown());
        }
        self.amend_note(who, &cube(who)?, NOTE, |note| {
            let mut all = read(note);
            let place = all
                .iter()
                .position(|one| one.id == id)
                .ok_or_else(unknown)?;
            let made = change(&mut all, place);
            *note = written(&all);
            Ok(made)
        })
    }

    /// Starts the courier, unless it is on its way or no background work is done here.
    pub(super) fn send_couriers(&self) {
        if self.scheduler.is_some() {
            self.couriers.start(self.post());
        }
    }

    /// Starts the courier if there is a webhook, and background work is done here.
    pub(super) fn resume_couriers(&self) -> Result<()> {
        match self.scheduler {
            Some(_) => self.couriers.resume(self.post()),
            None => Ok(()),
        }
    }

    fn post(&self) -> Post {
        Post {
            vault: Arc::clone(&self.vault),
            log: Arc::clone(&self.log),
            guard: Arc::clone(&self.guard),
            heads: self.heads.subscribe(),
        }
    }
}

/// The cube that keeps the webhooks of an owner.
fn cube(who: &UserId) -> Result<CubeId> {
    CubeId::new(format!("{CUBES}{who}"))
}

/// What is no webhook in a note is none: it may come from a newer version.
fn read(note: &Value) -> Vec<Webhook> {
    let all = note.as_array().map(Vec::as_slice).unwrap_or_default();
    let read = all.iter();
    read.filter_map(|one| Webhook::deserialize(one).ok())
        .collect()
}

fn written(all: &[Webhook]) -> Value {
    serde_json::to_value(all).unwrap_or_default()
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.len() > LONGEST {
        return Err(Error::new(
            Code::InvalidRequest,
            format!("a name has 1 to {LONGEST} bytes"),
        )
        .at("name")
        .remedy("give it a name by which you know it again"));
    }
    Ok(name.to_owned())
}

fn checked_url(text: &str) -> Result<String> {
    let wrong = |what: &str| {
        Error::new(Code::InvalidRequest, what.to_owned())
            .at("url")
            .remedy("write it as https://example.com/hook")
    };
    if text.len() > LONGEST {
        return Err(wrong(&format!("the address has more than {LONGEST} bytes")));
    }
    let url: Url = text
        .trim()
        .parse()
        .map_err(|_| wrong("this is no address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("the address is neither of http nor of https"));
    }
    Ok(url.into())
}

fn checked_topics(topics: &[Topic]) -> Result<Vec<Topic>> {
    if topics.is_empty() {
        return Err(
            Error::new(Code::InvalidRequest, "the webhook would be told of nothing")
                .at("event_types")
                .remedy("name at least one event type"),
        );
    }
    let mut all: Vec<Topic> = Vec::new();
    for topic in topics {
        if !all.contains(topic) {
            all.push(*topic);
        }
    }
    Ok(all)
}
