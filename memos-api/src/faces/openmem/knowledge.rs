//! Knowledge bases: made, filled with files, listed, emptied, deleted.

use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::{Value, json};

use super::envelope::reply;
use super::fields;
use super::places::no_knowledge;
use super::reason::{Reason, told_as};
use super::upload::{Upload, megabytes};
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::service::{FileKind, Files, KnowledgeFile};

/// Create a knowledge base
#[utoipa::path(
    post,
    path = "/create/knowledgebase",
    operation_id = "openmem_create_knowledgebase",
    tag = "openmem",
    request_body(content = Object, example = json!({"knowledgebase_name": "Handbook"})),
    responses((status = 200, description = "`{id}`", body = Object)),
)]
pub(super) async fn create(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (name, description) = Form::read(&body, Nulls::Absent, |form| {
        (
            fields::words(form, "knowledgebase_name"),
            fields::maybe(form, "knowledgebase_description"),
        )
    })?;
    reply(caller, move |caller| {
        let made =
            caller
                .memos
                .create_knowledge_base(&caller.who, &name, description.as_deref())?;
        Ok(json!({ "id": made }))
    })
    .await
}

/// Delete a knowledge base
///
/// With all of its files.
#[utoipa::path(
    post,
    path = "/delete/knowledgebase",
    operation_id = "openmem_delete_knowledgebase",
    tag = "openmem",
    request_body(content = Object, example = json!({"knowledgebase_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e"})),
    responses((status = 200, description = "`{success}`", body = Object)),
)]
pub(super) async fn delete(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let id = Form::read(&body, Nulls::Absent, |f| {
        fields::words(f, "knowledgebase_id")
    })?;
    reply(caller, move |caller| {
        caller
            .memos
            .delete_knowledge_base(&caller.who, &id)
            .map_err(|e| no_knowledge("knowledgebase_id", e))?;
        Ok(json!({"success": true}))
    })
    .await
}

/// Add files to a knowledge base
///
/// In JSON, each with a `name`, a `content` that is text or Base64, and a `type`: `document`, or `skill`
/// for Markdown with a name and a description in its front matter; or as a form whose parts are
/// named `file`, with `knowledgebase_id` in the query. Text is read: Markdown, plain text, JSON, CSV,
/// HTML as it stands. The same file again is told as it stands.
#[utoipa::path(
    post,
    path = "/add/knowledgebase-file",
    operation_id = "openmem_add_knowledgebase_file",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "knowledgebase_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e",
        "file": [{"name": "ferry.md", "content": "# Ferry\n\nIt leaves at seven."}]
    })),
    responses((status = 200, description = "A list of `{id, name, type, sizeMB, status}`", body = Object)),
)]
pub(super) async fn add_files(caller: Caller, upload: Upload) -> Result<Response, Stop> {
    reply(caller, move |caller| {
        let files = caller
            .memos
            .add_files(&caller.who, &upload.knowledge_base, upload.files)
            .map_err(not_added)?;
        let shown: Vec<Value> = files
            .iter()
            .map(|file| {
                json!({
                    "id": file.id, "name": file.name, "type": file.kind.as_str(),
                    "sizeMB": megabytes(file.bytes), "status": file.status,
                })
            })
            .collect();
        Ok(shown.into())
    })
    .await
}

fn not_added(error: Error) -> Stop {
    match error.code() {
        Code::InvalidDocument => {
            let field = error.field().unwrap_or("file").to_owned();
            told_as(Reason::FileFormat, &field, &error)
        }
        _ => no_knowledge("knowledgebase_id", error),
    }
}

/// Delete files of knowledge bases
#[utoipa::path(
    post,
    path = "/delete/knowledgebase-file",
    operation_id = "openmem_delete_knowledgebase_file",
    tag = "openmem",
    request_body(content = Object, example = json!({"file_ids": ["the id of a file"]})),
    responses((status = 200, description = "`{success}`", body = Object)),
)]
pub(super) async fn delete_files(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let ids = Form::read(&body, Nulls::Absent, |form| {
        fields::some_texts(form, "file_ids")
    })?;
    reply(caller, move |caller| {
        caller
            .memos
            .delete_files(&caller.who, &ids)
            .map_err(|e| match e.code() {
                Code::MemoryNotFound => told_as(Reason::NotFound, "file_ids", &e),
                _ => no_knowledge("file_ids", e),
            })?;
        Ok(json!({"success": true}))
    })
    .await
}

/// List files of a knowledge base
///
/// Those of `file_ids`, or all of a knowledge base, the newest first.
#[utoipa::path(
    post,
    path = "/get/knowledgebase-file",
    operation_id = "openmem_get_knowledgebase_file",
    tag = "openmem",
    request_body(content = Object, example = json!({"knowledgebase_id": "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e"})),
    responses((status = 200, description = "`{file_detail_list, total, page, page_size}`", body = Object)),
)]
pub(super) async fn get_files(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (files, kind, page, size) = Form::read(&body, Nulls::Absent, |form| {
        let ids = form.texts("file_ids").filter(|ids| !ids.is_empty());
        let base = fields::maybe(form, "knowledgebase_id");
        let files = match (ids, base) {
            (Some(ids), None) => Some(Files::Named(ids)),
            (None, Some(base)) => Some(Files::Of(base)),
            (None, None) => {
                let words = "file_ids or knowledgebase_id is required";
                form.fault("file_ids", Reason::Empty.as_str(), words);
                None
            }
            (Some(_), Some(_)) => {
                let words = "file_ids and knowledgebase_id are both given: name one of them";
                form.fault("file_ids", Reason::Invalid.as_str(), words);
                None
            }
        };
        let number = |name: &str, default: i64, most: i64| {
            usize::try_from(form.whole(name, default, 1..=most)).unwrap_or(1)
        };
        let page = number("page", 1, 1_000_000_000);
        (
            files,
            form.choice("type", &FileKind::ALL.map(FileKind::as_str))
                .and_then(FileKind::named),
            page,
            number("page_size", 20, 50),
        )
    })?;
    reply(caller, move |caller| {
        let Some(files) = &files else {
            return Err(Stop::Invalid(Vec::new()));
        };
        let offset = (page - 1).saturating_mul(size);
        let (found, total) = caller
            .memos
            .knowledge_files(&caller.who, files, kind, offset, size)
            .map_err(|e| no_knowledge("knowledgebase_id", e))?;
        let list: Vec<Value> = found.iter().map(file).collect();
        Ok(json!({
            "file_detail_list": list, "total": total, "page": page, "page_size": size,
        }))
    })
    .await
}

fn file(file: &KnowledgeFile) -> Value {
    json!({
        "id": file.id, "name": file.name, "size": file.bytes.to_string(),
        "sizeMB": megabytes(file.bytes), "status": file.status, "type": file.kind.as_str(),
    })
}
