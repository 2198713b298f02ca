//! Records as bytes: one version byte, then bincode (little endian, variable-length integers).
//!
//! bincode writes neither field names nor versions, so the version byte is what keeps old records
//! readable: when a record's shape changes, raise its [`Stored::VERSION`], keep the old shape as a
//! type of its own, and read it in [`Stored::decode_old`]. The golden bytes in the tests fail when
//! a shape changes by accident.

use bincode::config::{self, Configuration, LittleEndian, Varint};
use memos_core::{
    ChangeSeq, Code, CubeId, Error, Event, EventSeq, MemCube, Memory, MemoryId, NamedSnapshot,
    Result, State, Task, Tier, Timestamp, Why,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::old::{Event1, MemCube1, Memory1, Usage1};

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

/// A memory, and the change that made it so; zero if that was before changes were counted.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
pub(super) struct Record {
    pub(super) memory: Memory,
    pub(super) since: ChangeSeq,
}

impl Stored for Record {
    const VERSION: u8 = 2;
    const WHAT: &'static str = "memory";

    fn decode_old(version: u8, body: &[u8]) -> Option<Result<Self>> {
        (version == 1).then(|| decode_body::<Memory1>(body, Self::WHAT).map(Self::from))
    }
}

impl Record {
    /// A record but for the number of its change, which only the commit knows: [`Record::finish`].
    pub(super) fn begin(memory: &Memory) -> Result<Vec<u8>> {
        let mut bytes = vec![Self::VERSION];
        append(&mut bytes, memory, Self::WHAT)?;
        Ok(bytes)
    }

    pub(super) fn finish(mut begun: Vec<u8>, since: ChangeSeq) -> Result<Vec<u8>> {
        append(&mut begun, &since, Self::WHAT)?;
        Ok(begun)
    }
}

impl Stored for MemCube {
    const VERSION: u8 = 2;
    const WHAT: &'static str = "cube";

    fn decode_old(version: u8, body: &[u8]) -> Option<Result<Self>> {
        (version == 1).then(|| decode_body::<MemCube1>(body, Self::WHAT).map(Self::from))
    }
}

impl Stored for Event {
    const VERSION: u8 = 2;
    const WHAT: &'static str = "event";

    fn decode_old(version: u8, body: &[u8]) -> Option<Result<Self>> {
        (version == 1).then(|| decode_body::<Event1>(body, Self::WHAT).map(Self::from))
    }
}

impl Stored for NamedSnapshot {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "named snapshot";
}

impl Stored for Task {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "task";
}

/// Use of a memory, beside its record: a use must not rewrite the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct Usage {
    pub(super) use_count: u64,
    pub(super) last_used: Option<Timestamp>,
    pub(super) tier: Tier,
    /// It was used since the record was written: if that says `Generated`, it is so no more.
    pub(super) is_activated: bool,
}

impl Usage {
    /// As the record itself says.
    pub(super) fn in_record(memory: &Memory) -> Self {
        let behavioural = &memory.header.behavioural;
        Self {
            use_count: behavioural.use_count,
            last_used: behavioural.last_used,
            tier: behavioural.tier,
            is_activated: false,
        }
    }

    /// Puts it where readers look for it.
    pub(super) fn show_in(self, memory: &mut Memory) {
        let behavioural = &mut memory.header.behavioural;
        behavioural.use_count = self.use_count;
        behavioural.last_used = self.last_used;
        behavioural.tier = self.tier;
        if self.is_activated && memory.state == State::Generated {
            memory.state = State::Activated;
        }
    }
}

impl Stored for Usage {
    const VERSION: u8 = 2;
    const WHAT: &'static str = "use count";

    fn decode_old(version: u8, body: &[u8]) -> Option<Result<Self>> {
        (version == 1).then(|| decode_body::<Usage1>(body, Self::WHAT).map(Self::from))
    }
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

/// Changes that one commit made in a cube.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
pub(super) struct Changes {
    pub(super) at: Timestamp,
    pub(super) why: Why,
    /// In order, and never none.
    pub(super) entries: Vec<ListedChange>,
}

/// One change of one memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct ListedChange {
    pub(super) seq: ChangeSeq,
    pub(super) memory_id: MemoryId,
    /// The record that it replaced is kept.
    pub(super) was_there: bool,
    /// The version that it made; none if the memory left the cube.
    pub(super) after: Option<u32>,
}

impl Stored for Changes {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "list of changes";
}

/// How far numbers and dates have come: neither goes back, whatever is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct Counter {
    /// The last change.
    pub(super) change: ChangeSeq,
    /// When events or changes were last written.
    pub(super) at: Timestamp,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            change: ChangeSeq::default(),
            at: Timestamp::MIN,
        }
    }
}

impl Stored for Counter {
    const VERSION: u8 = 1;
    const WHAT: &'static str = "counter";
}

pub(super) fn encode<T: Stored>(record: &T) -> Result<Vec<u8>> {
    let mut bytes = vec![T::VERSION];
    append(&mut bytes, record, T::WHAT)?;
    Ok(bytes)
}

/// Fields lie one after the other, so a record can be written field by field.
fn append<T: Serialize>(bytes: &mut Vec<u8>, part: &T, what: &str) -> Result<()> {
    bincode::serde::encode_into_std_write(part, bytes, CONFIG)
        .map(|_| ())
        .map_err(|e| Error::new(Code::Internal, format!("can't encode a {what}: {e}")).caused_by(e))
}

pub(super) fn decode<T: Stored>(bytes: &[u8]) -> Result<T> {
    let Some((&version, body)) = bytes.split_first() else {
        return Err(super::failure::corrupt(format!(
            "a stored {} is empty",
            T::WHAT
        )));
    };
    if version == T::VERSION {
        return decode_body(body, T::WHAT);
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

fn decode_body<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T> {
    let (record, read) = bincode::serde::decode_from_slice(body, CONFIG).map_err(|e| {
        super::failure::corrupt(format!("can't decode a stored {what}: {e}")).caused_by(e)
    })?;
    if read != body.len() {
        return Err(super::failure::corrupt(format!(
            "a stored {what} has {} bytes too many",
            body.len() - read
        )));
    }
    Ok(record)
}
