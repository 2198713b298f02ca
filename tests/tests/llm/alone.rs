//! Everything works without a model, and what needs one says so.

use memos_tests::{Command, Server};
use serde_json::json;

use crate::stage::{drain, say, tasks};

#[test]
fn what_needs_a_model_says_what_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    say(
        &mut client,
        "notes",
        "s",
        &["I live in Bonn.", "I live in Lyon now."],
    );
    let question = json!({"query": "Where do I live?", "cube_ids": ["notes"], "deep": true});
    for path in ["/api/v1/search", "/api/v1/context"] {
        let problem = client.post(path, &question).problem(400, "invalid_request");
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(remedy.contains("MEMOS_LLM_BASE_URL"), "{problem}");
        assert_eq!(problem["field"], "/deep", "{problem}");
    }
    let refine = client.post("/api/v1/cubes/notes/refine", &json!({}));
    let problem = refine.problem(400, "invalid_request");
    let remedy = problem["remedy"].as_str().unwrap();
    assert!(remedy.contains("MEMOS_LLM_MODEL"), "{problem}");
    let task = json!({"kind": "refine", "cube_id": "notes"});
    client
        .post("/api/v1/tasks", &task)
        .problem(400, "invalid_request");
    Command::new(&["refine", "notes", "--data"])
        .arg(folder.path())
        .run()
        .refuses(&["no language model is configured", "MEMOS_LLM_BASE_URL"]);

    // No work is queued that nobody does, and rules do theirs and are named.
    for kind in ["fuse", "organise"] {
        drain(&mut client, kind);
    }
    assert!(tasks(&mut client, "refine", "").is_empty());
    let listed = client.list("notes");
    let old = listed
        .iter()
        .find(|m| m["text"] == "I live in Bonn.")
        .unwrap();
    assert!(old["superseded_by"].is_string(), "{old}");
    for derived in listed.iter().filter(|m| m["origin"] == "inference") {
        let rule = derived["info"]["rule"].as_str().unwrap_or_default();
        assert!(!rule.is_empty() && !rule.starts_with("llm:"), "{derived}");
    }
    let metrics = client.get("/metrics").is(200).text();
    assert!(!metrics.contains("memos_llm_requests_total "), "{metrics}");
}

#[test]
fn settings_that_can_not_be_are_refused_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let with = |settings: &[(&str, &str)]| {
        let mut command =
            Command::new(&["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
        for (name, value) in settings {
            command = command.env(name, value);
        }
        command.run()
    };
    let url = ("MEMOS_LLM_BASE_URL", "http://127.0.0.1:9/v1");
    with(&[url]).refuses(&["MEMOS_LLM_MODEL"]);
    with(&[("MEMOS_LLM_BASE_URL", "ftp://h"), ("MEMOS_LLM_MODEL", "m")])
        .refuses(&["MEMOS_LLM_BASE_URL"]);
    with(&[
        url,
        ("MEMOS_LLM_MODEL", "m"),
        ("MEMOS_LLM_API_KEY", "sk-a\nb"),
    ])
    .refuses(&["MEMOS_LLM_API_KEY"]);
}
