//! Deleting, recovering, cubes, and the work behind them.

use axum::http::Method;
use serde_json::{Value, json};

use super::{add, ask, found, frames};
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn memories_are_deleted_in_each_way() {
    let face = Harness::new();
    let ids = add(&face, &["one tea", "two tea"]).await;
    let success = json!({"status": "success"});
    let deleted = ask(
        &face,
        "delete_memory",
        &json!({"memory_ids": [ids[0], "gone"]}),
    )
    .await;
    assert_eq!(deleted["message"], "Memories deleted successfully");
    assert_eq!(deleted["data"], success);
    assert_eq!(found(&face, "tea").await.len(), 1);

    let body = json!({"user_id": "ada", "session_id": "s", "messages": "three tea"});
    ask(&face, "add", &body).await;
    let body = json!({"conversation_id": "s", "writable_cube_ids": ["ada"]});
    assert_eq!(ask(&face, "delete_memory", &body).await["data"], success);
    assert_eq!(found(&face, "tea").await.len(), 1);

    let body = json!({"user_id": "ada", "custom_tags": ["x"], "messages": "four tea"});
    ask(&face, "add", &body).await;
    ask(
        &face,
        "delete_memory",
        &json!({"filter": {"tags": {"contains": "x"}}}),
    )
    .await;
    assert_eq!(found(&face, "tea").await.len(), 1);

    let body = json!({"user_id": "ada", "writable_cube_ids": ["ada"]});
    assert_eq!(ask(&face, "delete_memory", &body).await["data"], success);
    assert_eq!(found(&face, "tea").await, Vec::<Value>::new());
    let body = json!({"user_id": "never seen"});
    assert_eq!(ask(&face, "delete_memory", &body).await["data"], success);
}

#[tokio::test]
async fn a_delete_that_does_not_say_what_deletes_nothing() {
    let face = Harness::new();
    let ids = add(&face, &["one tea"]).await;
    for (body, words) in [
        (json!({}), "Exactly one delete mode"),
        (
            json!({"memory_ids": ids, "user_id": "ada"}),
            "Exactly one delete mode",
        ),
        (
            json!({"memory_ids": [], "user_id": "ada"}),
            "Exactly one delete mode",
        ),
        (json!({"filter": {}}), "filter cannot be empty."),
        (
            json!({"filter": {}, "memory_ids": ids}),
            "filter cannot be empty.",
        ),
        (json!({"filter": {"and": []}}), "filter cannot be empty."),
        (
            json!({"filter": {"and": [], "or": []}}),
            "filter cannot be empty.",
        ),
        (
            json!({"filter": {"and": [{"or": []}]}, "writable_cube_ids": ["ada"]}),
            "filter cannot be empty.",
        ),
        (
            json!({"filter": {"or": [{"and": []}]}}),
            "filter cannot be empty.",
        ),
        // One of no conditions never holds, for nobody.
        (
            json!({"filter": {"or": []}, "user_id": "ada"}),
            "filter cannot be empty.",
        ),
    ] {
        let answer = ask(&face, "delete_memory", &body).await;
        assert!(
            answer["message"].as_str().unwrap().starts_with(words),
            "{answer}"
        );
        assert_eq!(answer["data"], json!({"status": "failure"}));
    }
    for body in [json!({"memory_ids": []}), json!({"file_ids": []})] {
        let answer = ask(&face, "delete_memory", &body).await;
        assert_eq!(answer["data"], json!({"status": "success"}));
    }
    assert_eq!(found(&face, "tea").await.len(), 1);
    // A list without conditions beside one that names something doesn't widen it.
    let body = json!({"filter": {"or": [{"tags": {"contains": "x"}}, {"and": []}]}});
    ask(&face, "delete_memory", &body).await;
    let body = json!({"filter": {"and": []}, "session_id": "another"});
    ask(&face, "delete_memory", &body).await;
    assert_eq!(found(&face, "tea").await.len(), 1);
    let body = json!({"filter": {"and": []}, "user_id": "ada"});
    ask(&face, "delete_memory", &body).await;
    assert!(found(&face, "tea").await.is_empty());
}

#[tokio::test]
async fn an_id_is_enough_to_delete() {
    let face = Harness::new();
    let ids = add(&face, &["one tea"]).await;
    let body = json!({"memory_ids": ids, "writable_cube_ids": ["other"]});
    let answer = ask(&face, "delete_memory", &body).await;
    assert_eq!(answer["data"], json!({"status": "success"}));
    assert!(found(&face, "tea").await.is_empty());
}

#[tokio::test]
async fn what_is_deleted_under_a_record_comes_back() {
    let face = Harness::new();
    let ids = add(&face, &["one tea", "two tea"]).await;
    let record = json!({"mem_cube_id": "ada", "record_id": "r"});
    let done = ask(&face, "delete_memory_by_record_id", &record).await;
    assert_eq!(done["message"], "Called Successfully");
    assert_eq!(done["data"]["status"], "success");
    assert!(found(&face, "tea").await.is_empty());
    let listed = ask(&face, "get_memory", &json!({"mem_cube_id": "ada"})).await;
    assert_eq!(listed["data"]["text_mem"][0]["total_nodes"], 0);
    let body = json!({"mem_cube_id": "ada", "filter": {"status": "deleted"}});
    let listed = ask(&face, "get_memory", &body).await;
    assert_eq!(listed["data"]["text_mem"][0]["total_nodes"], 2);
    let got = face
        .get(&format!("/product/get_memory/{}", ids[0]))
        .await
        .is(200);
    assert_eq!(got["data"]["metadata"]["status"], "deleted");

    let other = json!({"mem_cube_id": "ada", "delete_record_id": "other"});
    ask(&face, "recover_memory_by_record_id", &other).await;
    assert!(found(&face, "tea").await.is_empty());
    let record = json!({"mem_cube_id": "ada", "delete_record_id": "r"});
    ask(&face, "recover_memory_by_record_id", &record).await;
    assert_eq!(found(&face, "tea").await.len(), 2);

    let hard = json!({"mem_cube_id": "ada", "record_id": "r", "hard_delete": true});
    ask(&face, "delete_memory_by_record_id", &hard).await;
    ask(&face, "recover_memory_by_record_id", &record).await;
    assert!(found(&face, "tea").await.is_empty());
}

