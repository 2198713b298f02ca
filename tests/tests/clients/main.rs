//! Clients of others, unmodified and from their registries, and our own, against the real server.

#![allow(clippy::unwrap_used)]

mod examples;
mod openai;
mod openapi;
mod our_packages;
mod python_client;
mod rust_client;
