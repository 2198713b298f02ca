//! Records as bytes: one version byte, then bincode (little endian, variable-length integers).
//!
//! bincode writes neither field names nor versions, so the version byte is what keeps old records
//! readable: when a record's shape changes, raise its [`Stored::VERSION`], keep the old shape as a
//! type of its own, and read it in [`Stored::decode_old`]. The golden bytes in the tests fail when
//! a shape changes by accident.

use bincode::config::{self, Configuration, LittleEndian, Varint};
use memos_core::{
    Code, CubeId, Error, Event, EventSeq, MemCube, Memory, MemoryId, Result, Timestamp,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte of a record that lies in pieces ([`super::large`]), so never a version.
pub(super) const IN_PIECES: u8 = 0xff;

const CONFIG: Configuration<LittleEndian, Varint> = config::standard();

/// A kind of record.
pub(super) trait Stored: Serialize + DeserializeOwned {
    /// The version that is written: 1, 2, … Never [`IN_PIECES`].
    const VERSION: u8;
    /// What errors call it.
    const WHAT: &'static str;

    /// Reads an older version; `None` if there never was such a version.
    fn decode_old(_version: u8, _body: &[u8]) -> Option<Result<Self>> {
        None
    }
}

impl Stored for Memory {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "memory";
}

impl Stored for MemCube {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "cube";
}

impl Stored for Event {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "event";
}

/// Use of a memory, beside its record: a use must not rewrite the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct Usage {
    pub(super) use_count: u64,
    pub(super) last_used: Option<Timestamp>,
}

impl Usage {
    /// Puts it where readers look for it.
    pub(super) fn show_in(self, memory: &mut Memory) {
        memory.header.behavioural.use_count = self.use_count;
        memory.header.behavioural.last_used = self.last_used;
    }
}

impl Stored for Usage {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "use count";
}

/// A request that was done, so that a repeat of it is not done again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct Noted {
    pub(super) cube_id: CubeId,
    pub(super) ids: Vec<MemoryId>,
    pub(super) at: Timestamp,
    /// From here on it may be forgotten.
    pub(super) until: Timestamp,
}

impl Stored for Noted {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "request";
}

/// Where a subscriber stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct Cursor(pub(super) EventSeq);

impl Stored for Cursor {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "cursor";
}

pub(super) fn encode<T: Stored>(record: &T) -> Result<Vec<u8>> {
    let mut bytes = vec![T::VERSION];
    bincode::serde::encode_into_std_write(record, &mut bytes, CONFIG).map_err(|e| {
        Error::new(Code::Internal, format!("can't encode a {}: {e}", T::WHAT)).caused_by(e)
    })?;
    Ok(bytes)
}

pub(super) fn decode<T: Stored>(bytes: &[u8]) -> Result<T> {
    let Some((&version, body)) = bytes.split_first() else {
        return Err(super::failure::corrupt(format!(
            "a stored {} is empty",
            T::WHAT
        )));
    };
    if version == T::VERSION {
        return decode_body(body);
    }
    if version > T::VERSION && version != IN_PIECES {
        return Err(Error::new(
            Code::FolderNewer,
            format!(
                "a stored {} has version {version}, and this program reads up to {}",
                T::WHAT,
                T::VERSION
            ),
        )
        .remedy("use the newer version of memos that wrote the data folder"));
    }
    T::decode_old(version, body).unwrap_or_else(|| {
        Err(super::failure::corrupt(format!(
            "a stored {} has version {version}, which never was",
            T::WHAT
        )))
    })
}

fn decode_body<T: Stored>(body: &[u8]) -> Result<T> {
    let (record, read) = bincode::serde::decode_from_slice(body, CONFIG).map_err(|e| {
        super::failure::corrupt(format!("can't decode a stored {}: {e}", T::WHAT)).caused_by(e)
    })?;
    if read != body.len() {
        return Err(super::failure::corrupt(format!(
            "a stored {} has {} bytes too many",
            T::WHAT,
            body.len() - read
        )));
    }
    Ok(record)
}
