//! What a user can get wrong, over a real socket: the answer says what, where and what to do, and
//! nothing is written. Folders, addresses and disks are in `places.rs`.
//!
//! The cases are data: `adds.tsv`, `questions.tsv`, `changes.tsv` and `cubes.tsv`, one request a
//! line, with what it must be told.

#![allow(clippy::unwrap_used)]

mod sizes;
mod stage;

use serde_json::json;

use stage::{CUBES, Expected, NOTES, Stage, cases};

const FRESH: &str = "/api/v1/cubes/fresh/memories";
const NOBODY: &str = "01999999-9999-7999-8999-999999999999";

#[test]
fn bodies_that_are_not_the_json_of_the_route() {
    let mut stage = Stage::new(&[]);
    for (body, says) in [
        (
            &b"{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}"[..],
            "close what is open",
        ),
        (b"{\"messages\": oops}", "line 1, column 14"),
        (b"{\"messages\": [], }", "line 1, column"),
        (b"", "the body is empty"),
        (b"[1, 2]", "an array, not an object"),
        (b"\"hello\"", "a string, not an object"),
        (
            b"{\"messages\": [{\"role\": \"user\", \"content\": \"caf\xe9\"}]}",
            "not UTF-8: byte 46",
        ),
        (b"\xff\xfe{\x00}\x00", "encode the body as UTF-8"),
        (
            b"{\"messages\": [{\"role\": \"user\", \"content\": \"\\ud800\"}]}",
            "is not JSON",
        ),
    ] {
        let expected = Expected::new(400, "invalid_json", None, says);
        for path in [FRESH, NOTES] {
            stage.refuses("POST", path, body, expected);
        }
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = stage.client.send("POST", FRESH, &form, b"messages=hello");
    let problem = answer.unwrap().problem(415, "unsupported_media_type");
    assert_eq!(problem["field"], "Content-Type");
    stage.nothing_was_written();
}

#[test]
fn adds_are_refused_as_a_whole() {
    let mut stage = Stage::new(&[]);
    for (expected, body) in cases(include_str!("adds.tsv")) {
        for path in [FRESH, NOTES] {
            stage.refuses("POST", path, body, expected);
        }
    }
    stage.nothing_was_written();
}

#[test]
fn questions_that_cannot_be_asked() {
    let mut stage = Stage::new(&[]);
    for (expected, body) in cases(include_str!("questions.tsv")) {
        for path in ["/api/v1/search", "/api/v1/context"] {
            stage.refuses("POST", path, body, expected);
        }
    }
    stage.nothing_was_written();
}

#[test]
fn changes_and_cubes_that_are_refused() {
    let mut stage = Stage::new(&[]);
    let path = stage.path();
    for (expected, body) in cases(include_str!("changes.tsv")) {
        stage.refuses("PATCH", &path, body, expected);
    }
    for (expected, body) in cases(include_str!("cubes.tsv")) {
        stage.refuses("POST", CUBES, body, expected);
    }
    stage.nothing_was_written();
}

#[test]
fn what_is_not_there() {
    let mut stage = Stage::new(&[]);
    let path = stage.path();
    let client = &mut stage.client;
    for missing in ["/api/v1/cubes/none", "/api/v1/cubes/none/memories"] {
        client.get(missing).problem(404, "cube_not_found");
    }
    let none = client.delete("/api/v1/cubes/none");
    none.problem(404, "cube_not_found");
    for (missing, code) in [
        (format!("{NOTES}/{NOBODY}"), "memory_not_found"),
        (path.replace("notes", "none"), "cube_not_found"),
    ] {
        client.get(&missing).problem(404, code);
        client.delete(&missing).problem(404, code);
        client
            .patch(&missing, &json!({"key": "k"}))
            .problem(404, code);
    }
    for (bad, field) in [
        ("/api/v1/cubes/a%20b", "cube_id"),
        (&format!("{NOTES}/17"), "id"),
    ] {
        let problem = client.get(bad).problem(400, "invalid_request");
        assert_eq!(problem["field"], field, "{problem}");
    }
    let nowhere = client.get("/api/v1/cubes/notes/memorys");
    nowhere.problem(404, "route_not_found");
    let answer = client.call("PUT", &path, Some(&json!({"key": "k"})));
    answer.problem(405, "method_not_allowed");
    assert!(
        answer.header("allow").is_some_and(|a| a.contains("PATCH")),
        "{answer:?}"
    );
    // A web page that has its own name point here (DNS rebinding).
    let page = [("Host", "memory.evil.example")];
    let problem = client.send("GET", CUBES, &page, &[]).unwrap();
    assert_eq!(problem.problem(403, "forbidden")["field"], "Host");
    stage.nothing_was_written();
}

#[test]
fn pages_that_cannot_be_listed() {
    let mut stage = Stage::new(&[]);
    for (query, code, field, says) in [
        ("limit=0", "invalid_request", "limit", "1 to 1000"),
        ("limit=1001", "invalid_request", "limit", "1 to 1000"),
        ("limit=ten", "invalid_request", "limit", "ten"),
        ("cursor=nonsense", "invalid_request", "cursor", ""),
        (
            "offset=5",
            "invalid_request",
            "offset",
            "use filter, cursor, limit",
        ),
        ("filter=%7B", "invalid_filter", "/filter", ""),
        (
            "filter=%7B%22speakr%22%3A1%7D",
            "invalid_filter",
            "/filter/speakr",
            "speaker",
        ),
        ("filter=%FF", "invalid_filter", "/filter", "not JSON"),
    ] {
        let problem = stage
            .client
            .get(&format!("{NOTES}?{query}"))
            .problem(400, code);
        Expected::new(400, code, Some(field), says).check(&problem, query);
    }
    stage.nothing_was_written();
}
