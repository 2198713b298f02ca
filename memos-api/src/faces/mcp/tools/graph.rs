//! The nine tools of the MCP reference memory server, with its names, arguments and answers.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a tool is given its arguments"
)]

use memos_core::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::tool::{Call, Nature, Said, Tool};
use crate::wire::{
    Graph, GraphEntity, GraphRelation, ObservationsAdded, ObservationsToAdd, ObservationsToDelete,
};

/// Longest query, in characters.
const QUERY: usize = 2048;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Entities {
    /// The entities.
    entities: Vec<GraphEntity>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Relations {
    /// The relations.
    relations: Vec<GraphRelation>,
}

#[derive(Deserialize, JsonSchema)]
struct Observations {
    /// What to add to which entities.
    observations: Vec<ObservationsToAdd>,
}

#[derive(Serialize, JsonSchema)]
struct Added {
    /// What was new, by entity.
    results: Vec<ObservationsAdded>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct EntityNames {
    /// An array of entity names to delete.
    entity_names: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Deletions {
    /// What to delete from which entities.
    deletions: Vec<ObservationsToDelete>,
}

#[derive(Serialize, JsonSchema)]
struct Done {
    /// Whether it was done.
    success: bool,
    /// What was done.
    message: String,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct Query {
    /// The search query to match against entity names, types, and observation content; a question
    /// finds what answers it.
    #[schemars(length(max = 2048))]
    query: String,
}

#[derive(Deserialize, JsonSchema)]
struct Names {
    /// An array of entity names to retrieve.
    names: Vec<String>,
}

pub(in crate::faces::mcp) fn tools() -> Vec<Tool> {
    vec![
        Tool::new(
            "create_entities",
            "Create Entities",
            "Create multiple new entities in the knowledge graph. Entities whose names exist already \
             are left out.",
            Nature::AddsOnce,
            create_entities,
        ),
        Tool::new(
            "create_relations",
            "Create Relations",
            "Create multiple new relations between entities in the knowledge graph. Relations should \
             be in active voice. Both entities must exist.",
            Nature::AddsOnce,
            create_relations,
        ),
        Tool::new(
            "add_observations",
            "Add Observations",
            "Add new observations to existing entities in the knowledge graph",
            Nature::AddsOnce,
            add_observations,
        ),
        Tool::new(
            "delete_entities",
            "Delete Entities",
            "Delete multiple entities with their observations and relations from the knowledge graph",
            Nature::Changes,
            delete_entities,
        ),
        Tool::new(
            "delete_observations",
            "Delete Observations",
            "Delete specific observations from entities in the knowledge graph",
            Nature::Changes,
            delete_observations,
        ),
        Tool::new(
            "delete_relations",
            "Delete Relations",
            "Delete multiple relations from the knowledge graph",
            Nature::Changes,
            delete_relations,
        ),
        Tool::new(
            "read_graph",
            "Read Graph",
            "Read the entire knowledge graph",
            Nature::Reads,
            |call, _: Nothing| graph(call, call.memos.graph(call.who, &call.home.cube)),
        ),
        Tool::new(
            "search_nodes",
            "Search Nodes",
            "Search for nodes in the knowledge graph by words, or by a question",
            Nature::Reads,
            search_nodes,
        ),
        Tool::new(
            "open_nodes",
            "Open Nodes",
            "Open specific nodes in the knowledge graph by their names",
            Nature::Reads,
            |call, asked: Names| {
                let found = call
                    .memos
                    .open_nodes(call.who, &call.home.cube, &asked.names);
                graph(call, found)
            },
        ),
    ]
}

fn create_entities(call: &Call<'_>, asked: Entities) -> Result<Said<Entities>> {
    let new = call
        .memos
        .create_entities(call.who, &call.home.cube, asked.entities)?;
    let text = Said::json(&new).text;
    Ok(Said::new(text, Entities { entities: new }))
}

fn create_relations(call: &Call<'_>, asked: Relations) -> Result<Said<Relations>> {
    let new = call
        .memos
        .create_relations(call.who, &call.home.cube, asked.relations)?;
    let text = Said::json(&new).text;
    Ok(Said::new(text, Relations { relations: new }))
}

fn add_observations(call: &Call<'_>, asked: Observations) -> Result<Said<Added>> {
    let results = call
        .memos
        .add_observations(call.who, &call.home.cube, asked.observations)?;
    let text = Said::json(&results).text;
    Ok(Said::new(text, Added { results }))
}

fn delete_entities(call: &Call<'_>, asked: EntityNames) -> Result<Said<Done>> {
    let (cube, all) = (&call.home.cube, asked.entity_names.len());
    let names = asked.entity_names;
    let gone = match call.memos.delete_entities(call.who, cube, names.clone()) {
        Err(e) if e.code() == Code::CubeNotFound => crate::wire::EntitiesDeleted {
            deleted: Vec::new(),
            not_found: names,
        },
        gone => gone?,
    };
    Ok(done(match gone.not_found.as_slice() {
        [] => "Entities deleted successfully".to_owned(),
        missing => format!(
            "Deleted {} of {all} entities. Not found: {}",
            gone.deleted.len(),
            missing.join(", ")
        ),
    }))
}

fn delete_observations(call: &Call<'_>, asked: Deletions) -> Result<Said<Done>> {
    let requested: usize = asked.deletions.iter().map(|d| d.observations.len()).sum();
    let gone = call
        .memos
        .delete_observations(call.who, &call.home.cube, &asked.deletions);
    let gone = match gone {
        Err(e) if e.code() == Code::CubeNotFound => crate::wire::ObservationsDeleted {
            deleted: 0,
            missing_entities: asked.deletions.into_iter().map(|d| d.entity_name).collect(),
        },
        gone => gone?,
    };
    if gone.deleted == requested {
        return Ok(done("Observations deleted successfully".to_owned()));
    }
    let mut message = format!("Deleted {} of {requested} observations.", gone.deleted);
    if !gone.missing_entities.is_empty() {
        message += &format!(" Entities not found: {}", gone.missing_entities.join(", "));
    }
    Ok(done(message))
}

fn delete_relations(call: &Call<'_>, asked: Relations) -> Result<Said<Done>> {
    let gone = call
        .memos
        .delete_relations(call.who, &call.home.cube, &asked.relations);
    let gone = call.unless_new(&call.home.cube, gone)?;
    let all = asked.relations.len();
    Ok(done(match gone == all {
        true => "Relations deleted successfully".to_owned(),
        false => format!("Deleted {gone} of {all} relations. The rest matched nothing."),
    }))
}

fn search_nodes(call: &Call<'_>, asked: Query) -> Result<Said<Graph>> {
    if asked.query.chars().count() > QUERY {
        return Err(Error::new(
            Code::TooLarge,
            format!("the query has more than {QUERY} characters"),
        )
        .at("query")
        .remedy("ask with the words that matter"));
    }
    let found = call
        .memos
        .search_nodes(call.who, &call.home.cube, &asked.query);
    graph(call, found)
}

fn graph(call: &Call<'_>, found: Result<Graph>) -> Result<Said<Graph>> {
    call.unless_new(&call.home.cube, found).map(Said::json)
}

fn done(message: String) -> Said<Done> {
    Said::new(
        message.clone(),
        Done {
            success: true,
            message,
        },
    )
}
