//! The two contracts, and what each says in words of its own: clients show them, and some look for
//! them.

use memos_core::{Code, Error};

use super::identity::nobody;

/// Whose contract a request follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contract {
    /// The server that people run themselves.
    Server,
    /// The platform.
    Platform,
}

impl Contract {
    /// That an add names nobody.
    pub(super) fn adds_for_nobody(self) -> Error {
        match self {
            Self::Server => {
                said("At least one identifier (user_id, agent_id, run_id) is required.")
            }
            Self::Platform => nobody(),
        }
    }

    /// That a search names nobody.
    pub(super) fn looks_for_nobody(self) -> Error {
        match self {
            Self::Server => said(
                "filters must contain at least one of: user_id, agent_id, run_id. \
                 Example: filters={'user_id': 'u1'}",
            ),
            Self::Platform => nobody().at("filters"),
        }
    }

    /// That an update says of nothing what it becomes.
    pub(super) fn changes_nothing(self) -> Error {
        match self {
            Self::Server => {
                said("At least one of text, metadata, or expiration_date must be provided.")
            }
            Self::Platform => Error::new(
                Code::InvalidRequest,
                "At least one of text, metadata, timestamp, or expiration_date must be provided for update",
            )
            .remedy("say what is to change"),
        }
    }
}

/// A sentence of the contract's. It names the field and the way out itself: with more before or after
/// it, it would be another.
pub(super) fn said(sentence: impl Into<String>) -> Error {
    Error::new(Code::InvalidRequest, sentence.into()).remedy("")
}

/// The sentence for a memory that is not there, in place of an error that says the same.
pub(super) fn gone(error: Error, sentence: String) -> Error {
    match error.code() {
        Code::MemoryNotFound => Error::new(Code::MemoryNotFound, sentence).remedy(""),
        _ => error,
    }
}
