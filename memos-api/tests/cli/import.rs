//! Importing: formats, cubes, and going on after an interruption.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use memos_api::client::Client;
use memos_api::wire::ListRequest;
use serde_json::{Value, json};

use crate::harness::{Place, sample};

fn texts(place: &Place, cube: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut args = vec!["list", "--cube", cube, "--json", "--limit", "1000"];
        if let Some(cursor) = &cursor {
            args.extend(["--cursor", cursor]);
        }
        let page = place.json(&args);
        let memories = page["memories"].as_array().unwrap();
        texts.extend(
            memories
                .iter()
                .map(|m| m["text"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return texts,
        }
    }
}

#[test]
fn samples_become_a_cube_each() {
    let place = Place::new();
    let (english, chinese) = (sample("travel.en.json"), sample("kitchen.zh.json"));
    let printed = place.ok(&["import", &english, &chinese]);
    let turns = |path: &str| {
        std::fs::read_to_string(path)
            .unwrap()
            .matches("\"dia_id\"")
            .count()
    };
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(
        lines[0],
        format!(
            "travel.en.json: {} memories added to cube sample-en",
            turns(&english)
        )
    );
    assert_eq!(
        lines[1],
        format!(
            "kitchen.zh.json: {} memories added to cube sample-zh",
            turns(&chinese)
        )
    );
    assert_eq!(lines.len(), 2);
    assert_eq!(texts(&place, "sample-zh").len(), turns(&chinese));

    let again = place.json(&["import", &english, "--json"]);
    let counts = &again["files"][0]["cubes"]["sample-en"];
    assert_eq!(counts["added"], 0);
    assert_eq!(counts["present"], turns(&english));
    place.ok(&["import", &english, &chinese, "--cube", "both"]);
    assert_eq!(
        texts(&place, "both").len(),
        turns(&english) + turns(&chinese)
    );
}

#[test]
fn every_format_is_read() {
    let place = Place::new();
    place.file("walk.txt", "We walked along the wall.\n");
    place.file("plan.md", "# Plan\n\nMeet on Monday.\n");
    place.file(
        "chat.jsonl",
        "{\"role\": \"user\", \"content\": \"hello\", \"chat_time\": \"2024-05-08\"}\n{\"role\": \"assistant\", \"content\": \"hi\"}\n",
    );
    let message = |words: &str| {
        json!({"n": {"parent": null, "children": [],
            "message": {"author": {"role": "user"}, "content": {"parts": [words]}}}})
    };
    let export = json!([
        {"conversation_id": "c1", "title": "Bread", "mapping": message("Why is it flat?")},
        {"conversation_id": "c2", "title": "Tea", "mapping": message("Which water?")},
    ]);
    place.file("conversations.json", &export.to_string());
    let args = [
        "import",
        "walk.txt",
        "plan.md",
        "chat.jsonl",
        "conversations.json",
        "--cube",
        "all",
    ];
    place.ok(&[&args[..], &["--tag", "old", "--time", "2020-02-02"]].concat());
    let listed = place.json(&[
        "list",
        "--cube",
        "all",
        "--json",
        "--filter",
        r#"{"tags": {"contains": "old"}}"#,
    ]);
    let memories = listed["memories"].as_array().unwrap();
    let of = |text: &str| {
        memories
            .iter()
            .find(|m| m["text"].as_str().unwrap().contains(text))
            .unwrap()
    };
    assert_eq!(memories.len(), 6);
    assert_eq!(of("wall")["session_id"], "walk.txt");
    assert!(
        of("wall")["said_at"]
            .as_str()
            .unwrap()
            .starts_with("2020-02-02")
    );
    assert_eq!(of("Monday")["key"], "Plan");
    assert!(
        of("hello")["said_at"]
            .as_str()
            .unwrap()
            .starts_with("2024-05-08")
    );
    assert_eq!(of("flat")["session_id"], "c1");
    assert_eq!(of("water")["session_id"], "c2");
    assert_eq!(of("water")["info"]["import"]["file"], "conversations.json");
}

#[test]
fn files_that_cannot_be_read_store_nothing() {
    let place = Place::new();
    place.file("good.txt", "Good.");
    place.file("bad.json", "[{\"conversation\": {\"session_1\": [5]}}]");
    std::fs::write(place.path("binary.txt"), [0xff, 0xfe, 0x00]).unwrap();
    place.fails(
        &["import", "good.txt", "none.txt"],
        &["none.txt", "nothing was imported", "help: "],
    );
    place.fails(&["import", "good.txt", "."], &["is a folder", "help: "]);
    assert!(!place.path("memos-data").exists());
    place.fails(
        &["import", "bad.json"],
        &["bad.json: /0/conversation/session_1/0", "help: "],
    );
    place.fails(&["import", "binary.txt"], &["binary.txt", "UTF-8"]);
    place.fails(
        &["import", "good.txt", "--time", "soon"],
        &["good.txt", "is not a time", "help: "],
    );
    place
        .run(&["import", "good.txt", "--format", "pdf"])
        .check(2, &["not a document format"]);
    place.fails(&["list"], &["there is no cube yet", "help: "]);
}

#[test]
fn a_graphs_file_that_has_grown_adds_what_is_new() {
    let place = Place::new();
    let mina =
        r#"{"type":"entity","name":"Mina","entityType":"person","observations":["Speaks Greek"]}"#;
    let acme = r#"{"type":"entity","name":"Acme","entityType":"company","observations":[]}"#;
    let works = r#"{"type":"relation","from":"Mina","to":"Acme","relationType":"works_at"}"#;
    place.file("grow.jsonl", &format!("{mina}\n"));
    let import = || {
        let told = place.json(&["import", "grow.jsonl", "--cube", "g", "--json"]);
        let counts = &told["files"][0]["cubes"]["g"];
        (counts["added"].clone(), counts["present"].clone())
    };
    assert_eq!(import(), (json!(2), json!(0)));
    assert_eq!(import(), (json!(0), json!(2)));
    let grown = mina.replace("\"Speaks Greek\"", "\"Speaks Greek\",\"Plays chess\"");
    place.file("grow.jsonl", &format!("{grown}\n{acme}\n{works}\n"));
    assert_eq!(import(), (json!(3), json!(2)));
    assert_eq!(import(), (json!(0), json!(5)));
    assert_eq!(texts(&place, "g").len(), 5);
}

#[test]
fn an_import_killed_between_files_goes_on() {
    let place = Place::new();
    let names: Vec<String> = (0..40).map(|i| format!("note-{i}.txt")).collect();
    for name in &names {
        place.file(name, &format!("The note {name} says this."));
    }
    let args: Vec<&str> = std::iter::once("import")
        .chain(names.iter().map(String::as_str))
        .collect();
    let mut import = place.command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(import.stdout.take().unwrap()).lines();
    for _ in 0..5 {
        lines.next().unwrap().unwrap();
    }
    import.kill().unwrap();
    import.wait().unwrap();
    let before = texts(&place, "default").len();
    assert!(before >= 5, "{before}");

    let printed = place.ok(&args);
    assert_eq!(
        printed.matches("1 were there already").count(),
        before,
        "{printed}"
    );
    assert_eq!(texts(&place, "default").len(), names.len());
}

#[test]
fn an_import_killed_inside_a_file_goes_on_and_stores_nothing_twice() {
    const CONVERSATIONS: usize = 1500;
    let place = Place::new();
    let conversations: Vec<Value> = (0..CONVERSATIONS)
        .map(|i| {
            json!({"conversation_id": format!("c{i}"), "mapping": {"n": {"parent": null,
                "children": [], "message": {"author": {"role": "user"},
                "content": {"parts": [format!("Conversation number {i}.")]}}}}})
        })
        .collect();
    place.file(
        "conversations.json",
        &Value::from(conversations).to_string(),
    );
    let server = place.serve();

    let mut import = place
        .command(&["import", "conversations.json"])
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = Client::new(&server.url()).unwrap();
    let cube = "default".parse().unwrap();
    let first = ListRequest {
        limit: Some(1),
        ..ListRequest::default()
    };
    while runtime.block_on(client.list(&cube, &first)).is_err() {
        assert!(
            import.try_wait().unwrap().is_none(),
            "it ended before it stored anything"
        );
    }
    import.kill().unwrap();
    import.wait().unwrap();
    let before = texts(&place, "default").len();
    assert!((1..CONVERSATIONS).contains(&before), "{before}");

    let counts = place.json(&["import", "conversations.json", "--json"]);
    let counts = &counts["files"][0]["cubes"]["default"];
    let sum = counts["added"].as_u64().unwrap() + counts["present"].as_u64().unwrap();
    assert_eq!(sum, CONVERSATIONS as u64);
    let stored = texts(&place, "default");
    assert_eq!(stored.len(), CONVERSATIONS);
    assert_eq!(stored.iter().collect::<BTreeSet<_>>().len(), CONVERSATIONS);
}
