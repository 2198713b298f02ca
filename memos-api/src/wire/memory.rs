//! Memories on the wire: the header's groups laid flat.

use memos_core::{Evidence, Memory, MemoryId, Moment, Payload, TimeMention, Timestamp, ValidTime};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// A memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemoryItem {
    /// Its identity.
    #[schema(value_type = String, format = Uuid)]
    pub id: MemoryId,
    /// The cube that holds it.
    pub cube_id: String,
    /// `plaintext`, `activation` or `parametric`.
    pub kind: String,
    /// The words, verbatim; empty for other kinds than plaintext.
    pub text: String,
    /// What a picture beside the words shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Who said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// `user`, `assistant`, `system` or `tool`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The sitting or document that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// When it was said, on the speaker's wall clock.
    #[schema(value_type = String, format = DateTime)]
    pub said_at: Moment,
    /// The times that the words name, resolved.
    pub times: Vec<TimeItem>,
    /// `generated`, `activated`, `merged`, `archived`, `expired` or `frozen`.
    pub state: String,
    /// What kind of thing it says, such as `message`, `fact` or `preference`.
    pub semantic_type: String,
    /// Who or what produced it: `user_input`, `inference`, `retrieval` or `fine_tuning`.
    pub origin: String,
    /// A short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// People, places and things that it names.
    pub entities: Vec<String>,
    /// Where it was taken from.
    pub sources: Vec<SourceItem>,
    /// Fields of your own.
    pub info: Map<String, Value>,
    /// Whose it is.
    pub owner: String,
    /// `low`, `normal` or `high`.
    pub priority: String,
    /// When the system learned it.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Number of its content, 1 at creation.
    pub version: u32,
    /// How often it was returned by a search. Counted in batches, so a little late.
    pub use_count: u64,
    /// When it was last returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used: Option<Timestamp>,
    /// The memories that it was made from.
    #[schema(value_type = Vec<String>)]
    pub derived_from: Vec<MemoryId>,
    /// Since when it holds in the world; since it was said, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_from: Option<Timestamp>,
    /// First instant at which it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_until: Option<Timestamp>,
    /// The memory that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub superseded_by: Option<MemoryId>,
    /// How it relates to other memories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkItem>,
    /// `working`, `long_term` or `user`.
    pub tier: String,
    /// How long it lives: `forever`, `until:…`, `half_life:…`, `decay` or `unused:…`.
    pub lifespan: String,
}

/// A link from a memory to another of the same cube.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkItem {
    /// `duplicate_of`, `contradicts`, `supersedes`, `corrects` or `relates_to`.
    pub kind: String,
    /// The other memory.
    #[schema(value_type = String, format = Uuid)]
    pub to: MemoryId,
}

/// A time that a text names, or the time of a memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimeItem {
    /// First instant.
    #[schema(value_type = String, format = DateTime)]
    pub start: Moment,
    /// First instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub end: Moment,
    /// How finely it was named: `day`, `week`, `month`, `year`, …
    pub granularity: String,
    /// The words that name it; absent if it is the day on which the memory was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Where a memory was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceItem {
    /// What kind of thing it is: `message`, `document`, `url`, …
    pub kind: String,
    /// Its name there.
    pub reference: String,
    /// Where in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
}

impl TimeItem {
    /// A mention in a text.
    pub fn of_mention(mention: &TimeMention, text: &str) -> Self {
        let words = text.get(mention.start as usize..mention.end as usize);
        Self {
            text: words.map(str::to_owned),
            ..Self::of(&mention.valid)
        }
    }

    /// A time without the words that name it.
    pub fn of(valid: &ValidTime) -> Self {
        Self {
            start: Moment::new(valid.interval.start, valid.offset_minutes),
            end: Moment::new(valid.interval.end, valid.offset_minutes),
            granularity: valid.granularity.as_str().to_owned(),
            text: None,
        }
    }
}

impl From<Memory> for MemoryItem {
    fn from(memory: Memory) -> Self {
        let (kind, plain) = match memory.payload {
            Payload::Plaintext(plain) => ("plaintext", Some(plain)),
            Payload::Activation(_) => ("activation", None),
            Payload::Parametric(_) => ("parametric", None),
        };
        let times = plain.as_ref().map_or_else(Vec::new, |p| {
            p.times
                .iter()
                .map(|t| TimeItem::of_mention(t, &p.text))
                .collect()
        });
        let (text, caption, turn) = match plain {
            Some(p) => (p.text, p.caption, Some(p.turn)),
            None => (String::new(), None, None),
        };
        let (speaker, role, session_id) = match turn {
            Some(t) => (t.speaker, t.role, Some(t.session_id)),
            None => (None, None, None),
        };
        let (d, g, b) = (
            memory.header.descriptive,
            memory.header.governance,
            memory.header.behavioural,
        );
        Self {
            id: memory.id,
            cube_id: memory.cube_id.into(),
            kind: kind.into(),
            text,
            caption,
            speaker,
            role: role.map(|r| r.as_str().to_owned()),
            session_id,
            said_at: d.said_at,
            times,
            state: memory.state.as_str().into(),
            semantic_type: d.semantic_type.as_str().into(),
            origin: d.origin.as_str().into(),
            key: d.key,
            tags: d.tags.into_iter().collect(),
            entities: d.entities.into_iter().collect(),
            sources: d
                .sources
                .into_iter()
                .map(|s| SourceItem {
                    kind: s.kind,
                    reference: s.reference,
                    locator: s.locator,
                })
                .collect(),
            info: d.info.0,
            owner: g.owner.into(),
            priority: g.priority.as_str().into(),
            created_at: d.created_at,
            updated_at: d.updated_at,
            version: b.version,
            use_count: b.use_count,
            last_used: b.last_used,
            derived_from: b.derived_from,
            valid_from: d.valid.from,
            valid_until: d.valid.until,
            superseded_by: b.superseded_by,
            links: b
                .links
                .into_iter()
                .map(|link| LinkItem {
                    kind: link.kind.as_str().into(),
                    to: link.to,
                })
                .collect(),
            tier: b.tier.as_str().into(),
            lifespan: memos_scheduler::lifecycle::lifespan_text(&g.lifespan),
        }
    }
}

impl MemoryItem {
    /// The memory as one line of evidence: `[3 March 2024] Charlotte: text [image: caption]`.
    pub fn line(&self) -> String {
        self.evidence().line(self.said_at)
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            text: &self.text,
            caption: self.caption.as_deref(),
            speaker: self.speaker.as_deref(),
            key: self.key.as_deref(),
        }
    }
}

/// Which memories of a cube to list, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRequest {
    /// A filter as JSON text, such as `{"tags":{"contains":"work"}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Memories on a page, 1 to 1000; 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Memories, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemoryPage {
    /// The memories that you can see and the filter admits.
    pub memories: Vec<MemoryItem>,
    /// Pass it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Changes a memory. A field that is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchRequest {
    /// New words; the times in them are resolved anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it was said: RFC 3339, or a date; the times that its words name are resolved anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<String>,
    /// A new short name; an empty one takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// New labels, in place of the old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Fields to set; a null takes a field away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Map<String, Value>>,
    /// A new semantic type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic_type: Option<String>,
    /// `low`, `normal` or `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// How long it lives: `forever`, `ttl:30d`, `until:2027-01-01`, `half_life:90d`, `decay` with
    /// the half-life of its semantic type, or `unused:30d` after its last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifespan: Option<String>,
    /// Refuse the change unless the memory has this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}
