//! Tool memories: how a tool is called, and how it was used.

use serde_json::{Value, json};

use crate::wire::MemoryItem;

pub(super) fn tool(memory: &MemoryItem) -> Value {
    let is_schema = memory.semantic_type == "tool_schema";
    let is_made = !memory.derived_from.is_empty();
    let value = match is_schema {
        true => serde_json::from_str(&memory.text)
            .ok()
            .filter(Value::is_object)
            .unwrap_or_else(|| memory.text.as_str().into()),
        false => memory.text.as_str().into(),
    };
    let used: Vec<Value> = tools(memory)
        .into_iter()
        .map(|name| {
            json!({
                "used_tool": name,
                "error_type": memory.info.get("error_type").cloned().unwrap_or_else(|| "".into()),
                "success_rate": memory.info.get("success_rate"),
                "tool_experience": if is_made { memory.text.as_str() } else { "" },
            })
        })
        .collect();
    json!({
        "tool_type": if is_schema { "ToolSchemaMemory" } else { "ToolTrajectoryMemory" },
        "tool_value": value,
        "tool_used_status": if is_schema { Vec::new() } else { used },
        // What was learned from a use is drawn by a language model; a use as it was says none.
        "experience": if is_made { memory.text.as_str() } else { "" },
    })
}

/// The tools that a use names: calls are lines of the form `name(arguments)`.
fn tools(memory: &MemoryItem) -> Vec<String> {
    // In evidence it is a field of the caller's.
    let own = memory.info.get("subject").and_then(Value::as_str);
    if let Some(subject) = own.filter(|_| !memory.derived_from.is_empty()) {
        return vec![subject.to_owned()];
    }
    let mut names: Vec<String> = Vec::new();
    for line in memory.text.lines().filter(|line| line.ends_with(')')) {
        let Some((name, _)) = line.split_once('(') else {
            continue;
        };
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        if !name.is_empty() && name.chars().all(is_name) && !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }
    names
}
