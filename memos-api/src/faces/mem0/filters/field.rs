//! The fields of mem0's filters, and where our memories keep them.

use memos_core::{Code, Error, Result};

use super::super::identity::Entity;
use super::super::item::{OWN, SHOWN};

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Whose it is.
    Entity(Entity),
    /// One of our times.
    Time(&'static str),
    /// The last day on which it is shown.
    LastDay,
    /// Labels.
    Tags,
    /// Its words.
    Text,
    /// Its identity.
    Id,
    /// A word of a vocabulary of ours.
    Choice(&'static str),
    /// A string of ours.
    Word(&'static str),
    /// A field of the caller's own, as a path of our language.
    Own(String),
}

impl Field {
    /// The field of a name at the top of a filter.
    pub(super) fn named(name: &str, at: &str) -> Result<Self> {
        if let Some(entity) = Entity::of_field(name) {
            return Ok(Self::Entity(entity));
        }
        Ok(match name {
            "created_at" | "timestamp" => Self::Time("said_at"),
            "updated_at" => Self::Time("updated_at"),
            "expiration_date" => Self::LastDay,
            "categories" | "category" => Self::Tags,
            "keywords" | "memory" => Self::Text,
            "id" | "memory_id" | "memory_ids" => Self::Id,
            "role" => Self::Choice("role"),
            "actor_id" => Self::Word("speaker"),
            name if SHOWN.contains(&name) => Self::Own(format!("info.{OWN}.{name}")),
            name => Self::own(name.strip_prefix("metadata.").unwrap_or(name), at)?,
        })
    }

    /// A field of the caller's own.
    pub(super) fn own(name: &str, at: &str) -> Result<Self> {
        Ok(Self::Own(format!("info.{}", key(name, at)?)))
    }

    /// A member of an object in it.
    pub(super) fn member(&self, name: &str, at: &str) -> Result<Self> {
        match self {
            Self::Own(path) => Ok(Self::Own(format!("{path}.{}", key(name, at)?))),
            other => Ok(other.clone()),
        }
    }
}

fn key(name: &str, at: &str) -> Result<String> {
    if name.is_empty() {
        return Err(Error::new(Code::InvalidFilter, "a field has no name")
            .at(at)
            .remedy("name the field of the metadata"));
    }
    Ok(name.replace('\\', "\\\\").replace('.', "\\."))
}
