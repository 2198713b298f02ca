//! A memory: header and payload.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{CubeId, Link, MemoryId, Moment, State, Tier, Timestamp, UserId, ValidTime};

/// One unit of memory in a cube.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Its identity, kept for its whole life.
    pub id: MemoryId,
    /// The cube that holds it.
    pub cube_id: CubeId,
    /// Where it is in its life.
    pub state: State,
    /// What is known about it.
    pub header: Header,
    /// What it holds.
    pub payload: Payload,
}

/// What is known about a memory, in the three groups of the MemCube header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// What it is and where it came from.
    pub descriptive: Descriptive,
    /// Who may do what with it, and for how long.
    pub governance: Governance,
    /// How it has been used and changed.
    pub behavioural: Behavioural,
}

impl Header {
    /// Of what a person said: a message, private to its owner, kept for ever, in its first version.
    /// The fields that differ are set on the result.
    pub fn new(owner: UserId, said_at: Moment, now: Timestamp) -> Self {
        Self {
            descriptive: Descriptive {
                created_at: now,
                updated_at: now,
                said_at,
                origin: Origin::UserInput,
                semantic_type: SemanticType::Message,
                tags: BTreeSet::new(),
                key: None,
                entities: BTreeSet::new(),
                sources: Vec::new(),
                info: Info::default(),
                valid: Validity::default(),
            },
            governance: Governance {
                owner,
                access: Access::default(),
                lifespan: Lifespan::default(),
                priority: Priority::default(),
                sensitivity: BTreeSet::new(),
                watermark: None,
                legal_hold: false,
            },
            behavioural: Behavioural {
                version: 1,
                ..Behavioural::default()
            },
        }
    }
}

/// What a memory is and where it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Descriptive {
    /// Recorded time: when the system learned it.
    pub created_at: Timestamp,
    /// Last change of content or header.
    pub updated_at: Timestamp,
    /// Event time: when it was said or written, on the speaker's wall clock.
    pub said_at: Moment,
    /// Who or what produced it.
    pub origin: Origin,
    /// What kind of thing it says.
    pub semantic_type: SemanticType,
    /// Labels, sorted and without repeats.
    pub tags: BTreeSet<String>,
    /// A short name, such as a title.
    pub key: Option<String>,
    /// People, places and things that it names.
    pub entities: BTreeSet<String>,
    /// Where it was taken from.
    pub sources: Vec<Source>,
    /// The caller's own fields.
    pub info: Info,
    /// Valid time: since when and until when it holds in the world, as far as that is known.
    pub valid: Validity,
}

/// Since when and until when something holds in the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// First instant at which it holds; when it was said, if absent.
    pub from: Option<Timestamp>,
    /// First instant at which it holds no more; never, if absent.
    pub until: Option<Timestamp>,
}

impl Validity {
    /// Whether something that was said then holds at an instant.
    pub fn holds_at(&self, said_at: Timestamp, instant: Timestamp) -> bool {
        self.from.unwrap_or(said_at) <= instant && self.until.is_none_or(|end| instant < end)
    }
}

/// Who may do what with a memory, and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Governance {
    /// Whose it is.
    pub owner: UserId,
    /// Who else may read and write it.
    pub access: Access,
    /// How long it lives.
    pub lifespan: Lifespan,
    /// How much it matters to the scheduler.
    pub priority: Priority,
    /// What makes it sensitive, such as `email` or `health`.
    pub sensitivity: BTreeSet<String>,
    /// Mark of origin on generated content.
    pub watermark: Option<String>,
    /// While set, it may be neither changed nor forgotten.
    pub legal_hold: bool,
}

/// How a memory has been used and changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Behavioural {
    /// How often it was returned to a caller.
    pub use_count: u64,
    /// When it was last returned.
    pub last_used: Option<Timestamp>,
    /// Hash of its normalised content: equal for exact repeats.
    pub fingerprint: u64,
    /// Number of its content, 1 at creation.
    pub version: u32,
    /// The memories that it was made from.
    pub derived_from: Vec<MemoryId>,
    /// The memory that took its place.
    pub superseded_by: Option<MemoryId>,
    /// How it relates to other memories, beside the two above.
    pub links: BTreeSet<Link>,
    /// Which working set it is in.
    pub tier: Tier,
}

/// Origin signature: who or what produced a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person or agent said it.
    UserInput,
    /// A model or a rule derived it.
    Inference,
    /// It was taken from a document or a search.
    Retrieval,
    /// It came out of training.
    FineTuning,
}

/// Semantic type: what kind of thing a memory says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SemanticType {
    /// Something that is so.
    Fact,
    /// What someone likes or wants.
    Preference,
    /// Something that happened or will.
    Event,
    /// Who someone is.
    Profile,
    /// An instruction for a task.
    TaskPrompt,
    /// Knowledge of a field.
    DomainKnowledge,
    /// How a tool is called.
    ToolSchema,
    /// How a tool was used.
    ToolTrajectory,
    /// How to do something.
    Skill,
    /// A passage of a file.
    File,
    /// A turn of a dialogue, verbatim: evidence for all of the above.
    Message,
    /// What a session, a day or a topic was about.
    Summary,
}

