//! Following a server: each event of a memory once and in order, over restarts; changes of tasks as
//! they come; and nobody waits for who follows.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::thread;

use memos_tests::{Dice, Server, Stream, Told, message, messages};
use serde_json::{Value, json};

const EVENTS: &str = "/api/v1/events";

/// What is told of memories that are in no other's hands; the rest comes when it comes.
fn is_of_caller(told: &Told) -> bool {
    told.name == "memory" && told.data["cause"] == "call"
}

/// The next event that a call caused.
#[track_caller]
fn next(stream: &mut Stream) -> Told {
    loop {
        let told = stream.next().expect("the stream goes on");
        if is_of_caller(&told) {
            return told;
        }
    }
}

/// The ids of the memories that the next adds are about.
#[track_caller]
fn added(stream: &mut Stream, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let told = next(stream);
        if told.data["kind"] == "added" {
            ids.push(told.data["memory_id"].as_str().unwrap().to_owned());
        }
    }
    ids
}

#[test]
fn who_follows_hears_of_each_memory_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let mut all = Stream::open(server.address(), EVENTS, &[]);
    let ids = client.add("notes", &messages(&["One.", "Two.", "Three."]));

    let created = next(&mut all);
    assert_eq!(
        (created.id, &created.data["kind"]),
        (Some(1), &json!("cube_created"))
    );
    for (n, id) in ids.iter().enumerate() {
        let told = next(&mut all);
        let seq = n as u64 + 2;
        assert_eq!(told.id, Some(seq));
        for (name, value) in [
            ("seq", json!(seq)),
            ("kind", json!("added")),
            ("memory_id", json!(id)),
            ("cube_id", json!("notes")),
            ("actor", json!("local")),
        ] {
            assert_eq!(told.data[name], value, "{name}: {told:?}");
        }
    }
    let path = format!("/api/v1/cubes/notes/memories/{}", ids[1]);
    client.patch(&path, &json!({"text": "Four."})).is(200);
    client.delete(&path).is(204);
    for kind in ["updated", "forgotten"] {
        let told = next(&mut all);
        assert_eq!(
            (&told.data["kind"], &told.data["memory_id"]),
            (&json!(kind), &json!(ids[1]))
        );
    }
    drop(client);
    assert!(server.terminate().success());
    assert!(
        all.rest()
            .iter()
            .all(|told| told.id > Some(6) || told.id.is_none())
    );
}

#[test]
fn a_follower_goes_on_where_it_was_over_any_end_of_the_server() {
    const LIVES: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(Dice::seed());
    let (mut last, mut heard, mut all): (u64, Vec<Told>, Vec<String>) = (0, Vec::new(), Vec::new());
    for life in 0..LIVES {
        let server = Server::start(folder.path());
        let mut client = server.client();
        // By turns as a client asks and as a browser does; the browser knows better.
        let mut stream = match life % 2 {
            0 => Stream::open(server.address(), &format!("{EVENTS}?after={last}"), &[]),
            _ => {
                let header = [("Last-Event-ID", last.to_string())];
                let header = header.each_ref().map(|(name, id)| (*name, id.as_str()));
                Stream::open(server.address(), &format!("{EVENTS}?after=0"), &header)
            }
        };
        for n in 0..3 {
            let texts: Vec<String> = (0..4).map(|m| format!("Note {n}.{m} of {life}")).collect();
            all.extend(client.add("notes", &messages(&texts)));
        }
        for _ in 0..dice.below(12) {
            let told = stream.next_of("memory").unwrap();
            last = told.id.unwrap();
            heard.push(told);
        }
        drop((stream, client));
        match dice.below(2) {
            0 => server.kill(),
            _ => assert!(server.terminate().success()),
        }
    }
    let server = Server::start(folder.path());
    let mut stream = Stream::open(server.address(), &format!("{EVENTS}?after={last}"), &[]);
    let mut told = BTreeSet::new();
    let mut order = Vec::new();
    let mut heard = heard.into_iter();
    for seq in 1.. {
        let event = heard.next().or_else(|| stream.next_of("memory")).unwrap();
        assert_eq!(event.id, Some(seq), "a gap, or a repeat: {event:?}");
        if event.data["kind"] == "added" && event.data["cause"] == "call" {
            let id = event.data["memory_id"].as_str().unwrap().to_owned();
            assert!(told.insert(id.clone()), "told twice: {event:?}");
            order.push(id);
            if order.len() == all.len() {
                break;
            }
        }
    }
    assert_eq!(order, all);
    assert!(server.terminate().success());
}

