//! What adding leaves to be done, and `memos tasks` with and without a server.

use std::path::Path;

use memos_tests::{Command, Server, id_of, messages};
use serde_json::{Value, json};

use crate::{drain, tasks};

/// Enough for a summary.
const SAID: [&str; 7] = [
    "My sister Mina moved to Lyon last spring.",
    "She works for a company that builds bridges.",
    "Mina likes strong coffee and long walks.",
    "We visited Mina in Lyon in June.",
    "The company in Lyon builds a bridge over the Rhone.",
    "Mina showed us the bridge and the old town.",
    "My brother wants to visit Mina in autumn.",
];

fn run(data: &Path, args: &[&str]) -> Command {
    Command::new(&[&["tasks"], args, &["--data"]].concat()).arg(data)
}

fn json(data: &Path, args: &[&str]) -> Value {
    let said = run(data, &[args, &["--json"]].concat()).run().succeeds();
    serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"))
}

/// The only task of a kind on a page.
#[track_caller]
fn of_kind(page: &Value, kind: &str) -> Value {
    let tasks = page["tasks"].as_array().unwrap();
    // What tells of its earlier runs has no key.
    let is_it = |task: &&Value| task["kind"] == kind && task["key"].is_string();
    let mut found = tasks.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(task), None) => task.clone(),
        _ => panic!("not one {kind}: {page}"),
    }
}

/// A task after a command.
fn turned(data: &Path, command: &str, task: &Value) -> Value {
    json(data, &[command, &id_of(task)])
}

/// Whether something was concluded in a cube from what was said.
fn is_organised(server: &Server, cube: &str) -> bool {
    let memories = server.client().list(cube);
    memories.len() > SAID.len()
}

#[test]
fn a_server_is_told_what_to_do_with_its_tasks() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start(data);
    let mut client = server.client();
    for cube in ["notes", "other"] {
        client.add(cube, &messages(&SAID));
    }
    for cube in ["notes", "other"] {
        let page = json(data, &["list", "--cube", cube]);
        for kind in ["fuse", "organise"] {
            let task = of_kind(&page, kind);
            assert_eq!(
                (&task["cube_id"], &task["user"]),
                (&json!(cube), &json!("local"))
            );
        }
        let by_rest = tasks(&mut client, &format!("cube_id={cube}"));
        assert_eq!(by_rest.len(), page["tasks"].as_array().unwrap().len());
    }

    let page = json(data, &["list", "--cube", "notes", "--kind", "organise"]);
    let task = of_kind(&page, "organise");
    assert_eq!(turned(data, "show", &task)["status"], "waiting");
    assert_eq!(turned(data, "cancel", &task)["status"], "cancelled");
    run(data, &["cancel", &id_of(&task)])
        .run()
        .refuses(&["is cancelled"]);

    let said = run(data, &["drain"]).run().succeeds();
    assert_eq!(said, "no task is left\n");
    assert_eq!(turned(data, "show", &task)["status"], "cancelled");
    let page = json(data, &["list", "--status", "done"]);
    let mut fused = tasks(&mut client, "kind=fuse&status=done");
    fused.retain(|task| task["key"].is_string());
    assert_eq!(fused.len(), 2, "{page}");
    assert!(is_organised(&server, "other"), "{page}");
    assert!(!is_organised(&server, "notes"), "{page}");
    run(data, &["retry", &id_of(&fused[0])])
        .run()
        .refuses(&["is done"]);

    assert_eq!(turned(data, "retry", &task)["status"], "waiting");
    drain(&mut client);
    assert_eq!(turned(data, "show", &task)["status"], "done");
    assert!(is_organised(&server, "notes"));
    assert!(server.terminate().success());
}

#[test]
fn without_a_server_tasks_wait_until_they_are_drained() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for cube in ["notes", "other"] {
        for said in SAID {
            let add = Command::new(&["add", said, "--cube", cube, "--data"]).arg(&data);
            add.run().succeeds();
        }
    }
    let said = run(&data, &[]).run().succeeds();
    assert!(
        said.starts_with("4 waiting, 0 running, 0 done, 0 dead, 0 cancelled\n"),
        "{said}"
    );
    for words in ["KIND", "fuse", "organise", "notes", "other"] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    let page = json(&data, &["list", "--cube", "notes"]);
    let organise = of_kind(&page, "organise");
    let shown = run(&data, &["show", &id_of(&organise)]).run().succeeds();
    for words in [id_of(&organise), "waiting".into(), "notes".into()] {
        assert!(shown.contains(&words), "{words} is not in {shown}");
    }
    assert_eq!(turned(&data, "cancel", &organise)["status"], "cancelled");

    let said = run(&data, &["drain"]).run().succeeds();
    assert_eq!(said, "no task is left\n");
    let counts = json(&data, &["list"])["counts"].take();
    assert_eq!(
        (&counts["waiting"], &counts["running"], &counts["dead"]),
        (&json!(0), &json!(0), &json!(0))
    );
    assert_eq!(counts["cancelled"], 1);
    assert_eq!(turned(&data, "show", &organise)["status"], "cancelled");
    let page = json(&data, &["list", "--kind", "fuse", "--status", "done"]);
    assert_eq!(page["tasks"].as_array().unwrap().len(), 2, "{page}");

    let server = Server::start(&data);
    assert!(is_organised(&server, "other"));
    assert!(!is_organised(&server, "notes"));
    assert!(server.terminate().success());
}
