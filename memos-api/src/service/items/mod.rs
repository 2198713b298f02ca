//! Items: a key–value store over memories. A JSON value lies under a namespace and a key, is found
//! by its words like any memory, and keeps its versions.
//!
//! - [`address`]: a namespace is a cube, a key is a memory's id: one item a key, whoever races.
//! - [`record`]: an item as a memory, and back.
//! - [`text`]: the words of a value by which it is found.
//! - [`condition`]: what a value must be like.
//! - [`write`]: put and delete. [`read`]: get. [`find`]: search. [`namespaces`]: which there are.

mod address;
mod condition;
mod find;
mod namespaces;
mod read;
mod record;
mod text;
mod write;

pub(super) use record::{is_item, refuse_patch};

#[cfg(test)]
mod tests;
