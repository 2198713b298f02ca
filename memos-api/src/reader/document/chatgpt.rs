//! A ChatGPT data export: `conversations.json`, a list of conversations, each a tree of messages
//! of which the path from the current node up to the root is what the user saw last.

use std::collections::{BTreeMap, HashSet};

use memos_core::{Info, Moment, Origin, Result, Role, SemanticType, Source, Turn};
use serde::Deserialize;
use serde_json::Value;

use super::super::chat_time::from_number;
use super::super::content::Content;
use super::super::role;
use super::{DocumentInput, Draft, Format, not_json};

/// The messages of every conversation, each conversation a session with its title as key.
pub(super) fn read(input: &DocumentInput<'_>) -> Result<Vec<Draft>> {
    let conversations: Vec<Conversation> = match input.text.trim_start().starts_with('[') {
        true => serde_json::from_str(input.text),
        false => serde_json::from_str(input.text).map(|one| vec![one]),
    }
    .map_err(|e| not_json(e, Format::ChatGpt))?;
    let mut drafts = Vec::new();
    for (i, conversation) in conversations.into_iter().enumerate() {
        conversation.read(i + 1, input, &mut drafts);
    }
    Ok(drafts)
}

#[derive(Deserialize)]
struct Conversation {
    title: Option<String>,
    conversation_id: Option<String>,
    id: Option<String>,
    create_time: Option<f64>,
    current_node: Option<String>,
    /// In the order of the keys, so that the same export always reads the same.
    mapping: BTreeMap<String, Node>,
}

#[derive(Deserialize)]
struct Node {
    message: Option<Message>,
    parent: Option<String>,
    #[serde(default)]
    children: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    id: Option<String>,
    author: Option<Author>,
    create_time: Option<f64>,
    #[serde(default)]
    content: Value,
    recipient: Option<String>,
}

#[derive(Deserialize)]
struct Author {
    role: Option<String>,
    name: Option<String>,
}

impl Conversation {
    fn read(mut self, number: usize, input: &DocumentInput<'_>, drafts: &mut Vec<Draft>) {
        let title = self.title.take().filter(|t| !t.trim().is_empty());
        let session_id = self
            .conversation_id
            .take()
            .or_else(|| self.id.take())
            .or_else(|| title.clone())
            .unwrap_or_else(|| format!("conversation {number}"));
        let mut last = self.create_time.and_then(from_number).or(input.said_at);
        for key in self.main_thread() {
            let Some(message) = self.mapping.remove(&key).and_then(|node| node.message) else {
                continue;
            };
            last = message.create_time.and_then(from_number).or(last);
            let read = message.read(&session_id, title.as_deref(), last, input);
            drafts.extend(read);
        }
    }

    /// Keys of the nodes from the root to the current one.
    fn main_thread(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut path = Vec::new();
        let mut next = match &self.current_node {
            Some(key) if self.mapping.contains_key(key) => Some(key),
            _ => self.latest_leaf(),
        };
        // A parent that was seen before would make this a ring.
        while let Some(key) = next.filter(|key| seen.insert(key.as_str())) {
            next = self.mapping.get(key).and_then(|node| node.parent.as_ref());
            path.push(key.clone());
        }
        path.reverse();
        path
    }

    /// The node without children whose message is the latest.
    fn latest_leaf(&self) -> Option<&String> {
        let time = |node: &Node| {
            let message = node.message.as_ref();
            message.and_then(|m| m.create_time).unwrap_or(f64::MIN)
        };
        self.mapping
            .iter()
            .filter(|(_, node)| node.children.is_empty())
            .max_by(|(_, a), (_, b)| time(a).total_cmp(&time(b)))
            .map(|(key, _)| key)
    }
}

impl Message {
    /// The draft; none if the message holds nothing, as the first nodes of a tree often do.
    fn read(
        self,
        session_id: &str,
        title: Option<&str>,
        said_at: Option<Moment>,
        input: &DocumentInput<'_>,
    ) -> Option<Draft> {
        let content = content(&self.content);
        let text = content.texts.join("\n");
        if text.trim().is_empty() && content.captions.is_empty() && content.sources.is_empty() {
            return None;
        }
        let author = self.author.unwrap_or(Author {
            role: None,
            name: None,
        });
        let role = author.role.as_deref().and_then(role::named);
        // Words to a tool, such as code to run, name the tool as their recipient.
        let to_a_tool = self.recipient.is_some_and(|r| r != "all");
        let speaker = author.name.or(author.role.filter(|_| role.is_none()));
        let message = self.id.map(|reference| Source {
            kind: "message".to_owned(),
            reference,
            locator: None,
        });
        Some(Draft {
            text,
            caption: (!content.captions.is_empty()).then(|| content.captions.join("; ")),
            turn: Turn {
                session_id: session_id.to_owned(),
                speaker,
                role,
            },
            said_at,
            semantic_type: match role {
                _ if to_a_tool => SemanticType::ToolTrajectory,
                Some(Role::Tool) => SemanticType::ToolTrajectory,
                Some(Role::System) => SemanticType::TaskPrompt,
                _ => SemanticType::Message,
            },
            origin: match role {
                Some(Role::Tool) => Origin::Retrieval,
                _ => Origin::UserInput,
            },
            key: title.map(str::to_owned),
            sources: message.into_iter().chain(content.sources).collect(),
            tags: input.tags.clone(),
            info: Info(input.info.0.clone()),
        })
    }
}

