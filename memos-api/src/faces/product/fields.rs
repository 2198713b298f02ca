//! The fields of the contract's models, in their order: that is the order in which faults are told.

use serde_json::Value;

use crate::faces::kit::{Fault, Form, Nulls, Place, Stop};

pub(super) const SEARCH: [&str; 27] = [
    "query",
    "user_id",
    "readable_cube_ids",
    "mode",
    "session_id",
    "top_k",
    "relativity",
    "dedup",
    "rerank",
    "pref_top_k",
    "include_preference",
    "search_tool_memory",
    "tool_mem_top_k",
    "include_skill_memory",
    "skill_mem_top_k",
    "context_format",
    "filter",
    "internet_search",
    "threshold",
    "search_memory_type",
    "reference_time",
    "chat_history",
    "mem_cube_id",
    "moscube",
    "operation",
    "source",
    "neighbor_discovery",
];

pub(super) const ADD: [&str; 19] = [
    "user_id",
    "session_id",
    "task_id",
    "manager_user_id",
    "project_id",
    "writable_cube_ids",
    "async_mode",
    "mode",
    "custom_tags",
    "info",
    "messages",
    "chat_history",
    "is_feedback",
    "is_upload_skill",
    "mem_cube_id",
    "memory_content",
    "doc_path",
    "source",
    "operation",
];

pub(super) const FEEDBACK: [&str; 12] = [
    "user_id",
    "session_id",
    "task_id",
    "history",
    "retrieved_memory_ids",
    "feedback_content",
    "feedback_time",
    "writable_cube_ids",
    "async_mode",
    "corrected_answer",
    "info",
    "mem_cube_id",
];

pub(super) const CHAT: [&str; 27] = [
    "user_id",
    "query",
    "readable_cube_ids",
    "writable_cube_ids",
    "history",
    "mode",
    "system_prompt",
    "top_k",
    "session_id",
    "include_preference",
    "pref_top_k",
    "model_name_or_path",
    "max_tokens",
    "temperature",
    "top_p",
    "add_message_on_answer",
    "manager_user_id",
    "project_id",
    "relativity",
    "filter",
    "internet_search",
    "threshold",
    "moscube",
    "mem_cube_id",
    "beginner_guide_step",
    "business_key",
    "need_search",
];

/// Reads a request's body.
///
/// # Errors
/// All its faults, in the order of the fields.
pub(super) fn read<'a, T>(
    body: &'a Value,
    order: &[&str],
    reading: impl FnOnce(&Form<'a>) -> T,
) -> Result<T, Stop> {
    let read = Form::read(body, Nulls::Faulty, reading);
    read.map_err(|stop| match stop {
        Stop::Invalid(mut faults) => {
            faults.sort_by_key(|fault| rank(fault, order));
            Stop::Invalid(faults)
        }
        error => error,
    })
}

/// Where the field of a fault stands; what the model does not name comes last.
fn rank(fault: &Fault, order: &[&str]) -> usize {
    let field = match fault.place.get(1) {
        Some(Place::Name(name)) => order.iter().position(|field| field == name),
        _ => None,
    };
    field.unwrap_or(order.len())
}
