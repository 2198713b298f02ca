//! Profiles and their templates.

use std::collections::BTreeMap;

use axum::response::Response;
use memos_core::{Code, Error};
use serde_json::{Map, Value, json};

use super::envelope::reply;
use super::fields;
use super::places::of;
use super::reason::{Reason, told_as};
use super::subject::Subject;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::service::{Fields, Template, TemplateChange};

/// A template or profile that is not there.
fn missing(error: Error) -> Stop {
    match error.code() {
        Code::CubeNotFound => told_as(Reason::NotFound, "profile_template_id", &error),
        _ => error.into(),
    }
}

/// The field `metadata`, which may have to be there.
fn metadata(form: &Form<'_>, needed: bool) -> Option<Fields> {
    let Some(nested) = form.object("metadata") else {
        if needed && !form.has("metadata") {
            form.missing("metadata");
        }
        return None;
    };
    match Fields::read(nested) {
        Ok(fields) => Some(fields),
        Err(error) => {
            let remedy = error
                .remedy_text()
                .map(|r| format!("; {r}"))
                .unwrap_or_default();
            let at = error.field().unwrap_or("metadata");
            let words = format!("{at}: {}{remedy}", error.message());
            form.fault("metadata", Reason::Invalid.as_str(), words);
            None
        }
    }
}

/// A template as a list shows it: how many profiles are bound to it, but not its fields.
fn summary(template: &Template, counts: &BTreeMap<String, usize>) -> Map<String, Value> {
    let shown = json!({
        "profile_template_id": template.id,
        "name": template.name,
        "description": template.description,
        // There is one project here.
        "project_id": PROJECT,
        "instance_count": counts.get(&template.id).copied().unwrap_or_default(),
        "create_time": template.created_at,
        "update_time": template.updated_at,
    });
    match shown {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The one project that there is.
const PROJECT: &str = "local";

/// The name of a template.
fn name(form: &Form<'_>) -> Option<String> {
    fields::maybe(form, "name").or_else(|| fields::maybe(form, "profile_template_name"))
}

fn description(form: &Form<'_>) -> Option<String> {
    fields::maybe(form, "description")
        .or_else(|| fields::maybe(form, "profile_template_description"))
}

/// Create a profile template
///
/// `metadata` is `{Category: {Field: {value, algorithm_updatable}}}`, at most three levels deep.
#[utoipa::path(
    post,
    path = "/add/profile_template",
    operation_id = "openmem_add_profile_template",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "name": "Guest",
        "metadata": {"Basic Info": {"Location": {"value": "", "algorithm_updatable": true}}}
    })),
    responses((status = 200, description = "`{profile_template_id}`", body = Object)),
)]
pub(super) async fn add_template(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (name, description, made) = Form::read(&body, Nulls::Absent, |form| {
        (
            match name(form) {
                Some(name) => name,
                None => fields::words(form, "name"),
            },
            description(form),
            metadata(form, true),
        )
    })?;
    reply(caller, move |caller| {
        let made = made.unwrap_or_default();
        let id = caller
            .memos
            .create_template(&caller.who, &name, description.as_deref(), &made)?;
        Ok(json!({"profile_template_id": id}))
    })
    .await
}

/// Read a profile template
#[utoipa::path(
    post,
    path = "/get/profile_template",
    operation_id = "openmem_get_profile_template",
    tag = "openmem",
    request_body(content = Object, example = json!({"profile_template_id": "tpl_bb0948b22fe7"})),
    responses((status = 200, description = "The template", body = Object)),
)]
pub(super) async fn get_template(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let id = Form::read(&body, Nulls::Absent, |f| {
        fields::words(f, "profile_template_id")
    })?;
    reply(caller, move |caller| {
        let template = caller.memos.template(&caller.who, &id).map_err(missing)?;
        let counts = caller.memos.profile_counts(&caller.who)?;
        let mut shown = summary(&template, &counts);
        shown.insert("metadata".into(), template.fields.nested().into());
        Ok(json!({"profile_template": shown}))
    })
    .await
}

/// List profile templates
#[utoipa::path(
    post,
    path = "/list/profile_template",
    operation_id = "openmem_list_profile_template",
    tag = "openmem",
    request_body(content = Object, example = json!({"page": 1, "size": 10})),
    responses((status = 200, description = "`{profile_templates, total, current, size, pages}`", body = Object)),
)]
pub(super) async fn list_templates(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (page, size) = Form::read(&body, Nulls::Absent, |form| {
        let number = |name: &str, default: i64, most: i64| {
            usize::try_from(form.whole(name, default, 1..=most)).unwrap_or(1)
        };
        let size = match form.has("size") {
            true => "size",
            false => "page_size",
        };
        (number("page", 1, 1_000_000_000), number(size, 10, 100))
    })?;
    reply(caller, move |caller| {
        let templates = caller.memos.templates(&caller.who)?;
        let counts = caller.memos.profile_counts(&caller.who)?;
        let offset = (page - 1).saturating_mul(size);
        let list: Vec<Value> = templates
            .iter()
            .skip(offset)
            .take(size)
            .map(|template| summary(template, &counts).into())
            .collect();
        Ok(json!({
            "profile_templates": list, "total": templates.len(), "current": page, "size": size,
            "pages": templates.len().div_ceil(size),
        }))
    })
    .await
}

