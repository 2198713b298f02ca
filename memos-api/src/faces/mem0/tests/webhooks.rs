//! Webhooks: what is told, and that none waits for another.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::add;
use crate::faces::kit::testing::Harness;

/// Where webhooks are made.
const HOOKS: &str = "/api/v1/webhooks/projects/memos/";

/// A server to which letters are sent, and what it takes: of each letter whether it was taken, and
/// what happened.
fn letterbox(takes: impl Fn(usize) -> bool + Send + 'static) -> (String, Receiver<(bool, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook?secret=1", listener.local_addr().unwrap());
    let (send, received) = channel();
    std::thread::spawn(move || {
        for (i, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let is_taken = takes(i);
            let status = if is_taken { "200 OK" } else { "503 Busy" };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            let letter: Value = serde_json::from_slice(&body).unwrap();
            if send
                .send((is_taken, letter["event_details"].clone()))
                .is_err()
            {
                return;
            }
        }
    });
    (address, received)
}

/// Makes a webhook that is told of what is added, and returns its path.
async fn hook(face: &Harness, url: &str) -> String {
    let body = json!({"name": "log", "url": url, "event_types": ["memory_add"]});
    let made = face.post(HOOKS, &body).await.is(200);
    format!("/api/v1/webhooks/{}/", made["webhook_id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_does_not_wait_for_one_that_is_dead() {
    let face = Harness::working();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    hook(&face, &format!("http://{}/", nowhere.unwrap())).await;
    let (url, letters) = letterbox(|_| true);
    hook(&face, &url).await;
    let start = Instant::now();
    for i in 0..8 {
        add(&face, &format!("Letter {i}."), json!({"user_id": "ada"})).await;
    }
    for i in 0..8 {
        let (_, letter) = letters.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(letter["data"]["memory"], format!("Letter {i}."));
    }
    // The tries of the dead one's letters take more than two seconds each.
    assert!(start.elapsed() < Duration::from_secs(12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_deleted_is_sent_no_more() {
    let face = Harness::working();
    let (url, letters) = letterbox(|_| false);
    let made = hook(&face, &url).await;
    for i in 0..4 {
        add(&face, &format!("Letter {i}."), json!({"user_id": "ada"})).await;
    }
    letters.recv_timeout(Duration::from_secs(30)).unwrap();
    face.delete(&made).await.is(200);
    // One may have been on its way.
    std::thread::sleep(Duration::from_millis(200));
    letters.try_iter().for_each(drop);
    letters.recv_timeout(Duration::from_secs(3)).unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_told_of_what_happens() {
    let face = Harness::working();
    add(&face, "Before.", json!({"user_id": "ada"})).await;
    let (url, letters) = letterbox(|i| i > 0);
    let body = json!({"name": "log", "url": url, "event_types": ["memory_add", "memory:delete"]});
    let made = face.post(HOOKS, &body).await.is(200);
    assert_eq!(made["event_types"], json!(["memory_add", "memory_delete"]));
    assert_eq!(face.get(HOOKS).await.is(200), json!([made]));

    let id = add(&face, "I love rye bread.", json!({"user_id": "ada"})).await;
    face.put(&format!("/memories/{id}"), &json!({"text": "I love oats."}))
        .await
        .is(200);
    face.delete(&format!("/memories/{id}")).await.is(200);
    let next = || loop {
        let (is_taken, letter) = letters.recv_timeout(Duration::from_secs(30)).unwrap();
        if is_taken {
            return letter;
        }
    };
    // Its first try was answered with an error. What was forgotten in between is told to nobody.
    let mut told = next();
    if told["event"] == "ADD" {
        assert_eq!(
            (&told["id"], told["data"]["memory"].is_string()),
            (&json!(id), true)
        );
        told = next();
    }
    assert_eq!(
        told,
        json!({"id": id, "data": {"memory": null}, "event": "DELETE"})
    );

    let hook = format!("/api/v1/webhooks/{}/", made["webhook_id"].as_str().unwrap());
    let changed = face
        .put(
            &hook,
            &json!({"name": "other", "event_types": ["memory_update"]}),
        )
        .await
        .is(200);
    assert_eq!(
        (&changed["name"], &changed["event_types"]),
        (&json!("other"), &json!(["memory_update"]))
    );
    face.delete(&hook).await.is(200);
    face.delete(&hook).await.is(404);
    face.put(&hook, &json!({"name": "x"})).await.is(404);
    assert_eq!(face.get(HOOKS).await.is(200), json!([]));
    for bad in [
        json!({"name": "", "url": url, "event_types": ["memory_add"]}),
        json!({"name": "n", "url": "ftp://x", "event_types": ["memory_add"]}),
        json!({"name": "n", "url": url, "event_types": []}),
        json!({"name": "n", "url": url, "event_types": ["memory_eat"]}),
        json!({"name": "n", "url": url}),
    ] {
        face.post(HOOKS, &bad).await.is(400);
    }
    face.get("/api/v1/webhooks/projects/other/").await.is(404);
}
