//! What is found: filters, sources, limits, thresholds.

use serde_json::json;

use super::{Harness, found, ok, refused, say};

#[tokio::test]
async fn filters_hold_before_anything_is_ranked() {
    let face = Harness::new();
    for n in 0..30 {
        let body = json!({"user_id": "ada", "agent_id": "a1", "info": {"n": n},
            "messages": [{"role": "user", "content": format!("The ferry number {n} leaves.")}]});
        ok(&face, "/add/message", body).await;
    }
    let body = json!({"user_id": "ada", "agent_id": ["a2", "a3"], "app_id": "app", "tags": ["boat"],
        "info": {"related_id": "r1"}, "messages": [{"role": "user", "content": "The boat is slow."}]});
    ok(&face, "/add/message", body).await;
    for filter in [
        json!({"and": [{"agent_id": "a2"}]}),
        json!({"user": {"and": [{"agent_id": "a3"}]}}),
        json!({"and": [{"app_id": "app"}, {"tags": {"contains": "boat"}}]}),
        json!({"or": [{"related_id": ["r1", "r2"]}, {"agent_id": "none"}]}),
        json!({"and": [{"agent_id": "a2"}, {"create_time": {"gte": "2020-01-01 00:00:00"}}]}),
    ] {
        let body = json!({"user_id": "ada", "query": "When does the ferry leave?", "relativity": 0,
            "memory_limit_number": 5, "filter": filter});
        assert_eq!(found(&face, body).await, ["The boat is slow."], "{filter}");
        let page = ok(
            &face,
            "/get/memory",
            json!({"user_id": "ada", "filter": filter}),
        )
        .await;
        assert_eq!(page["total"], 1, "{filter}");
    }
    // A part of a name is another name.
    let body = json!({"user_id": "ada", "query": "ferry", "relativity": 0, "filter": {"and": [{"agent_id": "a"}]}});
    assert!(found(&face, body).await.is_empty());
    // A filter for another source leaves this one whole.
    let body = json!({"user_id": "ada", "query": "ferry", "relativity": 0, "memory_limit_number": 25,
        "filter": {"public": {"and": [{"agent_id": "a2"}]}}});
    assert_eq!(found(&face, body).await.len(), 25);
}

#[tokio::test]
async fn what_is_public_is_found_by_everybody_once() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "conversation_id": "c", "allow_public": true,
        "messages": [{"role": "user", "content": "The office is closed on Monday."}]});
    ok(&face, "/add/message", body).await;
    let question = |user: &str| json!({"user_id": user, "query": "When is the office closed?", "relativity": 0});
    for user in ["ada", "bob"] {
        assert_eq!(
            found(&face, question(user)).await,
            ["The office is closed on Monday."],
            "{user}"
        );
    }
    let mut hidden = question("bob");
    hidden["filter"] = json!({"public": {"and": [{"user_id": "nobody"}]}});
    assert!(found(&face, hidden).await.is_empty());
}

#[tokio::test]
async fn results_are_sorted_and_the_unrelated_left_out() {
    let face = Harness::new();
    for text in [
        "My sister Mina moved to Lyon.",
        "The soup was cold.",
        "Mina likes Lyon's river.",
        "I sold my bicycle.",
    ] {
        say(&face, "ada", "c", text).await;
    }
    let body = json!({"user_id": "ada", "query": "Where did Mina move to?"});
    let data = ok(&face, "/search/memory", body).await;
    let list = data["memory_detail_list"].as_array().unwrap();
    let scores: Vec<f64> = list
        .iter()
        .map(|i| i["relativity"].as_f64().unwrap())
        .collect();
    assert_eq!(list[0]["memory_value"], "My sister Mina moved to Lyon.");
    assert!(
        scores.is_sorted_by(|a, b| a >= b) && scores.iter().all(|s| (0.45..=1.0).contains(s)),
        "{scores:?}"
    );
    assert!(list.len() < 4, "{data}");
    let all = json!({"user_id": "ada", "query": "Where did Mina move to?", "relativity": 0});
    assert_eq!(found(&face, all).await.len(), 4);
    let two = json!({"user_id": "ada", "query": "Where did Mina move to?", "relativity": 0, "memory_limit_number": 2});
    assert_eq!(found(&face, two).await.len(), 2);
}

#[tokio::test]
async fn the_conversation_in_hand_weighs_a_little() {
    let face = Harness::new();
    for conversation in ["a", "b"] {
        say(
            &face,
            "ada",
            conversation,
            &format!("We talked about ferries in {conversation}."),
        )
        .await;
    }
    let mut first = Vec::new();
    for conversation in ["a", "b"] {
        let body = json!({"user_id": "ada", "query": "What did we say about ferries?", "relativity": 0,
            "conversation_id": conversation});
        let data = ok(&face, "/search/memory", body).await;
        assert_eq!(data["memory_detail_list"].as_array().unwrap().len(), 2);
        first.push(data["memory_detail_list"][0]["conversation_id"].clone());
    }
    assert_eq!(first, ["a", "b"]);
}

