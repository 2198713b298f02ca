//! The work behind requests, by user and by request.

use axum::http::Method;
use serde_json::{Value, json};

use super::ask;
use crate::faces::kit::testing::Harness;

async fn status(face: &Harness, query: &str) -> Value {
    let path = format!("/product/scheduler/status?{query}");
    face.get(&path).await.json()
}

#[tokio::test]
async fn work_is_the_users_whatever_the_cube() {
    let face = Harness::working();
    let body = json!({"user_id": "wt", "writable_cube_ids": ["wtcube"], "task_id": "biz2",
                      "messages": "I like strawberries."});
    ask(&face, "add", &body).await;
    let told = status(&face, "user_id=wt&task_id=biz2").await;
    assert_eq!(told["data"][0]["task_id"], "biz2", "{told}");
    let all = status(&face, "user_id=wt").await;
    let tasks = all["data"].as_array().unwrap();
    assert!(!tasks.is_empty(), "{all}");
    let queue = face.get("/product/scheduler/task_queue_status?user_id=wt");
    let queue = queue.await.is(200);
    let key = queue["data"]["stream_keys"][0].as_str().unwrap();
    assert!(key.starts_with("wt:wtcube:"), "{key}");

    // Another user sees none of it, under no name.
    let id = tasks[0]["task_id"].as_str().unwrap();
    for task in ["biz2", id] {
        let told = status(&face, &format!("user_id=other&task_id={task}")).await;
        assert_eq!(
            told["message"],
            format!("Task {task} not found for user other")
        );
    }
    let told = status(&face, &format!("user_id=wt&task_id={id}")).await;
    assert_eq!(told["code"], 200, "{told}");

    let wait = |query: &'static str| {
        let path = format!("/product/scheduler/wait?user_name=wt&{query}");
        let face = &face;
        async move { face.send(Method::POST, &path, None).await.is(200) }
    };
    let none = wait("timeout_seconds=0").await;
    assert_eq!(none["message"], "timeout");
    assert_eq!(none["data"]["timed_out"], true);
    assert_eq!(wait("timeout_seconds=-1").await["data"]["timed_out"], true);
    assert_eq!(wait("timeout_seconds=60").await["message"], "idle");
    let told = status(&face, "user_id=wt&task_id=biz2").await;
    assert_eq!(
        told["data"],
        json!([{"task_id": "biz2", "status": "completed"}])
    );
}

#[tokio::test]
async fn what_only_waits_is_in_progress() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "task_id": "t1", "messages": "I like strawberries."});
    ask(&face, "add", &body).await;
    let told = status(&face, "user_id=ada&task_id=t1").await;
    assert_eq!(
        told["data"],
        json!([{"task_id": "t1", "status": "in_progress"}])
    );
}

#[tokio::test]
async fn every_request_with_a_name_is_known_by_it() {
    let face = Harness::new();
    for task in ["t1", "t2"] {
        let body = json!({"user_id": "ada", "task_id": task, "messages": "I like strawberries."});
        ask(&face, "add", &body).await;
    }
    let body = json!({"user_id": "ada", "task_id": "f1", "history": [],
                      "feedback_content": "I like cherries.", "async_mode": "async"});
    ask(&face, "feedback", &body).await;
    let body = json!({"user_id": "ada", "task_id": "f2", "is_feedback": true,
                      "messages": "I like plums."});
    ask(&face, "add", &body).await;
    for task in ["t1", "t2", "f1", "f2"] {
        let told = status(&face, &format!("user_id=ada&task_id={task}")).await;
        assert_eq!(told["data"][0]["task_id"], task, "{told}");
    }
}
