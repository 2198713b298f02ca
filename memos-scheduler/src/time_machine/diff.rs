//! How two versions of a memory differ.

use memos_core::{Code, Error, Memory, Result};
use serde::Serialize;
use serde_json::Value;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where it stands in the JSON form of the memory: a JSON pointer (RFC 6901), such as
    /// `/payload/plaintext/text`.
    pub field: String,
    /// What it was; null if it was not there.
    pub before: Value,
    /// What it became; null if it is not there any more.
    pub after: Value,
}

/// The fields in which two memories differ, by name. Texts and lists count as one value.
///
/// # Errors
/// `Internal` if a memory has no JSON form.
pub fn diff(before: &Memory, after: &Memory) -> Result<Vec<FieldChange>> {
    let mut changes = Vec::new();
    compare(String::new(), &json(before)?, &json(after)?, &mut changes);
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    Ok(changes)
}

fn json(memory: &Memory) -> Result<Value> {
    serde_json::to_value(memory).map_err(|e| unprintable(memory, e))
}

/// The error for a memory that can't be written as JSON.
pub(super) fn unprintable(memory: &Memory, e: serde_json::Error) -> Error {
    Error::new(
        Code::Internal,
        format!("memory {} can't be written as JSON", memory.id),
    )
    .caused_by(e)
}

fn compare(path: String, before: &Value, after: &Value, changes: &mut Vec<FieldChange>) {
    if let (Value::Object(a), Value::Object(b)) = (before, after) {
        let new = b.keys().filter(|key| !a.contains_key(*key));
        for key in a.keys().chain(new) {
            let null = &Value::Null;
            let (x, y) = (a.get(key).unwrap_or(null), b.get(key).unwrap_or(null));
            let name = key.replace('~', "~0").replace('/', "~1");
            compare(format!("{path}/{name}"), x, y, changes);
        }
    } else if before != after {
        changes.push(FieldChange {
            field: path,
            before: before.clone(),
            after: after.clone(),
        });
    }
}
