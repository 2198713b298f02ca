//! Clients of others, unmodified and from their registries, against the real server.

#![allow(clippy::unwrap_used)]

mod anthropic;
mod langgraph;
mod mcp;
mod mem0;
mod openai;
mod openapi;
mod openmem;
mod product;
