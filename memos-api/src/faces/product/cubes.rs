//! `POST /product/create_cube`, `/register_cube` and `/exist_mem_cube_id`.

use axum::response::Response;
use memos_core::{MemoryId, Result};
use serde_json::{Map, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{self, Named};
use super::envelope::ok;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};
use crate::wire::CreateCubeRequest;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_cube))
        .routes(routes!(register_cube))
        .routes(routes!(exist_mem_cube_id))
}

struct Create {
    name: String,
    owner: String,
    id: Option<String>,
}

/// Create a cube
#[utoipa::path(
    post,
    path = "/product/create_cube",
    tag = "product",
    operation_id = "product_create_cube",
    request_body(content = Object, example = json!({"cube_name": "Trips", "owner_id": "ada"})),
    responses((status = 200, description = "The cube.", body = Object)),
)]
async fn create_cube(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let create = Form::read(&body, Nulls::Faulty, |form| {
        // A folder of the public server's own; this one keeps all cubes in its vault.
        form.text("cube_path");
        Create {
            name: form.need_text("cube_name"),
            owner: form.need_text("owner_id"),
            id: form.text("cube_id").filter(|id| !id.is_empty()),
        }
    })?;
    answer(caller, move |c| {
        let id = create.id.clone();
        let id = id.unwrap_or_else(|| MemoryId::generate().to_string());
        let cube = Named::new(id.as_str());
        let mut info = Map::from_iter([("owner_id".to_owned(), create.owner.as_str().into())]);
        cube.keep_name(&mut info);
        c.memos.create_cube(
            &c.who,
            CreateCubeRequest {
                id: Some(cube.id.to_string()),
                name: Some(create.name.clone()).filter(|name| !name.trim().is_empty()),
                info,
                ..CreateCubeRequest::default()
            },
        )?;
        let data = json!({"cube_id": id, "cube_name": create.name, "owner_id": create.owner});
        Ok(ok("Cube created successfully", data))
    })
    .await
}

/// Register a cube
///
/// It is there afterwards, also if it was not before. A path is a name like any other: nothing is
/// read from it.
#[utoipa::path(
    post,
    path = "/product/register_cube",
    tag = "product",
    operation_id = "product_register_cube",
    request_body(content = Object, example = json!({"mem_cube_name_or_path": "trips"})),
    responses((status = 200, description = "The cube.", body = Object)),
)]
async fn register_cube(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    const MESSAGE: &str =
        "Cube registration request validated (full registration pending architecture support)";
    let (name, id) = Form::read(&body, Nulls::Faulty, |form| {
        form.text("user_id");
        (
            form.need_text("mem_cube_name_or_path"),
            cubes_of::single(form),
        )
    })?;
    answer(caller, move |c| {
        let cube = Named::new(id.unwrap_or_else(|| name.clone()));
        cube.make(c, Some(&name))?;
        let data = json!({"cube_id": cube.name, "cube_name_or_path": name});
        Ok(ok(MESSAGE, data))
    })
    .await
}

/// Is there a cube of this id?
#[utoipa::path(
    post,
    path = "/product/exist_mem_cube_id",
    tag = "product",
    operation_id = "product_exist_mem_cube_id",
    request_body(content = Object, example = json!({"mem_cube_id": "ada"})),
    responses((status = 200, description = "Whether it is there, by id.", body = Object)),
)]
async fn exist_mem_cube_id(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let name = Form::read(&body, Nulls::Faulty, |form| form.need_text("mem_cube_id"))?;
    answer(caller, move |c| {
        let exists = c.memos.exists(&c.who, &Named::new(name.as_str()).id)?;
        Ok(ok("Successfully", json!({name: exists})))
    })
    .await
}
