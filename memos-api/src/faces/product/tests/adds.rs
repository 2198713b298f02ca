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
    let update = &record["update"][0];
    assert_eq!(update["archived_id"], json!(old[0]));
    assert_eq!(update["origin_memory"], "[2 June 2025] I live in Paris.");
    assert_eq!(
        (&update["id"], &update["text"]),
        (&record["add"][0]["id"], &record["add"][0]["text"])
    );

    let body = json!({"user_id": "ada", "history": [], "feedback_content": "I moved to Nice."});
    assert_eq!(ask(&face, "feedback", &body).await["data"], json!([[]]));
    // The whole conversation is looked through for what the user said last.
    let body = json!({"user_id": "ada", "is_feedback": true, "async_mode": "sync",
        "chat_history": [{"role": "user", "content": "Actually I live in Nice now."}],
        "messages": [{"role": "assistant", "content": "You live in Lyon."}]});
    let by_history = ask(&face, "add", &body).await;
    let added = &by_history["data"][0]["record"]["add"][0]["text"];
    assert!(
        added
            .as_str()
            .unwrap()
            .ends_with("Actually I live in Nice now.")
    );
    // Without any it is an add like others.
    let body = json!({"user_id": "ada", "is_feedback": true,
        "messages": [{"role": "assistant", "content": "You live in Nice."}]});
    let plain = ask(&face, "add", &body).await;
    assert_eq!(plain["message"], "Memory added successfully");
    assert_eq!(plain["data"].as_array().unwrap().len(), 1);
    let mut body = json!({"user_id": "new", "is_feedback": true, "messages": [
        {"role": "user", "content": "I moved to Nice."}
    ]});
    let by_add = ask(&face, "add", &body).await;
    assert_eq!(by_add["message"], "Memory feedback successfully");
    assert_eq!(by_add["data"], json!([[]]));
    let empty = json!([{"answer": "", "record": {"add": [], "update": []}}]);
    for (history, content) in [
        (json!([]), json!("")),
        (json!(null), json!(null)),
        (
            json!([{"role": "user", "content": "I moved to Rome."}]),
            json!(""),
        ),
    ] {
        let mut body =
            json!({"user_id": "silent", "history": history, "feedback_content": content});
        assert_eq!(ask(&face, "feedback", &body).await["data"], json!([[]]));
        body["async_mode"] = json!("sync");
        assert_eq!(ask(&face, "feedback", &body).await["data"], empty);
    }
    let exists = ask(
        &face,
        "exist_mem_cube_id",
        &json!({"mem_cube_id": "silent"}),
    )
    .await;
    assert_eq!(exists["data"]["silent"], false);
    body["async_mode"] = json!("sync");
    let by_add = ask(&face, "add", &body).await;
    assert!(by_add["data"][0]["record"]["add"][0]["id"].is_string());
}

#[tokio::test]
async fn feedback_keeps_whose_it_is_and_what_came_with_it() {
    let face = Harness::new();
    let feedback = json!({
        "user_id": "fs", "writable_cube_ids": ["fscube"], "history": [], "session_id": "sess9",
        "feedback_content": "I now live in Oslo.", "async_mode": "sync", "info": {"agent_id": "ag"},
    });
    ask(&face, "feedback", &feedback).await;
    let add = json!({
        "user_id": "fs", "writable_cube_ids": ["fscube"], "session_id": "sess9", "is_feedback": true,
        "info": {"agent_id": "ag"}, "messages": "I now own a boat.",
    });
    ask(&face, "add", &add).await;
    let get = json!({"mem_cube_id": "fscube"});
    let got = ask(&face, "get_memory", &get).await;
    let memories = got["data"]["text_mem"][0]["memories"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(memories.len(), 2);
    for memory in memories {
        let metadata = &memory["metadata"];
        for (name, value) in [
            ("user_id", "fs"),
            ("session_id", "sess9"),
            ("agent_id", "ag"),
        ] {
            assert_eq!(metadata[name], value, "{metadata}");
        }
    }
    let unnamed = json!({"user_id": "fs", "history": [], "feedback_content": "I like tea."});
    ask(&face, "feedback", &unnamed).await;
    let got = ask(&face, "get_memory", &json!({"mem_cube_id": "fs"})).await;
    let metadata = &got["data"]["text_mem"][0]["memories"][0]["metadata"];
    assert_eq!(metadata["session_id"], "default_session");
    ask(&face, "delete_memory", &json!({"session_id": "sess9"})).await;
    let got = ask(&face, "get_memory", &get).await;
    assert_eq!(got["data"]["text_mem"][0]["total_nodes"], 0);
}

#[tokio::test]
async fn a_repeat_counts_only_while_what_it_made_is_there() {
    let face = Harness::new();
    let first = add(&face, &["I like strawberries."]).await;
    let record = json!({"mem_cube_id": "ada", "record_id": "r"});
    ask(&face, "delete_memory_by_record_id", &record).await;
    let second = add(&face, &["I like strawberries."]).await;
    assert_ne!(second, first);
    assert_eq!(found(&face, "strawberries").await.len(), 1);
    assert_eq!(add(&face, &["I like strawberries."]).await, second);

    let path = format!("/api/v1/cubes/ada/memories/{}", second[0]);
    let patch = json!({"text": "I like cherries."}).to_string();
    let patched = face
        .send(axum::http::Method::PATCH, &path, Some(patch))
        .await;
    patched.is(200);
    let third = add(&face, &["I like strawberries."]).await;
    assert_ne!(third, second);
    ask(&face, "delete_memory", &json!({"memory_ids": third})).await;
    assert_ne!(add(&face, &["I like strawberries."]).await, third);
}

#[tokio::test]
async fn pictures_and_files_without_words_are_found_by_their_names() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "messages": [
        {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "https://example.org/kite.png"}}]},
        {"role": "user", "content": [{"type": "file", "file": {"filename": "harbour.txt"}}]},
        {"role": "user", "content": [
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]},
    ]});
    ask(&face, "add", &body).await;
    let got = ask(&face, "get_memory", &json!({"mem_cube_id": "ada"})).await;
    let memories = got["data"]["text_mem"][0]["memories"].as_array().unwrap();
    let content = |i: usize| memories[i]["metadata"]["sources"][0]["content"].clone();
    // The last one first.
    assert_eq!(content(0), "[audio]");
    assert_eq!(content(1), "[file] harbour.txt");
    assert_eq!(content(2), "[image] https://example.org/kite.png");
    let sources = &memories[1]["metadata"]["sources"];
    assert_eq!(sources[1]["file_info"]["filename"], "harbour.txt");
    assert_eq!(memories[1]["metadata"]["key"], "[file] harbour.txt");
    assert!(
        found(&face, "harbour.txt").await[0]["memory"]
            .as_str()
            .unwrap()
            .contains("harbour")
    );
}

