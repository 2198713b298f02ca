//! Tools that a system message describes: `<tool_schema>[{"name": …}]</tool_schema>`.

use memos_core::{Role, SemanticType};
use serde_json::Value;

use super::Draft;

const OPEN: &str = "<tool_schema>";
const CLOSE: &str = "</tool_schema>";

/// A draft apart: what its message says beside the tools, and a draft for each tool that it
/// describes. Only a system message describes tools; what is no JSON between the marks stays words.
pub(super) fn apart(mut draft: Draft) -> Vec<Draft> {
    if draft.turn.role != Some(Role::System) {
        return vec![draft];
    }
    let (rest, tools) = taken_out(&draft.text);
    if tools.is_empty() {
        return vec![draft];
    }
    let tools: Vec<Draft> = tools
        .into_iter()
        .map(|(name, text)| Draft {
            text,
            caption: None,
            semantic_type: SemanticType::ToolSchema,
            key: name,
            ..draft.clone()
        })
        .collect();
    draft.text = rest;
    let says_more = !draft.text.trim().is_empty() || draft.caption.is_some();
    says_more
        .then_some(draft)
        .into_iter()
        .chain(tools)
        .collect()
}

/// The text without the tools, and each tool with its name.
fn taken_out(text: &str) -> (String, Vec<(Option<String>, String)>) {
    let (mut rest, mut tools) = (String::new(), Vec::new());
    let mut left = text;
    while let Some(start) = left.find(OPEN) {
        let after = &left[start + OPEN.len()..];
        let Some(end) = after.find(CLOSE) else { break };
        let described = serde_json::from_str::<Value>(after[..end].trim());
        let described: Vec<Value> = match described {
            Ok(Value::Array(list)) => list,
            Ok(one @ Value::Object(_)) => vec![one],
            _ => Vec::new(),
        };
        let whole = OPEN.len() + end + CLOSE.len();
        let is_read = !described.is_empty() && described.iter().all(Value::is_object);
        let kept = if is_read { start } else { start + whole };
        rest.push_str(&left[..kept]);
        left = &left[start + whole..];
        if is_read {
            tools.extend(
                described
                    .into_iter()
                    .map(|tool| (name_of(&tool), tool.to_string())),
            );
        }
    }
    rest.push_str(left);
    (rest.trim().to_owned(), tools)
}

/// `name`, of the tool or of its function.
fn name_of(tool: &Value) -> Option<String> {
    let name = tool
        .get("name")
        .or_else(|| tool.get("function")?.get("name"))?;
    name.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reader::{MessageDefaults, read_messages};

    fn read(role: &str, text: &str) -> Vec<(SemanticType, String, Option<String>)> {
        let messages = json!([{"role": role, "content": text}]);
        let defaults = MessageDefaults::at("2025-06-01".parse().unwrap());
        let drafts = read_messages(&messages, &defaults).unwrap();
        let all = drafts.into_iter();
        all.map(|d| (d.semantic_type, d.text, d.key)).collect()
    }

    #[test]
    fn each_tool_of_a_system_message_is_a_schema() {
        let text = "You call tools.\n<tool_schema>\n[{\"name\": \"weather\", \"parameters\": {}},\
                    {\"type\": \"function\", \"function\": {\"name\": \"clock\"}}]\n</tool_schema>\n";
        let found = read("system", text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0].0, SemanticType::TaskPrompt);
        assert_eq!(found[0].1, "You call tools.");
        for (schema, name) in found[1..].iter().zip(["weather", "clock"]) {
            assert_eq!(schema.0, SemanticType::ToolSchema);
            assert_eq!(schema.2.as_deref(), Some(name));
            assert!(
                serde_json::from_str::<Value>(&schema.1)
                    .unwrap()
                    .is_object()
            );
        }
        let alone = read("system", "<tool_schema>{\"name\": \"x\"}</tool_schema>");
        assert_eq!(alone.len(), 1);
        assert_eq!(alone[0].0, SemanticType::ToolSchema);
    }

    #[test]
    fn other_words_stay_words() {
        for (role, text) in [
            ("user", "<tool_schema>[{\"name\": \"x\"}]</tool_schema>"),
            ("system", "<tool_schema>none</tool_schema>"),
            ("system", "<tool_schema>[1]</tool_schema>"),
            ("system", "<tool_schema>[{\"name\": \"x\"}]"),
        ] {
            let found = read(role, text);
            assert_eq!((found.len(), found[0].1.as_str()), (1, text), "{role}");
        }
    }
}
