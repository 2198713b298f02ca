//! When a request that was sent before is a repeat.

use serde_json::json;

use super::{MemOs, Working, ada, cube};
use crate::wire::{AddRequest, AddResponse, FeedbackRequest};

fn add(memos: &MemOs, text: &str) -> AddResponse {
    let request = AddRequest {
        messages: Some(json!([{"role": "user", "content": text}])),
        ..AddRequest::default()
    };
    memos.add(&ada(), &cube("notes"), &request).unwrap()
}

#[test]
fn what_was_corrected_and_is_said_again_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let builder = MemOs::builder().data(folder.path()).working(Working::Later);
    let memos = builder.open().unwrap();
    let red = "My favorite color is red.";
    let first = add(&memos, red).memories[0].id;
    assert!(add(&memos, red).duplicate_of_request);
    let words = FeedbackRequest {
        feedback: "My favorite color is blue, not red.".to_owned(),
        ..FeedbackRequest::default()
    };
    let done = memos.feedback(&ada(), &cube("notes"), &words).unwrap();
    assert_eq!(done.corrected, [first]);

    let again = add(&memos, red);
    assert!(!again.duplicate_of_request);
    assert_ne!(again.memories[0].id, first);
    // Sent twice, it is there once.
    let repeat = add(&memos, red);
    assert!(repeat.duplicate_of_request);
    assert_eq!(repeat.memories[0].id, again.memories[0].id);
}
