//! Files of a model's own: the tree under `/memories` that Anthropic's memory tool
//! (`memory_20250818`) works on, each file a memory.
//!
//! Texts and errors are those of the tool's documentation: models were trained on them. Where it
//! leaves something open, its Python SDK's own tool over a folder is followed.
//!
//! - [`command`]: what a call asks for.
//! - [`path`]: paths that stay under `/memories`.
//! - [`tree`]: the files of a cube, and changes of them, alone in the cube.
//! - [`listing`]: folders and lines as text. [`edit`]: changes of a text.
//!
//! A file keeps its id, so its versions, when it is renamed. There are no empty folders.

mod command;
mod edit;
mod listing;
mod path;
mod tree;

#[cfg(test)]
mod tests;

use memos_core::{Code, CubeId, Result, UserId};
use serde_json::Value;

use super::MemOs;
use crate::wire::ToolAnswer;
use command::Command;
use path::Path;

/// What the model did wrong, in the tool's words.
type Refused = String;

impl MemOs {
    /// Does what a call of the memory tool asks for, on the files of a cube, and says what the model
    /// is to be told. `input` is the call's `input`, as the model wrote it:
    /// `{"command": "view", "path": "/memories"}`.
    ///
    /// # Errors
    /// What is no mistake of the model: `CubeNotFound` for another's cube, `Forbidden`, `DiskFull`.
    pub fn memory_tool(&self, who: &UserId, cube: &CubeId, input: &Value) -> Result<ToolAnswer> {
        let done = match Command::read(input) {
            Ok(command) => match self.run_on_files(who, cube, &command) {
                // The model may do something else instead.
                Err(error) if matches!(error.code(), Code::Forbidden | Code::IllegalMove) => {
                    Err(format!("Error: {}", error.message()))
                }
                done => done?,
            },
            Err(refused) => Err(refused),
        };
        let is_error = done.is_err();
        let (Ok(content) | Err(content)) = done;
        Ok(ToolAnswer { content, is_error })
    }

    fn run_on_files(
        &self,
        who: &UserId,
        cube: &CubeId,
        command: &Command,
    ) -> Result<Result<String, Refused>> {
        let size = self.limits.text_bytes;
        match command {
            Command::View { path, range } => {
                let files = self.files(who, cube)?;
                Ok(listing::view(&files, path, *range))
            }
            Command::Create { path, text } => {
                self.change_files(who, cube, |files| files.create(path, text, size))
            }
            Command::StrReplace { path, old, new } => self.change_files(who, cube, |files| {
                let edited = edit::replace(&files.file(path)?.text, path, old, new)?;
                files.write(path, &edited.text, size)?;
                Ok(edited.told)
            }),
            Command::Insert { path, line, text } => self.change_files(who, cube, |files| {
                let before = files.file(path).map_err(|_| tree::not_here(path))?;
                let after = edit::insert(&before.text, *line, text)?;
                files.write(path, &after, size)?;
                Ok(format!("The file {path} has been edited."))
            }),
            Command::Delete { path } => self.change_files(who, cube, |files| files.delete(path)),
            Command::Rename { from, to } => {
                self.change_files(who, cube, |files| files.rename(from, to))
            }
        }
    }
}

/// The folder that holds all.
const ROOT: &str = "/memories";

impl Path {
    /// Whether it is the folder that holds all.
    fn is_root(&self) -> bool {
        self.as_str() == ROOT
    }
}
