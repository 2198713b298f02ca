//! Users, agents, apps and runs: who there is, and how much is remembered of them.
//!
//! Nothing is kept of them beside the memories that name them, so that nothing is left of them when
//! those are forgotten; a list reads every memory, in one snapshot.

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use memos_core::{Code, Error, Moment, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changing;
use super::filters::Reach;
use super::here::Here;
use super::identity::{Entity, Ids};
use super::listing::Turn;
use super::organisation::ORGANISATION;
use super::router;
use crate::faces::kit::{Form, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([
        routes!(list),
        routes!(get, forget_one),
        routes!(forget_one_v2),
    ])
}

/// One that memories name.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    entity: Entity,
    name: String,
    memories: u64,
    first: Moment,
    last: Moment,
}

/// Everyone, by kind and name.
pub(super) fn directory(caller: &Caller) -> Result<Vec<Entry>> {
    let cubes = caller.memos.all_cubes(&caller.who)?;
    let evidence = memos_core::Filter::parse(&json!({"origin": {"ne": "inference"}}))?;
    let mut all: BTreeMap<(Entity, String), Entry> = BTreeMap::new();
    caller
        .memos
        .visit(&caller.who, &cubes, Some(&evidence), |memory| {
            let described = &memory.header.descriptive;
            let mut names = Ids::of_info(&described.info.0).owned();
            if names.is_empty() {
                names.push((Entity::User, memory.cube_id.to_string()));
            }
            let (said_at, changed) = (described.said_at, Moment::from(described.updated_at));
            for (entity, name) in names {
                let entry = all.entry((entity, name.clone())).or_insert(Entry {
                    entity,
                    name,
                    memories: 0,
                    first: said_at,
                    last: changed,
                });
                entry.memories += 1;
                entry.first = entry.first.min(said_at);
                entry.last = entry.last.max(changed);
            }
        })?;
    Ok(all.into_values().collect())
}

/// Forgets all memories that name somebody; how many. That there are none is no error: a client that
/// deletes all that it was told of may meet one whose last memory went with another.
pub(super) fn forget(caller: &Caller, entity: Entity, name: &str) -> Result<usize> {
    changing::forget_all(caller, &Reach::naming(entity, name)?)
}

pub(super) fn unknown(entity: Entity, name: &str) -> Error {
    Error::new(
        Code::MemoryNotFound,
        format!(
            "Entity not found: no memory names the {} {name:?}",
            entity.word()
        ),
    )
    .remedy("list the entities")
}

/// The one of this kind and name.
///
/// # Errors
/// `MemoryNotFound`.
pub(super) fn find(caller: &Caller, entity: Entity, name: &str) -> Result<Entry> {
    let all = directory(caller)?;
    let kept = name.trim();
    let found = all
        .into_iter()
        .find(|e| e.entity == entity && e.name == kept);
    found.ok_or_else(|| unknown(entity, name))
}

impl Entry {
    pub(super) const fn entity(&self) -> Entity {
        self.entity
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn of_server(&self) -> Value {
        json!({
            "id": self.name,
            "type": self.entity.word(),
            "total_memories": self.memories,
            "created_at": self.first.to_string(),
            "updated_at": self.last.to_string(),
        })
    }

    fn of_platform(&self, owner: &str) -> Value {
        json!({
            "id": self.name,
            "name": self.name,
            "type": self.entity.word(),
            "total_memories": self.memories,
            "created_at": self.first.to_string(),
            "updated_at": self.last.to_string(),
            "owner": owner,
            "organization": ORGANISATION,
            "metadata": {},
        })
    }
}

/// List users, agents, apps and runs
#[utoipa::path(
    get,
    path = "/v1/entities/",
    tag = "mem0",
    operation_id = "mem0_entities_list",
    params(("page" = Option<u32>, Query), ("page_size" = Option<u32>, Query)),
    responses((status = 200, description = "`{count, next, previous, results}`", body = Object)),
)]
async fn list(caller: Caller, here: Here, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let turn = Form::read_query(query.as_deref(), Nulls::Absent, Turn::of_form)?;
    answer(caller, move |c| {
        let all = directory(c)?;
        let shown: Vec<Value> = match turn.is_asked {
            // The client that resets itself deletes whom it finds in one answer.
            false => all.iter().map(|e| e.of_platform(c.who.as_str())).collect(),
            true => {
                let page = all.iter().skip(turn.offset()).take(turn.limit());
                page.map(|e| e.of_platform(c.who.as_str())).collect()
            }
        };
        Ok(match turn.is_asked {
            false => json!({"count": all.len(), "next": null, "previous": null, "results": shown}),
            true => turn.frame(&here, all.len(), &shown),
        })
    })
    .await
}

/// Get a user, agent, app or run
#[utoipa::path(
    get,
    path = "/v1/entities/{entity_type}/{entity_id}/",
    tag = "mem0",
    operation_id = "mem0_entities_get",
    params(("entity_type" = String, Path), ("entity_id" = String, Path)),
    responses((status = 200, description = "Who it is.", body = Object)),
)]
async fn get(caller: Caller, Path((word, name)): Path<(String, String)>) -> Result<Response, Stop> {
    let entity = Entity::of_path(&word)?;
    answer(caller, move |c| {
        let found = find(c, entity, &name)?;
        Ok(found.of_platform(c.who.as_str()))
    })
    .await
}

/// Delete a user, agent, app or run
///
/// All memories that name it are forgotten.
#[utoipa::path(
    delete,
    path = "/v1/entities/{entity_type}/{entity_id}/",
    tag = "mem0",
    operation_id = "mem0_entities_forget_one",
    params(("entity_type" = String, Path), ("entity_id" = String, Path)),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget_one(
    caller: Caller,
    Path((word, name)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let entity = Entity::of_path(&word)?;
    answer(caller, move |c| {
        forget(c, entity, &name)?;
        Ok(json!({"message": "Entity deleted successfully!"}))
    })
    .await
}

/// Delete a user, agent, app or run
///
/// All memories that name it are forgotten.
#[utoipa::path(
    delete,
    path = "/v2/entities/{entity_type}/{entity_id}/",
    tag = "mem0",
    operation_id = "mem0_entities_forget_one_v2",
    params(("entity_type" = String, Path), ("entity_id" = String, Path)),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget_one_v2(caller: Caller, path: Path<(String, String)>) -> Result<Response, Stop> {
    forget_one(caller, path).await
}
