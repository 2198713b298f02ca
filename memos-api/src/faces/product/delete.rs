//! `POST /product/delete_memory`.

use std::collections::BTreeMap;

use axum::response::Response;
use memos_core::{Code, CubeId, MemoryId, Result};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, each_once};
use super::envelope::ok;
use super::filter;
use super::get::all_cubes;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

const MODES: &str = "Exactly one delete mode must be provided: memory_ids, file_ids, or \
    filter/user_id/session_id.";
const EMPTY: &str = "filter cannot be empty. Provide a non-empty filter or user_id/session_id.";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(delete_memory))
}

/// A request, read.
struct Delete {
    cubes: Vec<Named>,
    memory_ids: Option<Vec<String>>,
    file_ids: Option<Vec<String>>,
    filter: Option<Map<String, Value>>,
    user_id: Option<String>,
    session_id: Option<String>,
}

impl Delete {
    fn read(form: &Form<'_>) -> Self {
        let session_id = form.text("session_id");
        let conversation_id = form.text("conversation_id");
        let differ = session_id.is_some() && conversation_id.is_some();
        let differ = differ && session_id != conversation_id;
        form.maybe_flag("auto_cleanup_working");
        let delete = Self {
            cubes: each_once(form.texts("writable_cube_ids").unwrap_or_default()),
            memory_ids: form.texts("memory_ids"),
            file_ids: form.texts("file_ids"),
            filter: form.object("filter").cloned(),
            user_id: form.text("user_id"),
            session_id: session_id.or(conversation_id),
        };
        if differ {
            form.contradiction(
                "session_id and conversation_id must be identical when both are set",
            );
        }
        delete
    }

    /// What is to be deleted; or the words for a request that does not say.
    ///
    /// # Errors
    /// `InvalidFilter` at the place that can't be read.
    fn mode(&self) -> Result<Result<Mode, &'static str>> {
        let of_whom = self.user_id.is_some() || self.session_id.is_some();
        let by_filter = of_whom || self.filter.as_ref().is_some_and(|f| !f.is_empty());
        if self.filter.is_some() && !by_filter {
            return Ok(Err(EMPTY));
        }
        // A list that is empty is a way too, by which nothing is deleted.
        Ok(match (&self.memory_ids, &self.file_ids, by_filter) {
            (Some(ids), None, false) => Ok(Mode::Memories(ids.clone())),
            (None, Some(ids), false) => Ok(Mode::Files(ids.clone())),
            (None, None, true) => self.condition()?.map(Mode::Where).ok_or(EMPTY),
            _ => Err(MODES),
        })
    }

    /// What must hold of what is deleted; nothing if no condition says so, and then nothing is.
    fn condition(&self) -> Result<Option<Value>> {
        let filter = self.filter.as_ref().filter(|filter| !filter.is_empty());
        let own = filter.map(filter::native).transpose()?.flatten();
        // One of no conditions never holds; all of none leave it to the user and the session.
        let is_choice = filter.is_some_and(|f| f.contains_key("or") && !f.contains_key("and"));
        if own.is_none() && is_choice {
            return Ok(None);
        }
        let user = self.user_id.as_deref().map(filter::of_user);
        let session = self.session_id.as_deref().map(filter::of_session);
        Ok(filter::both(filter::both(own, user), session))
    }
}

enum Mode {
    Memories(Vec<String>),
    Files(Vec<String>),
    /// A filter in our language.
    Where(Value),
}

/// Delete memories
///
/// By ids, by files, or all that a filter admits or that are of a user or session. What was made from
/// them alone goes with them.
#[utoipa::path(
    post,
    path = "/product/delete_memory",
    tag = "product",
    operation_id = "product_delete_memory",
    request_body(content = Object, example = json!({"user_id": "ada", "writable_cube_ids": ["ada"]})),
    responses((status = 200, description = "Whether it was done.", body = Object)),
)]
async fn delete_memory(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let delete = Form::read(&body, Nulls::Faulty, Delete::read)?;
    answer(caller, move |c| {
        let mode = match delete.mode()? {
            Ok(mode) => mode,
            Err(words) => return Ok(ok(words, json!({"status": "failure"}))),
        };
        match mode {
            Mode::Memories(ids) => forget(c, &ids)?,
            Mode::Files(ids) if ids.is_empty() => {}
            Mode::Files(ids) => {
                let each = ids
                    .iter()
                    .map(|id| json!({"info.file_ids": {"contains": id}}));
                let any: Vec<Value> = each.collect();
                forget_where(c, &delete.cubes, &json!({"or": any}))?;
            }
            Mode::Where(condition) => forget_where(c, &delete.cubes, &condition)?,
        }
        Ok(ok(
            "Memories deleted successfully",
            json!({"status": "success"}),
        ))
    })
    .await
}

/// Forgets by id, each in the cube that it is in: an id is enough, whatever cubes are named beside it.
/// Those that are nowhere are gone already.
fn forget(c: &Caller, ids: &[String]) -> Result<()> {
    let mut by_cube: BTreeMap<CubeId, Vec<MemoryId>> = BTreeMap::new();
    for id in ids.iter().filter_map(|id| id.parse::<MemoryId>().ok()) {
        match c.memos.locate(&c.who, id) {
            Ok(cube) => by_cube.entry(cube).or_default().push(id),
            Err(error) if error.code() == Code::MemoryNotFound => {}
            Err(error) => return Err(error),
        }
    }
    for (cube, ids) in by_cube {
        c.memos.forget_all(&c.who, &cube, &ids)?;
    }
    Ok(())
}

fn forget_where(c: &Caller, cubes: &[Named], condition: &Value) -> Result<()> {
    let filter = filter::parsed(condition)?;
    let all;
    let cubes = match cubes.is_empty() {
        true => {
            all = all_cubes(c)?;
            &all
        }
        false => cubes,
    };
    for cube in cubes {
        if c.memos.exists(&c.who, &cube.id)? {
            c.memos.forget_where(&c.who, &cube.id, &filter)?;
        }
    }
    Ok(())
}