/// The words of a content object: its `parts`, else the field that its type keeps them in.
fn content(value: &Value) -> Content {
    const FIELDS: [&str; 5] = [
        "text",
        "result",
        "content",
        "user_profile",
        "user_instructions",
    ];
    let mut content = Content::default();
    match value.get("parts").and_then(Value::as_array) {
        Some(parts) => parts.iter().for_each(|p| part(p, &mut content)),
        None => content.texts.extend(
            FIELDS
                .iter()
                .filter_map(|key| value.get(*key)?.as_str())
                .map(str::to_owned),
        ),
    }
    content.texts.retain(|text| !text.trim().is_empty());
    content
}

fn part(part: &Value, content: &mut Content) {
    let text = part.as_str().or_else(|| part.get("text")?.as_str());
    content.texts.extend(text.map(str::to_owned));
    if let Some(pointer) = part.get("asset_pointer").and_then(Value::as_str) {
        content.sources.push(Source {
            kind: "image".to_owned(),
            reference: pointer.to_owned(),
            locator: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(parent: Option<&str>, role: &str, text: &str, at: Option<f64>) -> Value {
        json!({
            "parent": parent, "children": [],
            "message": {"id": format!("m-{text}"), "author": {"role": role}, "create_time": at,
                        "content": {"content_type": "text", "parts": [text]}, "recipient": "all"},
        })
    }

    fn export() -> Value {
        json!([{
            "title": "Bread", "conversation_id": "c-1", "create_time": 1_714_644_000.0,
            "current_node": "d",
            "mapping": {
                "root": {"parent": null, "children": ["a"], "message": null},
                "a": node(Some("root"), "system", "", None),
                "b": node(Some("a"), "user", "Why is it flat?", None),
                "x": node(Some("b"), "assistant", "An abandoned answer.", Some(1_714_644_010.0)),
                "c": node(Some("b"), "assistant", "Too little time.", Some(1_714_644_020.5)),
                "d": {"parent": "c", "message": {"id": "m4", "author": {"role": "user"}, "content":
                    {"content_type": "multimodal_text", "parts": [{"asset_pointer": "file-service://f1"}, "And now?"]}}},
            },
        }])
    }

    fn drafts(value: &Value) -> Vec<Draft> {
        let text = value.to_string();
        read(&DocumentInput::new(&text, "2025-06-01".parse().unwrap())).unwrap()
    }

    #[test]
    fn the_main_thread_is_read_in_order() {
        let found = drafts(&export());
        let texts: Vec<_> = found.iter().map(|d| d.text.as_str()).collect();
        assert_eq!(texts, ["Why is it flat?", "Too little time.", "And now?"]);
        assert!(found.iter().all(|d| d.turn.session_id == "c-1"));
        assert!(found.iter().all(|d| d.key.as_deref() == Some("Bread")));
        assert_eq!(found[0].turn.role, Some(Role::User));
        assert_eq!(
            found[0].said_at.unwrap().to_string(),
            "2024-05-02T10:00:00Z"
        );
        assert_eq!(found[2].said_at, found[1].said_at);
        assert_eq!(found[1].sources[0].reference, "m-Too little time.");
        assert_eq!(found[2].sources[1].reference, "file-service://f1");
    }

    #[test]
    fn without_a_current_node_the_latest_leaf_counts() {
        let mut value = export();
        value[0]["current_node"] = json!("gone");
        value[0]["mapping"].as_object_mut().unwrap().remove("d");
        let found = drafts(&value);
        assert_eq!(found.last().unwrap().text, "Too little time.");
    }

    #[test]
    fn a_ring_of_parents_ends() {
        let mut value = export();
        value[0]["mapping"]["a"]["parent"] = json!("d");
        assert_eq!(drafts(&value).len(), 3);
    }

    #[test]
    fn tools_and_unknown_authors_are_kept_as_such() {
        let mut value = export();
        value[0]["mapping"]["c"]["message"]["recipient"] = json!("python");
        value[0]["mapping"]["c"]["message"]["content"] =
            json!({"content_type": "code", "text": "1 + 1"});
        value[0]["mapping"]["b"]["message"]["author"] = json!({"role": "critic"});
        let found = drafts(&value);
        assert_eq!(found[1].text, "1 + 1");
        assert_eq!(found[1].semantic_type, SemanticType::ToolTrajectory);
        assert_eq!(found[0].turn.role, None);
        assert_eq!(found[0].turn.speaker.as_deref(), Some("critic"));
    }

    #[test]
    fn broken_exports_are_refused_with_their_line() {
        for text in ["[{\"title\": \"a\"}]", "{\"mapping\": 5}", "[\n{"] {
            let input = DocumentInput::new(text, "2025-06-01".parse().unwrap());
            let error = read(&input).unwrap_err();
            assert!(error.message().contains("line"), "{error}");
        }
    }

    #[test]
    fn a_long_conversation_reads_in_linear_time() {
        let mapping: serde_json::Map<_, _> = (0..20_000)
            .map(|i| {
                let parent = (i > 0).then(|| format!("n{}", i - 1));
                (
                    format!("n{i}"),
                    node(parent.as_deref(), "user", &format!("t{i}"), None),
                )
            })
            .collect();
        let value = json!({"mapping": mapping, "current_node": "n19999"});
        let found = drafts(&value);
        assert_eq!(found.len(), 20_000);
        assert_eq!(found[19_999].text, "t19999");
    }
}
