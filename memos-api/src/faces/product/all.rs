//! `POST /product/get_all`: a cube as a tree of nodes and edges.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use memos_core::{Filter, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, each_once};
use super::envelope::ok;
use super::memory::{key, object, text};
use super::memory_type;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};
use crate::service::Order;
use crate::wire::{MemoryItem, SearchRequest};

/// Memories of a part of the tree.
const PART: u32 = 200;

const WORKING: &str = "WorkingMemory";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_all))
}

/// A request, read.
struct All {
    cube: Named,
    is_text: bool,
    query: Option<String>,
}

impl All {
    fn read(form: &Form<'_>) -> Self {
        let user_id = form.need_text("user_id");
        let kinds = ["text_mem", "act_mem", "param_mem", "para_mem"];
        if !form.fields().contains_key("memory_type") {
            form.missing("memory_type");
        }
        let kind = form.one_of("memory_type", &kinds);
        // The contract reads the first cube alone.
        let cubes = each_once(form.texts("mem_cube_ids").unwrap_or_default());
        let cube = cubes.into_iter().next();
        let query = form.text("search_query");
        form.one_of("search_type", &["embedding", "fulltext"]);
        Self {
            cube: cube.unwrap_or_else(|| Named::new(user_id)),
            is_text: kind == Some("text_mem"),
            query: query.filter(|q| !q.trim().is_empty()),
        }
    }
}

/// Read a cube as a tree
///
/// Or the part of it that a question is about.
#[utoipa::path(
    post,
    path = "/product/get_all",
    tag = "product",
    operation_id = "product_get_all",
    request_body(content = Object, example = json!({"user_id": "ada", "memory_type": "text_mem"})),
    responses((status = 200, description = "Nodes, edges and the tree.", body = Object)),
)]
async fn get_all(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let all = Form::read(&body, Nulls::Faulty, All::read)?;
    answer(caller, move |c| {
        let data = match all.is_text {
            // Other kinds of memory are not kept by this contract.
            false => json!([]),
            true => {
                let memories = memories(c, &all)?;
                json!([{
                    "cube_id": all.cube.name,
                    "memories": [graph(&memories)],
                    "memory_statistics": statistics(&memories),
                }])
            }
        };
        Ok(ok("Memories retrieved successfully", data))
    })
    .await
}

fn memories(c: &Caller, all: &All) -> Result<Vec<MemoryItem>> {
    if !c.memos.exists(&c.who, &all.cube.id)? {
        return Ok(Vec::new());
    }
    let Some(query) = &all.query else {
        let live = json!({"state": {"in": ["generated", "activated", "frozen"]}});
        let live = Filter::parse(&live)?;
        let cubes = [all.cube.id.clone()];
        let page = c
            .memos
            .page(&c.who, &cubes, Some(&live), Order::Oldest, 0, None)?;
        return Ok(page.memories);
    };
    let request = SearchRequest {
        query: query.clone(),
        cube_ids: vec![all.cube.id.to_string()],
        top_k: Some(PART),
        include: Some(vec!["derived".to_owned()]),
        ..SearchRequest::default()
    };
    let found = c.memos.search(&c.who, &request)?;
    let hits = found.hits.into_iter().chain(found.derived);
    Ok(hits.map(|hit| hit.memory).collect())
}

fn graph(memories: &[MemoryItem]) -> Value {
    let nodes: Vec<Value> = memories.iter().map(|memory| object(memory, None)).collect();
    let edges = edges(memories);
    json!({
        "total_nodes": nodes.len(),
        "total_edges": edges.len(),
        "nodes": nodes,
        "edges": edges,
        "tree_structure": tree(memories),
    })
}

/// What ties the memories that are there.
fn edges(memories: &[MemoryItem]) -> Vec<Value> {
    let there: BTreeSet<_> = memories.iter().map(|memory| memory.id).collect();
    let mut edges = Vec::new();
    for memory in memories {
        let derived = memory
            .derived_from
            .iter()
            .map(|to| (*to, "DERIVED_FROM".to_owned()));
        let replaced = memory
            .superseded_by
            .iter()
            .map(|to| (*to, "SUPERSEDED_BY".to_owned()));
        let links = memory
            .links
            .iter()
            .map(|link| (link.to, link.kind.to_uppercase()));
        for (to, kind) in derived.chain(replaced).chain(links) {
            if there.contains(&to) {
                edges.push(json!({"source": memory.id, "target": to, "type": kind}));
            }
        }
    }
    edges
}

/// The memories under one root, by type; those that are at work have a branch of their own.
fn tree(memories: &[MemoryItem]) -> Value {
    let (mut working, mut children) = (Vec::new(), Vec::new());
    for memory in memories {
        match memory_type::of(memory) {
            WORKING => working.push(leaf(memory, WORKING)),
            kind => children.push((kind, leaf(memory, kind))),
        }
    }
    if !working.is_empty() {
        children.push((WORKING, branch(WORKING, WORKING, &working)));
    }
    children.sort_by_key(|(kind, _)| *kind);
    let children: Vec<Value> = children.into_iter().map(|(_, child)| child).collect();
    branch("root", "Root", &children)
}

/// A memory in the tree. One without children has no list of them.
fn leaf(memory: &MemoryItem, kind: &str) -> Value {
    json!({
        "id": memory.id,
        "node_name": key(memory).unwrap_or_else(|| memory.text.clone()),
        "value": text(memory),
        "memory_type": kind,
        "frequency": 0,
    })
}

fn branch(name: &str, kind: &str, children: &[Value]) -> Value {
    json!({
        "id": name,
        "node_name": name,
        "value": name,
        "memory_type": kind,
        "frequency": 0,
        "children": children,
    })
}

/// How many there are of each type that there is.
fn statistics(memories: &[MemoryItem]) -> Value {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for memory in memories {
        *counts.entry(memory_type::of(memory)).or_default() += 1;
    }
    json!(counts)
}
