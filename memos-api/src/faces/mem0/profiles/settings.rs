//! What is set of profiles: whether there are any, and their form.

use axum::response::Response;
use memos_core::{Code, Error, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::exports::read_schema;
use super::super::organisation::settings as cube;
use super::super::router;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

/// The note of the settings.
const NOTE: &str = "profiles";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([routes!(settings_of, change_settings)])
}

/// What is set.
pub(super) struct Settings {
    pub(super) is_enabled: bool,
    pub(super) schema: Option<Value>,
    instructions: Option<Value>,
}

impl Settings {
    pub(super) fn of(caller: &Caller) -> Result<Self> {
        let note = caller.memos.note_of(&caller.who, &cube(), NOTE)?;
        Ok(Self::of_note(&note.unwrap_or_default()))
    }

    fn of_note(note: &Value) -> Self {
        let of = |name: &str| note.get(name).filter(|value| !value.is_null()).cloned();
        Self {
            is_enabled: note.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            schema: of("schema"),
            instructions: of("custom_instructions"),
        }
    }

    fn shown(&self, caller: &Caller) -> Value {
        let by = match caller.memos.model_id() {
            Some(_) => "model",
            None => "rules",
        };
        json!({
            "enabled": self.is_enabled,
            "capabilities": {"entity_types": ["user"], "generation": by},
            "entities": {"user": {
                "schema": self.schema,
                "custom_instructions": self.instructions,
            }},
        })
    }
}

/// Get the settings of profiles
#[utoipa::path(
    get,
    path = "/v2/profiles/settings/",
    tag = "mem0",
    operation_id = "mem0_profiles_settings_of",
    responses((status = 200, description = "`{enabled, capabilities, entities}`", body = Object)),
)]
async fn settings_of(caller: Caller) -> Result<Response, Stop> {
    answer(caller, |c| Ok(Settings::of(c)?.shown(c))).await
}

/// Change the settings of profiles
///
/// What is absent stays, a null clears. `custom_instructions` are kept and not followed yet.
#[utoipa::path(
    post,
    path = "/v2/profiles/settings/",
    tag = "mem0",
    operation_id = "mem0_profiles_change_settings",
    request_body(content = Object, example = json!({
        "enabled": true,
        "entities": {"user": {"schema": {"type": "object", "properties": {
            "favourite_bread": {"type": "string", "description": "The bread that they love"}
        }}}}
    })),
    responses((status = 200, description = "`{enabled, capabilities, entities}`", body = Object)),
)]
async fn change_settings(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (enabled, user) = Form::read(&body, Nulls::Absent, |form| {
        for name in form.fields().keys() {
            if !matches!(name.as_str(), "enabled" | "entities") {
                form.fault(name, "extra_forbidden", "Unsupported settings");
            }
        }
        let entities = form.within("entities");
        if let Some(all) = &entities {
            for name in all.fields().keys().filter(|name| *name != "user") {
                all.fault(name, "extra_forbidden", "Only users have profiles");
            }
        }
        let user = entities.and_then(|all| all.within("user"));
        let user = user.map(|user| {
            user.text("custom_instructions");
            user.fields().clone()
        });
        (form.maybe_flag("enabled"), user.unwrap_or_default())
    })?;
    answer(caller, move |c| {
        let schema = match user.get("schema") {
            None => None,
            Some(Value::Null) => Some(Value::Null),
            Some(schema) => {
                let schema = read_schema(schema.clone())?;
                described(&schema, "schema")?;
                c.memos.fill_in(&c.who, &[], None, &schema)?;
                Some(schema)
            }
        };
        let instructions = user.get("custom_instructions").cloned();
        c.memos.amend_note(&c.who, &cube(), NOTE, |note| {
            let mut fields = note.as_object().cloned().unwrap_or_default();
            let changes = [
                ("enabled", enabled.map(Value::from)),
                ("schema", schema),
                ("custom_instructions", instructions),
            ];
            for (name, value) in changes {
                fields.extend(value.map(|value| (name.to_owned(), value)));
            }
            let now = Settings::of_note(&Value::from(fields.clone()));
            *note = fields.into();
            Ok(now.shown(c))
        })
    })
    .await
}

/// A property without a description says nothing of what belongs into it.
fn described(schema: &Value, at: &str) -> Result<()> {
    if let Some(items) = schema.get("items") {
        described(items, &format!("{at}.items"))?;
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let at = format!("{at}.properties.{name}");
        let says = property.get("description").and_then(Value::as_str);
        if says.is_none_or(|says| says.trim().is_empty()) {
            return Err(
                Error::new(Code::InvalidRequest, "Every property needs a description")
                    .at(at)
                    .remedy(
                        "say what belongs into it: {\"type\": \"string\", \"description\": \"…\"}",
                    ),
            );
        }
        described(property, &at)?;
    }
    Ok(())
}
