//! The key is for the endpoint alone.

use std::path::Path;

use memos_tests::{Command, Endpoint, Scripted};
use serde_json::json;

use crate::stage::{drain, say, serve, task};

const KEY: &str = "sk-quincunx-0123456789";

/// Whether a file below a folder holds the key.
fn is_in(folder: &Path) -> bool {
    folder.read_dir().unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => is_in(&path),
            false => {
                let bytes = std::fs::read(&path).unwrap();
                bytes
                    .windows(KEY.len())
                    .any(|window| window == KEY.as_bytes())
            }
        }
    })
}

#[cfg(unix)]
#[test]
fn the_key_is_sent_and_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    // Endpoints like to repeat the key that they refuse.
    let endpoint = Endpoint::answering(|_| {
        let error = json!({"error": {
            "message": format!("Incorrect API key provided: {KEY}."),
            "code": "invalid_api_key", "type": format!("the key {KEY} is unknown"),
        }});
        Scripted::body(401, error.to_string())
    });
    let settings = [("MEMOS_LLM_API_KEY", KEY), ("MEMOS_LOG_LEVEL", "trace")];
    let server = serve(folder.path(), &endpoint, &settings);
    let mut client = server.client();
    say(&mut client, "notes", "s", &["The ferry leaves at seven."]);
    drain(&mut client, "refine");
    let sent = endpoint.asked();
    let bearer = format!("Bearer {KEY}");
    assert_eq!(sent[0].header("authorization"), Some(bearer.as_str()));

    let failed = task(&mut client, "refine", "notes");
    let why = failed["last_error"].as_str().unwrap();
    assert!(why.contains("status 401"), "{why}");
    assert!(why.contains("invalid_api_key"), "{why}");
    let question = json!({"query": "ferry", "cube_ids": ["notes"], "deep": true});
    let answer = client.post("/api/v1/search", &question).is(200).text();
    let metrics = client.get("/metrics").is(200).text();
    let feedback = json!({"feedback": "That's wrong, it leaves at eight."});
    let path = "/api/v1/cubes/notes/feedback";
    let feedback = client.post(path, &feedback).is(201).text();
    for shown in [failed.to_string(), answer, metrics, feedback] {
        assert!(!shown.contains(KEY), "{shown}");
    }
    let config = |args: &[&str]| {
        let command = Command::new(args).env("MEMOS_LLM_API_KEY", KEY);
        let run = command.env("MEMOS_LOG_LEVEL", "trace").run();
        format!("{}{}", run.stdout, run.stderr)
    };
    let shown = config(&["config"]);
    assert!(shown.contains("api_key = (not shown)"), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
    let log = server.log();
    assert!(log.contains("TRACE") && !log.contains(KEY), "{log}");
    assert!(server.terminate().success());
    assert!(!is_in(folder.path()), "it is on the disk");
}
