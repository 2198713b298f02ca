//! Shapes of records as earlier versions wrote them, and what they are now.

use std::collections::BTreeSet;

use memos_core::{
    Access, Behavioural, Cause, ChangeSeq, CubeId, Descriptive, Event, EventKind, EventSeq,
    Governance, Header, Info, MemCube, Memory, MemoryId, Moment, Origin, Payload, SemanticType,
    Source, State, Tier, Timestamp, UserId, Validity,
};
use serde::Deserialize;

use super::codec::{Record, Usage};

/// Version 1: before validity, links and tiers.
#[derive(Deserialize)]
pub(super) struct Memory1 {
    id: MemoryId,
    cube_id: CubeId,
    state: State,
    header: Header1,
    payload: Payload,
}

#[derive(Deserialize)]
struct Header1 {
    descriptive: Descriptive1,
    governance: Governance,
    behavioural: Behavioural1,
}

#[derive(Deserialize)]
struct Descriptive1 {
    created_at: Timestamp,
    updated_at: Timestamp,
    said_at: Moment,
    origin: Origin,
    semantic_type: SemanticType,
    tags: BTreeSet<String>,
    key: Option<String>,
    entities: BTreeSet<String>,
    sources: Vec<Source>,
    info: Info,
}

#[derive(Deserialize)]
struct Behavioural1 {
    use_count: u64,
    last_used: Option<Timestamp>,
    fingerprint: u64,
    version: u32,
    derived_from: Vec<MemoryId>,
    superseded_by: Option<MemoryId>,
}

impl From<Memory1> for Record {
    fn from(old: Memory1) -> Self {
        Self {
            memory: old.into(),
            since: ChangeSeq::default(),
        }
    }
}

impl From<Memory1> for Memory {
    fn from(old: Memory1) -> Self {
        let Header1 {
            descriptive: d,
            governance,
            behavioural: b,
        } = old.header;
        Self {
            id: old.id,
            cube_id: old.cube_id,
            state: old.state,
            header: Header {
                descriptive: Descriptive {
                    created_at: d.created_at,
                    updated_at: d.updated_at,
                    said_at: d.said_at,
                    origin: d.origin,
                    semantic_type: d.semantic_type,
                    tags: d.tags,
                    key: d.key,
                    entities: d.entities,
                    sources: d.sources,
                    info: d.info,
                    valid: Validity::default(),
                },
                governance,
                behavioural: Behavioural {
                    use_count: b.use_count,
                    last_used: b.last_used,
                    fingerprint: b.fingerprint,
                    version: b.version,
                    derived_from: b.derived_from,
                    superseded_by: b.superseded_by,
                    links: BTreeSet::new(),
                    tier: Tier::default(),
                },
            },
            payload: old.payload,
        }
    }
}

/// Version 1: before branches.
#[derive(Deserialize)]
pub(super) struct MemCube1 {
    id: CubeId,
    name: String,
    description: Option<String>,
    owner: UserId,
    access: Access,
    created_at: Timestamp,
    updated_at: Timestamp,
    info: Info,
}

impl From<MemCube1> for MemCube {
    fn from(old: MemCube1) -> Self {
        Self {
            id: old.id,
            name: old.name,
            description: old.description,
            owner: old.owner,
            access: old.access,
            created_at: old.created_at,
            updated_at: old.updated_at,
            info: old.info,
            base: None,
        }
    }
}

/// Version 1: before causes; all that happened was asked for.
#[derive(Deserialize)]
pub(super) struct Event1 {
    seq: EventSeq,
    at: Timestamp,
    cube_id: CubeId,
    memory_id: Option<MemoryId>,
    actor: UserId,
    kind: EventKind,
}

impl From<Event1> for Event {
    fn from(old: Event1) -> Self {
        Self {
            seq: old.seq,
            at: old.at,
            cube_id: old.cube_id,
            memory_id: old.memory_id,
            actor: old.actor,
            kind: old.kind,
            cause: Cause::Call,
            detail: None,
        }
    }
}

/// Version 1: before tiers, and before the first use changed the state.
#[derive(Deserialize)]
pub(super) struct Usage1 {
    use_count: u64,
    last_used: Option<Timestamp>,
}

impl From<Usage1> for Usage {
    fn from(old: Usage1) -> Self {
        Self {
            use_count: old.use_count,
            last_used: old.last_used,
            tier: Tier::default(),
            is_activated: false,
        }
    }
}
