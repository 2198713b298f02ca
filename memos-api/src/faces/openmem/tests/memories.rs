//! Memories: added, listed, read, changed, deleted.

use serde_json::{Value, json};

use super::{BASE, Harness, data, found, ok, refused, say};

async fn texts(face: &Harness, body: Value) -> Vec<String> {
    let page = ok(face, "/get/memory", body).await;
    let list = page["memory_detail_list"].as_array().unwrap();
    list.iter()
        .map(|item| item["memory_value"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_sent_again_is_stored_once() {
    let face = Harness::new();
    let first = say(&face, "ada", "trip", "I booked the ferry.").await;
    let again = say(&face, "ada", "trip", "I booked the ferry.").await;
    assert_eq!(first["task_id"], again["task_id"]);
    assert_eq!(texts(&face, json!({"user_id": "ada"})).await.len(), 1);
    say(&face, "ada", "other", "I booked the ferry.").await;
    assert_eq!(texts(&face, json!({"user_id": "ada"})).await.len(), 2);
}

#[tokio::test]
async fn several_users_and_agents_get_a_copy_each() {
    let face = Harness::new();
    let body = json!({
        "user_id": ["ada", "bob"], "agent_id": ["a1", "a2"], "app_id": "app", "source": "test",
        "tags": ["t", " "], "info": {"level": 3, "places": ["Rome", "Nice"]},
        "messages": [{"role": "user", "content": "We meet in Rome."}],
    });
    let added = ok(&face, "/add/message", body).await;
    for user in ["ada", "bob"] {
        let page = ok(&face, "/get/memory", json!({"user_id": user})).await;
        let item = &page["memory_detail_list"][0];
        assert_eq!(item["info"]["user_id"], user);
        assert_eq!(item["info"]["agent_id"], json!(["a1", "a2"]));
        assert_eq!(item["info"]["app_id"], "app");
        assert_eq!(item["info"]["source"], "test");
        assert_eq!(item["tags"], json!(["t"]));
    }
    // Nothing works in the background here: what comes of it is not told yet.
    let status = ok(&face, "/get/status", json!({"task_id": added["task_id"]})).await;
    assert_eq!(status["status"], "running");
    assert!(status.get("memory_views").is_none(), "{status}");
    // An agent alone has memories of its own.
    let body =
        json!({"agent_id": "a1", "messages": [{"role": "user", "content": "I watch the door."}]});
    ok(&face, "/add/message", body).await;
    assert_eq!(
        texts(&face, json!({"agent_id": "a1"})).await,
        ["I watch the door."]
    );
}

#[tokio::test]
async fn turns_without_words_are_left_out() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "conversation_id": "c", "messages": [
        {"role": "user", "content": "What is on?"},
        {"role": "assistant", "content": "", "tool_calls": []},
        {"role": "assistant", "content": null, "tool_calls": [{
            "id": "c1", "type": "function", "function": {"name": "cinema", "arguments": "{\"day\": 1}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "Two films."}]},
    ]});
    ok(&face, "/add/message", body).await;
    let page = ok(&face, "/get/memory", json!({"user_id": "ada"})).await;
    assert_eq!(page["total"], 2, "the most of one view: {page}");
    assert_eq!(page["memory_detail_list"].as_array().unwrap().len(), 1);
    let tools = page["tool_memory_detail_list"].as_array().unwrap();
    assert_eq!(tools.len(), 2);
    let call = tools
        .iter()
        .find(|t| t["tool_value"].as_str().unwrap().starts_with("cinema("));
    assert_eq!(call.unwrap()["tool_used_status"][0]["used_tool"], "cinema");
    assert_eq!(call.unwrap()["tool_type"], "ToolTrajectoryMemory");
    let (status, code, _) = refused(
        &face,
        "/add/message",
        json!({"user_id": "ada", "messages": [{"role": "user", "content": " "}]}),
    )
    .await;
    assert_eq!((status, code), (400, 40003));
}

#[tokio::test]
async fn pages_count_all_and_the_newest_come_first() {
    let face = Harness::new();
    for n in 1..=5 {
        say(&face, "ada", "c", &format!("Note number {n}.")).await;
    }
    let page = ok(
        &face,
        "/get/memory",
        json!({"user_id": "ada", "page": 2, "size": 2}),
    )
    .await;
    assert_eq!(
        (
            &page["total"],
            &page["size"],
            &page["current"],
            &page["pages"]
        ),
        (&json!(5), &json!(2), &json!(2), &json!(3))
    );
    let shown = texts(&face, json!({"user_id": "ada", "page": 2, "size": 2})).await;
    assert_eq!(shown, ["Note number 3.", "Note number 2."]);
    assert!(
        texts(&face, json!({"user_id": "ada", "page": 9}))
            .await
            .is_empty()
    );
    let item = &page["memory_detail_list"][0];
    for time in ["create_time", "update_time", "memory_time"] {
        assert!(
            item[time].as_i64().is_some_and(|n| n > 1_600_000_000_000),
            "{time}: {item}"
        );
    }
    assert_eq!(item["memory_type"], "LongTermMemory");
    assert_eq!(item["conversation_id"], "c");
    assert_eq!(item["status"], "activated");
    assert!(item["sources"].is_array() && item["info"].is_object() && item["tags"].is_array());
    assert!(item.get("relativity").is_none());
}

#[tokio::test]
async fn a_memory_is_read_changed_put_away_and_forgotten_by_its_id() {
    let face = Harness::new();
    say(&face, "ada", "c", "I live in Lyon.").await;
    let page = ok(&face, "/get/memory", json!({"user_id": "ada"})).await;
    let id = page["memory_detail_list"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("{BASE}/get/memory/{id}");
    let read = data(&face.get(&path).await.is(200));
    assert_eq!(read["memory_value"], "I live in Lyon.");
    assert_eq!(read["memory_view"], "detail_factual");

    let change =
        json!({"memory_id": id, "content": "I live in Turin.", "title": "Home", "status": null});
    assert_eq!(
        ok(&face, "/update/memory", change).await,
        json!({"success": true})
    );
    let read = data(&face.get(&path).await.is(200));
    assert_eq!(
        (&read["memory_value"], &read["memory_key"]),
        (&json!("I live in Turin."), &json!("Home"))
    );

    let question = json!({"user_id": "ada", "query": "Where do I live?", "relativity": 0});
    assert_eq!(found(&face, question.clone()).await, ["I live in Turin."]);
    ok(
        &face,
        "/update/memory",
        json!({"memory_id": id, "status": "archived"}),
    )
    .await;
    assert_eq!(data(&face.get(&path).await.is(200))["status"], "archived");
    assert!(found(&face, question.clone()).await.is_empty());
    ok(
        &face,
        "/update/memory",
        json!({"memory_id": id, "status": "activated", "content": "I live in Rome."}),
    )
    .await;
    assert_eq!(found(&face, question.clone()).await, ["I live in Rome."]);

    assert_eq!(
        ok(&face, "/delete/memory", json!({"memory_ids": [id]})).await,
        json!({"success": true})
    );
    assert_eq!(face.get(&path).await.is(404)["code"], 40307);
    assert!(found(&face, question).await.is_empty());
    let (status, code, words) = refused(&face, "/delete/memory", json!({"memory_ids": [id]})).await;
    assert_eq!((status, code), (404, 40307));
    assert!(words.starts_with("memory_ids.0:"), "{words}");
}

#[tokio::test]
async fn exactly_one_condition_says_what_is_deleted() {
    let face = Harness::new();
    for user in ["ada", "bob"] {
        let body = json!({"user_id": user, "agent_id": "a1",
            "messages": [{"role": "user", "content": format!("I am {user}.")}]});
        ok(&face, "/add/message", body).await;
        say(&face, user, "c", "Something else.").await;
    }
    for (bad, code) in [
        (json!({}), 40002),
        (json!({"memory_ids": [], "user_id": null}), 40002),
        (json!({"user_id": "ada", "agent_id": "a1"}), 40000),
        (json!({"filter": {}}), 40003),
        (json!({"user_id": "ada", "memory_type": "Unknown"}), 40000),
        (
            json!({"filter": {"and": [{"agent_id": {"near": 1}}]}}),
            40000,
        ),
    ] {
        let told = refused(&face, "/delete/memory", bad.clone()).await;
        assert_eq!((told.0, told.1), (400, code), "{bad}: {}", told.2);
    }
    ok(
        &face,
        "/delete/memory",
        json!({"user_id": "ada", "memory_type": "PreferenceMemory"}),
    )
    .await;
    assert_eq!(texts(&face, json!({"user_id": "ada"})).await.len(), 2);
    ok(
        &face,
        "/delete/memory",
        json!({"filter": {"and": [{"agent_id": "a1"}]}}),
    )
    .await;
    for user in ["ada", "bob"] {
        assert_eq!(
            texts(&face, json!({"user_id": user})).await,
            ["Something else."]
        );
    }
    ok(&face, "/delete/memory", json!({"user_id": "ada"})).await;
    assert!(texts(&face, json!({"user_id": "ada"})).await.is_empty());
    assert_eq!(texts(&face, json!({"user_id": "bob"})).await.len(), 1);
}

#[tokio::test]
async fn a_conversation_is_read_back_in_order() {
    let face = Harness::new();
    let long = "会".repeat(100);
    for conversation in ["c", long.as_str()] {
        let messages: Vec<Value> = (1..=8)
            .map(|n| {
                let role = if n % 2 == 0 { "assistant" } else { "user" };
                json!({"role": role, "content": format!("Line {n}."),
                    "chat_time": format!("2025-06-02 09:0{n}:00")})
            })
            .collect();
        let body = json!({"user_id": "ada", "conversation_id": conversation, "messages": messages});
        ok(&face, "/add/message", body).await;
        let read =
            json!({"user_id": "ada", "conversation_id": conversation, "message_limit_number": 3});
        let read = ok(&face, "/get/message", read).await;
        let list = read["message_detail_list"].as_array().unwrap();
        let lines: Vec<_> = list
            .iter()
            .map(|m| m["content"].as_str().unwrap())
            .collect();
        assert_eq!(lines, ["Line 6.", "Line 7.", "Line 8."]);
        assert_eq!(list[0]["role"], "assistant");
        assert_eq!(list[0]["create_time"], 1_748_855_160_000_i64);
        let found = json!({"user_id": "ada", "conversation_id": conversation, "query": "Line 8", "relativity": 0});
        let found = ok(&face, "/search/memory", found).await;
        assert_eq!(
            found["memory_detail_list"][0]["conversation_id"],
            conversation
        );
    }
}

#[tokio::test]
async fn a_synchronous_addition_is_complete_when_it_is_answered() {
    let face = Harness::working();
    let body = json!({
        "user_id": "ada", "conversation_id": "c", "async_mode": false,
        "messages": [{"role": "user", "content": "I love window seats. I live in Lyon."}],
    });
    let added = ok(&face, "/add/message", body).await;
    assert_eq!(added["status"], "completed");
    let status = ok(&face, "/get/status", json!({"task_id": added["task_id"]})).await;
    assert_eq!(status["task_id"], added["task_id"]);
    assert_eq!(status["status"], "completed");
    let views = &status["memory_views"];
    assert_eq!(
        views["preference"]["memory_ids"].as_array().map(Vec::len),
        Some(1),
        "{status}"
    );
    assert_eq!(
        views["profile"]["memory_ids"].as_array().map(Vec::len),
        Some(1),
        "{status}"
    );
    assert!(
        views["added"].as_u64().unwrap() >= 3 && views["deleted"] == 0,
        "{status}"
    );

    let body = json!({"user_id": "ada", "query": "Which seats do I love?", "relativity": 0,
        "include_memory_view": ["detail_factual", "preference", "profile"]});
    let found = ok(&face, "/search/memory", body).await;
    let preference = &found["preference_detail_list"][0];
    assert!(
        preference["preference"]
            .as_str()
            .unwrap()
            .contains("window seats"),
        "{found}"
    );
    assert_eq!(preference["preference_type"], "explicit_preference");
    assert!(
        preference["reasoning"]
            .as_str()
            .unwrap()
            .contains("I love window seats")
    );
    assert_eq!(
        found["preference_note"].as_str().unwrap().lines().count(),
        2
    );
    let profile = &found["profile_detail_list"][0];
    assert_eq!(
        (&profile["memory_type"], &profile["template_id"]),
        (&json!("ProfileMemory"), &Value::Null)
    );
}

#[tokio::test]
async fn a_view_that_is_not_allowed_is_not_made() {
    let face = Harness::working();
    let body = json!({
        "user_id": "ada", "async_mode": false, "allow_memory_view": ["detail_factual"],
        "messages": [{"role": "user", "content": "I love window seats."}],
    });
    ok(&face, "/add/message", body).await;
    let question = json!({"user_id": "ada", "query": "Which seats do I love?", "relativity": 0});
    let found = ok(&face, "/search/memory", question).await;
    assert_eq!(found["preference_detail_list"], json!([]));
    assert_eq!(
        found["memory_detail_list"].as_array().unwrap().len(),
        1,
        "{found}"
    );
    assert!(found["memory_detail_list"][0].get("info").is_none());
}

#[tokio::test]
async fn a_task_that_nobody_knows_is_told_so() {
    let face = Harness::new();
    let id = memos_core::MemoryId::generate();
    for bad in [
        "x".to_owned(),
        format!("add-1~{id}.1.nobody"),
        "é~".to_owned(),
    ] {
        let (status, code, words) = refused(&face, "/get/status", json!({"task_id": bad})).await;
        assert_eq!((status, code), (404, 50131), "{words}");
    }
    assert_eq!(
        refused(&face, "/get/status", json!({"task_id": ""}))
            .await
            .1,
        40002
    );
}
