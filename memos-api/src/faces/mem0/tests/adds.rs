//! Adding, reading, changing, forgetting.

use serde_json::{Value, json};

use super::{add, texts};
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn messages_are_kept_as_they_are_and_a_retry_keeps_them_once() {
    let face = Harness::new();
    let body = json!({
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "I love rye bread.", "name": "Ada"},
            {"role": "assistant", "content": "Noted."},
        ],
        "user_id": "ada", "agent_id": "bot", "run_id": "r1",
        "metadata": {"topic": "food"}, "infer": true,
    });
    let first = face.post("/memories", &body).await.is(200);
    assert_eq!(texts(&first["results"]), ["I love rye bread.", "Noted."]);
    assert_eq!(first["results"][0]["event"], "ADD");
    assert_eq!(first["results"][0]["actor_id"], "Ada");
    let again = face.post("/memories", &body).await.is(200);
    assert_eq!(first, again);

    let id = first["results"][0]["id"].as_str().unwrap();
    let item = face.get(&format!("/memories/{id}")).await.is(200);
    for (name, value) in [
        ("memory", json!("I love rye bread.")),
        ("user_id", json!("ada")),
        ("agent_id", json!("bot")),
        ("run_id", json!("r1")),
        ("app_id", Value::Null),
        ("metadata", json!({"topic": "food"})),
        ("categories", json!([])),
        ("expiration_date", Value::Null),
        ("role", json!("user")),
    ] {
        assert_eq!(item[name], value, "{name}");
    }
    assert_eq!(item["hash"].as_str().unwrap().len(), 32);
    let native = format!("/api/v1/cubes/ada/memories/{id}");
    let native = face.get(&native).await.is(200);
    assert_eq!(
        native["info"],
        json!({"user_id": "ada", "agent_id": "bot", "run_id": "r1", "topic": "food"})
    );
    assert_eq!(native["session_id"], "r1");
}

#[tokio::test]
async fn an_empty_message_is_passed_over() {
    let face = Harness::new();
    let body = json!({"messages": [
        {"role": "user", "content": "I love rye bread."},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": " "}]},
    ], "user_id": "ada"});
    let kept = face.post("/memories", &body).await.is(200);
    assert_eq!(texts(&kept["results"]), ["I love rye bread."]);
    face.post("/v3/memories/add/", &body).await.is(200);
}

#[tokio::test]
async fn any_word_is_a_role() {
    let face = Harness::new();
    let said = |role: &str| json!({"role": role, "content": format!("I am {role}.")});
    let body = json!({
        "messages": [said("human"), said("ai"), said("model"), said("bot"), said("king"), said("")],
        "user_id": "ada",
    });
    let kept = face.post("/memories", &body).await.is(200);
    let kept = kept["results"].as_array().unwrap().iter();
    let roles: Vec<_> = kept
        .map(|one| (one["role"].as_str().unwrap(), one["actor_id"].as_str()))
        .collect();
    assert_eq!(
        roles,
        [
            ("user", None),
            ("assistant", None),
            ("assistant", None),
            ("assistant", None),
            ("user", Some("king")),
            ("user", None),
        ]
    );
}

#[tokio::test]
async fn a_memory_lives_with_its_user_or_else_with_whom_it_names() {
    let face = Harness::new();
    for (ids, cube) in [
        (json!({"user_id": "ada", "agent_id": "bot"}), "ada"),
        (json!({"agent_id": "bot", "run_id": "r"}), "bot"),
        (json!({"run_id": "r", "app_id": "app"}), "app"),
        (json!({"run_id": "r"}), "r"),
    ] {
        let id = add(&face, &format!("In {cube}."), ids).await;
        face.get(&format!("/api/v1/cubes/{cube}/memories/{id}"))
            .await
            .is(200);
    }
    // A name that can't be the address of a cube has one all the same.
    let id = add(&face, "Somewhere.", json!({"user_id": "Ada Lovelace/1"})).await;
    let item = face.get(&format!("/v1/memories/{id}/")).await.is(200);
    assert_eq!(item["user_id"], "Ada Lovelace/1");
    let list = face
        .get("/memories?user_id=Ada%20Lovelace%2F1")
        .await
        .is(200);
    assert_eq!(texts(&list["results"]), ["Somewhere."]);
}

