//! What is added, and how it comes back.

use serde_json::json;

use super::{add, ask, found};
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn a_memory_is_shown_as_the_contract_shows_it() {
    let face = Harness::new();
    let body = json!({
        "user_id": "ada", "session_id": "s1", "custom_tags": ["food", " "], "source": "app",
        "project_id": "p", "info": {"rating": 5, "status": "mine", "user_id": "not this"},
        "messages": [{"role": "user", "content": "I like strawberries.", "message_id": "m1",
                      "chat_time": "2025-06-02T09:00:00+02:00"}],
    });
    let added = ask(&face, "add", &body).await;
    assert_eq!(added["message"], "Memory added successfully");
    let item = &added["data"][0];
    assert_eq!(item["cube_id"], "ada");
    assert_eq!(item["memory_type"], "LongTermMemory");
    assert_eq!(item["memory"], "[2 June 2025] I like strawberries.");
    let id = item["memory_id"].as_str().unwrap();

    let got = face.get(&format!("/product/get_memory/{id}")).await.is(200);
    assert_eq!(got["message"], "Memory retrieved successfully");
    let memory = &got["data"];
    let ref_id = format!("[{}]", &id[..8]);
    let metadata = &memory["metadata"];
    for place in [memory, metadata] {
        assert_eq!(place["id"], id);
        assert_eq!(place["ref_id"], ref_id);
        assert_eq!(place["memory"], "[2 June 2025] I like strawberries.");
    }
    for (name, value) in [
        ("user_id", json!("ada")),
        ("session_id", json!("s1")),
        ("status", json!("activated")),
        ("type", json!("chat")),
        ("tags", json!(["food"])),
        ("key", json!("I like strawberries.")),
        ("confidence", json!(1.0)),
        ("source", json!(null)),
        ("visibility", json!(null)),
        ("info", json!(null)),
        ("delete_record_id", json!("")),
        ("background", json!("")),
        ("embedding", json!([])),
        ("usage", json!([])),
        ("rating", json!(5)),
        ("project_id", json!("p")),
        ("version", json!(1)),
        ("file_ids", json!([])),
    ] {
        assert_eq!(metadata[name], value, "{name}");
    }
    assert!(metadata.get("relativity").is_none());
    let source = &metadata["sources"][0];
    assert_eq!(source["type"], "chat");
    assert_eq!(source["role"], "user");
    assert_eq!(source["message_id"], "m1");
    assert_eq!(source["content"], "I like strawberries.");
    assert_eq!(source["chat_time"], "2025-06-02T09:00:00+02:00");
}

#[tokio::test]
async fn every_form_of_messages_is_taken() {
    let face = Harness::new();
    for (messages, count) in [
        (json!("Just a text."), 1),
        (json!([]), 0),
        (json!([{"type": "text", "text": "An item."}]), 1),
        (
            json!([{"role": "user", "content": [
                {"type": "text", "text": "Look:"},
                {"type": "image_url", "image_url": {"url": "https://example.org/kite.png"}}
            ]}]),
            1,
        ),
        (
            json!([
                {"role": "assistant", "content": null, "tool_calls":
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}},
                {"role": "tool", "content": "sunny", "tool_call_id": "1"},
                {"role": "assistant", "content": null},
                {"role": "user", "content": "Thanks.", "chat_time": "one of these days"}
            ]),
            3,
        ),
    ] {
        let body = json!({"user_id": "ada", "messages": messages});
        let added = ask(&face, "add", &body).await;
        assert_eq!(added["data"].as_array().unwrap().len(), count, "{messages}");
    }
    let added = ask(
        &face,
        "add",
        &json!({"user_id": "b", "memory_content": "Old way."}),
    )
    .await;
    assert_eq!(added["data"][0]["cube_id"], "b");
    let body = json!({"writable_cube_ids": ["x", "y", "x"], "messages": "To both."});
    let added = ask(&face, "add", &body).await;
    let cubes: Vec<_> = added["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["cube_id"])
        .collect();
    assert_eq!(cubes, ["x", "y"]);
}

#[tokio::test]
async fn what_is_sent_again_is_stored_once() {
    let face = Harness::new();
    let first = add(&face, &["I like strawberries."]).await;
    assert_eq!(add(&face, &["I like strawberries."]).await, first);
    assert_eq!(found(&face, "strawberries").await.len(), 1);
}

#[tokio::test]
async fn a_file_inside_the_request_is_read_and_deleted_by_its_id() {
    let face = Harness::new();
    let file = |data: &str| {
        json!({"user_id": "ada", "messages": [{"role": "user", "content": [
            {"type": "text", "text": "The plan is attached."},
            {"type": "file", "file": {
                "file_data": data, "file_id": "f-1", "filename": "plan.txt"}}
        ]}]})
    };
    let added = ask(&face, "add", &file("The ferry to Naxos leaves at noon.")).await;
    let types: Vec<_> = added["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["memory_type"])
        .collect();
    assert_eq!(types, ["LongTermMemory", "RawFileMemory"]);
    let passage = &found(&face, "ferry").await[0];
    assert_eq!(passage["metadata"]["file_ids"], json!(["f-1"]));
    assert_eq!(passage["metadata"]["source"], "file");
    assert_eq!(passage["metadata"]["sources"][0]["doc_path"], "plan.txt");

    let refused = face
        .post("/product/add", &file("/etc/passwd"))
        .await
        .is(400);
    let words = refused["message"].as_str().unwrap();
    assert!(
        words.contains("messages[0].content[1].file.file_data"),
        "{words}"
    );
    assert!(words.contains("send the text itself"), "{words}");

    let deleted = ask(&face, "delete_memory", &json!({"file_ids": ["f-1"]})).await;
    assert_eq!(deleted["data"]["status"], "success");
    let left = found(&face, "ferry").await;
    assert!(
        left.iter()
            .all(|m| m["metadata"]["memory_type"] != "RawFileMemory")
    );
}

#[tokio::test]
async fn feedback_corrects() {
    let face = Harness::new();
    let old = add(&face, &["I live in Paris."]).await;
    let body = json!({
        "user_id": "ada", "history": null, "feedback_content": "That's wrong, I live in Lyon now.",
        "retrieved_memory_ids": old, "async_mode": "sync",
    });
    let done = ask(&face, "feedback", &body).await;
    assert_eq!(done["message"], "Memory feedback successfully");
    let record = &done["data"][0]["record"];
    let kept = record["add"][0]["text"].as_str().unwrap();
    assert!(kept.contains("Lyon"));
    assert_eq!(record["update"][0]["id"], json!(old[0]));

    let body = json!({"user_id": "ada", "history": [], "feedback_content": "I moved to Nice."});
    assert_eq!(ask(&face, "feedback", &body).await["data"], json!([[]]));
    let mut body = json!({"user_id": "new", "is_feedback": true, "messages": [
        {"role": "user", "content": "I moved to Nice."}
    ]});
    let by_add = ask(&face, "add", &body).await;
    assert_eq!(by_add["message"], "Memory feedback successfully");
    assert_eq!(by_add["data"], json!([[]]));
    body["async_mode"] = json!("sync");
    let by_add = ask(&face, "add", &body).await;
    assert!(by_add["data"][0]["record"]["add"][0]["id"].is_string());
}
