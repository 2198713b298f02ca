//! What clients can't do without: the client of the public package checks these by its types.

use serde_json::{Value, json};

use super::{BASE, Harness, completed, ok, say};

/// Every optional field as the public client sends it.
fn nulls(fields: &[&str]) -> Value {
    Value::Object(
        fields
            .iter()
            .map(|name| ((*name).to_owned(), Value::Null))
            .collect(),
    )
}

fn with(mut body: Value, more: Value) -> Value {
    let (Some(to), Value::Object(from)) = (body.as_object_mut(), more) else {
        panic!("objects")
    };
    to.extend(from);
    body
}

#[tokio::test]
async fn every_optional_field_may_be_null() {
    let face = Harness::new();
    let add = with(
        nulls(&[
            "conversation_id",
            "info",
            "source",
            "app_id",
            "agent_id",
            "allow_public",
            "allow_knowledgebase_ids",
            "allow_memory_view",
            "tags",
            "async_mode",
        ]),
        json!({"user_id": "ada", "messages": [{
            "role": "user", "content": "I live in Lyon.", "chat_time": null, "name": null,
            "tool_calls": null, "tool_call_id": null, "message_id": null,
        }]}),
    );
    let added = ok(&face, "/add/message", add).await;
    assert_eq!(added["success"], true);
    assert!(added["task_id"].is_string() && added["status"].is_string());

    let search = with(
        nulls(&[
            "conversation_id",
            "agent_id",
            "memory_limit_number",
            "include_preference",
            "knowledgebase_ids",
            "filter",
            "preference_limit_number",
            "tool_memory_limit_number",
            "relativity",
            "include_skill",
            "skill_limit_number",
            "include_memory_view",
            "context_format",
            "source",
            "include_tool_memory",
        ]),
        json!({"user_id": "ada", "query": "Where do I live?"}),
    );
    let found = ok(&face, "/search/memory", search).await;
    assert_eq!(
        found["memory_detail_list"][0]["memory_value"],
        "I live in Lyon."
    );
    assert!(found["preference_note"].is_string());

    for (path, fields, more) in [
        (
            "/get/memory",
            &[
                "include_preference",
                "agent_id",
                "include_tool_memory",
                "include_memory_view",
                "filter",
                "page",
                "size",
            ][..],
            json!({"user_id": "ada"}),
        ),
        (
            "/get/message",
            &[
                "conversation_limit_number",
                "message_limit_number",
                "source",
            ],
            json!({"user_id": "ada", "conversation_id": "c"}),
        ),
        (
            "/add/feedback",
            &[
                "conversation_id",
                "agent_id",
                "app_id",
                "feedback_time",
                "allow_public",
                "allow_knowledgebase_ids",
            ],
            json!({"user_id": "ada", "feedback_content": "That's wrong, I moved to Turin."}),
        ),
        (
            "/extract/memory",
            &["extraction_types", "model"],
            json!({"messages": [{"role": "user", "content": "I love tea."}]}),
        ),
        (
            "/create/knowledgebase",
            &["knowledgebase_description"],
            json!({"knowledgebase_name": "k"}),
        ),
    ] {
        ok(&face, path, with(nulls(fields), more)).await;
    }
}

#[tokio::test]
async fn lists_are_lists_and_the_note_is_a_text() {
    let face = Harness::new();
    // A user of whom nothing is known has no memories: no error.
    let empty = ok(
        &face,
        "/search/memory",
        json!({"user_id": "nobody", "query": "anything"}),
    )
    .await;
    assert_eq!(empty["memory_detail_list"], json!([]));
    assert_eq!(empty["preference_detail_list"], json!([]));
    assert_eq!(empty["preference_note"], "");
    for list in [
        "tool_memory_detail_list",
        "skill_detail_list",
        "profile_detail_list",
        "event_detail_list",
    ] {
        assert_eq!(empty[list], json!([]), "{list}: {empty}");
    }
    assert!(empty["message_detail_list"].is_null());
    let page = ok(&face, "/get/memory", json!({"user_id": "nobody"})).await;
    assert_eq!(
        (
            &page["total"],
            &page["size"],
            &page["current"],
            &page["pages"]
        ),
        (&json!(0), &json!(10), &json!(1), &json!(0))
    );
    assert_eq!(page["memory_detail_list"], json!([]));
    let messages = json!({"user_id": "nobody", "conversation_id": "c"});
    let messages = ok(&face, "/get/message", messages).await;
    assert_eq!(messages, json!({"message_detail_list": []}));
    say(&face, "somebody", "c", "Hello.").await;
    let deleted = ok(&face, "/delete/memory", json!({"user_id": "somebody"})).await;
    assert_eq!(deleted, json!({"success": true}));
}

#[tokio::test]
async fn feedback_says_what_an_addition_says_also_of_a_new_user() {
    let face = Harness::working();
    say(&face, "ada", "c", "I live in Lyon.").await;
    for user in ["ada", "new"] {
        let body = json!({"user_id": user, "conversation_id": "c",
            "feedback_content": "That's wrong, I moved to Turin."});
        let told = ok(&face, "/add/feedback", body.clone()).await;
        assert_eq!(told["success"], true);
        assert!(["running", "completed"].contains(&told["status"].as_str().unwrap()));
        let again = ok(&face, "/add/feedback", body).await;
        assert_eq!(
            again["task_id"], told["task_id"],
            "a retry is the same feedback"
        );
        let status = completed(&face, &told["task_id"]).await;
        // The words, and what they lead to.
        assert_eq!(status["memory_views"]["added"], 2, "{status}");
        let page = ok(&face, "/get/memory", json!({"user_id": user})).await;
        assert_eq!(
            page["memory_detail_list"].as_array().unwrap().len(),
            1,
            "what was corrected is put away: {page}"
        );
    }
}

#[tokio::test]
async fn answers_carry_the_headers_of_the_hosted_service() {
    let face = Harness::new();
    for (path, body) in [
        ("/search/memory", json!({"user_id": "ada", "query": "x"})),
        ("/search/memory", json!({})),
    ] {
        let answer = face.post(&format!("{BASE}{path}"), &body).await;
        assert_eq!(answer.header("traceid"), answer.header("x-request-id"));
        assert!(answer.header("req-cost-time").parse::<u64>().is_ok());
        assert!(!answer.header("xenv").is_empty());
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn the_contract_is_there_under_each_of_its_addresses() {
    let face = Harness::new();
    let body =
        json!({"user_id": "ada", "messages": [{"role": "user", "content": "I live in Lyon."}]});
    for base in ["/api/openmem/v1", "/platform/api/openmem/v1", "/product"] {
        let added = face
            .post(&format!("{base}/add/message"), &body)
            .await
            .is(200);
        assert_eq!(added["code"], 0, "{base}");
        let refused = face
            .post(&format!("{base}/add/message"), &json!({}))
            .await
            .is(400);
        assert_eq!(refused["code"], 40002, "{base}: {refused}");
        let missing = face.get(&format!("{base}/get/memory/none")).await.is(404);
        assert_eq!(missing["code"], 40307, "{base}: {missing}");
    }
    let page = ok(&face, "/get/memory", json!({"user_id": "ada"})).await;
    assert_eq!(
        page["total"], 1,
        "the same request under another address is a retry"
    );
}
