//! Whole-system tests: the real `memos` binary, real sockets, real folders.
//!
//! [`Server`] is a running `memos serve`, [`Client`] speaks HTTP to it, [`Command`] runs any other
//! command of the binary, [`Stream`] follows what a server tells, [`Dice`] throws what a test leaves to chance, and [`data_file`] finds the
//! data sets that are not part of the repository. [`Endpoint`] stands in for a language
//! model: it answers as a test tells it to. [`Python`] and [`Node`] runs clients from PyPI, [`fits`] compares JSON
//! with what a golden case expects.
//!
//! ```no_run
//! use memos_tests::{Server, message};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let server = Server::start(folder.path());
//! let mut client = server.client();
//! client.add("notes", &message("The ferry leaves at seven."));
//! let hits = client.search("notes", "When does the ferry leave?", 5);
//! assert_eq!(hits[0]["memory"]["text"], "The ferry leaves at seven.");
//! ```

// All of this crate is tests: what fails here fails a test, and says why.
#![allow(clippy::unwrap_used)]

mod binary;
mod chunked;
mod client;
mod command;
mod data;
mod dice;
mod endpoint;
mod history;
mod memories;
mod node;
mod operation;
mod pattern;
mod python;
mod server;
mod stream;

pub use binary::binary;
pub use client::{Answer, Client};
pub use command::{Command, Run};
pub use data::{data_file, repository};
pub use dice::Dice;
pub use endpoint::{Asked, Endpoint, Scripted};
pub use history::{Acts, Dump};
pub use memories::{filled, id_of, ids, message, messages};
pub use node::Node;
pub use operation::everything;
pub use pattern::fits;
pub use python::{Packages, Python};
pub use server::Server;
pub use stream::{Stream, Told};
