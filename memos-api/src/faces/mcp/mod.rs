//! The Model Context Protocol: tools, resources and prompts for agents, over streamable HTTP at
//! `/mcp`, and over standard input and output by `memos mcp`, which passes every message on to it.
//!
//! | part | what it is |
//! |---|---|
//! | [`route`], [`sessions`], [`envelope`] | the way in by HTTP |
//! | [`server`] | what a client may ask |
//! | [`catalog`], [`sets`], [`tool`], [`tools`] | the tools, and which of them a client sees |
//! | [`resources`], [`watch`], [`prompts`] | what there is to read, to follow and to start from |
//! | [`guide`] | what a model is told to do with the tools that it sees |
//! | [`home`], [`progress`] | where calls go; how far one has come |
//! | [`dialect`] | errors |
//!
//! `/mcp?tools=graph&cube=notes&user=ada` shows other tools and works on another cube.

mod catalog;
mod dialect;
mod envelope;
mod guide;
mod home;
mod progress;
mod prompts;
mod resources;
mod route;
mod server;
mod sessions;
mod sets;
#[cfg(test)]
mod tests;
mod tool;
mod tools;
mod watch;

pub(crate) use dialect::{Mcp, owns};
pub(crate) use route::{PATH, routes};
pub use sets::ToolSets;
