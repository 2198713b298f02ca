//! MemOS as a library: the composition root and the faces.
//!
//! [`MemOs`] is the Memory API; [`wire`] is what it takes and returns; [`reader`] turns messages,
//! documents and questions into what the layers below understand; [`http`] serves it.

pub mod bench;
pub mod cli;
pub mod client;
pub mod config;
mod faces;
pub mod http;
pub mod reader;
pub mod service;
pub mod wire;

/// What tasks of a kind of your own are made of, for [`Builder::handler`].
pub use memos_scheduler::tasks;
pub use service::{Builder, Forgotten, Limits, MemOs, Order, Page, Working};
