//! The memory tool over a real folder.

mod by_model;

use serde_json::{Value, json};

use crate::service::tests::{World, ada, cube};
use crate::wire::{SearchRequest, ToolAnswer};

impl World {
    fn tool(&self, input: &Value) -> ToolAnswer {
        self.memos.memory_tool(&ada(), &cube("ada"), input).unwrap()
    }

    #[track_caller]
    fn does(&self, input: &Value, told: &str) {
        let answer = self.tool(input);
        assert_eq!(
            (answer.content.as_str(), answer.is_error),
            (told, false),
            "{input}"
        );
    }

    #[track_caller]
    fn refuses(&self, input: &Value, told: &str) {
        let answer = self.tool(input);
        assert_eq!(
            (answer.content.as_str(), answer.is_error),
            (told, true),
            "{input}"
        );
    }

    fn create(&self, path: &str, text: &str) {
        let input = json!({"command": "create", "path": path, "file_text": text});
        self.does(&input, &format!("File created successfully at: {path}"));
    }

    fn recalled(&self, query: &str) -> Vec<crate::wire::MemoryItem> {
        let request = SearchRequest {
            query: query.into(),
            cube_ids: vec!["ada".into()],
            ..SearchRequest::default()
        };
        let found = self.memos.search(&ada(), &request).unwrap().hits;
        found.into_iter().map(|hit| hit.memory).collect()
    }
}

fn view(path: &str) -> Value {
    json!({"command": "view", "path": path})
}

fn delete(path: &str) -> Value {
    json!({"command": "delete", "path": path})
}

fn rename(from: &str, to: &str) -> Value {
    json!({"command": "rename", "old_path": from, "new_path": to})
}

fn replace(path: &str, old: &str, new: &str) -> Value {
    json!({"command": "str_replace", "path": path, "old_str": old, "new_str": new})
}

fn insert(path: &str, line: i64, text: &str) -> Value {
    json!({"command": "insert", "path": path, "insert_line": line, "insert_text": text})
}

const HEAD: &str = "Here're the files and directories up to 2 levels deep in";
const BUT: &str = "excluding hidden items and node_modules:";

#[test]
fn the_commands_do_and_tell_what_the_documentation_says() {
    let world = World::new();
    world.does(
        &view("/memories"),
        &format!("{HEAD} /memories, {BUT}\n0B\t/memories"),
    );
    assert!(
        world
            .memos
            .exists(&ada(), &cube("ada"))
            .is_ok_and(|there| !there)
    );

    world.create("/memories/notes.txt", "Hello World\nThis is line two\n");
    world.create("/memories/people/mina.md", &"x".repeat(1_536));
    world.create("/memories/people/deep/er/a.md", "");
    world.create("/memories/.hidden", "1234");
    world.create("/memories/node_modules/x", "1234");
    world.does(
        &view("/memories"),
        &format!(
            "{HEAD} /memories, {BUT}\n1.5K\t/memories\n29B\t/memories/notes.txt\n\
             1.5K\t/memories/people/\n0B\t/memories/people/deep/\n\
             1.5K\t/memories/people/mina.md"
        ),
    );
    world.does(
        &view("/memories/people/"),
        &format!(
            "{HEAD} /memories/people, {BUT}\n1.5K\t/memories/people\n\
             0B\t/memories/people/deep/\n0B\t/memories/people/deep/er/\n\
             1.5K\t/memories/people/mina.md"
        ),
    );
    world.does(
        &view("/memories/notes.txt"),
        "Here's the content of /memories/notes.txt with line numbers:\n     1\tHello World\n     2\t\
         This is line two\n     3\t",
    );
    world.does(
        &json!({"command": "view", "path": "/memories/notes.txt", "view_range": [2, 2]}),
        "Here's the content of /memories/notes.txt with line numbers:\n     2\tThis is line two",
    );
    world.does(
        &replace("/memories/notes.txt", "World", "there"),
        "The memory file has been edited. Here is the snippet showing the change (with line \
         numbers):\n     1\tHello there\n     2\tThis is line two\n     3\t",
    );
    world.does(
        &insert("/memories/notes.txt", 1, "between"),
        "The file /memories/notes.txt has been edited.",
    );
    world.does(
        &rename("/memories/notes.txt", "/memories/old/notes.txt"),
        "Successfully renamed /memories/notes.txt to /memories/old/notes.txt",
    );
    world.does(
        &rename("/memories/people", "/memories/old/people"),
        "Successfully renamed /memories/people to /memories/old/people",
    );
    let world = world.reopened();
    world.does(
        &view("/memories/old/notes.txt"),
        "Here's the content of /memories/old/notes.txt with line numbers:\n     1\tHello there\n     2\
         \tbetween\n     3\tThis is line two\n     4\t",
    );
    world.does(
        &delete("/memories/old"),
        "Successfully deleted /memories/old",
    );
    world.does(
        &view("/memories"),
        &format!("{HEAD} /memories, {BUT}\n8B\t/memories"),
    );
}

