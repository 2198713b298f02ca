//! The files of a cube, and changes of them.
//!
//! A path is not part of a file's id, so that a file keeps its versions when it is renamed. That no
//! two files have one path is kept by whoever changes files being alone in the cube.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use memos_core::{
    Code, Commit, CubeId, Error, Info, Memory, MemoryId, Moment, Origin, Result, SemanticType,
    Snapshot, Source, Turn, UserId, Why,
};
use serde_json::{Map, Value, json};

use super::path::Path;
use super::{ROOT, Refused};
use crate::reader::Draft;
use crate::service::MemOs;
use crate::service::shelf::{Shelf, despite_races};

/// Files of one cube: every call reads them all.
const MOST_FILES: usize = 10_000;

/// The field that makes a memory a file.
const FILE: &str = "file";

/// A file as it is.
pub(super) struct File {
    pub(super) text: String,
    memory: Memory,
}

/// The files of a cube that the caller may read, by path, and what is to become of them.
#[derive(Default)]
pub(super) struct Files {
    by_path: BTreeMap<String, File>,
    changes: Vec<Change>,
}

enum Change {
    New {
        path: String,
        text: String,
    },
    Becomes {
        before: Box<Memory>,
        path: String,
        text: String,
        /// Whether its words are new, not only its name.
        rewritten: bool,
    },
    Gone(MemoryId),
}

impl Files {
    /// The file at a path.
    pub(super) fn get(&self, path: &Path) -> Option<&File> {
        self.by_path.get(path.as_str())
    }

    /// The file at a path.
    ///
    /// # Errors
    /// If there is none; a folder is none.
    pub(super) fn file(&self, path: &Path) -> std::result::Result<&File, Refused> {
        self.get(path)
            .ok_or_else(|| format!("Error: {}", no_such_path(path)))
    }

    /// Whether it is a folder: the one that holds all, or one with a file below.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        path.is_root() || self.below(path).next().is_some()
    }

    /// The files below a folder, with what their paths say behind it.
    pub(super) fn below<'f>(&'f self, path: &Path) -> impl Iterator<Item = (&'f str, &'f File)> {
        let start = format!("{}/", path.as_str());
        self.by_path
            .range(start.clone()..)
            .map_while(move |(path, file)| Some((path.strip_prefix(&start)?, file)))
    }

    fn exists(&self, path: &Path) -> bool {
        self.get(path).is_some() || self.is_folder(path)
    }

    pub(super) fn create(
        &mut self,
        path: &Path,
        text: &str,
        most: usize,
    ) -> std::result::Result<String, Refused> {
        if self.exists(path) {
            return Err(format!("Error: File {path} already exists"));
        }
        if self.by_path.len() >= MOST_FILES {
            return Err(format!(
                "Error: There are {MOST_FILES} files already. Please delete some first."
            ));
        }
        self.check_parents(path)?;
        check_size(path, text, most)?;
        self.changes.push(Change::New {
            path: path.as_str().to_owned(),
            text: text.to_owned(),
        });
        Ok(format!("File created successfully at: {path}"))
    }

    /// Gives a file that is there another text.
    pub(super) fn write(
        &mut self,
        path: &Path,
        text: &str,
        most: usize,
    ) -> std::result::Result<(), Refused> {
        check_size(path, text, most)?;
        let file = self.file(path)?;
        let change = Change::Becomes {
            before: Box::new(file.memory.clone()),
            path: path.as_str().to_owned(),
            text: text.to_owned(),
            rewritten: true,
        };
        self.changes.push(change);
        Ok(())
    }

    /// Deletes a file, or a folder with all that is in it.
    pub(super) fn delete(&mut self, path: &Path) -> std::result::Result<String, Refused> {
        if path.is_root() {
            return Err(format!("Error: Cannot delete the {ROOT} directory itself"));
        }
        let below = self.below(path).map(|(_, file)| file);
        let gone: Vec<Change> = self
            .get(path)
            .into_iter()
            .chain(below)
            .map(|file| Change::Gone(file.memory.id))
            .collect();
        if gone.is_empty() {
            return Err(not_here(path));
        }
        self.changes.extend(gone);
        Ok(format!("Successfully deleted {path}"))
    }

    /// Renames a file, or a folder with all that is in it.
    pub(super) fn rename(
        &mut self,
        from: &Path,
        to: &Path,
    ) -> std::result::Result<String, Refused> {
        if from.is_root() {
            return Err(format!("Error: Cannot rename the {ROOT} directory itself"));
        }
        if !self.exists(from) {
            return Err(not_here(from));
        }
        if self.exists(to) {
            return Err(format!("Error: The destination {to} already exists"));
        }
        if to.as_str().starts_with(&format!("{}/", from.as_str())) {
            return Err(format!(
                "Error: Cannot rename {from} to {to}, which lies within it"
            ));
        }
        self.check_parents(to)?;
        let mut moved = Vec::new();
        let own = self.get(from).map(|file| (String::new(), file));
        let below = self
            .below(from)
            .map(|(below, file)| (format!("/{below}"), file));
        for (below, file) in own.into_iter().chain(below) {
            let path = Path::read(&format!("{}{below}", to.as_str()))?;
            moved.push(Change::Becomes {
                before: Box::new(file.memory.clone()),
                path: path.as_str().to_owned(),
                text: file.text.clone(),
                rewritten: false,
            });
        }
        self.changes.extend(moved);
        Ok(format!("Successfully renamed {from} to {to}"))
    }

    /// What a path goes through is no file.
    fn check_parents(&self, path: &Path) -> std::result::Result<(), Refused> {
        let clean = path.as_str();
        let parents = clean.match_indices('/').map(|(at, _)| &clean[..at]);
        match parents.into_iter().find(|p| self.by_path.contains_key(*p)) {
            Some(file) => Err(format!("Error: The path {file} is a file, not a directory")),
            None => Ok(()),
        }
    }
}

