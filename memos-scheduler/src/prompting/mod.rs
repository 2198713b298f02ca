//! What every question to a language model has in common: a prompt that is a file with a version, in
//! the language of the words that it is about; the data behind it, inside a fence that nothing in the
//! data can close; and the wait for the answer.

mod ask;
mod fence;
#[cfg(test)]
pub(crate) mod golden;
mod language;
mod prompt;
#[cfg(test)]
mod scripted;

pub(crate) use ask::{ask, on_one_line, unreadable};
pub(crate) use fence::{clipped, fields, json, list};
pub(crate) use language::Language;
pub(crate) use prompt::PromptFile;
#[cfg(test)]
pub(crate) use scripted::Scripted;