#[tokio::test]
async fn the_platform_tells_of_an_event_that_has_succeeded() {
    let face = Harness::new();
    let body = json!({
        "messages": [{"role": "user", "content": "I live in Turin."}, {"role": "assistant", "content": "Nice."}],
        "filters": {"AND": [{"user_id": "ada"}, {"app_id": "web"}]},
        "timestamp": 1_735_732_800, "metadata": {"k": 1},
    });
    let queued = face.post("/v3/memories/add/", &body).await.is(200);
    assert_eq!(queued["status"], "PENDING");
    let event_id = queued["event_id"].as_str().unwrap();
    assert_eq!(
        face.post("/v3/memories/add", &body).await.is(200)["event_id"],
        event_id
    );

    let event = face.get(&format!("/v1/event/{event_id}/")).await.is(200);
    assert_eq!(event["status"], "SUCCEEDED");
    assert_eq!(event["event_type"], "ADD");
    assert_eq!(texts(&event["results"]), ["I live in Turin.", "Nice."]);
    assert_eq!(
        event["payload"],
        json!({"user_id": "ada", "app_id": "web", "metadata": {"k": 1}})
    );
    assert!(event["metadata"]["background"]["waiting"].as_u64().unwrap() > 0);
    // The second memory of a request is no event.
    let second = event["results"][1]["id"].as_str().unwrap();
    face.get(&format!("/v1/event/{second}/")).await.is(404);

    let item = face.get(&format!("/v1/memories/{event_id}/")).await.is(200);
    assert_eq!(item["created_at"], "2025-01-01T12:00:00Z");

    face.post(
        "/v3/memories/add/",
        &json!({"messages": "And I cook.", "user_id": "ada"}),
    )
    .await
    .is(200);
    let events = face.get("/v1/events/?page=1&page_size=1").await.is(200);
    assert_eq!(events["count"], 2);
    assert_eq!(texts(&events["results"][0]["results"]), ["And I cook."]);
    assert_eq!(events["next"], "/v1/events/?page=2&page_size=1");
    let rest = "/v1/events/?event_type=ADD&page=1&page_size=1&start_date=2000-01-01";
    let events = face.get(rest).await.is(200);
    assert_eq!(
        events["next"],
        "/v1/events/?event_type=ADD&page=2&page_size=1&start_date=2000-01-01"
    );
    face.get("/v1/events/?page_size=101").await.is(400);
    let none = face.get("/v1/events/?event_type=SEARCH").await.is(200);
    assert_eq!(none["count"], 0);
    let old = face.get("/v1/events/?end_date=2020-01-01").await.is(200);
    assert_eq!(old["count"], 0);

    face.delete(&format!("/v1/memories/{event_id}/"))
        .await
        .is(200);
    face.get(&format!("/v1/event/{event_id}/")).await.is(404);
}

#[tokio::test]
async fn metadata_says_nothing_of_whose_a_memory_is() {
    let face = Harness::new();
    let more =
        json!({"user_id": "bob", "metadata": {"agent_id": "helper", "run_id": 7, "topic": "food"}});
    let id = add(&face, "I love rye bread.", more).await;
    let item = face.get(&format!("/memories/{id}")).await.is(200);
    assert_eq!(item["agent_id"], Value::Null);
    assert_eq!(item["run_id"], Value::Null);
    assert_eq!(item["metadata"], json!({"topic": "food"}));
    face.delete("/entities/agent/helper").await.is(200);
    face.get(&format!("/memories/{id}")).await.is(200);
}

#[tokio::test]
async fn documents_are_read_or_refused() {
    let face = Harness::new();
    let of = |content: Value| json!({"messages": [{"role": "user", "content": content}], "user_id": "ada"});
    let text = json!({"type": "mdx_url", "mdx_url": {"url": "SSBsb3ZlIHJ5ZSBicmVhZC4="}});
    let added = face.post("/v1/memories/", &of(text)).await.is(200);
    assert_eq!(added[0]["data"]["memory"], "I love rye bread.");
    for (kind, url) in [
        ("pdf_url", "https://example.org/a.pdf"),
        ("mdx_url", "https://example.org/a.txt"),
    ] {
        let part = json!([{"type": kind, kind: {"url": url}}]);
        let refused = face.post("/v3/memories/add/", &of(part)).await.is(400);
        let detail = refused["detail"].as_str().unwrap();
        assert!(
            detail.starts_with(&format!("messages.0.content.0.{kind}: ")),
            "{detail}"
        );
    }
    let all = face.get("/memories").await.is(200);
    assert_eq!(texts(&all["results"]), ["I love rye bread."]);
}

