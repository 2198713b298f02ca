//! Profiles of users: a form that is filled in from what they said, or what the background noted of
//! them if no form is set.

pub(super) mod jobs;
mod settings;

use axum::extract::Path;
use axum::response::Response;
use memos_core::{CubeId, Filter, Moment, Result};
use memos_scheduler::work::ORGANISE;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::entities::find;
use super::exports::evidence;
use super::filters::Reach;
use super::finding::cubes_of;
use super::identity::Entity;
use super::router;
use crate::faces::kit::{Stop, answer, cube_of};
use crate::http::{AppState, Caller};
use crate::wire::TaskListRequest;
use settings::Settings;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([routes!(profile)])
        .merge(settings::routes())
        .merge(jobs::routes())
}

/// Get a profile
///
/// The form of the settings, filled in from what the user said; without one, the facts and preferences
/// that the background noted. `status` is `succeeded`, `pending`, `insufficient_data` or `not_enabled`.
#[utoipa::path(
    get,
    path = "/v2/entities/{entity_type}/{entity_id}/profile/",
    tag = "mem0",
    operation_id = "mem0_profiles_profile",
    params(("entity_type" = String, Path), ("entity_id" = String, Path)),
    responses((status = 200, description = "`{profile, status, entity_type, entity_id, updated_at, generation_count}`", body = Object)),
)]
async fn profile(
    caller: Caller,
    Path((word, name)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let entity = Entity::of_path(&word)?;
    answer(caller, move |c| {
        let found = find(c, entity, &name)?;
        let settings = Settings::of(c)?;
        let made = match settings.is_enabled {
            true => make(c, entity, &name, settings.schema.as_ref())?,
            false => Made::default(),
        };
        let status = if !settings.is_enabled {
            "not_enabled"
        } else if made.count > 0 {
            "succeeded"
        } else if is_busy(c, &cube_of(&name))? {
            "pending"
        } else {
            "insufficient_data"
        };
        Ok(json!({
            "profile": made.profile,
            "status": status,
            "entity_type": found.entity().word(),
            "entity_id": found.name(),
            "updated_at": made.at.map(|at| at.to_string()),
            "generation_count": made.count,
        }))
    })
    .await
}

#[derive(Default)]
struct Made {
    profile: Map<String, Value>,
    /// How many things it holds.
    count: usize,
    at: Option<Moment>,
}

fn make(caller: &Caller, entity: Entity, name: &str, schema: Option<&Value>) -> Result<Made> {
    let reach = Reach::naming(entity, name)?;
    let cubes = cubes_of(caller, &reach)?;
    if let Some(schema) = schema {
        let reach = evidence(reach);
        let filter = reach.json();
        let filled = caller
            .memos
            .fill_in(&caller.who, &cubes, filter.as_ref(), schema)?;
        let profile = filled.value.as_object().cloned().unwrap_or_default();
        return Ok(Made {
            profile,
            count: filled.fields,
            at: (filled.fields > 0).then(|| caller.memos.now().into()),
        });
    }
    let derived = reach
        .with(json!({"origin": "inference"}))
        .with(json!({"semantic_type": {"in": ["fact", "preference", "profile", "event"]}}));
    let filter: Option<Filter> = derived.filter()?;
    let mut made = Made::default();
    caller
        .memos
        .visit(&caller.who, &cubes, filter.as_ref(), |memory| {
            let described = &memory.header.descriptive;
            let is_current = memory.header.behavioural.superseded_by.is_none();
            if let Some(plain) = memory.payload.plaintext().filter(|_| is_current) {
                let kind = match described.semantic_type.as_str() {
                    "preference" => "preferences",
                    "event" => "events",
                    _ => "facts",
                };
                let list = made.profile.entry(kind).or_insert_with(|| json!([]));
                if let Value::Array(list) = list {
                    list.push(plain.text.as_str().into());
                }
                made.count += 1;
                made.at = made.at.max(Some(described.updated_at.into()));
            }
        })?;
    Ok(made)
}

/// Whether the background still has to go over what is in a cube.
pub(super) fn is_busy(caller: &Caller, cube: &CubeId) -> Result<bool> {
    let page = caller.memos.tasks(
        &caller.who,
        &TaskListRequest {
            cube_id: Some(cube.to_string()),
            kind: Some(ORGANISE.to_owned()),
            limit: Some(1),
            ..TaskListRequest::default()
        },
    )?;
    Ok(page.counts.waiting + page.counts.running > 0)
}
