//! Background work as a whole: [`kills`] ends servers at random instants while they take and do
//! ten thousand tasks, [`stop`] ends them in order, and [`commands`] and [`refusals`] look at what
//! REST and the command line make of it.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod commands;
mod host;
mod kills;
mod load;
mod refusals;
mod stop;

use std::thread;
use std::time::{Duration, Instant};

use memos_tests::Client;
use serde_json::{Value, json};

/// Between two looks at a server.
const PAUSE: Duration = Duration::from_millis(2);

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

/// How many tasks there are, by status.
#[track_caller]
fn counts(client: &mut Client) -> Value {
    // Few run at a time, so that the answer is short.
    let page = client.get("/api/v1/tasks?status=running&limit=1").is(200);
    page.json()["counts"].take()
}

/// Waits until none waits or runs, whatever for.
#[track_caller]
fn until_all_ended(client: &mut Client) {
    until("the end of all tasks", || {
        let counts = counts(client);
        counts["waiting"] == 0 && counts["running"] == 0
    });
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < HANG, "{what} does not come");
        thread::sleep(PAUSE);
    }
}

/// All tasks that a filter means, such as `status=dead`.
#[track_caller]
fn tasks(client: &mut Client, filter: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/tasks?limit=500&{filter}{cursor}");
        let mut page = client.get(&path).is(200).json();
        let Value::Array(tasks) = page["tasks"].take() else {
            panic!("a page has tasks: {page}");
        };
        all.extend(tasks);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Adds a task of the host's kinds, and returns its id.
#[track_caller]
fn submit(client: &mut Client, kind: &str, cube: &str, number: usize) -> String {
    let task = json!({"kind": kind, "cube_id": cube, "input": {"number": number}});
    let task = client.post("/api/v1/tasks", &task).is(201).json();
    task["id"].as_str().unwrap().to_owned()
}

/// Waits until nothing is left to do.
#[track_caller]
fn drain(client: &mut Client) {
    let wait = json!({"timeout_ms": 50_000});
    let drained = client.post("/api/v1/tasks/drain", &wait).is(200).json();
    assert_eq!(
        (&drained["drained"], &drained["left"]),
        (&json!(true), &json!(0))
    );
}

/// The texts of a cube's memories.
#[track_caller]
fn texts(client: &mut Client, cube: &str) -> Vec<String> {
    let memories = client.list(cube).into_iter();
    let texts = memories.map(|memory| memory["text"].as_str().unwrap().to_owned());
    texts.collect()
}
