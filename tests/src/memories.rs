//! Bodies of requests, and what is read from answers.

use serde_json::{Value, json};

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
