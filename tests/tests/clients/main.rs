//! Clients of others, unmodified and from their registries, against the real server.

#![allow(clippy::unwrap_used)]

mod anthropic;
mod langgraph;
mod openai;
mod openapi;
mod product;
