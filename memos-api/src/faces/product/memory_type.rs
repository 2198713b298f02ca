//! The contract's types of memory, and which of ours they are.

use serde_json::{Value, json};

use crate::wire::MemoryItem;

/// Semantic types that have a list of their own in answers.
const APART: [&str; 4] = ["tool_schema", "tool_trajectory", "skill", "preference"];

/// Semantic types of what is concluded about the user, whatever its tier.
pub(super) const PERSONAL: [&str; 3] = ["profile", "fact", "event"];

/// Semantic types of what is listed as text.
pub(super) const TEXT: [&str; 8] = [
    "message",
    "file",
    "task_prompt",
    "domain_knowledge",
    "fact",
    "event",
    "profile",
    "summary",
];

/// Semantic types of tool memories.
pub(super) const TOOL: [&str; 2] = ["tool_schema", "tool_trajectory"];

/// The type of a memory.
pub(super) fn of(memory: &MemoryItem) -> &'static str {
    match memory.semantic_type.as_str() {
        "tool_schema" => "ToolSchemaMemory",
        "tool_trajectory" => "ToolTrajectoryMemory",
        "skill" => "SkillMemory",
        "preference" => "PreferenceMemory",
        "file" => "RawFileMemory",
        of if memory.origin == "inference" && PERSONAL.contains(&of) => "UserMemory",
        _ => match memory.tier.as_str() {
            "working" => "WorkingMemory",
            "user" => "UserMemory",
            _ => "LongTermMemory",
        },
    }
}

/// The native filter for a type; none if there is no such type.
pub(super) fn condition(name: &str) -> Option<Value> {
    let personal = json!({"and": [{"origin": "inference"}, {"semantic_type": {"in": PERSONAL}}]});
    let tier = |tier: &str| {
        let others = APART.into_iter().chain(["file"]);
        let others: Vec<&str> = others.collect();
        let others = json!({"or": [{"semantic_type": {"in": others}}, personal]});
        json!({"and": [{"tier": tier}, {"not": others}]})
    };
    Some(match name {
        "WorkingMemory" => tier("working"),
        "LongTermMemory" => tier("long_term"),
        "UserMemory" => json!({"or": [tier("user"), personal]}),
        "ToolSchemaMemory" => json!({"semantic_type": "tool_schema"}),
        "ToolTrajectoryMemory" => json!({"semantic_type": "tool_trajectory"}),
        "RawFileMemory" => json!({"semantic_type": "file"}),
        "SkillMemory" => json!({"semantic_type": "skill"}),
        "PreferenceMemory" => json!({"semantic_type": "preference"}),
        // Nothing is fetched from outside, and no context is kept as a memory.
        "OuterMemory" | "Context" => never(),
        _ => return None,
    })
}

/// A filter that admits everything.
pub(super) fn always() -> Value {
    json!({"not": never()})
}

/// A filter that admits nothing.
pub(super) fn never() -> Value {
    json!({"and": [{"tier": "working"}, {"tier": "user"}]})
}
