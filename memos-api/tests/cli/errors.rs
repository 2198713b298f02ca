//! What a user can do wrong on the command line, each with its message.

use crate::harness::Place;

#[test]
fn questions_that_cannot_be_asked() {
    let place = Place::new();
    place.add(&["Mina moved to Lyon.", "--cube", "notes"]);
    let fails =
        |args: &[&str], told: &[&str]| place.fails(&[&["search", "Mina"], args].concat(), told);
    fails(&["--filter", "{"], &["help: "]);
    fails(&["--filter", r#"{"speakr": "Ada"}"#], &["speakr", "help: "]);
    fails(
        &["--cube", "none"],
        &["there is no cube \"none\"", "help: "],
    );
    fails(
        &["--asked-at", "soon"],
        &["soon", "field: /asked_at", "help: "],
    );
    fails(
        &["--since", "soon"],
        &["soon", "field: /time_window/start", "help: "],
    );
    fails(
        &["--since", "2025-01-02", "--until", "2025-01-01"],
        &["field: /time_window", "help: "],
    );
    fails(
        &["--top-k", "5000"],
        &[
            "5000 is out of range",
            "field: /top_k",
            "help: use 1 to 1000",
        ],
    );
    fails(
        &["--type", "rumour"],
        &["rumour", "field: /types/0", "help: use one of"],
    );
    place.fails(&["search", " "], &["the question is empty", "help: "]);
    place.fails(&["list", "--filter", "5"], &["help: "]);
    place.fails(&["list", "--cursor", "x"], &["cursor", "help: "]);
    place.fails(
        &["list", "--limit", "0"],
        &["0 is out of range", "help: use 1 to"],
    );
}

#[test]
fn memories_that_cannot_be_added() {
    let place = Place::new();
    place.fails(&["add", " "], &["empty", "help: "]);
    place.fails(
        &["add", "x", "--time", "soon"],
        &["\"soon\" is not a time", "help: "],
    );
    place.fails(
        &["add", "x", "--role", "king"],
        &["\"king\" is not a role", "help: "],
    );
    place.file("bad.json", "[{");
    place.fails(
        &["add", "--messages", "bad.json"],
        &["bad.json is not JSON", "line 1", "help: "],
    );
    place.fails(
        &["add", "--messages", "none.json"],
        &["none.json can't be read", "help: "],
    );
    let run = place.run_with_input(&["add", "--messages", "-"], "hello");
    run.check(
        1,
        &["standard input is not JSON", "field: --messages", "help: "],
    );
    let run = place.run_with_input(&["add", "--messages", "-"], r#"[{"role": "user"}]"#);
    run.check(1, &["empty", "field: /messages/0/content", "help: "]);
}

#[test]
fn folders_that_cannot_be_opened() {
    let place = Place::new();
    place.fails(
        &["list"],
        &[
            "there is no data folder at memos-data",
            "memos add",
            "--data",
        ],
    );
    assert!(
        !place.path("memos-data").exists(),
        "reading makes no folder"
    );
    std::fs::create_dir(place.path("mine")).unwrap();
    place.file("mine/thesis.txt", "x");
    place.fails(
        &["add", "x", "--data", "mine"],
        &["is not a data folder of memos", "help: "],
    );
    place.file("file", "x");
    place.fails(
        &["add", "x", "--data", "file"],
        &["is a file, not a folder", "help: "],
    );
    place.add(&["x"]);
    place.file("memos-data/FORMAT", "memos vault 99\n");
    place.fails(&["list"], &["format 99", "help: use the newer version"]);
}

#[test]
fn memories_and_cubes_that_are_not_there() {
    let place = Place::new();
    place.add(&["x"]);
    let id = "0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6";
    place.fails(&["show", id], &["no cube holds memory", id, "help: "]);
    place.fails(&["forget", id], &["no cube holds memory", id]);
    place.fails(
        &["forget", id, "--cube", "default"],
        &["holds no memory", id, "help: "],
    );
    place.fails(
        &["cubes", "delete", "none", "--yes"],
        &["there is no cube \"none\"", "help: "],
    );
    place.run(&["show", "17"]).check(2, &["is not a memory id"]);
    place
        .run(&["cubes", "create", "a/b"])
        .check(2, &["'/' is not allowed"]);
}

#[test]
fn settings_that_are_wrong() {
    let place = Place::new();
    place.file("memos.toml", "lisen = \"127.0.0.1:1\"\n");
    place.fails(
        &["config"],
        &[
            "memos.toml has an unknown key, lisen",
            "did you mean listen?",
        ],
    );
    place.file("memos.toml", "[limits]\ntext_bytes = \"lots\"\n");
    place.fails(
        &["list"],
        &[
            "memos.toml",
            "field: limits.text_bytes",
            "\"lots\"",
            "64MiB",
        ],
    );
    place.file("memos.toml", "listen =\n");
    place.fails(&["config"], &["memos.toml is not TOML", "help: "]);
    std::fs::remove_file(place.path("memos.toml")).unwrap();
    let run = place.run(&["config", "--config", "none.toml"]);
    run.check(2, &["none.toml", "field: --config", "help: "]);
    let output = place
        .command(&["config"])
        .env("MEMOS_REPEAT_WINDOW", "soon")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    for words in ["MEMOS_REPEAT_WINDOW", "\"soon\"", "10m"] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn command_lines_that_are_wrong_end_with_2() {
    let place = Place::new();
    for args in [
        &["frobnicate"][..],
        &["search"],
        &["forget"],
        &["add", "x", "--messages", "-"],
        &["list", "--data", "a", "--server", "b"],
        &["list", "--color", "pink"],
    ] {
        place.run(args).check(2, &["--help"]);
    }
    assert_eq!(place.run::<&str>(&[]).status, 2);
}

#[test]
fn dialogues_without_questions_are_not_measured() {
    let place = Place::new();
    let dialogue = r#"{"sample_id": "s", "conversation": {"session_1_date_time": "2024-01-12",
        "session_1": [{"speaker": "Ada", "dia_id": "D1:1", "text": "Hello."}]}}"#;
    place.file("d.json", dialogue);
    place.fails(
        &["bench", "d.json"],
        &["d.json asks no question", "field: FILE", "help: "],
    );
}

#[test]
fn json_of_no_known_shape_is_imported_only_as_text() {
    let place = Place::new();
    place.file("data.json", r#"{"a": 1}"#);
    place.fails(
        &["import", "data.json"],
        &[
            "data.json",
            "no dialogue of a known shape",
            "--format plain",
        ],
    );
    place.ok(&["import", "data.json", "--format", "plain"]);
    assert!(place.ok(&["list"]).contains(r#"{"a": 1}"#));
    place.fails(&["cubes", "create", "a", "--name", " "], &["field: /name"]);
}
