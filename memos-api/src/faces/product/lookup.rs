//! Whose a memory is, and deleting a cube's memories under a record that can be recovered.

use axum::response::Response;
use memos_core::Result;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::by_id;
use super::cubes_of::{Named, name_of};
use super::envelope::ok;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};
use crate::service::Order;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get_user_names_by_memory_ids))
        .routes(routes!(delete_memory_by_record_id))
        .routes(routes!(recover_memory_by_record_id))
}

/// Whose memories are these?
#[utoipa::path(
    post,
    path = "/product/get_user_names_by_memory_ids",
    tag = "product",
    operation_id = "product_get_user_names_by_memory_ids",
    request_body(content = Object,
        example = json!({"memory_ids": ["0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e"]})),
    responses((status = 200, description = "The names, by id.", body = Object)),
)]
async fn get_user_names_by_memory_ids(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let ids = Form::read(&body, Nulls::Faulty, |form| {
        match form.fields().get("memory_ids") {
            None => form.missing("memory_ids"),
            Some(Value::Null) => form.no_list("memory_ids"),
            Some(_) => {}
        }
        form.texts("memory_ids").unwrap_or_default()
    })?;
    answer(caller, move |c| {
        let mut names = Map::new();
        for id in &ids {
            let name = by_id::find(c, id)?.map(|memory| name_of(&memory).to_owned());
            names.insert(id.clone(), name.map_or(Value::Null, Value::from));
        }
        Ok(ok("Successfully", names))
    })
    .await
}

/// Delete all memories of a cube under a record
///
/// They are put away, and `recover_memory_by_record_id` brings them back; with `hard_delete` they are
/// forgotten.
#[utoipa::path(
    post,
    path = "/product/delete_memory_by_record_id",
    tag = "product",
    operation_id = "product_delete_memory_by_record_id",
    request_body(content = Object, example = json!({"mem_cube_id": "ada", "record_id": "r-1"})),
    responses((status = 200, description = "Whether it was done.", body = Object)),
)]
async fn delete_memory_by_record_id(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (cube, record, hard) = Form::read(&body, Nulls::Faulty, |form| {
        let cube = Named::new(form.need_text("mem_cube_id"));
        (
            cube,
            form.need_text("record_id"),
            form.flag("hard_delete", false),
        )
    })?;
    answer(caller, move |c| {
        if c.memos.exists(&c.who, &cube.id)? {
            if hard {
                let cubes = [cube.id.clone()];
                let all = c.memos.page(&c.who, &cubes, None, Order::Oldest, 0, None)?;
                let ids: Vec<_> = all.memories.into_iter().map(|memory| memory.id).collect();
                c.memos.forget_all(&c.who, &cube.id, &ids)?;
            } else {
                c.memos.put_away(&c.who, &cube.id, &record)?;
            }
        }
        Ok(ok("Called Successfully", json!({"status": "success"})))
    })
    .await
}

/// Bring back what was deleted under a record
#[utoipa::path(
    post,
    path = "/product/recover_memory_by_record_id",
    tag = "product",
    operation_id = "product_recover_memory_by_record_id",
    request_body(content = Object, example = json!({"mem_cube_id": "ada", "delete_record_id": "r-1"})),
    responses((status = 200, description = "Whether it was done.", body = Object)),
)]
async fn recover_memory_by_record_id(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (cube, record) = Form::read(&body, Nulls::Faulty, |form| {
        let cube = Named::new(form.need_text("mem_cube_id"));
        (cube, form.need_text("delete_record_id"))
    })?;
    answer(caller, move |c| {
        if c.memos.exists(&c.who, &cube.id)? {
            c.memos.bring_back(&c.who, &cube.id, &record)?;
        }
        Ok(ok("Called Successfully", json!({"status": "success"})))
    })
    .await
}