#[test]
fn a_cube_is_followed_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let mut ids = Vec::new();
    for n in 0..6 {
        let cube = ["notes", "other"][n % 2];
        let id = client
            .add(cube, &message(&format!("Number {n}.")))
            .remove(0);
        ids.push((cube, id));
    }
    let of_notes: Vec<String> = ids
        .iter()
        .filter(|(cube, _)| *cube == "notes")
        .map(|(_, id)| id.clone())
        .collect();
    let path = format!("{EVENTS}?cube_id=notes&after=0");
    let mut stream = Stream::open(server.address(), &path, &[]);
    assert_eq!(added(&mut stream, 3), of_notes);
    client.add("other", &message("Not of notes."));
    let of_notes = client.add("notes", &message("Of notes."));
    loop {
        let told = stream.next().unwrap();
        assert_eq!(told.data["cube_id"], "notes", "{told:?}");
        if told.data["memory_id"] == of_notes[0].as_str() {
            break;
        }
    }

    for (path, headers, status, code, field) in [
        (
            "?cube_id=absent",
            &[] as &[(&str, &str)],
            404,
            "cube_not_found",
            Value::Null,
        ),
        (
            "?cube_id=no%20such",
            &[],
            400,
            "invalid_request",
            json!("cube_id"),
        ),
        ("?after=x", &[], 400, "invalid_request", json!("after")),
        (
            "",
            &[("Last-Event-ID", "x")],
            400,
            "invalid_request",
            json!("Last-Event-ID"),
        ),
    ] {
        let answer = client
            .send("GET", &format!("{EVENTS}{path}"), headers, &[])
            .unwrap();
        let problem = answer.problem(status, code);
        if field != Value::Null {
            assert_eq!(problem["field"], field, "{problem}");
        }
    }
    drop(stream);
    assert_eq!(server.log(), "");
}

#[test]
fn changes_of_tasks_are_told_as_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    client
        .post("/api/v1/cubes", &json!({"id": "notes"}))
        .is(201);
    let mut stream = Stream::open(server.address(), EVENTS, &[]);
    let body = json!({"kind": "sweep", "cube_id": "notes"});
    let task = client.post("/api/v1/tasks", &body).is(201).json();
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("done")) {
        let mut told = stream.next_of("task").unwrap();
        assert_eq!(told.id, None, "a task's change can't be gone on after");
        if told.data["id"] == task["id"] {
            seen.push(told.data["status"].take());
        }
    }
    assert_eq!(seen, ["waiting", "running", "done"]);
    let mut deaf = Stream::open(server.address(), &format!("{EVENTS}?cube_id=notes"), &[]);
    client.add("other", &message("Elsewhere."));
    let id = client.add("notes", &message("Here.")).remove(0);
    loop {
        let told = deaf.next().unwrap();
        assert_eq!(told.data["cube_id"], "notes", "{told:?}");
        if told.data["memory_id"] == id.as_str() {
            break;
        }
    }
}

#[test]
fn who_does_not_read_keeps_nobody_waiting() {
    const REQUESTS: usize = 8;
    const EACH: usize = 500;
    const SILENT: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let path = format!("{EVENTS}?after=0");
    let open = |_| Stream::open(server.address(), &path, &[]);
    let mut silent: Vec<Stream> = (0..SILENT).map(open).collect();
    let mut ids = Vec::new();
    let mut client = server.client();
    for request in 0..REQUESTS {
        let texts: Vec<String> = (0..EACH)
            .map(|n| format!("Parcel p{request}x{n} has arrived."))
            .collect();
        ids.extend(client.add("notes", &messages(&texts)));
        let word = format!("p{request}x{}", EACH - 1);
        let hits = client.search("notes", &word, 1);
        assert_eq!(hits[0]["memory"]["id"], ids[ids.len() - 1].as_str());
    }
    // What they come to hear late is whole.
    thread::scope(|scope| {
        for stream in &mut silent {
            scope.spawn(|| assert_eq!(added(stream, ids.len()), ids));
        }
    });
    drop((silent, client));
    assert_eq!(server.log(), "");
    assert!(server.terminate().success());
}

#[test]
fn a_stop_ends_all_streams_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    client.add("notes", &message("The ferry leaves at seven."));
    let mut streams: Vec<Stream> = ["", "?after=0", "?cube_id=notes", "?cube_id=notes&after=0"]
        .iter()
        .map(|query| Stream::open(server.address(), &format!("{EVENTS}{query}"), &[]))
        .collect();
    drop(client);
    assert!(server.terminate().success());
    for stream in &mut streams {
        stream.rest();
        // Without an end of their own they would have been cut off.
        assert!(stream.is_over());
    }
}
