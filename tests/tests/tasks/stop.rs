//! Ends in order: who works stops, who waits is told, and the next start goes on.

use std::path::Path;
use std::thread;
use std::time::Duration;

use memos_api::Working;
use memos_core::Clock as _;
use memos_tests::{Client, Server, messages};
use serde_json::{Value, json};

use crate::host::{self, Host, WORKERS};
use crate::{counts, drain, submit, tasks, texts, until};

fn start(data: &Path, working: Working, gate: &Path) -> Server {
    let host = Host {
        data,
        run: 1,
        working,
        gate: Some(gate),
    };
    host.start()
}

fn create(client: &mut Client, cubes: usize) -> Vec<String> {
    let names: Vec<String> = (0..cubes).map(|n| format!("cube-{n}")).collect();
    for name in &names {
        client.post("/api/v1/cubes", &json!({"id": name})).is(201);
    }
    names
}

fn until_running(client: &mut Client, count: usize) {
    until("the beginning of tasks", || {
        counts(client)["running"] == count
    });
}

#[test]
fn what_runs_at_a_stop_is_handed_back_and_done_after_the_next_start() {
    const MARKS: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let (data, gate) = (folder.path().join("data"), folder.path().join("gate"));
    let server = start(&data, Working::InBackground, &gate);
    let mut client = server.client();
    let cubes = create(&mut client, WORKERS + 2);
    for (number, cube) in cubes.iter().enumerate() {
        submit(&mut client, "wait", cube, number);
    }
    until_running(&mut client, WORKERS);
    for number in 0..MARKS {
        let cube = &cubes[number % cubes.len()];
        submit(&mut client, "mark", cube, cubes.len() + number);
    }
    assert!(server.terminate().success());

    let server = start(&data, Working::Later, &gate);
    let mut client = server.client();
    let waiting = tasks(&mut client, "");
    assert_eq!(waiting.len(), cubes.len() + MARKS);
    for task in &waiting {
        let held = (&task["status"], &task["attempts"], &task["losses"]);
        assert_eq!(held, (&json!("waiting"), &json!(0), &json!(0)), "{task}");
    }
    assert!(server.terminate().success());

    std::fs::write(&gate, "").unwrap();
    let server = start(&data, Working::InBackground, &gate);
    let mut client = server.client();
    drain(&mut client);
    for (n, cube) in cubes.iter().enumerate() {
        let mut done = texts(&mut client, cube);
        done.sort_unstable();
        let numbers = (n..cubes.len() + MARKS).step_by(cubes.len());
        let mut due: Vec<String> = numbers.map(host::text).collect();
        due.sort_unstable();
        assert_eq!(done, due, "{cube}");
    }
    assert!(server.terminate().success());
}

#[test]
fn a_stop_does_not_wait_for_who_waits_for_a_drain() {
    let folder = tempfile::tempdir().unwrap();
    let (data, gate) = (folder.path().join("data"), folder.path().join("gate"));
    let server = start(&data, Working::InBackground, &gate);
    let mut client = server.client();
    let cubes = create(&mut client, 2);
    submit(&mut client, "wait", &cubes[0], 0);
    until_running(&mut client, 1);
    // Nearer than what a drain leaves alone, and farther than this test takes.
    let soon = memos_core::SystemClock
        .now()
        .after(Duration::from_secs(200));
    let task = json!({
        "kind": "wait", "cube_id": cubes[1], "input": {"number": 1}, "due_at": soon.to_string(),
    });
    client.post("/api/v1/tasks", &task).is(201);
    let mut other = server.client();
    let waiting = thread::spawn(move || {
        let longest = json!({"timeout_ms": 300_000});
        other.try_call("POST", "/api/v1/tasks/drain", Some(&longest))
    });
    // The drain has begun: it has made the second one due.
    until_running(&mut client, 2);
    drop(client);
    assert!(server.terminate().success());
    let answer = waiting.join().unwrap().expect("an answer before the end");
    answer.problem(503, "unavailable");
}

