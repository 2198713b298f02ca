//! Anthropic's memory tool, for agents that know it: files below `/memories` that only they read and
//! write.

use memos_core::Result;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::tool::{Call, Nature, Said, Tool};

/// A call as the model wrote it. What a command needs is checked where it is done, in the tool's own
/// words; clients are shown the fields of [`Memory`].
#[derive(Deserialize)]
struct Input(Value);

impl JsonSchema for Input {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Memory::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Memory::json_schema(generator)
    }
}

/// The fields of a call.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is shown, not read")]
struct Memory {
    /// `view` a file or folder, `create` a file, `str_replace` or `insert` text in one, `delete` or
    /// `rename` a file or folder.
    #[schemars(extend("enum" = ["view", "create", "str_replace", "insert", "delete", "rename"]))]
    command: String,
    /// The file or folder, such as `/memories/preferences.md`; for all commands but `rename`.
    path: Option<String>,
    /// For `view` of a file: the first and the last line to show, from 1; -1 is the end.
    view_range: Option<Vec<i64>>,
    /// For `create`: the whole text.
    file_text: Option<String>,
    /// For `str_replace`: the text to replace, which must be there once.
    old_str: Option<String>,
    /// For `str_replace`: the text to put there.
    new_str: Option<String>,
    /// For `insert`: the line after which to insert; 0 is the beginning.
    insert_line: Option<i64>,
    /// For `insert`: the text.
    insert_text: Option<String>,
    /// For `rename`: what to rename.
    old_path: Option<String>,
    /// For `rename`: its new path.
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
        Nature::ChangesEachTime,
        memory,
    )]
}

fn memory(call: &Call<'_>, Input(input): Input) -> Result<Said<Told>> {
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
