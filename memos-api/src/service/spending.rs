//! What each user has spent on the language model today, kept over a restart so that a ceiling a
//! day is one.
//!
//! A file beside the vault, not a record in it: it is about a machine's bill, not about anybody's
//! memory, and a few seconds of it may be lost with the process.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memos_core::{Code, Error, Result, Timestamp, UserId};
use memos_models::{OpenAiModel, Spent};
use serde::{Deserialize, Serialize};

const FILE: &str = "llm-spending.json";

/// The file's content.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Book {
    /// Start of the day, in UTC.
    day: Timestamp,
    /// Tokens of prompts and answers.
    tokens: BTreeMap<UserId, u64>,
}

/// A model's spending, and where it is kept.
pub(super) struct Spending {
    model: Arc<OpenAiModel>,
    path: PathBuf,
    written: Option<Book>,
}

impl Spending {
    /// Tells the model what the file says.
    pub(super) fn resume(model: Arc<OpenAiModel>, folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let written = read(&path)?;
        if let Some(Book { day, tokens }) = &written {
            for (user, &tokens) in tokens {
                model.restore(user, Spent { day: *day, tokens });
            }
        }
        Ok(Self {
            model,
            path,
            written,
        })
    }

    /// Writes down what has changed.
    pub(super) fn keep(&mut self) -> Result<()> {
        let spending = self.model.spending();
        let Some(day) = spending.first().map(|(_, spent)| spent.day) else {
            return Ok(());
        };
        let tokens = spending.into_iter().map(|(user, s)| (user, s.tokens));
        let book = Book {
            day,
            tokens: tokens.collect(),
        };
        if self.written.as_ref() != Some(&book) {
            write(&self.path, &book)?;
            self.written = Some(book);
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<Book>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failure(path, e)),
    };
    match serde_json::from_slice(&text) {
        Ok(book) => Ok(Some(book)),
        // Half of it may have been written when the power went.
        Err(error) => {
            tracing::warn!(%error, "what users spent on the language model today is not known");
            Ok(None)
        }
    }
}

/// Replaces the file as a whole.
fn write(path: &Path, book: &Book) -> Result<()> {
    let text = serde_json::to_vec(book)
        .map_err(|e| Error::new(Code::Internal, "the spending has no JSON form").caused_by(e))?;
    let new = path.with_extension("json.new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .map_err(|e| failure(path, e))
}

fn failure(path: &Path, error: std::io::Error) -> Error {
    let file = path.display();
    Error::new(Code::Unavailable, format!("{file} can't be used: {error}"))
        .remedy("let this user read and write it")
        .caused_by(error)
}