#[test]
fn a_running_task_that_is_called_off_has_no_effect() {
    let folder = tempfile::tempdir().unwrap();
    let (data, gate) = (folder.path().join("data"), folder.path().join("gate"));
    let server = start(&data, Working::InBackground, &gate);
    let mut client = server.client();
    let cubes = create(&mut client, 1);
    let id = submit(&mut client, "wait", &cubes[0], 0);
    until_running(&mut client, 1);
    let path = format!("/api/v1/tasks/{id}");
    let off = client.call("POST", &format!("{path}/cancel"), None).is(200);
    assert_eq!(off.json()["status"], "cancelled");
    std::fs::write(&gate, "").unwrap();
    // A task that keeps others out of the cube begins when the first has ended.
    submit(&mut client, "wait", &cubes[0], 1);
    drain(&mut client);
    assert_eq!(texts(&mut client, &cubes[0]), [host::text(1)]);
    assert_eq!(client.get(&path).json()["status"], "cancelled");

    let again = client.call("POST", &format!("{path}/retry"), None).is(200);
    assert_eq!(again.json()["status"], "waiting");
    drain(&mut client);
    assert_eq!(
        texts(&mut client, &cubes[0]),
        [host::text(1), host::text(0)]
    );
    let done = client.get(&path).is(200).json();
    assert_eq!(done["status"], "done");
    assert_eq!(done["outcome"], json!({"marked": 1}));
    assert!(server.terminate().success());
}

#[test]
fn a_dead_letter_that_is_tried_again_is_tried_as_often_as_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (data, gate) = (folder.path().join("data"), folder.path().join("gate"));
    let server = start(&data, Working::InBackground, &gate);
    let mut client = server.client();
    let cubes = create(&mut client, 1);
    let id = submit(&mut client, "poison", &cubes[0], 7);
    let path = format!("/api/v1/tasks/{id}");
    let dead = |client: &mut Client, before: &Value| {
        let mut task = Value::Null;
        until("the end of a poisoned task", || {
            task = client.get(&path).is(200).json();
            task["status"] == "dead" && task["updated_at"] != *before
        });
        task
    };
    let first = dead(&mut client, &Value::Null);
    let again = client.call("POST", &format!("{path}/retry"), None).is(200);
    assert_eq!(again.json()["attempts"], 0);
    let second = dead(&mut client, &first["updated_at"]);
    for task in [first, second] {
        assert_eq!(task["attempts"], host::TRIES, "{task}");
        let reason = task["dead_reason"].as_str().unwrap();
        assert!(reason.contains(&host::poisoned(7)), "{task}");
    }
    assert!(server.terminate().success());
}

#[test]
fn a_server_that_is_stopped_while_it_organises_goes_on_after_its_next_start() {
    const CUBES: usize = 8;
    const EACH: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let mut added = Vec::new();
    for cube in 0..CUBES {
        let texts: Vec<String> = (0..EACH)
            .map(|n| format!("On day {n} I planted {} beans in bed {cube}.", n % 7 + 1))
            .collect();
        added.push(client.add(&format!("cube-{cube}"), &messages(&texts)));
    }
    assert!(server.terminate().success());

    let server = Server::start(folder.path());
    let mut client = server.client();
    drain(&mut client);
    for (cube, ids) in added.iter().enumerate() {
        let mut done = tasks(&mut client, &format!("cube_id=cube-{cube}&kind=fuse"));
        // What tells of its earlier runs has no key.
        done.retain(|task| task["key"].is_string());
        assert_eq!(done.len(), 1, "{done:?}");
        assert_eq!(done[0]["status"], "done");
        let held = client.list(&format!("cube-{cube}"));
        for id in ids {
            let count = held.iter().filter(|memory| memory["id"] == **id).count();
            assert_eq!(count, 1, "{id}");
        }
    }
    assert_eq!(server.log(), "");
    assert!(server.terminate().success());
}
