//! What is refused, with the field that is wrong; and what a key is worth.

use memos_tests::{Client, Command, Server, message};
use serde_json::{Value, json};

use crate::{drain, tasks};

const NOBODY: &str = "0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6";

fn server(folder: &tempfile::TempDir) -> Server {
    let server = Server::start(folder.path());
    server
        .client()
        .add("notes", &message("The ferry leaves at seven."));
    server
}

fn submit(client: &mut Client, body: &Value) -> memos_tests::Answer {
    client.post("/api/v1/tasks", body)
}

#[track_caller]
fn at(problem: &Value, field: &str) {
    assert_eq!(problem["field"], field, "{problem}");
}

#[test]
fn bad_tasks_are_refused_with_their_field() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    let mut client = server.client();
    let before = tasks(&mut client, "").len();
    let good = json!({"kind": "sweep", "cube_id": "notes"});
    for (name, value, code, field) in [
        ("kind", json!("dance"), "invalid_request", "/kind"),
        (
            "cube_id",
            json!("no such cube"),
            "invalid_request",
            "/cube_id",
        ),
        ("priority", json!("urgent"), "invalid_request", "/priority"),
        ("due_at", json!("soon"), "invalid_time", "/due_at"),
    ] {
        let mut body = good.clone();
        body[name] = value;
        let problem = submit(&mut client, &body).problem(400, code);
        at(&problem, field);
    }
    let unknown = submit(&mut client, &json!({"kind": "dance", "cube_id": "notes"}));
    let remedy = unknown.json()["remedy"].as_str().unwrap().to_owned();
    for kind in ["fuse", "organise", "sweep"] {
        assert!(remedy.contains(kind), "{kind} is not in {remedy}");
    }
    let absent = json!({"kind": "sweep", "cube_id": "absent"});
    submit(&mut client, &absent).problem(404, "cube_not_found");
    for body in [
        json!({"kind": "sweep"}),
        json!({"kind": "sweep", "cube_id": "notes", "colour": "red"}),
        json!({"kind": "sweep", "cube_id": "notes", "memories": ["x"]}),
    ] {
        submit(&mut client, &body).problem(400, "invalid_request");
    }
    assert_eq!(tasks(&mut client, "").len(), before, "one was added");
    assert_eq!(server.log(), "");
}

#[test]
fn bad_questions_are_refused_with_their_field() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    let mut client = server.client();
    for (filter, field) in [
        ("status=asleep", "status"),
        ("cube_id=no%20such", "cube_id"),
        ("user=no%20one", "user"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
    ] {
        let answer = client.get(&format!("/api/v1/tasks?{filter}"));
        at(&answer.problem(400, "invalid_request"), field);
    }
    let unknown = client.get("/api/v1/tasks?colour=red");
    unknown.problem(400, "invalid_request");
    // A cube that was, or never was, has no tasks.
    assert_eq!(tasks(&mut client, "cube_id=absent"), [] as [Value; 0]);

    for (method, path) in [("GET", ""), ("POST", "/retry"), ("POST", "/cancel")] {
        let mut ask = |id: &str| client.call(method, &format!("/api/v1/tasks/{id}{path}"), None);
        ask(NOBODY).problem(404, "task_not_found");
        at(&ask("x").problem(400, "invalid_request"), "id");
    }
    let long = json!({"timeout_ms": 300_001});
    let answer = client.post("/api/v1/tasks/drain", &long);
    at(&answer.problem(400, "invalid_request"), "/timeout_ms");
    let answer = client.post("/api/v1/tasks/drain", &json!({"cube_id": "no such"}));
    at(&answer.problem(400, "invalid_request"), "/cube_id");

    let run = |args: &[&str]| {
        let command = Command::new(&[&["tasks"], args, &["--data"]].concat());
        command.arg(folder.path()).run()
    };
    run(&["show", NOBODY]).refuses(&[NOBODY]);
    for (args, words) in [
        (&["show", "x"] as &[&str], "x"),
        (&["list", "--cube", "no such"], "--cube"),
        (&["list", "--status", "asleep"], "take one of waiting,"),
    ] {
        let wrong = run(args);
        assert_eq!(wrong.status, 2, "{}", wrong.stderr);
        assert!(wrong.stderr.contains(words), "{}", wrong.stderr);
    }
    assert_eq!(server.log(), "");
}

#[test]
fn the_same_key_is_one_task() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    let mut client = server.client();
    let later = "2100-01-01";
    let body = json!({"kind": "sweep", "cube_id": "notes", "key": "tidy", "due_at": later});
    let first = submit(&mut client, &body).is(201).json();
    let again = submit(&mut client, &body).is(201).json();
    assert_eq!(first, again);
    let other = json!({"kind": "sweep", "cube_id": "notes", "key": "tidy too", "due_at": later});
    let other = submit(&mut client, &other).is(201).json();
    assert_ne!(first["id"], other["id"]);
    assert_eq!(tasks(&mut client, "kind=sweep").len(), 2);

    // What was called off is asked for anew; what is done stays done.
    let path = format!("/api/v1/tasks/{}", first["id"].as_str().unwrap());
    client.call("POST", &format!("{path}/cancel"), None).is(200);
    let mut now = body;
    now.as_object_mut().unwrap().remove("due_at");
    let anew = submit(&mut client, &now).is(201).json();
    assert_eq!(anew["id"], first["id"]);
    drain(&mut client);
    let done = client.get(&path).is(200).json();
    assert_eq!(done["status"], "done");
    assert_eq!(submit(&mut client, &now).is(201).json(), done);
    assert!(server.terminate().success());
}