#[tokio::test]
async fn mixed_context_carries_date_and_speaker() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "messages": [{"role": "user", "name": "Noor",
        "content": "I booked the ferry.", "chat_time": "2025-03-03 18:20:00"}]});
    ok(&face, "/add/message", body).await;
    let body = |format: &str| json!({"user_id": "ada", "query": "Who booked the ferry?", "relativity": 0, "context_format": format});
    assert_eq!(
        found(&face, body("memory")).await,
        ["Noor: I booked the ferry."]
    );
    assert_eq!(
        found(&face, body("mixed")).await,
        ["[2025-03-03] Noor: I booked the ferry."]
    );
}

#[tokio::test]
async fn values_out_of_bounds_are_named() {
    let face = Harness::new();
    let long = "x".repeat(101);
    for (body, code, word) in [
        (json!({"user_id": "ada"}), 40002, "query"),
        (json!({"user_id": "ada", "query": " "}), 40002, "query"),
        (json!({"query": "x"}), 40002, "user_id"),
        (json!({"query": "x", "user_id": ""}), 40002, "user_id"),
        (
            json!({"query": "x", "user_id": "a", "agent_id": "b"}),
            40000,
            "agent_id",
        ),
        (json!({"query": "x", "user_id": 5}), 40000, "user_id"),
        (json!({"query": "x", "user_id": long}), 40010, "user_id"),
        (
            json!({"query": "x", "user_id": "a", "conversation_id": long}),
            40011,
            "conversation_id",
        ),
        (
            json!({"query": "x", "user_id": "a", "memory_limit_number": 26}),
            40000,
            "memory_limit_number",
        ),
        (
            json!({"query": "x", "user_id": "a", "relativity": 1.5}),
            40000,
            "relativity",
        ),
        (
            json!({"query": "x", "user_id": "a", "include_memory_view": ["dreams"]}),
            40000,
            "detail_factual",
        ),
        (
            json!({"query": "x", "user_id": "a", "filter": []}),
            40000,
            "filter",
        ),
        (
            json!({"query": "x", "user_id": "a", "filter": {"and": []}}),
            40000,
            "/filter/and",
        ),
        (
            json!({"query": "x", "user_id": "a", "knowledgebase_ids": ["none"]}),
            50120,
            "knowledgebase_ids",
        ),
    ] {
        let (status, told, words) = refused(&face, "/search/memory", body.clone()).await;
        assert_eq!(told, code, "{body}: {words}");
        assert!(words.contains(word), "{words}");
        assert!(
            status == 400 || (status == 404 && code == 50120),
            "{status}"
        );
    }
    assert_eq!(
        refused(&face, "/get/memory", json!({"user_id": "a", "size": 51}))
            .await
            .1,
        40000
    );
}

#[tokio::test]
async fn a_copy_takes_no_place_of_another_memory() {
    let face = Harness::new();
    for text in [
        "The office is closed on Monday.",
        "The office has a garden.",
    ] {
        let body = json!({"user_id": "ada", "conversation_id": "c", "allow_public": true,
            "messages": [{"role": "user", "content": text}]});
        ok(&face, "/add/message", body).await;
    }
    let body = json!({"user_id": "ada", "query": "When is the office closed?", "relativity": 0,
        "memory_limit_number": 2});
    assert_eq!(found(&face, body).await.len(), 2);
}

#[tokio::test]
async fn what_is_off_topic_takes_no_place() {
    let face = Harness::working();
    let harbour = "I live in Oslo near the harbour.";
    let body = json!({"user_id": "ada", "conversation_id": "c", "async_mode": false,
        "messages": [{"role": "user", "content": harbour}]});
    ok(&face, "/add/message", body).await;
    let fields: serde_json::Map<String, serde_json::Value> = (0..12)
        .map(|n| (format!("Field {n}"), json!(format!("value {n}"))))
        .collect();
    let body = json!({"name": "Guest", "metadata": {"Other": fields}});
    let template = ok(&face, "/add/profile_template", body).await;
    let body = json!({"bind_list": [{"user_id": "ada",
        "profile_template_id": template["profile_template_id"]}]});
    ok(&face, "/bind/profile_template", body).await;
    for relativity in [0.0, 0.45] {
        let body = json!({"user_id": "ada", "query": "Where near the harbour do I live?",
            "relativity": relativity, "include_memory_view": ["profile"]});
        let found = ok(&face, "/search/memory", body).await;
        let best = &found["profile_detail_list"][0];
        assert_eq!(
            best["memory"], "The user lives in Oslo near the harbour.",
            "{found}"
        );
    }
}

#[tokio::test]
async fn relativity_has_four_digits() {
    let face = Harness::new();
    say(&face, "ada", "c", "We talked about ferries in May.").await;
    say(&face, "ada", "c", "The weather was bad.").await;
    let body =
        json!({"user_id": "ada", "conversation_id": "c", "query": "ferries", "relativity": 0});
    let data = ok(&face, "/search/memory", body).await;
    for item in data["memory_detail_list"].as_array().unwrap() {
        let digits = item["relativity"].to_string();
        assert!(digits.len() <= "0.1234".len(), "{digits}");
    }
}
