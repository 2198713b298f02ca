//! What an addition says of its words, and what of that is the server's alone to say.

use serde_json::{Value, json};

use super::{Harness, completed, ok, say};

async fn page(face: &Harness, body: Value) -> Value {
    let mut all = json!({"user_id": "ada", "size": 50});
    all.as_object_mut()
        .unwrap()
        .extend(body.as_object().unwrap().clone());
    ok(face, "/get/memory", all).await
}

async fn add(face: &Harness, more: Value) -> Value {
    let mut body = json!({"user_id": "ada",
        "messages": [{"role": "user", "content": "I love window seats.",
            "chat_time": "2025-03-03 10:00:00"}]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    ok(face, "/add/message", body).await
}

#[tokio::test]
async fn what_was_said_in_no_conversation_is_in_none() {
    let face = Harness::working();
    let task = add(&face, json!({})).await["task_id"].clone();
    completed(&face, &task).await;
    let all = page(&face, json!({})).await;
    assert_eq!(all["memory_detail_list"][0]["conversation_id"], Value::Null);
    assert_eq!(
        all["preference_detail_list"][0]["conversation_id"],
        Value::Null
    );
    // Also if another is called as the day is.
    let day = "2025-03-03";
    say(&face, "ada", day, "I sold my boat.").await;
    let filter = json!({"filter": {"and": [{"conversation_id": day}]}});
    let found = page(&face, filter).await;
    assert_eq!(found["total"], 1, "{found}");
    let only = &found["memory_detail_list"][0];
    assert_eq!(
        (&only["memory_value"], &only["conversation_id"]),
        (&json!("I sold my boat."), &json!(day))
    );
    let read = json!({"user_id": "ada", "conversation_id": day});
    let read = ok(&face, "/get/message", read).await;
    assert_eq!(read["message_detail_list"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn fields_of_the_caller_are_not_taken_for_the_servers_own() {
    let face = Harness::working();
    let info = json!({"conversation_id": "INFO-CONV", "confidence": 0.3, "subject": "mine",
        "allow_memory_view": ["skill"], "scene": "chat"});
    let task = add(&face, json!({"conversation_id": "c1", "info": info})).await["task_id"].clone();
    completed(&face, &task).await;
    let found = page(
        &face,
        json!({"filter": {"and": [{"conversation_id": "c1"}, {"scene": "chat"}]}}),
    )
    .await;
    let (said, made) = (
        &found["memory_detail_list"][0],
        &found["preference_detail_list"][0],
    );
    assert_eq!(
        (&said["conversation_id"], &said["confidence"]),
        (&json!("c1"), &json!(1.0)),
        "{found}"
    );
    assert_eq!(made["conversation_id"], "c1", "{found}");
    let by_id = ok_get(&face, &made["id"]).await;
    assert_eq!(by_id["conversation_id"], "c1");
    assert_eq!(said["info"]["conversation_id"], "INFO-CONV");
}

async fn ok_get(face: &Harness, id: &Value) -> Value {
    let path = format!("{}/get/memory/{}", super::BASE, id.as_str().unwrap());
    super::data(&face.get(&path).await.is(200))
}

#[tokio::test]
async fn an_empty_list_of_views_is_none() {
    let face = Harness::new();
    add(&face, json!({"allow_memory_view": []})).await;
    let none: [&str; 0] = [];
    for views in [json!(none), json!(["detail_factual"])] {
        let all = page(&face, json!({"include_memory_view": views})).await;
        assert_eq!(all["total"], 1, "{views}: {all}");
        let body = json!({"user_id": "ada", "query": "Which seats?", "relativity": 0,
            "include_memory_view": views});
        let found = ok(&face, "/search/memory", body).await;
        let found = found["memory_detail_list"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{views}");
    }
}

#[tokio::test]
async fn a_status_names_what_a_list_shows() {
    let face = Harness::working();
    let task = add(
        &face,
        json!({"conversation_id": "c", "allow_memory_view": ["preference"]}),
    )
    .await;
    let status = completed(&face, &task["task_id"]).await;
    let listed = page(&face, json!({})).await;
    let preference = &listed["preference_detail_list"][0]["id"];
    assert_eq!(
        status["memory_views"],
        json!({"added": 1, "updated": 0, "deleted": 0, "preference": {"memory_ids": [preference]}})
    );
}
