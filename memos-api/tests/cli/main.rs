//! The binary `memos` from outside: what it prints, how it ends, what it leaves on the disk.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod errors;
mod folder;
mod harness;
mod import;
mod output;
mod server;
