//! What is forgotten while the model reads it comes of nothing.

use memos_tests::{Client, Endpoint, Scripted};

use crate::stage::{derived, drain, dump, fact, hasten, items, judged, say, serve, sources, task};

const WORDS: [&str; 3] = [
    "My locker code is kumquat.",
    "The ferry leaves at seven.",
    "Tulips grow behind the shed.",
];

/// Says a fact of each turn and one of the first two.
fn reading() -> Endpoint {
    Endpoint::answering(|asked| match asked.schema() {
        "facts" => Scripted::json(&items(&[
            fact("Ada's locker code is kumquat.", &[1]),
            fact("A ferry leaves at seven.", &[2]),
            fact("Ada takes kumquat to the ferry.", &[1, 2]),
            fact("There are tulips behind the shed.", &[3]),
        ]))
        .held(),
        _ => judged("unrelated"),
    })
}

fn forget(client: &mut Client, id: &str) {
    let path = format!("/api/v1/cubes/notes/memories/{id}");
    assert!(client.delete(&path).status < 300);
}

#[test]
fn a_turn_forgotten_while_it_is_read_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = reading();
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    let ids = say(&mut client, "notes", "s", &WORDS);
    hasten(&mut client, "refine");
    endpoint.wait_held(1);
    forget(&mut client, &ids[0]);
    endpoint.release();
    drain(&mut client, "refine");
    drain(&mut client, "fuse");

    assert_eq!(
        task(&mut client, "refine", "notes")["outcome"]["derived"],
        2
    );
    let derived = derived(&mut client, "notes");
    let from: Vec<String> = derived.iter().flat_map(sources).collect();
    assert_eq!(from, ids[1..]);
    let left = dump(folder.path(), "notes");
    assert_eq!(left.len(), 4);
    assert!(
        left.values().all(|line| !line.contains("kumquat")),
        "{left:?}"
    );
    assert!(!server.log().contains("kumquat"));
}

#[test]
fn a_cube_deleted_while_it_is_read_stays_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = reading();
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    say(&mut client, "notes", "s", &WORDS);
    hasten(&mut client, "refine");
    endpoint.wait_held(1);
    assert!(client.delete("/api/v1/cubes/notes").status < 300);
    endpoint.release();
    drain(&mut client, "refine");
    client
        .get("/api/v1/cubes/notes")
        .problem(404, "cube_not_found");
    let again = say(&mut client, "notes", "other", &["The lamp is new."]);
    let listed = memos_tests::ids(&client.list("notes"));
    assert_eq!(listed, again, "nothing of the old cube comes back");
}

#[test]
fn a_task_called_off_while_the_model_reads_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = reading();
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    say(&mut client, "notes", "s", &WORDS);
    hasten(&mut client, "refine");
    endpoint.wait_held(1);
    let running = task(&mut client, "refine", "notes");
    assert_eq!(running["status"], "running");
    let path = format!("/api/v1/tasks/{}/cancel", memos_tests::id_of(&running));
    client.post(&path, &serde_json::json!({})).is(200);
    endpoint.release();
    drain(&mut client, "refine");
    assert_eq!(task(&mut client, "refine", "notes")["status"], "cancelled");
    assert_eq!(dump(folder.path(), "notes").len(), 3);
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_to_stop_does_not_wait_for_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = reading();
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    let ids = say(&mut client, "notes", "s", &WORDS);
    hasten(&mut client, "refine");
    endpoint.wait_held(1);
    assert!(server.terminate().success());
    endpoint.wait_given_up(1);

    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    let waiting = task(&mut client, "refine", "notes");
    assert_eq!(
        (&waiting["attempts"], &waiting["losses"]),
        (&0.into(), &0.into())
    );
    hasten(&mut client, "refine");
    endpoint.wait_held(1);
    endpoint.release();
    drain(&mut client, "refine");
    assert_eq!(client.list("notes").len(), ids.len() + 4);
}