/// Where a memory was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What kind of thing it is: `message`, `document`, `url`, `memory`.
    pub kind: String,
    /// Its name there: a message id, a file name, an address.
    pub reference: String,
    /// Where in it: a line, a heading, a dialogue id.
    pub locator: Option<String>,
}

/// Who may do what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Who may read, beside the owner.
    pub readers: Audience,
    /// Who may write, beside the owner.
    pub writers: Audience,
}

/// A set of principals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Nobody beside the owner.
    #[default]
    Owner,
    /// These, beside the owner.
    Users(BTreeSet<UserId>),
    /// Whoever can see the object that this one lies in: for a memory, its cube's readers.
    Everyone,
}

impl Audience {
    /// Whether the principal is in it; `owner` always is.
    pub fn admits(&self, user: &UserId, owner: &UserId) -> bool {
        user == owner
            || match self {
                Self::Owner => false,
                Self::Users(users) => users.contains(user),
                Self::Everyone => true,
            }
    }
}

/// How long a memory lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifespan {
    /// For ever.
    #[default]
    KeepForever,
    /// Until an instant.
    Until(Timestamp),
    /// While it is used: its weight halves every so many seconds.
    HalfLife {
        /// Seconds in which its weight halves.
        seconds: u64,
    },
    /// While it is used: as `HalfLife`, with the half-life of its semantic type.
    Decay,
    /// Until it has not been used or changed for so long.
    Unused {
        /// Seconds after its last use or change.
        seconds: u64,
    },
}

/// How much a memory matters to the scheduler.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// First to go.
    Low,
    /// As most.
    #[default]
    Normal,
    /// Last to go.
    High,
}

/// What a memory holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// Text.
    Plaintext(Plaintext),
    /// The KV cache of a prefix, for one model.
    Activation(Activation),
    /// An adapter for one base model.
    Parametric(Parametric),
}

impl Memory {
    /// Whether it is raw evidence, or was made from other memories.
    pub fn layer(&self) -> Layer {
        match self.header.descriptive.origin {
            Origin::Inference => Layer::Derived,
            Origin::UserInput | Origin::Retrieval | Origin::FineTuning => Layer::Evidence,
        }
    }
}

/// Raw evidence and what was made from it are searched apart: what is derived must not push the
/// words themselves out of an answer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// What was said or written, verbatim.
    #[default]
    Evidence,
    /// Facts, preferences, profiles, summaries and the like, made by a rule or a model.
    Derived,
}

impl Payload {
    /// The text, if this is plaintext.
    pub fn plaintext(&self) -> Option<&Plaintext> {
        match self {
            Self::Plaintext(p) => Some(p),
            _ => None,
        }
    }
}

/// Text, verbatim, with what the reader found in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plaintext {
    /// The words, as they came.
    pub text: String,
    /// What a picture beside the words shows.
    pub caption: Option<String>,
    /// The dialogue that it was said in, or the document that it stands in.
    pub turn: Turn,
    /// The times it names, in the order of the text.
    pub times: Vec<TimeMention>,
}

/// Where in a dialogue or document a text stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The session: a sitting of a dialogue, or a document. Order inside it is by time, then id.
    pub session_id: String,
    /// Who said it.
    pub speaker: Option<String>,
    /// In which role.
    pub role: Option<Role>,
}

/// Role of a speaker, as chat APIs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The operator of the dialogue.
    System,
    /// A tool's answer.
    Tool,
}

/// A time that a text names, resolved against the moment at which it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeMention {
    /// First byte of the expression in the text.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
    /// What it means.
    pub valid: ValidTime,
}

/// The KV cache of a prefix, for one model. The bytes lie in the blob store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The model whose cache it is.
    pub model: String,
    /// BLAKE3 of the bytes, the address in the blob store.
    pub blob: [u8; 32],
    /// Length of the prefix in the model's tokens.
    pub tokens: u32,
}

/// A low-rank adapter for one base model. The bytes lie in the blob store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parametric {
    /// The model that it adapts.
    pub base_model: String,
    /// BLAKE3 of the bytes, the address in the blob store.
    pub blob: [u8; 32],
    /// Rank of the adapter.
    pub rank: u32,
    /// Names of the adapted modules.
    pub modules: Vec<String>,
}

/// The caller's own fields: a JSON object. Stored as JSON text, since records have no field names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info(pub serde_json::Map<String, serde_json::Value>);

impl Serialize for Info {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() {
            self.0.serialize(s)
        } else {
            serde_json::to_string(&self.0)
                .map_err(serde::ser::Error::custom)?
                .serialize(s)
        }
    }
}

impl<'de> Deserialize<'de> for Info {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            serde_json::Map::deserialize(d).map(Self)
        } else {
            let text = String::deserialize(d)?;
            serde_json::from_str(&text)
                .map(Self)
                .map_err(serde::de::Error::custom)
        }
    }
}
