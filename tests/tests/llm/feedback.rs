//! Feedback with a model that helps, that fails, and that is not there.

use memos_tests::{Client, Endpoint, Scripted, Server, id_of};
use serde_json::{Value, json};

use crate::stage::{say, serve};

const TURNS: [&str; 3] = [
    "I live in Bonn.",
    "My sister keeps bees.",
    "The ferry leaves at seven.",
];

#[track_caller]
fn correct(client: &mut Client, words: &str) -> Value {
    let path = "/api/v1/cubes/notes/feedback";
    client
        .post(path, &json!({"feedback": words}))
        .is(201)
        .json()
}

/// A memory, as it is now.
#[track_caller]
fn memory(client: &mut Client, id: &str) -> Value {
    let path = format!("/api/v1/cubes/notes/memories/{id}");
    client.get(&path).is(200).json()
}

#[test]
fn the_model_finds_what_the_words_mean() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::answering(|asked| {
        let words = asked.words();
        let line = |line: &&str| line.contains("keeps bees");
        let number = words.lines().find(line).and_then(|line| {
            let line = line.trim_start_matches('"');
            line.split('.').next()?.parse::<u64>().ok()
        });
        Scripted::json(&json!({"corrects": [number.unwrap()], "kind": "changed"}))
    });
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    let turns = say(&mut client, "notes", "s", &TURNS);
    let done = correct(&mut client, "She sold the hives, so no honey any more.");
    assert_eq!(done["rule"], "llm:scripted/feedback.v1", "{done}");
    assert_eq!(done["corrected"], json!([turns[1]]), "{done}");
    let bees = memory(&mut client, &turns[1]);
    assert_eq!(bees["text"], TURNS[1]);
    assert!(bees["valid_until"].is_string(), "{bees}");
    assert_eq!(client.list("notes").len(), 4, "the words are kept");
}

/// Feedback that rules understand, on a server.
#[track_caller]
fn is_decided_by_rules(server: &Server) -> Value {
    let mut client = server.client();
    let turns = say(&mut client, "notes", "s", &TURNS);
    let done = correct(&mut client, "That's wrong, I moved to Lyon.");
    let rule = done["rule"].as_str().unwrap();
    assert!(!rule.is_empty() && !rule.starts_with("llm:"), "{done}");
    assert_eq!(done["corrected"], json!([turns[0]]), "{done}");
    let home = memory(&mut client, &turns[0]);
    assert_eq!(home["superseded_by"], done["added"], "{home}");
    assert!(
        client
            .list("notes")
            .iter()
            .any(|m| id_of(m) == done["added"])
    );
    done
}

#[test]
fn rules_decide_where_the_model_fails_and_the_answer_says_so() {
    for answer in [
        Scripted::text("Sure!"),
        Scripted::refusal(401, "no"),
        Scripted::json(&json!({"corrects": [99], "kind": "wrong"})),
        Scripted::json(&json!({"corrects": [1, 2, 3], "kind": "nonsense"})),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::answering(move |_| answer.clone());
        let server = serve(folder.path(), &endpoint, &[]);
        let done = is_decided_by_rules(&server);
        assert!(!endpoint.asked().is_empty());
        let told = done["degraded"].to_string();
        assert!(told.contains("rules decided"), "{done}");
    }
}

#[test]
fn rules_decide_where_there_is_no_model() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let done = is_decided_by_rules(&server);
    assert!(done.get("degraded").is_none(), "nothing was asked: {done}");
}