#[tokio::test]
async fn cubes_are_made_and_found() {
    let face = Harness::new();
    let body = json!({"cube_name": "Trips", "owner_id": "ada", "cube_id": "my trips"});
    let made = ask(&face, "create_cube", &body).await;
    assert_eq!(made["message"], "Cube created successfully");
    let data = json!({"cube_id": "my trips", "cube_name": "Trips", "owner_id": "ada"});
    assert_eq!(made["data"], data);
    let again = face.post("/product/create_cube", &body).await.is(409);
    assert_eq!(again["code"], 409);
    let made = ask(
        &face,
        "create_cube",
        &json!({"cube_name": "x", "owner_id": "ada"}),
    )
    .await;
    assert!(made["data"]["cube_id"].is_string());

    let body = json!({"mem_cube_name_or_path": "/tmp/cube", "mem_cube_id": null});
    let registered = ask(&face, "register_cube", &body).await;
    let data = json!({"cube_id": "/tmp/cube", "cube_name_or_path": "/tmp/cube"});
    assert_eq!(registered["data"], data);
    for (cube, exists) in [("my trips", true), ("/tmp/cube", true), ("none", false)] {
        let body = json!({"mem_cube_id": cube});
        let answer = ask(&face, "exist_mem_cube_id", &body).await;
        assert_eq!(answer["data"], json!({cube: exists}));
    }
}

#[tokio::test]
async fn the_work_of_an_add_is_found_by_its_task() {
    let face = Harness::working();
    let body = json!({"user_id": "ada", "task_id": "job-7", "messages": "I like strawberries."});
    ask(&face, "add", &body).await;
    let path = "/product/scheduler/status?user_id=ada&task_id=job-7";
    let status = face.get(path).await.is(200);
    assert_eq!(status["message"], "Memory get status successfully");
    assert_eq!(status["data"][0]["task_id"], "job-7");
    let queue = face
        .get("/product/scheduler/task_queue_status?user_id=ada")
        .await
        .is(200);
    assert_eq!(queue["data"]["mem_cube_id"], Value::Null);
    let count = |list: &str| queue["data"][list].as_array().unwrap().len();
    assert!(count("stream_keys") > 0);
    assert_eq!(count("pending_tasks_detail"), count("stream_keys"));

    let path = "/product/scheduler/wait/stream?user_name=ada&timeout_seconds=60&poll_interval=0.05";
    let events = frames(&face.get(path).await);
    let last = events.last().unwrap();
    assert_eq!(last["status"], "idle", "{events:?}");
    assert_eq!(last["active_tasks"], 0);
    assert!(last.get("timed_out").is_none());
    let waited = face
        .send(Method::POST, "/product/scheduler/wait?user_name=ada", None)
        .await;
    let waited = waited.is(200);
    assert_eq!(waited["message"], "idle");
    assert_eq!(waited["data"]["timed_out"], false);
    assert!(waited.get("code").is_none());

    let status = face
        .get("/product/scheduler/status?user_id=ada")
        .await
        .is(200);
    let tasks = status["data"].as_array().unwrap();
    assert!(
        !tasks.is_empty() && tasks.iter().all(|t| t["status"] == "completed"),
        "{status}"
    );
    let all = face.get("/product/scheduler/allstatus").await.is(200);
    let summary = &all["data"]["scheduler_summary"];
    assert!(summary["completed"].as_u64().unwrap() > 0);
    assert_eq!(summary, &all["data"]["all_tasks_summary"]);

    let unknown = face
        .get("/product/scheduler/status?user_id=ada&task_id=nope")
        .await
        .is(404);
    let words = "Task nope not found for user ada";
    assert_eq!(
        unknown,
        json!({"code": 404, "message": words, "data": null})
    );
    let unknown = face
        .get("/product/scheduler/task_queue_status?user_id=nobody")
        .await
        .is(404);
    assert_eq!(
        unknown["message"],
        "No scheduler streams found for user nobody"
    );
    let none = face
        .get("/product/scheduler/status?user_id=nobody")
        .await
        .is(200);
    assert_eq!(none["data"], json!([]));
}

#[tokio::test]
async fn a_wait_that_cannot_end_says_so() {
    let face = Harness::new();
    let refused = face
        .send(Method::POST, "/product/scheduler/wait?user_name=ada", None)
        .await;
    assert_eq!(refused.is(503)["code"], 503);
    let events = frames(
        &face
            .get("/product/scheduler/wait/stream?user_name=ada")
            .await,
    );
    assert_eq!(events[0]["status"], "error");
    assert_eq!(events[0]["detail"], "stream_failed");
}