#[test]
fn mistakes_are_told_in_the_words_of_the_documentation() {
    let world = World::new();
    world.create("/memories/a", "one\ntwo\ntwo\n");
    world.create("/memories/d/f", "x");
    let created = |path: &str| json!({"command": "create", "path": path, "file_text": ""});
    for (input, told) in [
        (
            view("/memories/x"),
            "The path /memories/x does not exist. Please provide a valid path.",
        ),
        (
            created("/memories/a"),
            "Error: File /memories/a already exists",
        ),
        (
            created("/memories/d"),
            "Error: File /memories/d already exists",
        ),
        (created("/memories"), "Error: File /memories already exists"),
        (
            created("/memories/a/b"),
            "Error: The path /memories/a is a file, not a directory",
        ),
        (
            replace("/memories/x", "a", "b"),
            "Error: The path /memories/x does not exist. Please provide a valid path.",
        ),
        (
            replace("/memories/d", "a", "b"),
            "Error: The path /memories/d does not exist. Please provide a valid path.",
        ),
        (
            replace("/memories/a", "three", "b"),
            "No replacement was performed, old_str `three` did not appear verbatim in /memories/a.",
        ),
        (
            replace("/memories/a", "two", "b"),
            "No replacement was performed. Multiple occurrences of old_str `two` in lines: 2, 3. \
             Please ensure it is unique",
        ),
        (
            insert("/memories/x", 0, "a"),
            "Error: The path /memories/x does not exist",
        ),
        (
            insert("/memories/d", 0, "a"),
            "Error: The path /memories/d does not exist",
        ),
        (
            insert("/memories/a", 4, "a"),
            "Error: Invalid `insert_line` parameter: 4. It should be within the range of lines of \
             the file: [0, 3]",
        ),
        (
            delete("/memories/x"),
            "Error: The path /memories/x does not exist",
        ),
        (
            delete("/memories/"),
            "Error: Cannot delete the /memories directory itself",
        ),
        (
            rename("/memories/x", "/memories/y"),
            "Error: The path /memories/x does not exist",
        ),
        (
            rename("/memories/a", "/memories/d"),
            "Error: The destination /memories/d already exists",
        ),
        (
            rename("/memories/d", "/memories/a"),
            "Error: The destination /memories/a already exists",
        ),
        (
            rename("/memories/d", "/memories/d/e"),
            "Error: Cannot rename /memories/d to /memories/d/e, which lies within it",
        ),
        (
            rename("/memories", "/memories/e"),
            "Error: Cannot rename the /memories directory itself",
        ),
        (
            view("/memories/../secrets"),
            "Error: Path /memories/../secrets would escape /memories directory",
        ),
        (
            view("/etc/passwd"),
            "Error: Path must start with /memories, got: /etc/passwd",
        ),
    ] {
        world.refuses(&input, told);
    }
    let large = "x".repeat(2 * 1024 * 1024);
    let answer =
        world.tool(&json!({"command": "create", "path": "/memories/l", "file_text": large}));
    assert!(
        answer.is_error && answer.content.contains("2097152 bytes"),
        "{answer:?}"
    );
    // Nothing of it left a trace.
    world.does(
        &view("/memories"),
        &format!(
            "{HEAD} /memories, {BUT}\n13B\t/memories\n12B\t/memories/a\n1B\t/memories/d/\n\
             1B\t/memories/d/f"
        ),
    );
}

#[test]
fn files_are_memories_that_keep_their_versions() {
    let world = World::new();
    world.say("ada", &["My favourite tea is oolong."]);
    world.create("/memories/tastes.md", "Ada's favourite colour is green.\n");
    let found = world.recalled("favourite colour");
    assert_eq!(found[0].text, "Ada's favourite colour is green.\n");
    assert_eq!(found[0].semantic_type, "file");
    let id = found[0].id;
    world.tool(&replace("/memories/tastes.md", "green", "blue"));
    world.tool(&rename("/memories/tastes.md", "/memories/people/ada.md"));
    let found = world.recalled("favourite colour");
    assert_eq!((found[0].id, found[0].version), (id, 3));
    assert_eq!(found[0].text, "Ada's favourite colour is blue.\n");
    assert_eq!(found[0].key.as_deref(), Some("people/ada.md"));
    let versions = world
        .memos
        .versions(&ada(), &cube("ada"), id)
        .unwrap()
        .versions;
    let said = |n: usize| &*versions[n].memory.text;
    assert!(said(0).contains("green") && said(1).contains("blue") && versions.len() == 3);
    world.tool(&delete("/memories/people"));
    assert!(
        world
            .recalled("favourite colour")
            .iter()
            .all(|m| m.id != id)
    );
    assert!(world.memos.versions(&ada(), &cube("ada"), id).is_err());
    assert_eq!(world.recalled("tea").len(), 1, "a message is no file");
}

#[test]
fn a_frozen_file_is_left_alone() {
    let world = World::new();
    world.create("/memories/a", "text");
    let id = world.recalled("text")[0].id;
    world.freeze("ada", id).unwrap();
    for input in [
        replace("/memories/a", "text", "x"),
        delete("/memories/a"),
        rename("/memories/a", "/memories/b"),
    ] {
        let answer = world.tool(&input);
        assert!(
            answer.is_error && answer.content.starts_with("Error: "),
            "{answer:?}"
        );
    }
    assert_eq!(world.recalled("text")[0].text, "text");
}

#[test]
fn those_who_write_at_once_do_not_undo_each_other() {
    let world = World::new();
    world.create("/memories/log", "");
    std::thread::scope(|scope| {
        for n in 0..6 {
            let world = &world;
            scope.spawn(move || {
                for round in 0..3 {
                    world.tool(&insert("/memories/log", 0, &format!("{n}-{round}")));
                    let path = format!("/memories/same-{round}");
                    world.tool(
                        &json!({"command": "create", "path": path, "file_text": n.to_string()}),
                    );
                }
            });
        }
    });
    let log = world.tool(&view("/memories/log")).content;
    for line in (0..6).flat_map(|n| (0..3).map(move |round| format!("\t{n}-{round}\n"))) {
        assert!(log.contains(&line), "{line}: {log}");
    }
    let listing = world.tool(&view("/memories")).content;
    assert_eq!(listing.lines().count(), 2 + 4);
}