#[tokio::test]
async fn a_name_that_is_no_id_is_shown_as_it_was_sent() {
    let face = Harness::new();
    let body = json!({"user_id": "bob", "writable_cube_ids": ["x/y z"], "messages": "I sail."});
    let added = ask(&face, "add", &body).await;
    let id = added["data"][0]["memory_id"].as_str().unwrap();
    let names = ask(
        &face,
        "get_user_names_by_memory_ids",
        &json!({"memory_ids": [id]}),
    )
    .await;
    assert_eq!(names["data"][id], "x/y z");
    let empty = json!({"cube_name": "Empty", "owner_id": "bob", "cube_id": "a b"});
    ask(&face, "create_cube", &empty).await;
    let all = ask(&face, "get_memory_dashboard", &json!({})).await;
    let buckets = all["data"]["text_mem"].as_array().unwrap();
    assert_eq!(buckets.len(), 1, "only cubes with something in them: {all}");
    assert_eq!(buckets[0]["cube_id"], "x/y z");
    let asked = ask(
        &face,
        "get_memory_dashboard",
        &json!({"mem_cube_id": "a b"}),
    )
    .await;
    assert_eq!(asked["data"]["text_mem"][0]["cube_id"], "a b");
    assert_eq!(asked["data"]["text_mem"][0]["total_nodes"], 0);
}

#[tokio::test]
async fn an_empty_name_of_a_cube_is_no_name() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "mem_cube_id": "", "messages": "I sail."});
    assert_eq!(ask(&face, "add", &body).await["data"][0]["cube_id"], "ada");
    let body = json!({"cube_name": "x", "owner_id": "ada", "cube_id": ""});
    let made = ask(&face, "create_cube", &body).await;
    assert_eq!(made["data"]["cube_id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn fields_of_the_callers_own_do_not_pass_for_ours() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "messages": "I sail.", "source": "plain",
                      "info": {"file_ids": "abc", "relativity": 9, "source": "own"}});
    ask(&face, "add", &body).await;
    let got = ask(&face, "get_memory", &json!({"mem_cube_id": "ada"})).await;
    let metadata = &got["data"]["text_mem"][0]["memories"][0]["metadata"];
    assert_eq!(metadata["file_ids"], json!([]));
    assert!(metadata.get("relativity").is_none(), "{metadata}");
    let filter = json!({"user_id": "ada", "query": "sail", "filter": {"source": "own"}});
    let data = &ask(&face, "search", &filter).await["data"];
    assert_eq!(data["text_mem"][0]["total_nodes"], 1);
}

#[tokio::test]
async fn a_file_that_is_only_named_is_deleted_by_its_id() {
    let face = Harness::new();
    let file = json!({"type": "file", "file": {"file_id": "F5", "filename": "x.pdf"}});
    let body = json!({"user_id": "ada", "messages": [
        {"role": "user", "content": [file]}, {"role": "user", "content": "Thanks."}]});
    ask(&face, "add", &body).await;
    let listed = ask(&face, "get_memory", &json!({"mem_cube_id": "ada"})).await;
    let memories = &listed["data"]["text_mem"][0]["memories"];
    assert_eq!(memories[1]["metadata"]["file_ids"], json!(["F5"]));
    assert_eq!(memories[0]["metadata"]["file_ids"], json!([]));
    ask(&face, "delete_memory", &json!({"file_ids": ["F5"]})).await;
    let listed = ask(&face, "get_memory", &json!({"mem_cube_id": "ada"})).await;
    assert_eq!(listed["data"]["text_mem"][0]["total_nodes"], 1);
}
