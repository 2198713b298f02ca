//! What the native API takes and returns, as JSON.

mod add;
mod cube;
mod memory;
mod search;

pub use add::{AddRequest, AddResponse, DocumentRequest, MemoryRef};
pub use cube::{CreateCubeRequest, Cube, CubePage};
pub use memory::{ListRequest, MemoryItem, MemoryPage, PatchRequest, SourceItem, TimeItem};
pub use search::{
    CallItem, ContextResponse, SearchHit, SearchRequest, SearchResponse, SignalItem, TimeWindow,
};

use serde::Deserialize;
use serde_json::Value;

use memos_core::{Code, Error, Result};

/// Reads a request, naming the field at fault by its JSON pointer.
///
/// # Errors
/// `InvalidRequest` for a wrong type, a missing or an unknown field.
pub fn parse<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        let message = error.into_inner().to_string();
        let remedy = if message.contains("unknown field") {
            "remove the field or correct its name; /openapi.json lists the fields"
        } else if message.contains("missing field") {
            "add the field; /openapi.json shows the request"
        } else {
            "correct the value; /openapi.json shows its type"
        };
        let error = Error::new(Code::InvalidRequest, message).remedy(remedy);
        if pointer.is_empty() {
            error
        } else {
            error.at(pointer)
        }
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_point_at_the_field() {
        let error =
            parse::<SearchRequest>(json!({"query": "q", "cube_ids": ["a", 5]})).unwrap_err();
        assert_eq!(error.field(), Some("/cube_ids/1"));
        let error = parse::<SearchRequest>(json!({"query": "q", "cube_ids": [], "topk": 3}));
        let error = error.unwrap_err();
        assert!(error.message().contains("unknown field `topk`"), "{error}");
        let error = parse::<SearchRequest>(json!({"cube_ids": []})).unwrap_err();
        assert!(error.message().contains("missing field `query`"), "{error}");
    }
}
