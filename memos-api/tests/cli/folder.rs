//! Every command on a folder, without a server.

use crate::harness::{Place, sample};

#[test]
fn what_is_added_is_found_shown_and_forgotten() {
    let place = Place::new();
    let text = "My sister Mina moved to Lyon last spring.";
    let ids = place.add(&[
        text,
        "--cube",
        "notes",
        "--speaker",
        "Ada",
        "--time",
        "2025-06-02",
        "--tag",
        "family",
    ]);
    assert_eq!(ids.len(), 1);
    let id = ids[0].as_str();
    place.add(&["The boiler was serviced.", "--cube", "notes"]);

    let found = place.ok(&["search", "Where", "does", "Mina", "live?"]);
    let first = found.lines().nth(1).unwrap();
    assert!(
        first.contains("Ada") && first.contains("2025-06-02") && first.ends_with(text),
        "{found}"
    );
    assert!(found.contains(id), "{found}");
    let answer = place.json(&[
        "search",
        "Where does Mina live?",
        "--cube",
        "notes",
        "--json",
        "-k",
        "1",
    ]);
    assert_eq!(answer["hits"][0]["memory"]["id"], id);
    assert_eq!(answer["hits"].as_array().unwrap().len(), 1);

    let context = place.ok(&["context", "Where does Mina live?", "--max-tokens", "30"]);
    assert_eq!(
        context.lines().next(),
        Some(format!("[2 June 2025] Ada: {text}").as_str())
    );

    let listed = place.ok(&["list"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    let tagged = place.json(&[
        "list",
        "--cube",
        "notes",
        "--filter",
        r#"{"tags": {"contains": "family"}}"#,
        "--json",
    ]);
    assert_eq!(tagged["memories"].as_array().unwrap().len(), 1);

    let shown = place.ok(&["show", id]);
    assert!(shown.ends_with(&format!("\n\n{text}\n")), "{shown}");
    for line in ["cube      notes\n", "speaker   Ada\n", "tags      family\n"] {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(
        shown.contains("\"last spring\" is 2025-03-01 to 2025-05-31"),
        "{shown}"
    );
    assert_eq!(
        place.json(&["show", id, "--cube", "notes", "--json"])["text"],
        text
    );

    assert_eq!(place.ok(&["forget", id]), "1 memory forgotten\n");
    place.fails(&["show", id], &["no cube holds memory", "help: "]);
    assert_eq!(place.ok(&["list", "--cube", "notes"]).lines().count(), 2);
}

#[test]
fn messages_come_from_a_file_or_standard_input() {
    let place = Place::new();
    let messages = r#"[{"role": "user", "content": "I am vegetarian."},
                       {"role": "assistant", "content": "Noted.", "message_id": "m2"}]"#;
    let run = place.run_with_input(
        &["add", "--messages", "-", "--session", "s1", "--json"],
        messages,
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    let added: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(added["memories"][1]["source"], "m2");
    place.file("m.json", messages);
    assert_eq!(
        place
            .add(&["--messages", "m.json", "--session", "s2"])
            .len(),
        2
    );
    let run = place.run_with_input(&["add", "-"], "piped in\n");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let all = place.json(&["list", "--json"]);
    let sessions: Vec<_> = all["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["session_id"].as_str().unwrap())
        .collect();
    assert_eq!(sessions[..4], ["s1", "s1", "s2", "s2"]);
}

#[test]
fn the_same_request_again_is_told_and_stored_once() {
    let place = Place::new();
    let first = place.add(&["Once.", "--time", "2025-01-01"]);
    let run = place.run(&["add", "Once.", "--time", "2025-01-01"]);
    assert_eq!(run.stdout.trim_end(), first[0]);
    assert!(
        run.stderr.contains("nothing new was stored"),
        "{}",
        run.stderr
    );
    assert_eq!(
        place.json(&["list", "--json"])["memories"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn cubes_are_created_listed_and_deleted() {
    let place = Place::new();
    assert_eq!(
        place.ok(&["cubes", "create", "团队", "--name", "The team"]),
        "cube 团队 created\n"
    );
    place.fails(&["cubes", "create", "团队"], &["团队", "help: "]);
    place.add(&["x", "--cube", "b"]);
    let listed = place.ok(&["cubes"]);
    assert!(
        listed.contains("The team") && listed.lines().count() == 3,
        "{listed}"
    );
    assert_eq!(listed, place.ok(&["cubes", "list"]));
    assert_eq!(
        place.json(&["cubes", "list", "--json"])["cubes"][0]["id"],
        "b"
    );
    place
        .run(&["cubes", "delete", "b"])
        .check(2, &["confirmation", "--yes"]);
    assert_eq!(
        place.ok(&["cubes", "delete", "b", "--yes"]),
        "cube b forgotten\n"
    );
    place.fails(
        &["list", "--cube", "b"],
        &["there is no cube \"b\"", "help: "],
    );
}

#[test]
fn all_of_a_cube_is_forgotten_only_when_meant() {
    let place = Place::new();
    for i in 0..60 {
        place.add(&[
            &format!("memory {i}"),
            "--cube",
            "a",
            "--session",
            if i < 5 { "s" } else { "t" },
        ]);
    }
    place
        .run(&["forget", "--cube", "a", "--all"])
        .check(2, &["confirmation", "--yes"]);
    let filtered = [
        "forget",
        "--cube",
        "a",
        "--all",
        "--yes",
        "--filter",
        r#"{"session_id": "s"}"#,
    ];
    assert_eq!(place.ok(&filtered), "5 memories forgotten\n");
    assert_eq!(
        place.ok(&["forget", "--cube", "a", "--all", "-y"]),
        "55 memories forgotten\n"
    );
    assert_eq!(place.ok(&["list", "--cube", "a"]), "no memories\n");
}

#[test]
fn pages_lead_to_the_next() {
    let place = Place::new();
    for i in 0..5 {
        place.add(&[&format!("memory {i}")]);
    }
    let page = place.ok(&["list", "--limit", "2"]);
    let cursor = page
        .lines()
        .last()
        .unwrap()
        .rsplit_once("--cursor ")
        .unwrap()
        .1;
    let next = place.json(&["list", "--limit", "9", "--cursor", cursor, "--json"]);
    assert_eq!(next["memories"].as_array().unwrap().len(), 3);
    assert_eq!(next["memories"][0]["text"], "memory 2");
}

#[test]
fn searches_explain_themselves_and_go_to_every_cube() {
    let place = Place::new();
    place.ok(&[
        "import",
        &sample("travel.en.json"),
        &sample("kitchen.zh.json"),
    ]);
    let found = place.ok(&[
        "search",
        "When did Ines come home from Oslo?",
        "--explain",
        "-k",
        "2",
    ]);
    assert!(
        found.starts_with("understood as: asks for a time"),
        "{found}"
    );
    assert!(
        found.contains("turn 0.") && found.contains("in sample-en"),
        "{found}"
    );
    let chinese = place.ok(&["search", "谁把锅烧穿了？", "-k", "1"]);
    assert!(
        chinese.contains("林晓") && chinese.contains("in sample-zh"),
        "{chinese}"
    );
    let window = [
        "search",
        "锅",
        "--cube",
        "sample-zh",
        "--since",
        "1990-01-01",
        "--until",
        "1990-02-01",
    ];
    assert_eq!(place.ok(&window), "nothing found\n");
}

#[test]
fn stats_count_what_is_there() {
    let place = Place::new();
    place.ok(&["import", &sample("travel.en.json")]);
    place.add(&["x"]);
    let stats = place.json(&["stats", "--json"]);
    let turns = std::fs::read_to_string(sample("travel.en.json"))
        .unwrap()
        .matches("\"dia_id\"")
        .count();
    assert_eq!(stats["cubes"], 2);
    assert_eq!(stats["memories"], turns + 1);
    assert_eq!(stats["version"], env!("CARGO_PKG_VERSION"));
    assert!(stats["disk_bytes"].as_u64().unwrap() > 10_000);
    assert!(stats["model"].is_string());
    let text = place.ok(&["stats"]);
    assert!(text.contains("memories") && text.contains("KiB"), "{text}");
}
