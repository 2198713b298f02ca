//! One error type for every port: a stable [`Code`], what was wrong, with which input, and the remedy.

use std::error::Error as StdError;

use crate::Timestamp;

/// Stable, machine-readable reason of a failure. The wire form is `snake_case` ([`Code::as_str`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// A field has a value that is not allowed.
    InvalidRequest,
    /// The body is not JSON, or not the JSON this route takes.
    InvalidJson,
    /// A filter does not parse, names an unknown field or compares the wrong types.
    InvalidFilter,
    /// A time or time window can't be read.
    InvalidTime,
    /// A document can't be read in the format it claims.
    InvalidDocument,
    /// No such route.
    RouteNotFound,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// The body is declared as something else than JSON, or as nothing.
    UnsupportedMediaType,
    /// No such cube, or the caller may not know of it.
    CubeNotFound,
    /// A cube of that id exists already.
    CubeExists,
    /// No such memory, or the caller may not know of it.
    MemoryNotFound,
    /// No such task, or the caller may not know of it.
    TaskNotFound,
    /// The cube has no snapshot of that name.
    SnapshotNotFound,
    /// The caller may see the object but not do this to it.
    Forbidden,
    /// The record changed under the caller.
    Conflict,
    /// The state machine has no such move.
    IllegalMove,
    /// The body or a field is larger than the limit.
    TooLarge,
    /// Another process holds the data folder.
    FolderLocked,
    /// The data folder was written by a newer version.
    FolderNewer,
    /// The disk has no room; nothing was written.
    DiskFull,
    /// Stored bytes can't be decoded.
    Corrupt,
    /// The listening address is taken.
    AddressInUse,
    /// The listening address is refused by policy.
    AddressRefused,
    /// A language model's answer is empty, cut off, or not in the form that was asked for.
    BadReply,
    /// The tenant's ceiling for spending on models is reached.
    BudgetSpent,
    /// A part of the system can't serve now; try again.
    Unavailable,
    /// A defect of this program.
    Internal,
}

impl Code {
    /// Every one, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::InvalidRequest,
        Self::InvalidJson,
        Self::InvalidFilter,
        Self::InvalidTime,
        Self::InvalidDocument,
        Self::RouteNotFound,
        Self::MethodNotAllowed,
        Self::UnsupportedMediaType,
        Self::CubeNotFound,
        Self::CubeExists,
        Self::MemoryNotFound,
        Self::TaskNotFound,
        Self::SnapshotNotFound,
        Self::Forbidden,
        Self::Conflict,
        Self::IllegalMove,
        Self::TooLarge,
        Self::FolderLocked,
        Self::FolderNewer,
        Self::DiskFull,
        Self::Corrupt,
        Self::AddressInUse,
        Self::AddressRefused,
        Self::BadReply,
        Self::BudgetSpent,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The stable wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidJson => "invalid_json",
            Self::InvalidFilter => "invalid_filter",
            Self::InvalidTime => "invalid_time",
            Self::InvalidDocument => "invalid_document",
            Self::RouteNotFound => "route_not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::CubeNotFound => "cube_not_found",
            Self::CubeExists => "cube_exists",
            Self::MemoryNotFound => "memory_not_found",
            Self::TaskNotFound => "task_not_found",
            Self::SnapshotNotFound => "snapshot_not_found",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
            Self::IllegalMove => "illegal_move",
            Self::TooLarge => "too_large",
            Self::FolderLocked => "folder_locked",
            Self::FolderNewer => "folder_newer",
            Self::DiskFull => "disk_full",
            Self::Corrupt => "corrupt",
            Self::AddressInUse => "address_in_use",
            Self::AddressRefused => "address_refused",
            Self::BadReply => "bad_reply",
            Self::BudgetSpent => "budget_spent",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl std::str::FromStr for Code {
    type Err = Error;

    /// Reads the wire form.
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == name)
            .ok_or_else(|| {
                Error::new(
                    Self::InvalidRequest,
                    format!("{name:?} is not a code of an error"),
                )
                .remedy("it may come from a newer version: update this program")
            })
    }
}

/// What every port returns on failure.
#[derive(Debug)]
pub struct Error(Box<Detail>);

// Boxed, so that a `Result` on the hot path stays one word wide.
#[derive(Debug)]
struct Detail {
    code: Code,
    message: String,
    field: Option<String>,
    remedy: Option<String>,
    not_before: Option<Timestamp>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A result whose error is [`struct@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with its reason and a sentence that says what was wrong, with which input.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Detail {
            code,
            message: message.into(),
            field: None,
            remedy: None,
            not_before: None,
            source: None,
        }))
    }

    /// Names the field at fault: a JSON pointer, a query parameter or a flag.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Says what the caller should do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// Says from when on the same may succeed; before, it is in vain.
    #[must_use]
    pub fn not_before(mut self, at: Timestamp) -> Self {
        self.0.not_before = Some(at);
        self
    }

    /// Keeps the underlying cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The reason.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What was wrong, without the remedy.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The field at fault, if one is.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// What to do, if known.
    pub fn remedy_text(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }

    /// From when on the same may succeed, if that is known.
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.0.not_before
    }

    /// No such cube.
    pub fn cube_not_found(id: &crate::CubeId) -> Self {
        Self::new(
            Code::CubeNotFound,
            format!("there is no cube {id:?} that you can see", id = id.as_str()),
        )
        .remedy("list the cubes, or add a memory to it, which creates it")
    }

    /// No such task.
    pub fn task_not_found(id: crate::TaskId) -> Self {
        Self::new(
            Code::TaskNotFound,
            format!("there is no task {id} that you can see"),
        )
        .remedy("list the tasks; a finished one is kept for a while only")
    }

    /// No such memory.
    pub fn memory_not_found(cube: &crate::CubeId, id: crate::MemoryId) -> Self {
        Self::new(
            Code::MemoryNotFound,
            format!("cube {cube:?} holds no memory {id}", cube = cube.as_str()),
        )
        .remedy("list or search the cube for the id; a forgotten memory does not come back")
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(field) = &self.0.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(remedy) = &self.0.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_as_it_is_written() {
        assert_eq!(Code::ALL.len(), Code::Internal as usize + 1);
        for (i, code) in Code::ALL.iter().enumerate() {
            assert_eq!(*code as usize, i);
            assert_eq!(code.as_str().parse::<Code>().unwrap(), *code);
        }
        assert!("teapot".parse::<Code>().is_err());
    }
}
