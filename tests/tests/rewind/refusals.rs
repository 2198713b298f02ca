//! What a user can get wrong with versions, states, snapshots, branches and tasks: the answer says
//! what, where and what to do, and nothing is written. The cases are data, one request a line.

use memos_tests::{Client, Server, message};
use serde_json::{Value, json};

const NOBODY: &str = "01999999-9999-7999-8999-999999999999";
const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

/// All that a refused request could have written to.
fn held(client: &mut Client) -> Vec<String> {
    [
        "/api/v1/cubes",
        "/api/v1/cubes/notes/dump",
        "/api/v1/cubes/what-if/dump",
        "/api/v1/cubes/notes/snapshots",
        "/api/v1/cubes/what-if/snapshots",
        "/api/v1/tasks",
    ]
    .map(|path| client.get(path).is(200).text())
    .into()
}

#[test]
fn what_can_not_be_done_is_told_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let id = client
        .add("notes", &message("The ferry leaves at seven."))
        .remove(0);
    let first = json!({"name": "first"});
    client.post("/api/v1/cubes/notes/snapshots", &first).is(201);
    let branch = json!({"id": "what-if"});
    client.post("/api/v1/cubes/notes/branches", &branch).is(201);
    client.drain("notes");
    client.drain("what-if");
    let before = held(&mut client);
    let mut wrong = Vec::new();
    for case in Case::all(include_str!("refusals.tsv")) {
        let path = format!("/api/v1{}", case.path)
            .replace("{id}", &id)
            .replace("{nobody}", NOBODY);
        let body = case.body.as_bytes();
        let answer = client.send(case.method, &path, &JSON, body).unwrap();
        let told = answer.text();
        if answer.status != case.status {
            wrong.push(format!("{case:?}: {} {told}", answer.status));
            continue;
        }
        let problem: Value = answer.json();
        if problem["code"] != case.code {
            wrong.push(format!("{case:?}: {told}"));
            continue;
        }
        answer.problem(case.status, case.code);
        let said = ["detail", "remedy"].map(|part| problem[part].as_str().unwrap());
        if problem["field"].as_str() != case.field || !said.join(" ").contains(case.says) {
            wrong.push(format!("{case:?}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(held(&mut client), before);
    assert_eq!(server.log(), "", "no trouble of its own");
}

#[test]
fn bodies_are_json_of_a_reasonable_size() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let id = client
        .add("notes", &message("The ferry leaves at seven."))
        .remove(0);
    let branch = json!({"id": "what-if"});
    client.post("/api/v1/cubes/notes/branches", &branch).is(201);
    client.drain("notes");
    let before = held(&mut client);
    let state = format!("/api/v1/cubes/notes/memories/{id}/state");
    let back = format!("/api/v1/cubes/notes/memories/{id}/rollback");
    let paths = [
        "/api/v1/cubes/notes/rollback",
        "/api/v1/cubes/notes/snapshots",
        "/api/v1/cubes/notes/branches",
        "/api/v1/cubes/what-if/merge",
        "/api/v1/tasks",
        "/api/v1/tasks/drain",
        &state,
        &back,
    ];
    for path in paths {
        for (body, says) in [
            (&b""[..], "the body is empty"),
            (b"{\"to\": oops}", "line 1, column 8"),
            (b"null", "null, not an object"),
            (b"{\"to\": \"caf\xe9\"}", "not UTF-8: byte 11"),
        ] {
            let answer = client.send("POST", path, &JSON, body).unwrap();
            // A drain has nothing to say.
            if body.is_empty() && path.ends_with("/drain") {
                answer.is(200);
                continue;
            }
            let problem = answer.problem(400, "invalid_json");
            let told = ["detail", "remedy"].map(|p| problem[p].as_str().unwrap());
            assert!(told.join(" ").contains(says), "{path}: {problem}");
        }
        let form = [("Content-Type", "text/plain")];
        let answer = client.send("POST", path, &form, b"{}").unwrap();
        let problem = answer.problem(415, "unsupported_media_type");
        assert_eq!(problem["field"], "Content-Type");
    }
    let long = json!({"move": "freeze", "reason": "why ".repeat(300)});
    let problem = client.post(&state, &long).problem(413, "too_large");
    assert_eq!(problem["field"], "/reason");
    let long = json!({"name": "n".repeat(4_000)});
    let named = client.post("/api/v1/cubes/notes/snapshots", &long);
    assert_eq!(named.problem(400, "invalid_request")["field"], "/name");
    assert_eq!(held(&mut client), before);
}

#[derive(Debug)]
struct Case<'a> {
    method: &'a str,
    path: &'a str,
    status: u16,
    code: &'a str,
    field: Option<&'a str>,
    says: &'a str,
    body: &'a str,
}

impl<'a> Case<'a> {
    fn all(table: &'a str) -> impl Iterator<Item = Self> {
        table
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let cells: Vec<&str> = line.split('\t').collect();
                let [method, path, status, code, field, says, body] = cells[..] else {
                    panic!("a case has seven cells: {line}");
                };
                Self {
                    method,
                    path,
                    status: status.parse().unwrap(),
                    code,
                    field: Some(field).filter(|f| !f.is_empty()),
                    says,
                    body,
                }
            })
    }
}