/// Change a profile template
///
/// The profiles that are bound to it follow: fields that it has no more are dropped, new ones are
/// there with its value.
#[utoipa::path(
    post,
    path = "/update/profile_template",
    operation_id = "openmem_update_profile_template",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "profile_template_id": "tpl_bb0948b22fe7", "name": "Regular guest",
        "metadata": {"Basic Info": {"Location": {"value": "", "algorithm_updatable": true}}}
    })),
    responses((status = 200, description = "`{success, profile_template_id, affected_instances}`", body = Object)),
)]
pub(super) async fn update_template(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (id, change) = Form::read(&body, Nulls::Absent, |form| {
        let change = TemplateChange {
            name: name(form),
            description: description(form),
            fields: metadata(form, false),
        };
        let says = change.name.is_some() || change.description.is_some() || form.has("metadata");
        if !says {
            let words = "a name, a description or metadata is required";
            form.fault("metadata", Reason::Empty.as_str(), words);
        }
        (fields::words(form, "profile_template_id"), change)
    })?;
    reply(caller, move |caller| {
        let followed = caller.memos.change_template(&caller.who, &id, &change);
        let affected = followed.map_err(missing)?.profiles;
        Ok(json!({
            "success": true, "profile_template_id": id, "affected_instances": affected,
        }))
    })
    .await
}

/// Delete a profile template
///
/// With the profiles that are bound to it.
#[utoipa::path(
    post,
    path = "/delete/profile_template",
    operation_id = "openmem_delete_profile_template",
    tag = "openmem",
    request_body(content = Object, example = json!({"profile_template_id": "tpl_bb0948b22fe7"})),
    responses((status = 200, description = "`{success, profile_template_id, deleted_instances}`", body = Object)),
)]
pub(super) async fn delete_template(
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let id = Form::read(&body, Nulls::Absent, |f| {
        fields::words(f, "profile_template_id")
    })?;
    reply(caller, move |caller| {
        let followed = caller.memos.delete_template(&caller.who, &id);
        let deleted = followed.map_err(missing)?.profiles;
        Ok(json!({
            "success": true, "profile_template_id": id, "deleted_instances": deleted,
        }))
    })
    .await
}

/// Bind profile templates
///
/// To users or agents, each of whom has a profile then. One that is bound stays as it is.
#[utoipa::path(
    post,
    path = "/bind/profile_template",
    operation_id = "openmem_bind_profile_template",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "bind_list": [{"user_id": "ada", "profile_template_id": "tpl_bb0948b22fe7"}]
    })),
    responses((status = 200, description = "`{success, bind_list}`", body = Object)),
)]
pub(super) async fn bind(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let list = Form::read(&body, Nulls::Absent, |form| {
        if !form.has("bind_list") {
            form.missing("bind_list");
        }
        let items = form.items("bind_list").unwrap_or_default();
        if items.is_empty() && form.any("bind_list").is_some_and(Value::is_array) {
            let words = "the list is empty: name at least one user or agent";
            form.fault("bind_list", Reason::EmptyList.as_str(), words);
        }
        items
            .iter()
            .filter_map(|item| {
                let template = fields::words(item, "profile_template_id");
                Some((Subject::one(item)?, template))
            })
            .collect::<Vec<_>>()
    })?;
    reply(caller, move |caller| {
        // All are looked for before one is bound.
        for (_, template) in &list {
            caller
                .memos
                .template(&caller.who, template)
                .map_err(missing)?;
        }
        let mut bound = Vec::with_capacity(list.len());
        for (subject, template) in &list {
            caller
                .memos
                .bind_profile(&caller.who, of(subject), template)
                .map_err(missing)?;
            bound.push(json!({
                format!("{}_id", subject.kind()): subject.name(),
                "profile_template_id": template,
            }));
        }
        Ok(json!({"success": true, "bind_list": bound}))
    })
    .await
}

/// Edit a profile
///
/// Sets the fields of `metadata`, then drops `remove_fields`, which are paths such as
/// `Basic Info.Location`.
#[utoipa::path(
    post,
    path = "/edit/profile",
    operation_id = "openmem_edit_profile",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "user_id": "ada", "profile_template_id": "tpl_bb0948b22fe7",
        "metadata": {"Basic Info": {"Location": {"value": "Turin", "algorithm_updatable": false}}}
    })),
    responses((status = 200, description = "`{success, profile_template_id, metadata}`", body = Object)),
)]
pub(super) async fn edit(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (subject, template, set, remove) = Form::read(&body, Nulls::Absent, |form| {
        let set = metadata(form, false);
        let remove = form.texts("remove_fields").unwrap_or_default();
        if !form.has("metadata") && remove.is_empty() {
            let words = "metadata or remove_fields is required";
            form.fault("metadata", Reason::Empty.as_str(), words);
        }
        let template = fields::words(form, "profile_template_id");
        (
            Subject::one(form),
            template,
            set.unwrap_or_default(),
            remove,
        )
    })?;
    reply(caller, move |caller| {
        let Some(subject) = &subject else {
            return Err(Stop::Invalid(Vec::new()));
        };
        let after = caller
            .memos
            .edit_profile(&caller.who, of(subject), &template, &set, &remove)
            .map_err(missing)?;
        Ok(json!({
            "success": true, "profile_template_id": template, "metadata": after.nested(),
        }))
    })
    .await
}

/// Delete a profile
///
/// The binding and all of its values.
#[utoipa::path(
    post,
    path = "/delete/profile",
    operation_id = "openmem_delete_profile",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "user_id": "ada", "profile_template_id": "tpl_bb0948b22fe7"
    })),
    responses((status = 200, description = "`{success}`", body = Object)),
)]
pub(super) async fn delete(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (subject, template) = Form::read(&body, Nulls::Absent, |form| {
        (
            Subject::one(form),
            fields::words(form, "profile_template_id"),
        )
    })?;
    reply(caller, move |caller| {
        let Some(subject) = &subject else {
            return Err(Stop::Invalid(Vec::new()));
        };
        caller
            .memos
            .delete_profile(&caller.who, of(subject), &template)
            .map_err(missing)?;
        Ok(json!({"success": true}))
    })
    .await
}
