//! Bodies of requests, and what is read from answers.

use std::path::Path;

use serde_json::{Value, json};

use crate::Server;

/// A request that adds one message of a user.
pub fn message(text: &str) -> Value {
    messages(&[text])
}

/// A request that adds messages of a user.
pub fn messages<T: AsRef<str>>(texts: &[T]) -> Value {
    let messages: Vec<Value> = texts
        .iter()
        .map(|text| json!({"role": "user", "content": text.as_ref()}))
        .collect();
    json!({"messages": messages})
}

/// The id of a memory.
#[track_caller]
pub fn id_of(memory: &Value) -> String {
    memory["id"]
        .as_str()
        .expect("a memory has an id")
        .to_owned()
}

/// The ids of memories, in their order.
#[track_caller]
pub fn ids(memories: &[Value]) -> Vec<String> {
    memories.iter().map(id_of).collect()
}

/// Fills a folder with this many memories of a few words in the cube `notes`, through a server that
/// has ended, and returns their ids.
pub fn filled(data: &Path, count: usize) -> Vec<String> {
    let server = Server::start(data);
    let texts: Vec<String> = (0..count)
        .map(|n| format!("Entry number{n} of the log."))
        .collect();
    let ids = server.client().add("notes", &messages(&texts));
    assert!(server.terminate().success());
    ids
}
