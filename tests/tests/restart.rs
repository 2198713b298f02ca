//! What a client may rely on while a server runs, and over its restarts.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::thread;
use std::time::{Duration, Instant};

use memos_tests::{Client, Server, filled, id_of, ids, message, messages};
use serde_json::json;

const NOTES: &str = "/api/v1/cubes/notes/memories";

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

#[test]
fn everything_survives_a_graceful_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let cube = json!({"id": "notes", "name": "Notizen 笔记", "info": {"colour": "red"}});
    client.post("/api/v1/cubes", &cube).is(201);
    let request = json!({
        "messages": [
            {"role": "user", "name": "Ada", "content": "We booked the ferry yesterday.", "chat_time": "2025-03-02T08:00:00+01:00"},
            {"role": "assistant", "content": "我们明天坐夜车去里斯本。", "chat_time": "2025-03-02T08:01:00+01:00"}
        ],
        "session_id": "spring", "tags": ["travel"], "info": {"trip": 7}
    });
    let added = client.add("notes", &request);
    let document =
        json!({"documents": [{"text": "# Packing\n\nTake the blue tent.", "name": "list.md"}]});
    client.add("notes", &document);
    let change = json!({"key": "ferry", "tags": ["travel", "sea"], "info": {"seats": 2}});
    client
        .patch(&format!("{NOTES}/{}", added[0]), &change)
        .is(200);
    let (cubes, memories) = (client.get("/api/v1/cubes").json(), client.list("notes"));
    assert!(server.terminate().success());

    let server = Server::start(folder.path());
    let mut client = server.client();
    assert_eq!(client.get("/api/v1/cubes").json(), cubes);
    assert_eq!(client.list("notes"), memories);
    assert_eq!(memories[0]["times"][0]["text"], "yesterday");
    assert_eq!(
        memories[0]["times"][0]["start"],
        "2025-03-01T00:00:00+01:00"
    );
    for (query, text) in [
        (
            "When did we book the ferry?",
            "We booked the ferry yesterday.",
        ),
        ("什么时候去里斯本？", "我们明天坐夜车去里斯本。"),
    ] {
        assert_eq!(client.search("notes", query, 1)[0]["memory"]["text"], text);
    }
    let again = client.post(NOTES, &request).is(201);
    assert_eq!(
        again.ids(),
        added,
        "the same request over a restart stores once"
    );
}

#[test]
fn a_large_folder_opens_behind_a_server_that_is_alive() {
    let folder = tempfile::tempdir().unwrap();
    let ids = filled(folder.path(), 4_000);
    let server = Server::launch(folder.path(), &[]);
    let (mut client, start) = (server.client(), Instant::now());
    loop {
        client.get("/health").is(200);
        // Whoever asks too early is told to come back; nobody sees an empty folder.
        let (early, ready) = (
            client.get(&format!("{NOTES}/{}", ids[0])),
            client.get("/ready"),
        );
        if early.status != 200 {
            early.problem(503, "unavailable");
            assert_eq!(early.header("retry-after"), Some("1"));
        }
        if ready.status == 200 {
            break;
        }
        ready.problem(503, "unavailable");
        assert!(start.elapsed() < HANG, "not ready");
    }
    assert_eq!(client.list("notes").len(), ids.len());
    let hits = client.search("notes", "What is number3999?", 1);
    assert_eq!(hits[0]["memory"]["id"], ids[3_999].as_str());
    assert_eq!(client.get("/ready").status, 200);
}

#[test]
fn a_server_that_is_stopped_while_it_opens_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ids = filled(folder.path(), 500);
    for _ in 0..3 {
        assert!(Server::launch(folder.path(), &[]).terminate().success());
    }
    let server = Server::start(folder.path());
    assert_eq!(server.client().list("notes").len(), ids.len());
}

#[test]
fn use_counts_grow_and_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let used = client
        .add("notes", &message("The ferry leaves at seven."))
        .remove(0);
    let idle = client.add("other", &message("Mina keeps bees.")).remove(0);
    let fresh = client.get(&format!("{NOTES}/{used}")).json();
    assert_eq!(
        (&fresh["use_count"], fresh.get("last_used")),
        (&json!(0), None)
    );
    for _ in 0..7 {
        client.search("notes", "When does the ferry leave?", 1);
    }
    // Counted in the background, without a restart.
    let start = Instant::now();
    let mut counted = 0;
    while counted < 7 {
        assert!(start.elapsed() < HANG, "counted {counted} of 7 uses");
        thread::sleep(Duration::from_millis(20));
        let memory = client.get(&format!("{NOTES}/{used}")).json();
        counted = memory["use_count"].as_u64().unwrap();
    }
    // And what is not written yet is written when the server stops.
    for _ in 0..3 {
        client.search("notes", "When does the ferry leave?", 1);
    }
    assert!(server.terminate().success());
    let server = Server::start(folder.path());
    let mut client = server.client();
    let memory = client.get(&format!("{NOTES}/{used}")).json();
    assert_eq!(
        (&memory["use_count"], &memory["version"]),
        (&json!(10), &json!(1))
    );
    assert!(
        memory["last_used"].as_str() > memory["created_at"].as_str(),
        "{memory}"
    );
    let other = client
        .get(&format!("/api/v1/cubes/other/memories/{idle}"))
        .json();
    assert_eq!(other["use_count"], 0);
}

#[test]
fn what_is_forgotten_is_gone_at_once_and_stays_gone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let texts = [
        "The safe opens with quibblewock.",
        "The ferry leaves at seven.",
        "The tent is blue.",
    ];
    let added = client.add("notes", &messages(&texts));
    client.add("diary", &message("Nobody knows about zanthorpe."));
    client.delete(&format!("{NOTES}/{}", added[0])).is(204);
    client.delete("/api/v1/cubes/diary").is(204);

    let gone = |client: &mut Client| {
        let path = format!("{NOTES}/{}", added[0]);
        client.get(&path).problem(404, "memory_not_found");
        client.delete(&path).problem(404, "memory_not_found");
        client
            .patch(&path, &json!({"key": "k"}))
            .problem(404, "memory_not_found");
        assert_eq!(ids(&client.list("notes")), added[1..]);
        let hits = client.search("notes", "What does the safe open with? quibblewock", 10);
        assert!(
            hits.iter()
                .all(|h| added[1..].contains(&id_of(&h["memory"]))),
            "{hits:?}"
        );
        let question = json!({"query": "quibblewock", "cube_ids": ["notes"]});
        let context = client.post("/api/v1/context", &question).is(200).text();
        assert!(!context.contains("quibblewock"), "{context}");
        client
            .get("/api/v1/cubes/diary")
            .problem(404, "cube_not_found");
        let question = json!({"query": "zanthorpe", "cube_ids": ["diary"]});
        client
            .post("/api/v1/search", &question)
            .problem(404, "cube_not_found");
    };
    gone(&mut client);
    server.kill();
    let server = Server::start(folder.path());
    gone(&mut server.client());
    assert!(server.terminate().success());
    let server = Server::start(folder.path());
    let mut client = server.client();
    gone(&mut client);

    // The same words said anew are a new memory, not the old one.
    let again = client.add("notes", &messages(&texts));
    assert!(again.iter().all(|id| !added.contains(id)));
    client.add("diary", &message("A fresh page."));
    assert_eq!(
        client.list("diary").len(),
        1,
        "a cube of that name starts empty"
    );
}
