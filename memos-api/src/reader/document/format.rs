//! The formats of documents, and how to tell them apart.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use memos_core::{Code, Error, Result};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// How a document is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Prose.
    #[serde(alias = "text", alias = "txt")]
    Plain,
    /// Prose with headings, lists and code (CommonMark).
    #[serde(alias = "md")]
    Markdown,
    /// A chat message, or an object with `messages`, in each line; or the same as one JSON value.
    #[serde(rename = "jsonl")]
    ChatJsonl,
    /// A sample, or a list of samples, of the LoCoMo benchmark's form.
    Locomo,
    /// `conversations.json` of a ChatGPT data export.
    #[serde(rename = "chatgpt")]
    ChatGpt,
    /// The knowledge graph of the MCP reference memory server.
    #[serde(rename = "mcp-memory")]
    McpMemory,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [
        Self::Plain,
        Self::Markdown,
        Self::ChatJsonl,
        Self::Locomo,
        Self::ChatGpt,
        Self::McpMemory,
    ];

    /// The names of every format, for messages.
    pub const NAMES: &str = "plain, markdown, jsonl, locomo, chatgpt or mcp-memory";

    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Markdown => "markdown",
            Self::ChatJsonl => "jsonl",
            Self::Locomo => "locomo",
            Self::ChatGpt => "chatgpt",
            Self::McpMemory => "mcp-memory",
        }
    }

    /// Tells the format from a file's name and, where that leaves it open, the keys of the first
    /// JSON object in the text.
    ///
    /// # Errors
    /// `InvalidDocument` for JSON of no known shape: that it is prose has to be said.
    pub fn detect(name: Option<&str>, text: &str) -> Result<Self> {
        let extension = name
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, extension)| extension.to_ascii_lowercase());
        let is_prose = match extension.as_deref() {
            Some("md" | "markdown" | "mdx") => return Ok(Self::Markdown),
            Some("jsonl" | "ndjson") => {
                let keys = first_keys(text).unwrap_or_default();
                return Ok(match is_graph(&keys) {
                    true => Self::McpMemory,
                    false => Self::ChatJsonl,
                });
            }
            Some("txt" | "text") => return Ok(Self::Plain),
            Some("json") => false,
            _ => !is_json(text),
        };
        match first_keys(text).and_then(|keys| Self::of_dialogue(&keys)) {
            Some(format) => Ok(format),
            None if !is_prose => Err(unknown_json()),
            None if text.lines().any(is_markup) => Ok(Self::Markdown),
            None => Ok(Self::Plain),
        }
    }

    fn of_dialogue(keys: &BTreeSet<String>) -> Option<Self> {
        let has = |key: &str| keys.contains(key);
        if is_graph(keys) {
            Some(Self::McpMemory)
        } else if has("mapping") {
            Some(Self::ChatGpt)
        } else if has("conversation") || has("session_1") {
            Some(Self::Locomo)
        } else if has("messages") || has("role") || (has("content") && has("name")) {
            Some(Self::ChatJsonl)
        } else {
            None
        }
    }
}

/// Whether an object with these keys is an entity or a relation of a graph.
fn is_graph(keys: &BTreeSet<String>) -> bool {
    let has = |key: &str| keys.contains(key);
    has("type") && (has("entityType") || has("relationType"))
}

/// Whether a text is nothing but JSON objects and arrays: one, or one after the other.
fn is_json(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with(['{', '['])
        && serde_json::Deserializer::from_str(text)
            .into_iter::<IgnoredAny>()
            .all(|value| value.is_ok())
}

fn unknown_json() -> Error {
    Error::new(
        Code::InvalidDocument,
        "the document is JSON, but no dialogue of a known shape",
    )
    .remedy(format!(
        "to keep it as text, give the format plain (format: \"plain\", or --format plain); for a \
         dialogue, give its format: {}",
        Format::NAMES
    ))
}

/// The keys of the object that a JSON text, or the array in it, starts with.
fn first_keys(text: &str) -> Option<BTreeSet<String>> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let text = text.strip_prefix('[').unwrap_or(text);
    let mut first = serde_json::Deserializer::from_str(text);
    let object = std::collections::BTreeMap::<String, IgnoredAny>::deserialize(&mut first).ok()?;
    Some(object.into_keys().collect())
}

/// Whether a line is a Markdown heading or the fence of a code block.
fn is_markup(line: &str) -> bool {
    line.starts_with("```") || super::markdown::heading(line).is_some()
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "plain" | "text" | "txt" => Self::Plain,
            "markdown" | "md" => Self::Markdown,
            "jsonl" => Self::ChatJsonl,
            "locomo" => Self::Locomo,
            "chatgpt" => Self::ChatGpt,
            "mcp-memory" | "mcp_memory" => Self::McpMemory,
            _ => {
                return Err(Error::new(
                    Code::InvalidRequest,
                    format!("{text:?} is not a document format"),
                )
                .remedy(format!("use {}, or leave it out", Self::NAMES)));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_wire_form() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
            let json = format!("\"{format}\"");
            assert_eq!(serde_json::to_string(&format).unwrap(), json);
            assert_eq!(serde_json::from_str::<Format>(&json).unwrap(), format);
            assert!(Format::NAMES.contains(format.as_str()));
        }
        let error = "pdf".parse::<Format>().unwrap_err();
        assert!(error.to_string().contains("markdown"), "{error}");
    }

    #[test]
    fn names_and_contents_tell() {
        let of = |name, text| Format::detect(name, text).unwrap();
        assert_eq!(of(Some("a.MD"), "x"), Format::Markdown);
        assert_eq!(of(Some("a.jsonl"), "{}"), Format::ChatJsonl);
        assert_eq!(of(Some("a.txt"), "# x"), Format::Plain);
        assert_eq!(of(None, "Just words. #1"), Format::Plain);
        assert_eq!(of(None, "intro\n\n## Part\n\nx"), Format::Markdown);
        assert_eq!(
            of(
                Some("conversations.json"),
                r#"[{"title": "a", "mapping": {}}]"#
            ),
            Format::ChatGpt
        );
        assert_eq!(
            of(
                Some("d.json"),
                " [ {\"sample_id\": 1, \"conversation\": {}} "
            ),
            Format::Locomo
        );
        assert_eq!(
            of(None, "{\"role\":\"user\",\"content\":\"a\"}\n{\"role\":"),
            Format::ChatJsonl
        );
        assert_eq!(of(None, "{\"messages\": []}"), Format::ChatJsonl);
        assert_eq!(of(None, "{not json"), Format::Plain);
        assert_eq!(of(None, "[1] A note at the foot."), Format::Plain);
        assert_eq!(of(None, "{} means empty.\n\n# Part"), Format::Markdown);
        assert_eq!(of(Some("a.txt"), "{\"a\": 1}"), Format::Plain);
        assert_eq!(of(None, "2025"), Format::Plain);
    }

    #[test]
    fn json_of_no_known_shape_is_not_taken_for_prose() {
        for (name, text) in [
            (None, "{\"a\": 1}"),
            (None, "\u{feff}\n[]"),
            (None, "[1, 2]\n"),
            (Some("notes"), "{\"a\": 1}\n{\"a\": 2}\n"),
            (Some("data.JSON"), "\"a text\""),
            (Some("data.json"), "{\"a\": "),
        ] {
            let error = Format::detect(name, text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidDocument, "{name:?} {text}");
            let remedy = error.remedy_text().unwrap();
            assert!(remedy.contains("--format plain"), "{remedy}");
        }
    }
}
