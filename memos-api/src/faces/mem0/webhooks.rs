//! The platform's webhooks.

use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::organisation::{ORGANISATION, PROJECT, known};
use super::router;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};
use crate::service::{Topic, Webhook, WebhookChange};

/// What the platform calls what can be told of; its older words have a colon.
const TOPICS: [(&str, &str, Topic); 4] = [
    ("memory_add", "memory:add", Topic::Add),
    ("memory_update", "memory:update", Topic::Update),
    ("memory_delete", "memory:delete", Topic::Delete),
    ("memory_categorize", "memory:categorize", Topic::Categorize),
];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([routes!(list, create), routes!(change, delete)])
}

fn shown(webhook: &Webhook) -> Value {
    let words = webhook.topics.iter().filter_map(|topic| {
        let named = TOPICS.iter().find(|(_, _, one)| one == topic);
        named.map(|(word, ..)| *word)
    });
    json!({
        "webhook_id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "event_types": words.collect::<Vec<_>>(),
        "project": PROJECT,
        "is_active": true,
        "created_at": webhook.created_at.to_string(),
        "updated_at": webhook.updated_at.to_string(),
    })
}

fn topics(form: &Form<'_>) -> Option<Vec<Topic>> {
    let words = form.texts("event_types")?;
    let mut topics = Vec::new();
    for word in words {
        let known = TOPICS.iter();
        let mut known = known.filter(|(new, old, _)| *new == word || *old == word);
        match known.next() {
            Some((.., topic)) => topics.push(*topic),
            None => form.fault(
                "event_types",
                "enum",
                format!("Input should be memory_add, memory_update, memory_delete or memory_categorize, not {word:?}"),
            ),
        }
    }
    Some(topics)
}

/// List webhooks
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/projects/{project_id}/",
    tag = "mem0",
    operation_id = "mem0_webhooks_list",
    params(("project_id" = String, Path)),
    responses((status = 200, description = "The webhooks.", body = Vec<Object>)),
)]
async fn list(caller: Caller, Path(project): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| {
        known(ORGANISATION, Some(&project))?;
        let all = c.memos.webhooks(&c.who)?;
        Ok(all.iter().map(shown).collect::<Vec<_>>())
    })
    .await
}

/// Create a webhook
///
/// From now on it is sent `{event_details: {id, data: {memory}, event}}` for each event of these types,
/// three times if it does not answer with success.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/projects/{project_id}/",
    tag = "mem0",
    operation_id = "mem0_webhooks_create",
    params(("project_id" = String, Path)),
    request_body(content = Object, example = json!({
        "name": "my log", "url": "http://127.0.0.1:9/hook", "event_types": ["memory_add"]
    })),
    responses((status = 200, description = "The webhook.", body = Object)),
)]
async fn create(
    caller: Caller,
    Path(project): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let (name, url, topics) = Form::read(&body, Nulls::Absent, |form| {
        if !form.has("event_types") {
            form.missing("event_types");
        }
        (
            form.need_text("name"),
            form.need_text("url"),
            topics(form).unwrap_or_default(),
        )
    })?;
    answer(caller, move |c| {
        known(ORGANISATION, Some(&project))?;
        let made = c.memos.create_webhook(&c.who, &name, &url, &topics)?;
        Ok(shown(&made))
    })
    .await
}

/// Change a webhook
#[utoipa::path(
    put,
    path = "/api/v1/webhooks/{webhook_id}/",
    tag = "mem0",
    operation_id = "mem0_webhooks_change",
    params(("webhook_id" = String, Path)),
    request_body(content = Object, example = json!({"name": "another name"})),
    responses((status = 200, description = "`{message}` and the webhook.", body = Object)),
)]
async fn change(
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let change = Form::read(&body, Nulls::Absent, |form| WebhookChange {
        name: form.text("name"),
        url: form.text("url"),
        topics: topics(form),
    })?;
    answer(caller, move |c| {
        let mut now = shown(&c.memos.change_webhook(&c.who, &id, &change)?);
        now["message"] = "Webhook updated successfully".into();
        Ok(now)
    })
    .await
}

/// Delete a webhook
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhook_id}/",
    tag = "mem0",
    operation_id = "mem0_webhooks_delete",
    params(("webhook_id" = String, Path)),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn delete(caller: Caller, Path(id): Path<String>) -> Result<Response, Stop> {
    answer(caller, move |c| {
        c.memos.delete_webhook(&c.who, &id)?;
        Ok(json!({"message": "Webhook deleted successfully"}))
    })
    .await
}
