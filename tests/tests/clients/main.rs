//! Clients of others, unmodified and from their registries, and our own, against the real server.

#![allow(clippy::unwrap_used)]

mod anthropic;
mod examples;
mod langgraph;
mod mcp;
mod mem0;
mod openai;
mod openapi;
mod openmem;
mod our_packages;
mod product;
mod python_client;
mod rust_client;