/// Nothing is at a path, as the tool says it of what is deleted, renamed or inserted into.
pub(super) fn not_here(path: &Path) -> Refused {
    format!("Error: The path {path} does not exist")
}

/// Nothing is at a path, as the tool says it of what is viewed.
pub(super) fn no_such_path(path: &Path) -> Refused {
    format!("The path {path} does not exist. Please provide a valid path.")
}

fn check_size(path: &Path, text: &str, most: usize) -> std::result::Result<(), Refused> {
    if text.len() > most {
        return Err(format!(
            "Error: The file {path} would have {} bytes, more than {most}. Please split it into \
             smaller files.",
            text.len()
        ));
    }
    Ok(())
}

impl MemOs {
    /// The files of a cube; none if there is no such cube.
    pub(super) fn files(&self, who: &UserId, cube: &CubeId) -> Result<Files> {
        self.files_in(&*self.vault.snapshot()?, who, cube)
    }

    /// Changes the files of a cube, alone in it. A change that is refused writes nothing.
    pub(super) fn change_files(
        &self,
        who: &UserId,
        cube: &CubeId,
        change: impl Fn(&mut Files) -> std::result::Result<String, Refused>,
    ) -> Result<std::result::Result<String, Refused>> {
        let mut outcome = None;
        let done = despite_races(|| {
            outcome = None;
            self.residency.commit(cube, || {
                let mut files = self.files_in(&*self.vault.snapshot()?, who, cube)?;
                let told = change(&mut files);
                let refused = told.is_err();
                outcome = Some(told);
                if refused {
                    // Ends the commit; what the caller is told is the outcome.
                    return Err(Error::new(Code::InvalidRequest, "nothing changes"));
                }
                self.commit_of(who, cube, files.changes)
            })
        });
        match (done, outcome) {
            (_, Some(Err(refused))) => Ok(Err(refused)),
            (Ok(_), Some(Ok(told))) => Ok(Ok(told)),
            (Err(error), _) => Err(error),
            (Ok(_), None) => Err(Error::new(Code::Internal, "the change was not made")),
        }
    }

    fn files_in(&self, snapshot: &dyn Snapshot, who: &UserId, cube: &CubeId) -> Result<Files> {
        let mut files = Files::default();
        let Some(header) = snapshot.cube(cube)? else {
            return Ok(files);
        };
        let scope = self.guard.scope(who, &header)?;
        let now = self.clock.now();
        Shelf::Files.each(snapshot, cube, |memory| {
            let readable = scope.admits(&memory.header.governance) && !self.is_over(&memory, now);
            if let Some((path, text)) = path_and_text(&memory).filter(|_| readable) {
                files.by_path.insert(path, File { text, memory });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(files)
    }

    fn commit_of(&self, who: &UserId, cube: &CubeId, changes: Vec<Change>) -> Result<Commit> {
        let now = self.clock.now();
        let mut commit = Commit {
            why: Some(Why::call(who.clone())),
            ..Commit::default()
        };
        let header = self.cube_to_write(who, cube, now, &mut commit)?;
        let mut gone = BTreeSet::new();
        for change in changes {
            match change {
                Change::New { path, text } => {
                    let id =
                        MemoryId::on_shelf(Shelf::Files as u8, MemoryId::generate().as_bytes());
                    let draft = draft(&path, text, Moment::from(now));
                    let mut memory = self.shelved(id, cube, who, draft, now);
                    self.push_new(who, &mut memory, &mut commit, now)?;
                }
                Change::Becomes {
                    before,
                    path,
                    text,
                    rewritten,
                } => {
                    let written_at = match rewritten {
                        true => Moment::from(now),
                        false => before.header.descriptive.said_at,
                    };
                    let draft = draft(&path, text, written_at);
                    let mut memory = self.shelved(before.id, cube, who, draft, now);
                    memory.header.governance.lifespan = before.header.governance.lifespan;
                    self.push_changed(who, &header, &before, memory, &mut commit, now)?;
                }
                Change::Gone(id) => drop(gone.insert(id)),
            }
        }
        if !gone.is_empty() {
            let forgetting = self.doomed(who, cube, &gone, None)?.commit(who, cube);
            commit.writes.extend(forgetting.writes);
            commit.events.extend(forgetting.events);
        }
        Ok(commit)
    }
}

/// What becomes the memory of a file. Its name is part of its words, so that it is found by it.
fn draft(path: &str, text: String, written_at: Moment) -> Draft {
    let name = path.strip_prefix(ROOT).unwrap_or(path);
    Draft {
        text,
        caption: None,
        turn: Turn {
            session_id: path.to_owned(),
            speaker: None,
            role: None,
        },
        said_at: Some(written_at),
        semantic_type: SemanticType::File,
        origin: Origin::UserInput,
        key: Some(name.trim_start_matches('/').to_owned()),
        sources: vec![Source {
            kind: "file".to_owned(),
            reference: path.to_owned(),
            locator: None,
        }],
        tags: BTreeSet::new(),
        info: Info(Map::from_iter([(FILE.to_owned(), json!({ "path": path }))])),
    }
}

fn path_and_text(memory: &Memory) -> Option<(String, String)> {
    let about = memory.header.descriptive.info.0.get(FILE)?;
    let path = about.get("path").and_then(Value::as_str)?;
    let plain = memory.payload.plaintext()?;
    Some((path.to_owned(), plain.text.clone()))
}
