//! The parts of a knowledge graph as memories, and back. What was observed of a thing is evidence:
//! its words are the memory's text, the thing is its key, so that a question finds it by either.
//!
//! | part | text | key | `info` |
//! |---|---|---|---|
//! | entity | its type | its name | `graph: entity`, `entity`, `entity_type` |
//! | observation | its words | the entity | `graph: observation`, `entity` |
//! | relation | `from type to` | | `graph: relation`, `from`, `to`, `relation_type` |

use std::collections::BTreeSet;

use memos_core::{Info, Memory, Moment, Origin, SemanticType, Turn};
use serde_json::{Map, Value, json};

use super::Draft;
use crate::wire::GraphRelation;

/// The field of `info` that says which part a memory is.
pub(crate) const PART: &str = "graph";

/// Bytes of a name or a type: it goes into fields and session names.
pub(crate) const NAME_BYTES: usize = 512;

/// A part of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// A thing, by its name and type.
    Entity { name: String, kind: String },
    /// What was observed of a thing.
    Observation { entity: String, text: String },
    /// How two things relate.
    Relation(GraphRelation),
}

impl Note {
    /// The memory that it becomes. All of one entity are one session, so that they count as each
    /// other's neighbours.
    pub(crate) fn draft(self, said_at: Option<Moment>) -> Draft {
        let (text, key, about, fields) = match self {
            Self::Entity { name, kind } => {
                let info = json!({PART: "entity", "entity": name, "entity_type": kind});
                (kind, Some(name.clone()), name, info)
            }
            Self::Observation { entity, text } => {
                let info = json!({PART: "observation", "entity": entity});
                (text, Some(entity.clone()), entity, info)
            }
            Self::Relation(GraphRelation {
                from,
                to,
                relation_type,
            }) => {
                let text = format!("{from} {relation_type} {to}");
                let info = json!({PART: "relation", "from": from, "to": to, "relation_type": relation_type});
                (text, None, from, info)
            }
        };
        Draft {
            text,
            caption: None,
            turn: Turn {
                session_id: format!("entity:{about}"),
                speaker: None,
                role: None,
            },
            said_at,
            semantic_type: SemanticType::Fact,
            origin: Origin::UserInput,
            key,
            sources: Vec::new(),
            tags: BTreeSet::new(),
            info: Info(match fields {
                Value::Object(fields) => fields,
                _ => Map::new(),
            }),
        }
    }

    /// The part that a memory is, if it is one.
    pub(crate) fn of(memory: &Memory) -> Option<Self> {
        let info = &memory.header.descriptive.info.0;
        let field = |name: &str| info.get(name)?.as_str().map(str::to_owned);
        Some(match info.get(PART)?.as_str()? {
            "entity" => Self::Entity {
                name: field("entity")?,
                kind: field("entity_type")?,
            },
            "observation" => Self::Observation {
                entity: field("entity")?,
                // Whoever changes the memory's words changes what was observed.
                text: memory.payload.plaintext()?.text.clone(),
            },
            "relation" => Self::Relation(GraphRelation {
                from: field("from")?,
                to: field("to")?,
                relation_type: field("relation_type")?,
            }),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use memos_core::{CubeId, MemoryId, Timestamp, UserId, evidence_text};

    use super::*;

    fn stored(note: Note) -> Memory {
        let (cube, owner) = (CubeId::new("c").unwrap(), UserId::new("u").unwrap());
        let now = Timestamp::from_secs(0);
        note.draft(None)
            .into_memory(MemoryId::generate(), cube, owner, now)
    }

    #[test]
    fn a_part_comes_back_from_its_memory() {
        for note in [
            Note::Entity {
                name: "Mina".into(),
                kind: "person".into(),
            },
            Note::Observation {
                entity: "Mina".into(),
                text: "Speaks Greek".into(),
            },
            Note::Relation(GraphRelation {
                from: "Mina".into(),
                to: "Acme".into(),
                relation_type: "works_at".into(),
            }),
        ] {
            assert_eq!(Note::of(&stored(note.clone())), Some(note));
        }
    }

    #[test]
    fn an_observation_is_found_by_its_words_and_its_entity() {
        let memory = stored(Note::Observation {
            entity: "Mina".into(),
            text: "Speaks Greek".into(),
        });
        assert_eq!(evidence_text(&memory).unwrap(), "Mina: Speaks Greek");
    }

    #[test]
    fn other_memories_are_no_parts() {
        let mut memory = stored(Note::Observation {
            entity: "Mina".into(),
            text: "x".into(),
        });
        memory
            .header
            .descriptive
            .info
            .0
            .insert(PART.into(), 5.into());
        assert_eq!(Note::of(&memory), None);
        memory.header.descriptive.info.0.clear();
        assert_eq!(Note::of(&memory), None);
    }
}
