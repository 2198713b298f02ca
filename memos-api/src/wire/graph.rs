//! A knowledge graph that agents keep by hand, in the form of the MCP reference memory server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A thing with what was observed of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphEntity {
    /// The name of the entity.
    pub name: String,
    /// The type of the entity, such as person, project or place.
    pub entity_type: String,
    /// What is known of it, one statement each.
    pub observations: Vec<String>,
}

/// How one entity relates to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphRelation {
    /// The name of the entity where the relation starts.
    pub from: String,
    /// The name of the entity where the relation ends.
    pub to: String,
    /// The type of the relation, in active voice, such as works_at.
    pub relation_type: String,
}

/// A graph, or a part of one. Entities and relations stand in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Graph {
    /// The entities.
    pub entities: Vec<GraphEntity>,
    /// The relations.
    pub relations: Vec<GraphRelation>,
}

/// New observations of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservationsToAdd {
    /// The name of the entity to add the observations to.
    pub entity_name: String,
    /// What to add, one statement each.
    pub contents: Vec<String>,
}

/// What was new of the observations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservationsAdded {
    /// The name of the entity.
    pub entity_name: String,
    /// The observations that were not there before.
    pub added_observations: Vec<String>,
}

/// Observations of an entity that are to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservationsToDelete {
    /// The name of the entity that has the observations.
    pub entity_name: String,
    /// The observations, word for word.
    pub observations: Vec<String>,
}

/// Which entities were deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EntitiesDeleted {
    /// Those that were there.
    pub deleted: Vec<String>,
    /// Those that were not.
    pub not_found: Vec<String>,
}

/// How many observations were deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObservationsDeleted {
    /// Observations that were there.
    pub deleted: usize,
    /// Entities that were not.
    pub missing_entities: Vec<String>,
}
