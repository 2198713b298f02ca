//! `/extract/memory`: what messages say, without storing it.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::envelope::reply;
use super::item::{Beside, item};
use super::messages;
use super::reason::Reason;
use super::views::View;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::Caller;

/// Extract memories
///
/// What would be made from messages: by the language model if one is configured, else by rules, which
/// find preferences and what speakers say of themselves. `rule` says which.
#[utoipa::path(
    post,
    path = "/extract/memory",
    operation_id = "openmem_extract_memory",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "messages": [{"role": "user", "content": "I love window seats. I live in Lyon."}],
        "extraction_types": ["memory", "preference"]
    })),
    responses((status = 200, description = "`{success, memory_detail_list, preference_detail_list, rule}`", body = Object)),
)]
pub(super) async fn extract(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (messages, types) = Form::read(&body, Nulls::Absent, |form| {
        form.text("model");
        let types = form.texts("extraction_types");
        for name in types.iter().flatten() {
            if !["memory", "preference"].contains(&name.as_str()) {
                let words = format!("{name:?} can't be extracted: use memory or preference");
                form.fault("extraction_types", Reason::Invalid.as_str(), words);
            }
        }
        (
            messages::read(form).json(),
            types.filter(|types| !types.is_empty()),
        )
    })?;
    reply(caller, move |caller| {
        let extracted = caller.memos.extract(&caller.who, &messages)?;
        let wants = |name: &str| {
            types
                .as_ref()
                .is_none_or(|all| all.iter().any(|t| t == name))
        };
        let (mut memories, mut preferences) = (Vec::new(), Vec::new());
        for memory in &extracted.memories {
            let first = memory.derived_from.first();
            let said = extracted.turns.iter().find(|turn| Some(&turn.id) == first);
            let beside = Beside {
                evidence: said.map(std::slice::from_ref).unwrap_or_default(),
                ..Beside::default()
            };
            let shown = item(memory, beside);
            match View::of(&memory.semantic_type) {
                View::Preferences if wants("preference") => {
                    preferences.push(only(shown, &["preference", "reasoning", "preference_type"]));
                }
                View::Preferences => {}
                // A summary repeats what was said.
                _ if memory.semantic_type == "summary" || !wants("memory") => {}
                _ => memories.push(json!({
                    "memory_key": memory.key.clone().unwrap_or_else(|| memory.text.clone()),
                    "memory_value": memory.text,
                    "memory_type": match memory.semantic_type.as_str() {
                        "profile" => "UserMemory",
                        _ => "LongTermMemory",
                    },
                    "tags": tags(&memory.info, &memory.tags),
                })),
            }
        }
        Ok(json!({
            "success": true,
            "memory_detail_list": memories,
            "preference_detail_list": preferences,
            "rule": extracted.rule,
            "degraded": extracted.degraded,
        }))
    })
    .await
}

fn only(mut item: Map<String, Value>, names: &[&str]) -> Value {
    item.retain(|name, _| names.contains(&name.as_str()));
    item.into()
}

/// Labels: the topic, as far as a rule knows it.
fn tags(info: &Map<String, Value>, own: &[String]) -> Vec<String> {
    let topic = info.get("topic").and_then(Value::as_str).map(str::to_owned);
    own.iter().cloned().chain(topic).collect()
}
