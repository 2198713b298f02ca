//! Anthropic's memory tool, for agents that know it: files below `/memories` that only they read and
//! write.

use memos_core::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::tool::{Call, Nature, Said, Tool};

/// A call. Which fields a command needs is checked where it is done, in the tool's own words.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Memory {
    /// `view` a file or folder, `create` a file, `str_replace` or `insert` text in one, `delete` or
    /// `rename` a file or folder.
    #[schemars(extend("enum" = ["view", "create", "str_replace", "insert", "delete", "rename"]))]
    command: String,
    /// The file or folder, such as `/memories/preferences.md`; for all commands but `rename`.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// For `view` of a file: the first and the last line to show, from 1; -1 is the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    view_range: Option<Vec<i64>>,
    /// For `create`: the whole text.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_text: Option<String>,
    /// For `str_replace`: the text to replace, which must be there once.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_str: Option<String>,
    /// For `str_replace`: the text to put there.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_str: Option<String>,
    /// For `insert`: the line after which to insert; 0 is the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    insert_line: Option<i64>,
    /// For `insert`: the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    insert_text: Option<String>,
    /// For `rename`: what to rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_path: Option<String>,
    /// For `rename`: its new path.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_path: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    /// What was done, or what there is to see.
    content: String,
}

pub(in crate::faces::mcp) fn tools() -> Vec<Tool> {
    vec![Tool::new(
        "memory",
        "Memory files",
        "Keep notes in files of your own below /memories, over conversations. View /memories before \
         you start on a task, and write down there what you will need later. Commands: view, create, \
         str_replace, insert, delete, rename.",
        Nature::Changes,
        memory,
    )]
}

fn memory(call: &Call<'_>, asked: Memory) -> Result<Said<Told>> {
    // Texts and numbers always have a JSON form.
    let input = serde_json::to_value(asked).unwrap_or_default();
    let told = call.memos.memory_tool(call.who, &call.home.cube, &input)?;
    let said = Said::new(
        told.content.clone(),
        Told {
            content: told.content,
        },
    );
    Ok(match told.is_error {
        true => said.refused(),
        false => said,
    })
}
