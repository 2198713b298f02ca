//! The contract's error codes, with the HTTP status that goes with each. The contract does not say
//! statuses; its clients notice errors by them alone.

use axum::http::StatusCode;
use memos_core::{Code, Error};
use serde_json::Value;

use crate::faces::kit::{Fault, Place, Stop};

/// Declares the codes: name, number, status.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident;)+) => {
        /// Why a request is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Reason {
            $($(#[$doc])* $name,)+
        }

        impl Reason {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The number as text: what a fault of this reason is marked with.
            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($code),)+ }
            }

            pub(super) const fn code(self) -> u32 {
                match self { $(Self::$name => $code,)+ }
            }

            pub(super) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The reason that marks a fault.
            pub(super) fn marked(mark: &str) -> Option<Self> {
                match mark { $(stringify!($code) => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

reasons! {
    /// A value that is not allowed.
    Invalid = 40000, BAD_REQUEST;
    /// What is asked for is not there.
    NotFound = 40001, NOT_FOUND;
    /// A field that has to be there is not, or is empty.
    Empty = 40002, BAD_REQUEST;
    /// A list or object that must not be empty is.
    EmptyList = 40003, BAD_REQUEST;
    /// A type that is not taken.
    UnsupportedType = 40006, UNSUPPORTED_MEDIA_TYPE;
    /// A type of file that is not taken.
    FileType = 40007, UNSUPPORTED_MEDIA_TYPE;
    /// What is declared as Base64 and is none.
    BadBase64 = 40008, BAD_REQUEST;
    /// A user's or agent's id that is too long.
    LongUserId = 40010, BAD_REQUEST;
    /// A conversation's id that is too long.
    LongConversationId = 40011, BAD_REQUEST;
    /// Too much text in one request.
    TooLarge = 40305, PAYLOAD_TOO_LARGE;
    /// Somebody else's, or held.
    Forbidden = 40306, FORBIDDEN;
    /// No such memory.
    NoMemory = 40307, NOT_FOUND;
    /// No such user.
    NoUser = 40308, NOT_FOUND;
    /// The budget for the language model is spent.
    Quota = 40304, TOO_MANY_REQUESTS;
    /// A defect.
    Internal = 50000, INTERNAL_SERVER_ERROR;
    /// It can't be done as things are.
    Failed = 50002, CONFLICT;
    /// The server can't answer now.
    Unavailable = 50004, SERVICE_UNAVAILABLE;
    /// More files than one upload may have.
    TooManyFiles = 50103, BAD_REQUEST;
    /// A file that is too large.
    FileTooLarge = 50104, PAYLOAD_TOO_LARGE;
    /// Files that are too large together.
    FilesTooLarge = 50105, PAYLOAD_TOO_LARGE;
    /// A file whose format is not read.
    FileFormat = 50107, UNSUPPORTED_MEDIA_TYPE;
    /// No such knowledge base.
    NoKnowledgeBase = 50120, NOT_FOUND;
    /// No such task.
    NoTask = 50131, NOT_FOUND;
    /// The disk is full.
    NotWritten = 50143, INSUFFICIENT_STORAGE;
    /// The language model failed.
    ModelFailed = 50005, BAD_GATEWAY;
}

impl Reason {
    /// That of an error of the Memory API.
    pub(super) fn of(error: &Error) -> Self {
        match error.code() {
            Code::InvalidRequest | Code::InvalidJson | Code::InvalidFilter | Code::InvalidTime => {
                Self::Invalid
            }
            Code::InvalidDocument => Self::FileFormat,
            Code::RouteNotFound | Code::SnapshotNotFound => Self::NotFound,
            Code::MethodNotAllowed => Self::Invalid,
            Code::UnsupportedMediaType => Self::UnsupportedType,
            Code::CubeNotFound => Self::NoUser,
            Code::MemoryNotFound => Self::NoMemory,
            Code::TaskNotFound => Self::NoTask,
            Code::Forbidden => Self::Forbidden,
            Code::CubeExists | Code::Conflict | Code::IllegalMove => Self::Failed,
            Code::TooLarge => Self::TooLarge,
            Code::DiskFull => Self::NotWritten,
            Code::BadReply => Self::ModelFailed,
            Code::BudgetSpent => Self::Quota,
            Code::Unavailable | Code::FolderLocked | Code::FolderNewer => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

/// Refuses with a reason of the contract: the field, what is wrong with it and what to do.
pub(super) fn stop(reason: Reason, field: &str, message: impl Into<String>) -> Stop {
    let place = vec![Place::from(field)];
    Stop::Invalid(vec![Fault::new(
        reason.as_str(),
        place,
        message,
        Value::Null,
    )])
}

/// The same for an error of the Memory API whose code means something else here.
pub(super) fn told_as(reason: Reason, field: &str, error: &Error) -> Stop {
    let remedy = error.remedy_text().map(|r| format!("; {r}"));
    let message = format!("{}{}", error.message(), remedy.unwrap_or_default());
    stop(reason, field, message)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_is_an_error_and_found_by_its_mark() {
        let codes: BTreeSet<u32> = Reason::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert!(reason.status().as_u16() >= 400, "{reason:?}");
            assert_eq!(Reason::marked(reason.as_str()), Some(*reason));
            assert_eq!(reason.as_str(), reason.code().to_string());
        }
        assert_eq!(Reason::marked("missing"), None);
    }

    #[test]
    fn only_defects_are_told_as_defects() {
        for code in Code::ALL {
            let reason = Reason::of(&Error::new(*code, "x"));
            let ours = matches!(
                code,
                Code::Corrupt | Code::Internal | Code::AddressInUse | Code::AddressRefused
            );
            assert_eq!(reason == Reason::Internal, ours, "{code:?}");
        }
    }
}
