//! Identifiers: newtypes that can only hold well-formed values.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Code, Error, Result};

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $where:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, greater than every id made before it in this process.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The sixteen bytes, in sort order.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From its sixteen bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Uuid::parse_str(text).map(Self).map_err(|e| {
                    Error::new(
                        Code::InvalidRequest,
                        format!("{text:?} is not {}: {e}", $what),
                    )
                    .remedy($where)
                })
            }
        }
    };
}

uuid_id!(
    /// Identity of a memory for its whole life: a UUIDv7, so ids sort by time of creation; or a
    /// UUIDv8 of a [shelf](MemoryId::on_shelf).
    MemoryId,
    "a memory id",
    "memory ids are UUIDs, as `add` and `search` return them"
);
impl MemoryId {
    /// Where ids on shelves begin: a time of creation eight thousand years from now.
    const SHELVES: u8 = 0xff;

    /// The id of what has a name of its own: the same for the same shelf and name, so that two who
    /// write it at once write one memory. Such ids sort after all that were
    /// [generated](Self::generate), those of one shelf side by side: a shelf is read without the rest
    /// of its cube.
    ///
    /// ```
    /// use memos_core::MemoryId;
    ///
    /// let id = MemoryId::on_shelf(1, b"name");
    /// assert_eq!(id, MemoryId::on_shelf(1, b"name"));
    /// assert!(id > MemoryId::generate() && id.is_on_shelf(1));
    /// ```
    pub fn on_shelf(shelf: u8, name: &[u8]) -> Self {
        let hash = blake3::hash(name);
        let mut bytes = [0; 16];
        bytes[0] = Self::SHELVES;
        bytes[1] = shelf;
        bytes[2..].copy_from_slice(&hash.as_bytes()[..14]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// An id that stands before all of a shelf, and after all that do not lie on it or a later one.
    pub const fn before_shelf(shelf: u8) -> Self {
        let mut bytes = [0; 16];
        bytes[0] = Self::SHELVES;
        bytes[1] = shelf;
        Self::from_bytes(bytes)
    }

    /// Whether it was made by [`on_shelf`](Self::on_shelf) for this shelf.
    pub const fn is_on_shelf(&self, shelf: u8) -> bool {
        let bytes = self.as_bytes();
        bytes[0] == Self::SHELVES && bytes[1] == shelf
    }
}

uuid_id!(
    /// Identity of a task: a UUIDv7, or the hash of its idempotency key.
    TaskId,
    "a task id",
    "task ids are UUIDs, as `memos tasks list` shows them"
);

impl TaskId {
    /// The id of the task with this idempotency key: the same for the same key, so that asking
    /// twice makes one task.
    pub fn of_key(key: &str) -> Self {
        let hash = blake3::hash(key.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks the text: 1 to 128 characters, letters and digits of any script and
            /// `_ - . : @ + #`, but neither `.` nor `..`.
            ///
            /// # Errors
            /// [`Code::InvalidRequest`] with the first character that is not allowed.
            pub fn new(text: impl Into<String>) -> Result<Self> {
                let text = text.into();
                check_name(&text, $what)?;
                Ok(Self(text.into_boxed_str()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }
    };
}

name_id!(
    /// Address of a [`MemCube`](crate::MemCube).
    CubeId,
    "a cube id"
);
name_id!(
    /// A principal: a person, an agent or a service.
    UserId,
    "a user id"
);

fn check_name(text: &str, what: &str) -> Result<()> {
    let refuse = |why: String| {
        Err(Error::new(
            Code::InvalidRequest,
            format!("{text:?} is not {what}: {why}"),
        )
        .remedy("use 1 to 128 letters, digits or _ - . : @ + #"))
    };
    let count = text.chars().count();
    if count == 0 || count > 128 {
        return refuse(format!("it has {count} characters"));
    }
    if text == "." || text == ".." {
        return refuse("it would be a path".into());
    }
    match text
        .chars()
        .find(|c| !c.is_alphanumeric() && !"_-.:@+#".contains(*c))
    {
        Some(c) => refuse(format!("{c:?} is not allowed")),
        None => Ok(()),
    }
}

/// Number of an event: 1 for the first of a vault, without gaps. Zero stands before the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventSeq(pub u64);

impl EventSeq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for EventSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a change of a memory in a vault, growing with every change. Zero stands before the
/// first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ChangeSeq(pub u64);

impl ChangeSeq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for ChangeSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_one_task() {
        assert_eq!(TaskId::of_key("fuse notes"), TaskId::of_key("fuse notes"));
        assert_ne!(TaskId::of_key("fuse notes"), TaskId::of_key("fuse note"));
    }

    #[test]
    fn shelves_lie_apart_and_behind_all_that_was_generated() {
        let generated = MemoryId::generate();
        let (low, high) = (MemoryId::before_shelf(3), MemoryId::before_shelf(4));
        for name in ["", "a", "b"] {
            let id = MemoryId::on_shelf(3, name.as_bytes());
            assert!(generated < low && low < id && id < high);
            assert!(id.is_on_shelf(3) && !id.is_on_shelf(4));
            assert_eq!(id.to_string().parse::<MemoryId>().unwrap(), id);
        }
        assert!(!generated.is_on_shelf(3));
        assert_ne!(MemoryId::on_shelf(3, b"a"), MemoryId::on_shelf(4, b"a"));
    }

    #[test]
    fn ids_grow() {
        let ids: Vec<_> = (0..10_000).map(|_| MemoryId::generate()).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn names_take_every_script_and_refuse_paths() {
        for good in ["a", "user@example.org", "会议-2025", "locomo_exp_user_0"] {
            assert!(CubeId::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "a\n", "?"] {
            let error = CubeId::new(bad).unwrap_err();
            assert_eq!(error.code(), Code::InvalidRequest, "{bad}");
            assert!(error.remedy_text().is_some());
        }
        assert!(CubeId::new("x".repeat(129)).is_err());
    }

    #[test]
    fn ids_refuse_bad_wire_forms() {
        assert!(serde_json::from_str::<CubeId>("\"a/b\"").is_err());
        assert!("not-a-uuid".parse::<MemoryId>().is_err());
    }
}