#[tokio::test]
async fn what_is_immutable_says_so_and_stays() {
    let face = Harness::new();
    let id = add(
        &face,
        "I was born in Turin.",
        json!({"user_id": "ada", "immutable": true}),
    )
    .await;
    let item = face.get(&format!("/v1/memories/{id}/")).await.is(200);
    assert_eq!(
        (&item["immutable"], &item["metadata"]),
        (&json!(true), &json!({}))
    );
    let change = json!({"text": "I was born in Rome."});
    face.put(&format!("/v1/memories/{id}/"), &change)
        .await
        .is(400);
    let batch = json!({"memories": [{"memory_id": id, "text": "I was born in Rome."}]});
    face.put("/v1/batch/", &batch).await.is(400);
    // An opinion changes nothing of it.
    for feedback in [json!("POSITIVE"), Value::Null] {
        let opinion = json!({"memory_id": id, "feedback": feedback});
        face.post("/v1/feedback/", &opinion).await.is(200);
        let item = face.get(&format!("/memories/{id}")).await.is(200);
        assert_eq!(item["immutable"], true, "{feedback}");
        assert_eq!(item["memory"], "I was born in Turin.");
    }
    face.delete(&format!("/v1/memories/{id}/")).await.is(200);
}

#[tokio::test]
async fn a_day_that_is_over_is_named_as_it_was_sent() {
    let face = Harness::new();
    let body = json!({"messages": [{"role": "user", "content": "x"}], "user_id": "ada", "expiration_date": "2001-01-01"});
    let refused = face.post("/memories", &body).await.is(400);
    let id = add(&face, "One.", json!({"user_id": "ada"})).await;
    let change = json!({"expiration_date": "2001-01-01"});
    let again = face.put(&format!("/memories/{id}"), &change).await.is(400);
    for refused in [refused, again] {
        let detail = refused["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("expiration_date: expiration_date 2001-01-01 is over"),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn older_routes_add_in_their_own_frame() {
    let face = Harness::new();
    let mut body = json!({"messages": [{"role": "user", "content": "One."}], "user_id": "ada"});
    let list = face.post("/v1/memories/", &body).await.is(200);
    assert_eq!(list[0]["data"]["memory"], "One.");
    body["output_format"] = "v1.1".into();
    let object = face.post("/v1/memories/", &body).await.is(200);
    assert_eq!(object["results"], list);
}

#[tokio::test]
async fn changes_are_kept_in_the_history_and_forgotten_with_the_memory() {
    let face = Harness::new();
    let id = add(
        &face,
        "I love rye bread.",
        json!({"user_id": "ada", "metadata": {"a": 1, "b": 2}}),
    )
    .await;
    let path = format!("/memories/{id}");
    face.put(
        &path,
        &json!({"text": "I love oat bread.", "metadata": {"a": null, "c": 3}}),
    )
    .await
    .is(200);
    let item = face.get(&path).await.is(200);
    assert_eq!(item["memory"], "I love oat bread.");
    assert_eq!(item["metadata"], json!({"b": 2, "c": 3}));
    let updated = face
        .put(
            &format!("/v1/memories/{id}/"),
            &json!({"expiration_date": "2999-01-31", "timestamp": "2025-03-01"}),
        )
        .await
        .is(200);
    assert_eq!(updated["text"], "I love oat bread.");
    assert_eq!(updated["expiration_date"], "2999-01-31");
    assert_eq!(updated["created_at"], "2025-03-01T00:00:00Z");
    let cleared = face
        .put(
            &format!("/v1/memories/{id}/"),
            &json!({"expiration_date": null}),
        )
        .await
        .is(200);
    assert_eq!(cleared["expiration_date"], Value::Null);

    for history in [
        format!("{path}/history"),
        format!("/v1/memories/{id}/history/"),
    ] {
        let rows = face.get(&history).await.is(200);
        let rows = rows.as_array().unwrap();
        assert_eq!(rows[0]["event"], "ADD");
        assert_eq!(rows[0]["old_memory"], Value::Null);
        assert_eq!(rows[0]["categories"], json!([]));
        assert_eq!(rows[0]["new_memory"], "I love rye bread.");
        assert_eq!(rows[1]["event"], "UPDATE");
        assert_eq!(rows[1]["old_memory"], "I love rye bread.");
        assert_eq!(rows[1]["new_memory"], "I love oat bread.");
        assert_eq!(rows.len(), 4);
    }
    assert_eq!(
        face.delete(&path).await.is(200),
        json!({"message": "Memory deleted successfully"})
    );
    face.get(&path).await.is(404);
    face.get(&format!("{path}/history")).await.is(404);
    face.delete(&path).await.is(404);
}

#[tokio::test]
async fn an_opinion_is_kept_beside_the_memory_and_can_be_taken_back() {
    let face = Harness::new();
    let id = add(&face, "I love rye bread.", json!({"user_id": "ada"})).await;
    let opinion =
        json!({"memory_id": id, "feedback": "NEGATIVE", "feedback_reason": "It was oats."});
    let kept = face.post("/v1/feedback/", &opinion).await.is(200);
    assert_eq!(
        kept,
        json!({"id": id, "feedback": "NEGATIVE", "feedback_reason": "It was oats."})
    );
    let item = face.get(&format!("/memories/{id}")).await.is(200);
    assert_eq!(
        (&item["feedback"], &item["metadata"]),
        (&json!("NEGATIVE"), &json!({}))
    );
    for (feedback, count) in [("NEGATIVE", 1), ("POSITIVE", 0)] {
        let filters = json!({"filters": {"user_id": "ada", "feedback": feedback}});
        let list = face.post("/v3/memories/", &filters).await.is(200);
        assert_eq!(list["count"], count, "{feedback}");
    }
    let native = face
        .get(&format!("/api/v1/cubes/ada/memories/{id}"))
        .await
        .is(200);
    assert_eq!(native["priority"], "low");
    // The history tells of words, not of opinions.
    assert_eq!(
        face.get(&format!("/memories/{id}/history"))
            .await
            .is(200)
            .as_array()
            .unwrap()
            .len(),
        1
    );
    face.post("/v1/feedback/", &json!({"memory_id": id, "feedback": null}))
        .await
        .is(200);
    let item = face.get(&format!("/memories/{id}")).await.is(200);
    assert_eq!(item.get("feedback"), None);
}

#[tokio::test]
async fn a_batch_is_looked_at_before_it_is_done() {
    let face = Harness::new();
    let (one, two) = (
        add(&face, "One.", json!({"user_id": "ada"})).await,
        add(&face, "Two.", json!({"user_id": "ben"})).await,
    );
    let nobody = "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e";
    let bad = json!({"memories": [{"memory_id": one, "text": "Eins."}, {"memory_id": nobody, "text": "x"}]});
    let refused = face.put("/v1/batch/", &bad).await.is(404);
    assert!(
        refused["error"].as_str().unwrap().contains("memories.1"),
        "{refused}"
    );
    for wrong in [
        json!({"text": ""}),
        json!({"text": "x".repeat(1 << 20) + "x"}),
        json!({"expiration_date": "2020-01-01"}),
        json!({"expiration_date": "soon"}),
        json!({"timestamp": "soon"}),
    ] {
        let mut bad = json!({"memories": [{"memory_id": one, "text": "Eins."}, wrong]});
        bad["memories"][1]["memory_id"] = two.as_str().into();
        let refused = face.send(axum::http::Method::PUT, "/v1/batch/", Some(bad.to_string()));
        let refused = refused.await;
        assert!(refused.status.is_client_error(), "{}", refused.text());
        let words = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(words.contains("memories.1"), "{words}");
    }
    assert_eq!(
        face.get(&format!("/memories/{one}")).await.is(200)["memory"],
        "One."
    );
    let good = json!({"memories": [{"memory_id": one, "text": "Eins."}, {"memory_id": two, "metadata": {"k": 2}}]});
    let done = face.put("/v1/batch/", &good).await.is(200);
    assert_eq!(done["message"], "Successfully updated 2 memories");
    assert_eq!(
        face.get(&format!("/memories/{one}")).await.is(200)["memory"],
        "Eins."
    );
    let gone = json!({"memories": [{"memory_id": one}, {"memory_id": two}]}).to_string();
    let gone = face
        .send(axum::http::Method::DELETE, "/v1/batch/", Some(gone))
        .await
        .is(200);
    assert_eq!(gone["message"], "Successfully deleted 2 memories");
    assert_eq!(face.get("/memories").await.is(200), json!({"results": []}));
}

#[tokio::test]
async fn what_took_a_place_can_be_deleted_with_what_it_took_it_from() {
    let face = Harness::working();
    let mut ids = Vec::new();
    for (text, at) in [
        ("I live in Athens.", "2025-01-01"),
        ("I moved to Lisbon.", "2025-06-01"),
    ] {
        ids.push(add(&face, text, json!({"user_id": "tom", "timestamp": at})).await);
    }
    face.post(
        "/api/v1/tasks/drain",
        &json!({"cube_id": "tom", "kind": "fuse"}),
    )
    .await
    .is(200);
    let latest = json!({"filters": {"user_id": "tom"}, "latest_only": true});
    let list = face.post("/v3/memories/", &latest).await.is(200);
    assert_eq!(texts(&list["results"]), ["I moved to Lisbon."]);
    let all = face
        .post("/v3/memories/", &json!({"filters": {"user_id": "tom"}}))
        .await
        .is(200);
    assert_eq!(all["count"], 2);
    face.delete(&format!("/v1/memories/{}/?delete_linked=true", ids[1]))
        .await
        .is(200);
    face.get(&format!("/memories/{}", ids[0])).await.is(404);
}
